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
    let digits_end = |mut at: usize| {
        while text.get(at).is_some_and(u8::is_ascii_digit) {
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
    let written = if end == whole_end { integer(&text[from..end], negative, out) } else { fraction(&text[from..end], out) };
    Number::Written(written, end)
}

fn integer(digits: &[u8], negative: bool, out: &mut Vec<u8>) -> u8 {
    if digits.len() <= 18 {
        let magnitude = digits.iter().skip(usize::from(negative)).fold(0_i64, |n, d| n * 10 + i64::from(d - b'0'));
        let value = if negative { -magnitude } else { magnitude };
        return write_integer(value, out);
    }
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

fn fraction(text: &[u8], out: &mut Vec<u8>) -> u8 {
    let text = ascii(text);
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => {
            out.extend_from_slice(&value.to_le_bytes());
            kind::DOUBLE
        }
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
