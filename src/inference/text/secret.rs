//! Values that identify a customer, a card or a session: they never become key words.

/// The most digits that a stated key word may have; document types, codes and years stay below.
const MAX_DIGITS: usize = 12;

/// From this length on a word that mixes letters and digits is a token or a session, not a word.
const MIN_SESSION: usize = 20;

/// Whether a key word looks like a card number, an account (IBAN), a session or a token.
pub fn is_identifier(keyword: &str) -> bool {
    keyword.split_whitespace().any(is_session) || digits(keyword) > MAX_DIGITS
}

/// Digits of the longest run, where spaces and dashes between digits do not end it (`4111 1111 1111 1111`).
fn digits(text: &str) -> usize {
    let (mut run, mut longest) = (0, 0);
    for c in text.chars() {
        match c {
            _ if c.is_ascii_digit() => run += 1,
            ' ' | '-' | '\u{a0}' => {}
            _ => run = 0,
        }
        longest = longest.max(run);
    }
    longest
}

fn is_session(word: &str) -> bool {
    let n_digits = word.bytes().filter(u8::is_ascii_digit).count();
    word.len() >= MIN_SESSION && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && n_digits >= 4
}

#[cfg(test)]
mod tests {
    use super::is_identifier;

    #[test]
    fn cards_accounts_and_sessions_are_told_from_words() {
        for (keyword, expected) in [
            ("4111 1111 1111 1111", true),
            ("4111-1111-1111-1111", true),
            ("UA213223130000026007233566001", true),
            ("slx4tezudk7yv0di3y8sxyd2", true),
            ("550e8400-e29b-41d4-a716-446655440000", true),
            ("ORA-00942", false),
            ("insufficient funds", false),
            ("2016", false),
            ("IllegalStateExceptionInTransaction", false),
        ] {
            assert_eq!(is_identifier(keyword), expected, "{keyword}");
        }
    }
}
