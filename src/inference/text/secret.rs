//! Values that identify a customer, a card or a session: they never become key words.

use super::likely::n_unlikely;

/// The most digits that a stated key word may have; document types, codes and years stay below.
const MAX_DIGITS: usize = 12;

/// From this length on letters and digits that make no word are a token or a session.
const MIN_SESSION: usize = 16;

/// From this length on many digits among the letters are enough.
const MIN_MIXED: usize = 20;

/// What has to speak against a word being one: at least so much, and in one of so many characters.
const UNLIKELY: usize = 5;
const UNLIKELY_IN: usize = 5;

/// Whether a key word looks like a card number, an account (IBAN), a session or a token.
pub fn is_identifier(keyword: &str) -> bool {
    // Shorter than either.
    if keyword.len() <= MAX_DIGITS.min(MIN_SESSION) {
        return false;
    }
    keyword.split_whitespace().any(|word| word.len() >= MIN_SESSION && is_session(word)) || digits(keyword) > MAX_DIGITS
}

/// Digits of the longest run, where spaces and dashes between digits do not end it (`4111 1111 1111 1111`).
fn digits(text: &str) -> usize {
    let (mut run, mut longest) = (0, 0);
    for c in text.chars() {
        match c {
            _ if c.is_ascii_digit() => {
                run += 1;
                longest = longest.max(run);
            }
            ' ' | '-' | '\u{a0}' => {}
            _ => run = 0,
        }
    }
    longest
}

/// Whether a word is, or holds, what no person made up: hexadecimal digits, or letters and digits as chance puts them.
fn is_session(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    word.split(|c| !is_part(c)).any(is_hexadecimal) || word.split(|c: char| !c.is_alphanumeric()).any(is_random)
}

fn is_hexadecimal(text: &str) -> bool {
    let (mut n_digits, mut n_letters) = (0, 0);
    for byte in text.bytes().filter(|byte| *byte != b'-') {
        match byte {
            b'0'..=b'9' => n_digits += 1,
            b'a'..=b'f' | b'A'..=b'F' => n_letters += 1,
            _ => return false,
        }
    }
    n_digits + n_letters >= MIN_SESSION && n_digits >= 4 && n_letters > 0
}

fn is_random(text: &str) -> bool {
    if text.len() < MIN_SESSION || !text.is_ascii() {
        return false;
    }
    let bytes = text.as_bytes();
    let n_runs = bytes.chunk_by(|one, next| one.is_ascii_digit() == next.is_ascii_digit()).filter(|run| run[0].is_ascii_digit()).count();
    let n_digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let n_unlikely = n_unlikely(bytes);
    (n_unlikely >= UNLIKELY && n_unlikely * UNLIKELY_IN >= text.len()) || (text.len() >= MIN_MIXED && n_digits >= 4 && n_runs >= 3)
}

#[cfg(test)]
mod tests {
    use super::is_identifier;

    #[test]
    fn cards_accounts_and_sessions_are_told_from_words() {
        for secret in [
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "UA213223130000026007233566001",
            "MT84MALT011000012345MTLCAST001S",
            "slxctezudkzyv0di3ymysxyd",
            "slx4tezudk7yv0di3y8sxyd2",
            "sessionid=slxctezudkzyv0di3ymysxyd",
            "ASP.NET_SessionId=slxctezudkzyv0di3ymysxyd;",
            "session slxctezudkzyv0di3ymysxyd expired",
            "550e8400-e29b-41d4-a716-446655440000",
            "{550E8400-E29B-41D4-A716-446655440000}",
            "JSESSIONID=0AAB6C8DE415E2E5F307CF334BFCA0C1",
            "PHPSESSID=q2kbhl6dfbcqbk9q4ioqdhsnv7",
            "d41d8cd98f00b204e9800998ecf8427e",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0",
            "dGhlIHNhbXBsZSBub25jZQ",
            "xkqzjvbwpfhgtmcrdnzq",
        ] {
            assert!(is_identifier(secret), "{secret}");
        }
    }

    #[test]
    fn long_words_and_names_of_programs_are_words() {
        for word in [
            "ORA-00942",
            "ORA-12541",
            "insufficient funds",
            "2016",
            "2016-05-08",
            "BARS-MESS-6735248",
            "IllegalStateExceptionInTransaction",
            "GetAccountStatementForPeriod",
            "get_account_statement_for_period",
            "XMLHttpRequestSSLHandshakeError",
            "JDBCConnectionPoolSQLException",
            "Windows1251ToUtf8Converter",
            "GetSWIFTMT103Message",
            "MT103CustomerTransferSWIFT",
            "SQLSTATE23505duplicatekey",
            "com.bars.scheduler.CloseSessionHandler",
            "ERR_CERT_AUTHORITY_INVALID",
            "INSUFFICIENTPRIVILEGES",
            "release-2016-05-scheduler-2",
            "srv-11.bank.local",
            "internationalization",
            "counterrevolutionaries",
            "Rechtsschutzversicherungsgesellschaften",
            "Donaudampfschifffahrtsgesellschaft",
            "Zahlungsverkehrsabwicklung",
            "недоступний",
            "взаєморозрахунків",
            "неплатоспроможність",
            "vzaiemorozrakhunkiv",
            "neplatospromozhnist",
            "nepidtverdzhenoho",
        ] {
            assert!(!is_identifier(word), "{word}");
        }
    }
}
