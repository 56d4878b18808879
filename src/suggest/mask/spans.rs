//! Places to be masked, and what becomes of those that overlap.

/// What a value is. The order is that of precedence: of two that overlap, the first says how the whole place is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A password, a PIN, a check number of a card, a private key.
    Password,
    /// A token that admits its bearer.
    Token,
    /// The id of a session.
    Session,
    /// A card number.
    Card,
    /// An account number.
    Iban,
    /// A tax number of a person or a firm.
    Tax,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A configured word.
    Word,
    /// A bracket that would read as the beginning of a placeholder.
    Bracket,
}

impl Kind {
    /// Its name in placeholders.
    pub fn label(self) -> &'static str {
        match self {
            Self::Password => "PASSWORD",
            Self::Token => "TOKEN",
            Self::Session => "SESSION",
            Self::Card => "CARD",
            Self::Iban => "IBAN",
            Self::Tax => "TAX",
            Self::Phone => "PHONE",
            Self::Email => "EMAIL",
            Self::Word => "NAME",
            Self::Bracket => "BRACKET",
        }
    }

    /// Whether it is never put back.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Password | Self::Token)
    }
}

/// A place of a text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
}

/// The spans in order; those that overlap are one, of the first kind of theirs.
pub(super) fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans.into_iter().filter(|span| span.start < span.end) {
        match out.last_mut() {
            Some(last) if span.start < last.end => {
                last.end = last.end.max(span.end);
                last.kind = last.kind.min(span.kind);
            }
            _ => out.push(span),
        }
    }
    out
}

/// Whether a word can begin here: not in the middle of one, but behind an escape (`\n`) of a JSON text.
pub(super) fn begins_word(bytes: &[u8], at: usize) -> bool {
    let before = |n: usize| at.checked_sub(n).and_then(|at| bytes.get(at)).copied();
    match before(1) {
        None => true,
        Some(b'n' | b'r' | b't') => before(2) == Some(b'\\'),
        Some(byte) => !byte.is_ascii_alphanumeric() && byte != b'_' && byte < 0x80,
    }
}

/// Whether a word ends here.
pub(super) fn ends_word(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_' && *byte < 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_places_are_one_of_the_most_secret_kind() {
        let span = |start, end, kind| Span { start, end, kind };
        let spans = vec![span(5, 9, Kind::Card), span(0, 3, Kind::Email), span(3, 3, Kind::Card), span(7, 12, Kind::Password)];
        assert_eq!(merged(spans), [span(0, 3, Kind::Email), span(5, 12, Kind::Password)]);
    }

    #[test]
    fn words_begin_behind_escapes() {
        for (text, at, expected) in
            [("ab", 1, false), ("a b", 2, true), ("\\nb", 2, true), ("anb", 2, false), ("b", 0, true), ("_b", 1, false)]
        {
            assert_eq!(begins_word(text.as_bytes(), at), expected, "{text}");
        }
    }
}
