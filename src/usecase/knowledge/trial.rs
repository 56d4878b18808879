//! The knowledge base with an entry on trial: what it would recognise, without a change to what errors are matched against.

use std::cell::Cell;

use bson::RawDocument;
use rustc_hash::FxHashMap;

use super::Knowledge;
use crate::{
    domain::KnownErrorId,
    inference::{Index, Query, Rule, RuleError},
    query::Filter,
};

/// The knowledge base with an entry on trial.
pub(in crate::usecase) struct Trial {
    id: KnownErrorId,
    index: Index,
    conditions: FxHashMap<KnownErrorId, Filter>,
}

impl Knowledge {
    /// The knowledge base as it would be with this rule, in the place of the one with its id.
    ///
    /// # Errors
    /// When the rule cannot be matched against.
    pub(in crate::usecase) fn with(&self, rule: Rule, condition: Option<Filter>) -> Result<Trial, RuleError> {
        let state = self.read();
        let (id, mut index, mut conditions) = (rule.id.clone(), state.index.clone(), state.conditions.clone());
        // Nothing is asked here but verdicts by words: vectors and descriptions stay where they are.
        index.clear_meanings();
        index.clear_descriptions();
        index.upsert(rule)?;
        match condition {
            Some(condition) => conditions.insert(id.clone(), condition),
            None => conditions.remove(&id),
        };
        Ok(Trial { id, index, conditions })
    }
}

impl Trial {
    /// Whether the error would be the entry's, and whether that depends on the Log beside its text and code.
    pub(in crate::usecase) fn catches(&self, text: &str, code: Option<&str>, log: &RawDocument) -> (bool, bool) {
        if self.conditions.get(&self.id).is_some_and(|condition| !condition.accepts(log)) {
            return (false, true);
        }
        let depends = Cell::new(false);
        let holds = |id: &KnownErrorId| {
            let condition = self.conditions.get(id);
            depends.set(depends.get() || condition.is_some());
            condition.is_none_or(|condition| condition.accepts(log))
        };
        let found = self.index.recognise(&Query { text, code, meaning: None }, &holds);
        (found.is_some_and(|found| found.is_known && *found.id == self.id), depends.get())
    }
}
