//! What is written about known errors besides the text by which they are recognised: title, causes, answers. It orders the nearest of an
//! error that nobody knows and never makes one known: an answer names words that other errors have, too.
//!
//! It is an index of its own, in which each known error stands with all that is written about it, so that what one word says of an error
//! is reckoned among texts of that kind.

use std::sync::Arc;

use super::{Index, Rule};
use crate::domain::KnownErrorId;

impl Index {
    /// Notes what is written about a known error: its text with its title and answers, or nothing for an empty text. `false` if it was not
    /// noted: the error is not known, or nothing in the text can be looked for.
    ///
    /// Errors without a description rank behind those that have one, so that all are described or none.
    pub fn describe(&mut self, id: &KnownErrorId, text: &str) -> bool {
        if text.trim().is_empty() || !self.knows(id) {
            let has = self.described().is_some_and(|described| described.knows(id));
            if let Some(described) = self.described_mut().as_mut().filter(|_| has) {
                Arc::make_mut(described).remove(id);
            }
            return false;
        }
        let described = Arc::make_mut(self.described_mut().get_or_insert_default());
        match described.take_apart(Rule::from_text(id.clone(), text)) {
            Ok(entry) => {
                described.insert(entry.words_alone());
                true
            }
            Err(_) => false,
        }
    }

    /// Whether something is written about a known error.
    pub fn is_described(&self, id: &KnownErrorId) -> bool {
        self.described().is_some_and(|described| described.knows(id))
    }

    /// Forgets what is written about known errors: for a copy that is asked for verdicts alone.
    pub fn clear_descriptions(&mut self) {
        *self.described_mut() = None;
    }
}
