//! People: e-mail addresses, telephone numbers, and the tax numbers of persons, which carry a check digit.

use super::spans::{Kind, Span, begins_word, ends_word};

/// Operators of mobile numbers in Ukraine, behind the 0.
const OPERATORS: [&[u8; 2]; 17] =
    [b"39", b"50", b"63", b"66", b"67", b"68", b"73", b"75", b"77", b"91", b"92", b"93", b"94", b"95", b"96", b"97", b"98"];
/// Characters of a local part and of a host that are looked at.
const LOCAL: usize = 64;
const HOST: usize = 253;

/// Finds what leads to a person.
pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'@' => spans.extend(email(bytes, at)),
            b'+' | b'0' | b'3' if begins_word(bytes, at) => spans.extend(phone(bytes, at)),
            _ => {}
        }
        if byte.is_ascii_digit() && begins_word(bytes, at) {
            spans.extend(tax_number(bytes, at));
        }
    }
}

/// The address around an `@`.
fn email(bytes: &[u8], at: usize) -> Option<Span> {
    let head = bytes.get(..at)?;
    let local = head.iter().rev().take(LOCAL).take_while(|byte| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte)).count();
    let tail = bytes.get(at + 1..)?;
    let host = tail.iter().take(HOST).take_while(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte)).count();
    let host = tail.get(..host)?;
    let host = host.get(..=host.iter().rposition(u8::is_ascii_alphanumeric)?)?;
    let dot = host.iter().rposition(|byte| *byte == b'.')?;
    let zone = host.get(dot + 1..)?;
    let whole = local > 0 && dot > 0 && zone.len() >= 2 && zone.iter().all(u8::is_ascii_alphabetic);
    whole.then_some(Span { start: at - local, end: at + 1 + host.len(), kind: Kind::Email })
}

/// An international number of 10 to 15 digits behind a `+`, or a Ukrainian one; of several groups of digits those that make the longest.
fn phone(bytes: &[u8], start: usize) -> Option<Span> {
    let plus = bytes.get(start) == Some(&b'+');
    let mut number = Vec::with_capacity(16);
    let (mut at, mut end) = (start + usize::from(plus), None);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        if byte.is_ascii_digit() {
            number.push(*byte);
            if number.len() > 15 {
                break;
            }
            if ends_word(bytes, at) && is_phone(&number, plus) {
                end = Some(at);
            }
        } else if !is_separator(bytes, at - 1) {
            break;
        }
    }
    end.map(|end| Span { start, end, kind: Kind::Phone })
}

fn is_phone(number: &[u8], plus: bool) -> bool {
    let local = |number: &[u8]| {
        let operator = number.get(1..3);
        number.len() == 10 && number.first() == Some(&b'0') && OPERATORS.iter().any(|known| operator == Some(known.as_slice()))
    };
    let national = number.strip_prefix(b"38").is_some_and(local);
    match plus {
        // Ukraine's numbers have one length: what follows is something else.
        true if number.starts_with(b"380") => national,
        true => (10..=15).contains(&number.len()),
        false => national || local(number),
    }
}

/// Whether digits of a number may be parted here: by a hyphen or by blanks and brackets, two at most.
fn is_separator(bytes: &[u8], at: usize) -> bool {
    let parts = |at: usize| bytes.get(at).is_some_and(|byte| b" -()".contains(byte));
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    parts(at) && (digit(at + 1) || (parts(at + 1) && digit(at + 2)))
}

/// The number of a taxpayer (РНОКПП): ten digits, the last of which checks the others.
fn tax_number(bytes: &[u8], start: usize) -> Option<Span> {
    let number: &[u8; 10] = bytes.get(start..)?.first_chunk()?;
    let end = start + number.len();
    let parted = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|byte| matches!(byte, b'.' | b'-' | b':'));
    if !number.iter().all(u8::is_ascii_digit) || !ends_word(bytes, end) || parted(start.checked_sub(1)) {
        return None;
    }
    const WEIGHTS: [i32; 9] = [-1, 5, 7, 9, 4, 6, 10, 5, 7];
    let sum: i32 = number.iter().zip(WEIGHTS).map(|(digit, weight)| i32::from(digit - b'0') * weight).sum();
    let check = sum.rem_euclid(11) % 10;
    (number.last().map(|digit| i32::from(digit - b'0')) == Some(check)).then_some(Span { start, end, kind: Kind::Tax })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_a_person_is_found() {
        for (text, expected) in [
            ("to olena.k+1@bank.com.ua.", Some((Kind::Email, "olena.k+1@bank.com.ua"))),
            ("+380 (50) 123-45-67, x", Some((Kind::Phone, "+380 (50) 123-45-67"))),
            ("call 0501234567", Some((Kind::Phone, "0501234567"))),
            ("\\n380501234567", Some((Kind::Phone, "380501234567"))),
            ("+380501234567  4111111111111111", Some((Kind::Phone, "+380501234567"))),
            ("+1 202 555 0100", Some((Kind::Phone, "+1 202 555 0100"))),
            ("ipn 3184710691", Some((Kind::Tax, "3184710691"))),
            ("3184710692", None),
            ("a@b", None),
            ("@host.com x@.com", None),
            ("0111234567", None),
            ("id_0501234567", None),
            ("05012345678", None),
            ("2016-05-08 07:17:45", None),
        ] {
            let mut spans = Vec::new();
            find(text, &mut spans);
            assert_eq!(spans.first().map(|span| (span.kind, &text[span.start..span.end])), expected, "{text}");
        }
    }
}
