//! The vectors in the knowledge base in memory: which entries lack them, and giving them theirs.

use std::sync::PoisonError;

use bson::RawDocument;

use super::Knowledge;
use crate::{
    domain::{KnownError, KnownErrorId},
    inference::{Query, Verdict, semantic::Vector},
};

impl Knowledge {
    /// Forgets the vectors of any other model.
    pub(in crate::usecase) fn use_meanings_of(&self, model: &str) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.meaning_model != model {
            state.index.clear_meanings();
            model.clone_into(&mut state.meaning_model);
        }
    }

    /// Entries that are matched against and have no vectors, by identifier; at most so many.
    pub(in crate::usecase) fn without_meaning(&self, limit: usize) -> Vec<KnownError> {
        let state = self.read();
        let lacks = |entry: &&KnownError| state.index.knows(&entry.id) && !state.index.has_meaning(&entry.id);
        let mut ids: Vec<&KnownErrorId> = state.entries.values().filter(lacks).map(|entry| &entry.id).collect();
        if ids.len() > limit {
            ids.select_nth_unstable(limit);
            ids.truncate(limit);
        }
        ids.sort_unstable();
        ids.into_iter().filter_map(|id| state.entries.get(id).cloned()).collect()
    }

    /// Gives entries their vectors, unless they have changed since.
    pub(in crate::usecase) fn set_meanings<'a>(&self, meanings: impl Iterator<Item = (&'a KnownError, &'a Vec<Vector>)>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        for (entry, vectors) in meanings {
            let is_same = state.entries.get(&entry.id).is_some_and(|now| now.updated_at == entry.updated_at && now.text == entry.text);
            if is_same {
                state.index.set_meaning(&entry.id, vectors);
            }
        }
    }

    /// Whether some entry has vectors.
    pub(in crate::usecase) fn has_meanings(&self) -> bool {
        self.read().index.has_meanings()
    }

    /// Whether errors are matched against this entry.
    pub(in crate::usecase) fn is_matched(&self, id: &KnownErrorId) -> bool {
        self.read().index.knows(id)
    }

    /// Whether the vectors by this model are in line with the knowledge base, here and in the store.
    pub(in crate::usecase) fn has_followed(&self, model: &str) -> bool {
        let state = self.read();
        state.followed == Some(state.version) && state.meaning_model == model
    }

    /// Notes that they are in line with this version.
    pub(in crate::usecase) fn set_followed(&self, version: i64) {
        self.state.write().unwrap_or_else(PoisonError::into_inner).followed = Some(version);
    }

    /// As [`Self::classify`], by meaning besides.
    pub(in crate::usecase) fn classify_by_meaning(
        &self,
        text: &str,
        code: Option<&str>,
        log: Option<&RawDocument>,
        meaning: &Vector,
    ) -> Verdict {
        let state = self.read();
        let query = Query { text, code, meaning: Some(meaning) };
        state.index.classify_where(&query, &|id| state.holds(id, log))
    }
}
