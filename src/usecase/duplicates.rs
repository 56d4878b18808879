//! Known errors that are one: pairs whose texts the engine takes for each other, and their merging.

use std::{collections::HashMap, sync::Arc};

use bson::DateTime;

use super::{
    Services, four_eyes,
    revise::{self, ReviseError},
};
use crate::{
    domain::{Answer, Change, Feedback, KnownError, KnownErrorId, LifeCycle},
    inference::{Query, Rule},
    review,
};

/// Entries whose texts are tried, by identifier; a bound for very large knowledge bases.
const MAX_ENTRIES: usize = 5_000;

/// Two known errors that seem to be one.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplicate {
    /// One of them.
    pub one: KnownErrorId,
    /// The other.
    pub other: KnownErrorId,
    /// How surely the less sure one of the two texts is taken for the other, 0 to 1.
    pub score: f64,
}

/// Pairs of entries in force each of whose texts would be recognised as the other, if it were not there itself; the surest first. Takes a
/// classification an entry: call it off the threads that answer requests. Remembered until the knowledge changes.
pub fn duplicates(services: &Services) -> Arc<Vec<Duplicate>> {
    let version = services.knowledge.version();
    if let Some(found) = services.remembered_duplicates(version) {
        return found;
    }
    let (mut index, mut entries) = services.knowledge.in_force();
    entries.retain(|entry| !entry.text.trim().is_empty());
    entries.sort_by(|a, b| a.id.cmp(&b.id));
    entries.truncate(MAX_ENTRIES);
    let mut taken_for: HashMap<KnownErrorId, (KnownErrorId, f64)> = HashMap::new();
    for entry in &entries {
        let status = entry.status.and_then(|code| services.knowledge.status(code));
        index.remove(&entry.id);
        let verdict = index.classify(&Query { text: &entry.text, code: entry.code.as_deref(), meaning: None });
        if let Some(best) = verdict.known() {
            taken_for.insert(entry.id.clone(), (best.id.clone(), best.score));
        }
        if let Err(error) = index.upsert(Rule::from_known_error(entry, status.as_ref())) {
            tracing::warn!(known_error.id = %entry.id, %error, "this known error is not compared");
        }
    }
    let by_id: HashMap<&KnownErrorId, &KnownError> = entries.iter().map(|entry| (&entry.id, entry)).collect();
    let apart = |one, other| by_id.get(one).zip(by_id.get(other)).is_none_or(|(one, other)| told_apart(one, other));
    let mut pairs: Vec<Duplicate> = Vec::new();
    for (one, (other, score)) in &taken_for {
        match taken_for.get(other) {
            Some((back, other_score)) if back == one && one < other && !apart(one, other) => {
                pairs.push(Duplicate { one: one.clone(), other: other.clone(), score: score.min(*other_score) });
            }
            _ => {}
        }
    }
    pairs.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.one.cmp(&b.one)));
    services.remember_duplicates(version, pairs)
}

/// Whether two entries with one text are told apart on purpose: by what else an error or its Log has to have.
fn told_apart(one: &KnownError, other: &KnownError) -> bool {
    let differ = |a: &Option<String>, b: &Option<String>| a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| a != b);
    one.conditions != other.conditions
        || differ(&one.code, &other.code)
        || differ(&one.regex, &other.regex)
        || one.keywords_all != other.keywords_all
        || one.keywords_none != other.keywords_none
}

/// A known error and the version of it that somebody saw.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The known error.
    pub id: &'a KnownErrorId,
    /// The version.
    pub version: i64,
}

/// Merges a known error into another: that one is recognised by what either was and has the answers of both with what was said of them;
/// the merged one is retired and names it. The number of the new version.
///
/// # Errors
/// When one is gone, was changed by somebody else or is the other, what they make together cannot stand, or the store fails.
pub async fn merge(services: &Services, gone: Seen<'_>, into: Seen<'_>, by: &str, now: DateTime) -> Result<i64, ReviseError> {
    let store = services.store.as_ref();
    if gone.id == into.id {
        return Err(ReviseError::NotFound);
    }
    let stays = revise::seen_by(store, into.id, into.version).await?;
    let goes = revise::seen_by(store, gone.id, gone.version).await?;
    let joined = review::join(&stays.0, &stays.1, &goes.0, &goes.1);
    let statuses = store.list_status_errors().await?;
    let (next, answers) = review::revise(&stays.0, &stays.1, joined, &statuses, by, now)?;
    let next = four_eyes::held(services, &stays.0, next);
    let number = revise::commit(services, stays, (next, answers), Change::Merged, by, now).await?;
    for said in store.list_feedback(gone.id, None).await? {
        let Some(answer) = goes.1.iter().find(|answer| answer.id == said.answer_id) else { continue };
        let same = Answer::id_for(into.id, &answer.text);
        store.save_feedback(&Feedback::new(same, into.id.clone(), &said.user, said.worked, said.at)).await?;
    }
    store.recount_answers(into.id).await?;
    let mut retired = KnownError { state: LifeCycle::Retired, ..goes.0.clone() };
    retired.tenure.merged_into = Some(into.id.clone());
    let answers = goes.1.clone();
    revise::commit(services, goes, (retired, answers), Change::Merged, by, now).await?;
    Ok(number)
}
