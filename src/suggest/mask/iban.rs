//! Account numbers (IBAN, ISO 13616): a country, its length, and a remainder of 1 when divided by 97 (ISO/IEC 7064).

use super::spans::{Kind, Span};

/// Countries and the length of their numbers, after the IBAN registry of SWIFT (release 99).
const LENGTHS: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18\
                       GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15\
                       OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

/// Finds account numbers, in one or parted by blanks or hyphens.
pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + 15 <= bytes.len() {
        match length(bytes, at).and_then(|length| end(bytes, at, length)) {
            Some(end) => {
                spans.push(Span { start: at, end, kind: Kind::Iban });
                at = end;
            }
            None => at += 1,
        }
    }
}

/// How long a number is that begins here.
fn length(bytes: &[u8], at: usize) -> Option<usize> {
    let &[a, b, c, d] = bytes.get(at..)?.first_chunk()?;
    if !(c.is_ascii_digit() && d.is_ascii_digit()) {
        return None;
    }
    let country = [a.to_ascii_uppercase(), b.to_ascii_uppercase()];
    let entry = LENGTHS.as_bytes().chunks_exact(4).find(|entry| entry.starts_with(&country))?;
    let [_, _, tens, ones] = entry else { return None };
    Some(usize::from(tens - b'0') * 10 + usize::from(ones - b'0'))
}

/// Where it ends, if it is one.
fn end(bytes: &[u8], start: usize, length: usize) -> Option<usize> {
    let mut number = Vec::with_capacity(length);
    let mut at = start;
    while number.len() < length {
        let byte = *bytes.get(at)?;
        if byte.is_ascii_alphanumeric() {
            number.push(byte.to_ascii_uppercase());
        } else if !matches!(byte, b' ' | b'-') || !bytes.get(at + 1)?.is_ascii_alphanumeric() {
            return None;
        }
        at += 1;
    }
    // Country and check digits go to the end; a letter counts as two digits, from A = 10.
    number.rotate_left(4);
    let remainder = number.iter().fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    (remainder == 1).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_numbers_are_found_by_country_length_and_remainder() {
        // The registry's own examples.
        for (text, expected) in [
            ("UA213223130000026007233566001", Some("UA213223130000026007233566001")),
            ("\\nUA213223130000026007233566001Kyiv", Some("UA213223130000026007233566001")),
            ("iban gb29 NWBK 6016 1331 9268 19, x", Some("gb29 NWBK 6016 1331 9268 19")),
            ("DE89-3704-0044-0532-0130-00", Some("DE89-3704-0044-0532-0130-00")),
            ("NO9386011117947", Some("NO9386011117947")),
            ("UA213223130000026007233566002", None),
            ("ZZ213223130000026007233566001", None),
            ("UA21322313000002600723356600", None),
            ("DE89  3704 0044 0532 0130 00", None),
        ] {
            let mut spans = Vec::new();
            find(text, &mut spans);
            assert_eq!(spans.first().map(|span| &text[span.start..span.end]), expected, "{text}");
        }
    }
}
