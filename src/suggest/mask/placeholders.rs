//! Placeholders: which value has which, and the way back.

use std::{collections::HashMap, fmt};

use super::spans::{Kind, Span};

/// How a placeholder begins and ends; no log writes these brackets by chance, and one that does is masked itself.
const OPEN: char = '⟦';
const CLOSE: char = '⟧';
/// Bytes between the brackets at most.
const LONGEST: usize = 32;

/// Finds brackets that were there before.
pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    let found = text.match_indices(OPEN);
    spans.extend(found.map(|(start, bracket)| Span { start, end: start + bracket.len(), kind: Kind::Bracket }));
}

/// What placeholders stand for, where that may be said.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Mask {
    values: HashMap<String, String>,
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mask({} values)", self.values.len())
    }
}

impl Mask {
    /// The text with the values in the place of their placeholders, for a person who may see the Logs; secrets stay masked.
    pub fn unmask(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPEN) {
            out.push_str(before);
            // Names are ASCII: what is cut in the middle of a character is none.
            let close = after.bytes().take(LONGEST + CLOSE.len_utf8()).position(|byte| !is_name(byte));
            let name = close.and_then(|close| after.get(..close));
            let value = name.and_then(|name| self.values.get(name)).filter(|_| close.is_some_and(|close| has_close(after, close)));
            match (name, value) {
                (Some(name), Some(value)) => {
                    out.push_str(value);
                    rest = after.get(name.len() + CLOSE.len_utf8()..).unwrap_or_default();
                }
                _ => {
                    out.push(OPEN);
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        out
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'
}

fn has_close(after: &str, at: usize) -> bool {
    after.get(at..).is_some_and(|rest| rest.starts_with(CLOSE))
}

/// Gives out placeholders.
#[derive(Default)]
pub(super) struct Placeholders {
    /// By kind and hash of the value: a secret is not kept even here.
    names: HashMap<(Kind, blake3::Hash), String>,
    count: HashMap<Kind, usize>,
    values: HashMap<String, String>,
}

impl Placeholders {
    /// The text with placeholders at these places, which are in order and do not overlap.
    pub(super) fn replace(&mut self, text: &str, spans: &[Span]) -> String {
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for span in spans {
            let (Some(before), Some(value)) = (text.get(done..span.start), text.get(span.start..span.end)) else { continue };
            out.push_str(before);
            out.push(OPEN);
            out.push_str(self.name(span.kind, value));
            out.push(CLOSE);
            done = span.end;
        }
        out.push_str(text.get(done..).unwrap_or_default());
        out
    }

    fn name(&mut self, kind: Kind, value: &str) -> &str {
        let (count, values) = (&mut self.count, &mut self.values);
        self.names.entry((kind, blake3::hash(value.as_bytes()))).or_insert_with(|| {
            let count = count.entry(kind).or_default();
            *count += 1;
            let name = format!("{}_{count}", kind.label());
            if !kind.is_secret() {
                values.insert(name.clone(), value.to_owned());
            }
            name
        })
    }

    pub(super) fn finish(self) -> Mask {
        Mask { values: self.values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_placeholders_are_put_back() {
        let mask = Mask { values: HashMap::from([("CARD_1".to_owned(), "⟦CARD_1⟧ 4111".to_owned())]) };
        for (text, expected) in [
            ("a ⟦CARD_1⟧.", "a ⟦CARD_1⟧ 4111."),
            ("⟦CARD_2⟧ ⟦CARD_1", "⟦CARD_2⟧ ⟦CARD_1"),
            ("⟦⟦CARD_1⟧⟧", "⟦⟦CARD_1⟧ 4111⟧"),
            ("⟦card_1⟧⟦CARD_1é⟧⟦", "⟦card_1⟧⟦CARD_1é⟧⟦"),
        ] {
            assert_eq!(mask.unmask(text), expected);
        }
        assert_eq!(format!("{mask:?}"), "Mask(1 values)");
    }

    #[test]
    fn equal_values_have_equal_placeholders() {
        let mut placeholders = Placeholders::default();
        let spans = [(0, 1), (1, 2), (2, 3)].map(|(start, end)| Span { start, end, kind: Kind::Email });
        assert_eq!(placeholders.replace("aba", &spans), "⟦EMAIL_1⟧⟦EMAIL_2⟧⟦EMAIL_1⟧");
        assert_eq!(placeholders.finish().unmask("⟦EMAIL_2⟧"), "b");
    }
}
