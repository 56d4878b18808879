//! How often something came at each branch during the hour before: counted from the Logs by their dates, once a look.

use std::collections::{HashMap, hash_map::Entry};

use bson::DateTime;

use crate::{
    domain::{BranchCode, HOUR_MS, Subject},
    store,
    usecase::Services,
};

/// Logs of a subject that are counted; more are as many for anybody.
const COUNTED: usize = 50_000;

/// Counts of one look.
pub(super) struct Rates {
    pub(super) from: DateTime,
    pub(super) to: DateTime,
    counted: HashMap<Subject, Vec<(BranchCode, i64)>>,
}

impl Rates {
    pub(super) fn new(now: DateTime) -> Self {
        let from = DateTime::from_millis(now.timestamp_millis().saturating_sub(HOUR_MS));
        Self { from, to: now, counted: HashMap::new() }
    }

    /// How often it came at each branch; nothing is asked of what was last seen before.
    pub(super) async fn of(
        &mut self,
        services: &Services,
        subject: &Subject,
        last_seen: Option<DateTime>,
    ) -> store::Result<&[(BranchCode, i64)]> {
        match self.counted.entry(subject.clone()) {
            Entry::Occupied(counted) => Ok(counted.into_mut()),
            Entry::Vacant(place) => {
                let recent = last_seen.is_some_and(|last| last >= self.from);
                let counts = if recent { services.store.count_by_branch(subject, self.from, self.to, COUNTED).await? } else { Vec::new() };
                Ok(place.insert(counts))
            }
        }
    }

    /// How often it came at this branch.
    pub(super) async fn at(
        &mut self,
        services: &Services,
        subject: &Subject,
        last_seen: Option<DateTime>,
        branch: &BranchCode,
    ) -> store::Result<i64> {
        let counts = self.of(services, subject, last_seen).await?;
        Ok(counts.iter().find(|(code, _)| code == branch).map_or(0, |(_, n)| *n))
    }
}
