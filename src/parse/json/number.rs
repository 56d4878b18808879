//! JSON numbers to the narrowest BSON type that holds them without loss.

use super::write::{self, kind};

/// A number found in the text.
pub(super) enum Number {
    /// Written; this is its BSON type and the place after it.
    Written(u8, usize),
    /// The text ends where the number may go on.
    Open,
    /// Not a JSON number; the place of the fault.
    Fault(usize),
}

/// Reads the number that begins at `from` and writes its value: integers as Int32, Int64 or Decimal128, fractions as
/// Double; what none of them can hold as the text itself.
pub(super) fn number(text: &[u8], from: usize, last: bool, out: &mut Vec<u8>) -> Number {
    // The digits so far as one number, which is right while there are few of them.
    let mut mantissa = 0_u64;
    let mut digits_end = |mut at: usize| {
        while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|&digit| digit < 10) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(digit.into());
            at += 1;
        }
        at
    };
    let negative = text.get(from) == Some(&b'-');
    let first = from + usize::from(negative);
    let mut end = digits_end(first);
    let n_digits = end - first;
    if n_digits == 0 || (n_digits > 1 && text.get(first) == Some(&b'0')) {
        return if end >= text.len() && !last { Number::Open } else { Number::Fault(first) };
    }
    let whole_end = end;
    if text.get(end) == Some(&b'.') {
        let fraction_end = digits_end(end + 1);
        if fraction_end == end + 1 {
            return if fraction_end >= text.len() && !last { Number::Open } else { Number::Fault(fraction_end) };
        }
        end = fraction_end;
    }
    let n_decimals = (end - whole_end).saturating_sub(1);
    let point_end = end;
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent_end = digits_end(end + 1 + sign);
        if exponent_end == end + 1 + sign {
            return if exponent_end >= text.len() && !last { Number::Open } else { Number::Fault(exponent_end) };
        }
        end = exponent_end;
    }
    if end >= text.len() && !last {
        return Number::Open;
    }
    let digits = text.get(from..end).unwrap_or_default();
    let written = if end == whole_end && n_digits <= FEW_DIGITS {
        let magnitude = mantissa.cast_signed();
        write_integer(if negative { -magnitude } else { magnitude }, out)
    } else if end == whole_end {
        integer(digits, out)
    } else if let Some(power) = POWERS.get(n_decimals)
        && end == point_end
        && n_digits + n_decimals <= EXACT_DIGITS
    {
        // Both are exact as doubles, so their quotient is the nearest double (Clinger 1990).
        let magnitude = mantissa as f64 / power;
        write_double(if negative { -magnitude } else { magnitude }, out)
    } else {
        fraction(digits, out)
    };
    Number::Written(written, end)
}

/// So many digits are below 2^63.
const FEW_DIGITS: usize = 18;
/// So many digits are below 2^53.
const EXACT_DIGITS: usize = 15;
/// Powers of ten.
const POWERS: [f64; EXACT_DIGITS] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14];

/// Writes a whole number of many digits.
fn integer(digits: &[u8], out: &mut Vec<u8>) -> u8 {
    let text = ascii(digits);
    if let Ok(value) = text.parse::<i64>() {
        return write_integer(value, out);
    }
    if digits.len() <= 34
        && let Ok(value) = text.parse::<bson::Decimal128>()
    {
        out.extend_from_slice(&value.bytes());
        return kind::DECIMAL128;
    }
    write::string(out, text);
    kind::STRING
}

fn write_integer(value: i64, out: &mut Vec<u8>) -> u8 {
    if let Ok(small) = i32::try_from(value) {
        out.extend_from_slice(&small.to_le_bytes());
        kind::INT32
    } else {
        out.extend_from_slice(&value.to_le_bytes());
        kind::INT64
    }
}

fn write_double(value: f64, out: &mut Vec<u8>) -> u8 {
    out.extend_from_slice(&value.to_le_bytes());
    kind::DOUBLE
}

fn fraction(text: &[u8], out: &mut Vec<u8>) -> u8 {
    let text = ascii(text);
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => write_double(value, out),
        _ => {
            write::string(out, text);
            kind::STRING
        }
    }
}

/// The text of a number, which is ASCII by its grammar.
fn ascii(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).unwrap_or("0")
}
