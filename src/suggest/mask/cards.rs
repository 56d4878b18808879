//! Card numbers: 13 to 19 digits in one, or in the groups in which they are printed, with the check digit of H. P. Luhn (ISO/IEC 7812-1).

use super::spans::{Kind, Span};

/// Groups in which numbers are printed.
const GROUPS: [&[usize]; 3] = [&[4, 4, 4, 4, 3], &[4, 4, 4, 4], &[4, 6, 5]];

/// Finds card numbers.
pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if !byte.is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = at + digits(bytes, at);
        // The fraction of a number is none.
        let fraction = at >= 2 && bytes.get(at - 1) == Some(&b'.') && bytes.get(at - 2).is_some_and(u8::is_ascii_digit);
        let whole = (13..=19).contains(&(end - at)) && is_card(bytes.get(at..end).unwrap_or_default());
        let card = if whole { Some(end) } else { GROUPS.iter().find_map(|groups| grouped(bytes, at, groups)) };
        match card.filter(|_| !fraction) {
            Some(end) => {
                spans.push(Span { start: at, end, kind: Kind::Card });
                at = end;
            }
            None => at = end,
        }
    }
}

/// How many digits stand here.
fn digits(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The end of a number in these groups, parted by blanks or by hyphens.
fn grouped(bytes: &[u8], start: usize, groups: &[usize]) -> Option<usize> {
    let mut number = Vec::with_capacity(19);
    let (mut at, mut separator) = (start, None);
    for (index, size) in groups.iter().enumerate() {
        if index > 0 {
            let byte = *bytes.get(at)?;
            if !matches!(byte, b' ' | b'-') || separator.is_some_and(|separator| separator != byte) {
                return None;
            }
            separator = Some(byte);
            at += 1;
        }
        let group = bytes.get(at..at + size).filter(|group| group.iter().all(u8::is_ascii_digit))?;
        number.extend_from_slice(group);
        at += size;
        // The group goes on: these are other groups.
        if bytes.get(at).is_some_and(u8::is_ascii_digit) {
            return None;
        }
    }
    is_card(&number).then_some(at)
}

/// Whether an issuer gives such numbers and the check digit is right. Milliseconds since 1970 begin with 1.
fn is_card(number: &[u8]) -> bool {
    if !matches!(number.first(), Some(b'2'..=b'6' | b'9')) {
        return false;
    }
    let sum: u32 = number.iter().rev().enumerate().map(|(place, digit)| luhn(place, u32::from(digit - b'0'))).sum();
    sum.is_multiple_of(10)
}

fn luhn(place: usize, digit: u32) -> u32 {
    match (place % 2, digit * 2) {
        (0, _) => digit,
        (_, double) if double > 9 => double - 9,
        (_, double) => double,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_found_by_their_check_digit() {
        for (text, expected) in [
            ("4111111111111111", Some("4111111111111111")),
            ("PAN4111111111111111=2512", Some("4111111111111111")),
            ("card 4111 1111 1111 1111.", Some("4111 1111 1111 1111")),
            ("2016 4111-1111-1111-1111", Some("4111-1111-1111-1111")),
            ("3782 822463 10005", Some("3782 822463 10005")),
            ("378282246310005", Some("378282246310005")),
            ("4111 1111-1111 1111", None),
            ("4111111111111112", None),
            ("4111 1111 1111 11111", None),
            ("0.4111111111111111", None),
            ("1462691865006", None),
            ("550e8400-e29b-41d4-a716-446655440000", None),
            ("41111111111111111111111111", None),
            ("12", None),
        ] {
            let mut spans = Vec::new();
            find(text, &mut spans);
            let found = spans.first().map(|span| &text[span.start..span.end]);
            assert_eq!(found, expected, "{text}");
        }
    }
}
