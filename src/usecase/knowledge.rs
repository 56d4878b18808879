//! The knowledge base in memory: the index of `inference`, the conditions of its entries, kept in step with the store.

mod meanings;
mod remembered;
mod trial;
mod written;

use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use bson::RawDocument;
use rustc_hash::FxHashMap;

use crate::{
    domain::{Answer, KnownError, KnownErrorId, StatusCode, StatusError},
    inference::{Index, Query, Rule, Verdict},
    query::{Filter, FilterError, Operator, Test, Value},
    store::{self, Store},
};

use remembered::Remembered;
pub use written::description;
use written::is_one_version;

/// The knowledge base as matched against.
#[derive(Default)]
pub struct Knowledge {
    state: RwLock<State>,
    remembered: Mutex<Remembered>,
}

#[derive(Default)]
struct State {
    version: i64,
    index: Index,
    entries: FxHashMap<KnownErrorId, KnownError>,
    statuses: FxHashMap<StatusCode, StatusError>,
    conditions: FxHashMap<KnownErrorId, Filter>,
    /// The model by which entries have vectors.
    meaning_model: String,
    /// The version that the vectors were in line with last.
    followed: Option<i64>,
}

impl Knowledge {
    /// Takes over the store's knowledge base if it has changed; whether it had.
    ///
    /// # Errors
    /// When the store does not answer or an entry is corrupt.
    pub async fn refresh(&self, store: &dyn Store) -> store::Result<bool> {
        let version = store.knowledge_version().await?;
        if version == self.read().version {
            return Ok(false);
        }
        let statuses = store.list_status_errors().await?;
        let entries = store.list_known_errors().await?;
        let answers = self.answers_of_changed(store, &entries).await?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.replace(version, statuses, entries, answers);
        Ok(true)
    }

    /// What inference says of an error; `log` is the encoded Log, for entries with conditions.
    pub fn classify(&self, text: &str, code: Option<&str>, log: Option<&RawDocument>) -> Verdict {
        let state = self.read();
        state.index.classify_where(&Query { text, code, meaning: None }, &|id| state.holds(id, log))
    }

    /// The entries in force that say most of what an error's text says, best first, each with the share that it says.
    pub fn related(&self, text: &str, limit: usize) -> Vec<(KnownErrorId, f64)> {
        self.read().index.related(&Query { text, code: None, meaning: None }, limit)
    }

    /// The fixed words of a text with placeholders that no entry in force has.
    pub(super) fn fresh_words(&self, template: &str) -> Vec<String> {
        self.read().index.fresh_words(template)
    }

    /// Version of the knowledge base that is matched against.
    pub fn version(&self) -> i64 {
        self.read().version
    }

    /// The entry with this id, as last loaded.
    pub fn entry(&self, id: &KnownErrorId) -> Option<KnownError> {
        self.read().entries.get(id).cloned()
    }

    /// Whether an error that was explained as this entry still is its: the entry is in force, and the Log within what it asks for.
    pub(super) fn holds(&self, id: &KnownErrorId, log: &RawDocument) -> bool {
        let state = self.read();
        let in_force = state.entries.get(id).is_some_and(|entry| entry.state.matches());
        in_force && state.conditions.get(id).is_none_or(|condition| condition.accepts(log))
    }

    /// The entries as last loaded that a test accepts, each as the other function reads it.
    pub fn select<T>(&self, accepts: impl Fn(&KnownError) -> bool, read: impl Fn(&KnownError) -> T) -> Vec<T> {
        self.read().entries.values().filter(|entry| accepts(entry)).map(read).collect()
    }

    /// A copy of the index that judges by words alone, and the entries in force.
    pub(super) fn in_force(&self) -> (Index, Vec<KnownError>) {
        let state = self.read();
        let mut index = state.index.clone();
        index.clear_meanings();
        index.clear_descriptions();
        (index, state.entries.values().filter(|entry| entry.state.matches()).cloned().collect())
    }

    /// The status with this code.
    pub fn status(&self, code: StatusCode) -> Option<StatusError> {
        self.read().statuses.get(&code).cloned()
    }

    /// Number of entries that are matched against.
    pub fn len(&self) -> usize {
        self.read().index.len()
    }

