//! Levels: which words are one, and which of them say that something failed.

/// Levels that say that something failed.
const ERRORS: [&str; 14] =
    ["error", "err", "fatal", "ftl", "critical", "crit", "severe", "alert", "emerg", "emergency", "panic", "failure", "failed", "e"];

/// The other levels.
const OTHERS: [&str; 22] = [
    "info",
    "inf",
    "information",
    "warn",
    "wrn",
    "warning",
    "debug",
    "dbg",
    "trace",
    "trc",
    "notice",
    "verbose",
    "vrb",
    "fine",
    "finer",
    "finest",
    "config",
    "log",
    "audit",
    "detail",
    "statement",
    "default",
];

fn is_one_of(words: &[&str], word: &str) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether a word is the name of a level.
pub(super) fn is_level(word: &str) -> bool {
    (3..=11).contains(&word.len()) && (is_one_of(&ERRORS, word) || is_one_of(&OTHERS, word))
}

/// Whether a level says that something failed; numbers are those of syslog (0 to 3) or of bunyan and pino (50 and more).
pub(super) fn is_error(level: &str) -> bool {
    let level = level.trim();
    match level.parse::<f64>() {
        Ok(number) => (0.0..=3.0).contains(&number) || number >= 50.0,
        Err(_) => is_one_of(&ERRORS, level),
    }
}

/// The level that a message states itself in front of its text, as daemons do: `error: …`, `fatal: …`.
pub(super) fn stated(message: &str) -> Option<&str> {
    let colon = message.bytes().take(12).position(|byte| byte == b':')?;
    message.get(..colon).filter(|word| is_level(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_from_the_rest() {
        for level in ["ERROR", "Err", "FATAL", "crit", "SEVERE", "alert", "emerg", "FAILURE", "50", "3", "0"] {
            assert!(is_error(level), "{level}");
        }
        for level in ["INFO", "warn", "Warning", "debug", "", "30", "6", "errors"] {
            assert!(!is_error(level), "{level}");
        }
    }

    #[test]
    fn daemons_state_the_level_in_the_message() {
        assert_eq!(stated("error: Received disconnect"), Some("error"));
        assert_eq!(stated("errors: 5"), None);
        assert_eq!(stated("no level"), None);
    }
}
