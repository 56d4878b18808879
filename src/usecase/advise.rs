//! What a branch is told: of each known error its title, status and answers. Read from the store once for each version of the knowledge.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use super::Services;
use crate::{
    domain::{Answer, BranchCode, KnownErrorId, StatusCode},
    store,
};

/// Known errors that one answer tells of.
const MAX_TOLD: usize = 100;

/// What is known of an error.
#[derive(Debug, Clone)]
pub struct Told {
    /// The known error.
    pub known_error_id: KnownErrorId,
    /// Its title.
    pub title: String,
    /// The same in Ukrainian.
    pub title_uk: Option<String>,
    /// Its status.
    pub status: Option<StatusCode>,
    /// The status's title.
    pub status_title: Option<String>,
    /// Remedies, those that worked more often first.
    pub answers: Vec<Answer>,
}

/// A part of what a branch is told.
#[derive(Debug, Clone)]
pub struct AdvicePage {
    /// Each known error once, in the order in which the branch had them.
    pub told: Vec<Told>,
    /// After which place to ask next.
    pub next: i64,
    /// There is more already.
    pub more: bool,
}

/// Tells branches, and remembers what it read.
#[derive(Default)]
pub struct Adviser {
    remembered: Mutex<(i64, HashMap<KnownErrorId, Arc<Told>>)>,
}

impl Adviser {
    /// What is known of these, at most a hundred of them.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn told(&self, services: &Services, ids: impl Iterator<Item = &KnownErrorId>) -> store::Result<Vec<Told>> {
        let mut told = Vec::new();
        for id in ids.take(MAX_TOLD) {
            told.extend(self.one(services, id).await?.map(|one| Told::clone(&one)));
        }
        Ok(told)
    }

    /// What the branch is told after this place; known errors that it had and was not told of come last. A place that was never given
    /// counts as the last one, as who asks from there after a store was restored would hear nothing for long.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn tell_branch(&self, services: &Services, branch: &BranchCode, after: i64, limit: usize) -> store::Result<AdvicePage> {
        let store = services.store.as_ref();
        let given = store.list_advice(branch, 0, usize::MAX).await?;
        let after = after.min(given.last().map_or(0, |last| last.seq));
        let before: HashSet<KnownErrorId> = given.into_iter().map(|advice| advice.known_error_id).collect();
        let mut fresh = store.list_known_of_branch(branch).await?;
        fresh.retain(|id| !before.contains(id));
        if !fresh.is_empty() {
            store.insert_advice(branch, &fresh).await?;
        }
        let mut page = store.list_advice(branch, after, limit + 1).await?;
        let more = page.len() > limit;
        page.truncate(limit);
        let next = page.last().map_or(after, |last| last.seq);
        Ok(AdvicePage { told: self.told(services, page.iter().map(|advice| &advice.known_error_id)).await?, next, more })
    }

    async fn one(&self, services: &Services, id: &KnownErrorId) -> store::Result<Option<Arc<Told>>> {
        let version = services.knowledge.version();
        let known = {
            let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
            if remembered.0 != version {
                *remembered = (version, HashMap::new());
            }
            remembered.1.get(id).cloned()
        };
        if known.is_some() {
            return Ok(known);
        }
        let Some(entry) = services.knowledge.entry(id) else { return Ok(None) };
        let mut answers = services.store.list_answers(Some(id)).await?;
        answers.sort_by_key(|answer| (std::cmp::Reverse(answer.n_worked - answer.n_failed), answer.position));
        let status = entry.status.and_then(|code| services.knowledge.status_path(code).pop());
        let told = Arc::new(Told {
            known_error_id: id.clone(),
            title: entry.title,
            title_uk: entry.title_uk,
            status: entry.status,
            status_title: status.map(|status| status.title),
            answers,
        });
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.0 == version {
            remembered.1.insert(id.clone(), told.clone());
        }
        Ok(Some(told))
    }
}