    /// Whether nothing is known yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The status with this code and those above it, root first.
    pub fn status_path(&self, code: StatusCode) -> Vec<StatusError> {
        let state = self.read();
        let mut path = Vec::new();
        let mut next = Some(code);
        while let Some(status) = next.and_then(|code| state.statuses.get(&code)).filter(|_| path.len() < 16) {
            path.insert(0, status.clone());
            next = status.parent;
        }
        path
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether an entry's condition holds; without a Log none does.
    fn holds(&self, id: &KnownErrorId, log: Option<&RawDocument>) -> bool {
        self.conditions.get(id).is_none_or(|condition| log.is_some_and(|log| condition.accepts(log)))
    }

    /// Brings the index in line entry by entry, so that a change costs what it changes.
    /// `answers` are those of the entries that changed.
    fn replace(
        &mut self,
        version: i64,
        statuses: Vec<StatusError>,
        entries: Vec<KnownError>,
        answers: FxHashMap<KnownErrorId, Vec<Answer>>,
    ) {
        let statuses: FxHashMap<_, _> = statuses.into_iter().map(|status| (status.code, status)).collect();
        let entries: FxHashMap<_, _> = entries.into_iter().map(|entry| (entry.id.clone(), entry)).collect();
        for id in self.entries.keys().filter(|id| !entries.contains_key(*id)) {
            self.index.remove(id);
            self.conditions.remove(id);
        }
        for entry in entries.values() {
            let status = |statuses: &FxHashMap<StatusCode, StatusError>| entry.status.and_then(|code| statuses.get(&code).cloned());
            let before = self.entries.get(&entry.id);
            let unchanged = before.is_some_and(|before| is_one_version(before, entry) && same_rule(before, entry));
            if unchanged && status(&self.statuses) == status(&statuses) {
                continue;
            }
            self.conditions.remove(&entry.id);
            if !entry.state.matches() {
                self.index.remove(&entry.id);
                continue;
            }
            // Entries are checked when they are saved; one that no longer fits is left out and said so, the others work.
            let (rule, condition) = match rule_of(entry, status(&statuses).as_ref()) {
                Ok(rule) => rule,
                Err(error) => {
                    tracing::warn!(known_error.id = %entry.id, %error, "the condition of this known error is not usable: it is not matched");
                    self.index.remove(&entry.id);
                    continue;
                }
            };
            if let Err(error) = self.index.upsert(rule) {
                tracing::warn!(known_error.id = %entry.id, %error, "this known error is not matched");
                self.index.remove(&entry.id);
                continue;
            }
            if let Some(answers) = answers.get(&entry.id) {
                self.index.describe(&entry.id, &description(entry, answers));
            }
            if let Some(condition) = condition {
                self.conditions.insert(entry.id.clone(), condition);
            }
        }
        (self.version, self.statuses, self.entries) = (version, statuses, entries);
    }
}

/// Whether two states of an entry are recognised in the same way.
fn same_rule(a: &KnownError, b: &KnownError) -> bool {
    Rule::from_known_error(a, None) == Rule::from_known_error(b, None)
        && a.conditions == b.conditions
        && a.state == b.state
        && a.tenure == b.tenure
}

/// What the engine needs of an entry, and what a Log has to satisfy for it; the facts that this asks for are counted.
///
/// # Errors
/// When the condition is no filter.
pub fn rule_of(entry: &KnownError, status: Option<&StatusError>) -> Result<(Rule, Option<Filter>), FilterError> {
    let condition = condition_of(entry)?;
    let facts = condition.as_ref().map_or(0, |condition| condition.n_facts().max(1));
    Ok((Rule { facts, ..Rule::from_known_error(entry, status) }, condition))
}

/// What a Log has to satisfy for the entry to be its: the condition as written, and a date within the entry's validity.
///
/// # Errors
/// When the condition is no filter.
fn condition_of(entry: &KnownError) -> Result<Option<Filter>, FilterError> {
    let mut parts = Vec::new();
    if let Some(text) = entry.conditions.as_deref().filter(|text| !text.trim().is_empty()) {
        parts.push(text.parse::<Filter>()?);
    }
    let bounds = [(Operator::AtLeast, entry.tenure.valid_from), (Operator::Less, entry.tenure.valid_to)];
    for (operator, date) in bounds {
        if let (Some(date), Ok(path)) = (date, "date".parse()) {
            parts.push(Filter::Test(Test { path, operator, value: Value::Date(date) }));
        }
    }
    Ok(if parts.len() > 1 { Some(Filter::And(parts)) } else { parts.pop() })
}
