//! Words that nothing known says: the ones by which an unknown error can be told from all that is known.

use super::{
    Index,
    text::{Kind, Scan, is_identifier},
};

/// Shorter words say little.
const MIN_CHARS: usize = 4;

impl Index {
    /// The fixed words of a text with placeholders that no entry has, as they are written, each once; nothing that identifies somebody.
    pub fn fresh_words(&self, template: &str) -> Vec<String> {
        let scan = Scan::of_template(template);
        let mut words: Vec<String> = Vec::new();
        for token in scan.tokens.iter().filter(|token| token.kind == Kind::Word && !token.soft) {
            let written = template.get(token.at.0 as usize..token.at.1 as usize).unwrap_or_default();
            let is_fresh = self.vocabulary().find(token.hash, scan.stem_bytes(token)).is_none();
            if is_fresh && written.chars().count() >= MIN_CHARS && !is_identifier(written) && !words.iter().any(|word| word == written) {
                words.push(written.to_owned());
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::KnownErrorId, inference::Rule};

    #[test]
    fn words_are_fresh_that_no_entry_has_in_any_form() {
        let mut index = Index::new();
        index.upsert(Rule::from_text(KnownErrorId("k".into()), "Document is locked by another client")).unwrap();
        for (template, expected) in [
            ("Documents <*> locked: cash desk drawer <*>", &["cash", "desk", "drawer"][..]),
            ("Documents locked", &[]),
            ("drawer drawer", &["drawer"]),
            ("<*>", &[]),
            ("", &[]),
        ] {
            assert_eq!(index.fresh_words(template), expected, "{template}");
        }
        assert_eq!(Index::new().fresh_words("Каса переповнена"), ["Каса", "переповнена"]);
    }
}
