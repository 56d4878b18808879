//! The store as somebody sees it who may not see every branch. Pages and the API are given this instead of the store itself for whatever
//! belongs to branches: the bounds are part of what the adapters are asked, and what lies beyond them is not found.

use bson::DateTime;

use super::{FileCursor, FileTally, LogPage, LogsFound, MomentsFound, QuarantineCursor, Result, Scope, SharedStore, StateCount, Usage};
use crate::{
    domain::{
        AgentReport, Branch, BranchCode, GroupId, GroupState, KnownErrorId, Ledger, Log, LogFile, LogFileId, LogId, LogQuery, QuarantineId,
        Quarantined, StatusCode,
    },
    query::{Filter, Operator, Test, Value},
};

/// A store within a scope.
#[derive(Clone)]
pub struct ScopedStore {
    store: SharedStore,
    scope: Scope,
    /// Called when something beyond the scope is asked for by name.
    beyond: fn(),
}

/// What of a group of unknown errors holds at every branch: no figures, which would tell of the others.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupText {
    /// The group.
    pub id: GroupId,
    /// The text that its errors share.
    pub template: String,
    /// Where it stands.
    pub state: GroupState,
    /// The file that it was found in first.
    pub first_log_file_id: LogFileId,
}

impl ScopedStore {
    /// The store within a scope.
    pub fn new(store: SharedStore, scope: Scope) -> Self {
        Self { store, scope, beyond: || () }
    }

    /// The same; `beyond` is called whenever something outside the scope is asked for by its id or code.
    #[must_use]
    pub fn noting(self, beyond: fn()) -> Self {
        Self { beyond, ..self }
    }

    /// Whether the branch is seen; who asks for another's things is noted.
    fn admits(&self, branch: &BranchCode) -> bool {
        let is_seen = self.scope.holds(branch);
        if !is_seen {
            (self.beyond)();
        }
        is_seen
    }

    /// Whose things are seen.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The same of one branch alone, as far as it is seen.
    #[must_use]
    pub fn only(&self, branch: &BranchCode) -> Self {
        let own = if self.scope.holds(branch) { vec![branch.clone()] } else { Vec::new() };
        Self { scope: Scope::Branches(own), ..self.clone() }
    }

    /// The Log with this id.
    pub async fn find_log(&self, id: &LogId) -> Result<Option<Log>> {
        if self.scope == Scope::All {
            return self.store.find_log(id).await;
        }
        let Ok(path) = "_id".parse() else { return Ok(None) };
        let filter = Filter::Test(Test { path, operator: Operator::Equal, value: Value::Id(id.0) });
        let found = self.list_logs(&LogPage { filter: &filter, limit: 1, after: None, scan_limit: 1 }).await?;
        if found.logs.is_empty() && self.store.find_log(id).await?.is_some() {
            (self.beyond)();
        }
        let log = found.logs.first().map(|log| bson::deserialize_from_slice(log.as_bytes()));
        log.transpose().map_err(|error| super::Error::Corrupt { collection: "Log", id: id.to_string(), reason: error.to_string() })
    }

    /// A page of Logs, newest first.
    pub async fn list_logs(&self, page: &LogPage<'_>) -> Result<LogsFound> {
        let filter = self.scope.within(page.filter.clone());
        self.store.list_logs(&LogPage { filter: &filter, ..page.clone() }).await
    }

    /// A page of Logs, oldest first.
    pub async fn list_later_logs(&self, page: &LogPage<'_>) -> Result<LogsFound> {
        let filter = self.scope.within(page.filter.clone());
        self.store.list_later_logs(&LogPage { filter: &filter, ..page.clone() }).await
    }

    /// What came of Logs, newest first.
    pub async fn list_moments(&self, page: &LogPage<'_>) -> Result<MomentsFound> {
        let filter = self.scope.within(page.filter.clone());
        self.store.list_moments(&LogPage { filter: &filter, ..page.clone() }).await
    }

    /// Number of Logs in each state, by branch.
    pub async fn count_states(&self) -> Result<Vec<StateCount>> {
        let mut counts = self.store.count_states().await?;
        counts.retain(|count| self.scope.holds(&count.branch));
        Ok(counts)
    }

    /// The file with this id.
    pub async fn find_log_file(&self, id: &LogFileId) -> Result<Option<LogFile>> {
        Ok(self.store.find_log_file(id).await?.filter(|file| self.admits(&file.branch)))
    }

    /// The latest files, newest first.
    pub async fn list_log_files(&self, limit: usize) -> Result<Vec<LogFile>> {
        self.store.list_log_files(self.scope.branches(), limit).await
    }

    /// A page of files, newest first, behind a place.
    pub async fn list_log_file_page(&self, after: Option<FileCursor>, limit: usize) -> Result<Vec<LogFile>> {
        self.store.list_log_file_page(self.scope.branches(), after, limit).await
    }

    /// What files and streams that began at this moment or later brought, by branch and day.
    pub async fn sum_ledger(&self, since: DateTime) -> Result<Ledger> {
        self.store.sum_ledger(self.scope.branches(), since).await
    }

    /// What the errors of a file's Logs are.
    pub async fn tally_log_file(&self, id: &LogFileId) -> Result<Option<FileTally>> {
        match self.find_log_file(id).await? {
            Some(_) => self.store.tally_log_file(id).await.map(Some),
            None => Ok(None),
        }
    }

    /// What can be told of these groups, as far as a branch that is seen had them.
    pub async fn list_group_texts(&self, ids: &[GroupId]) -> Result<Vec<GroupText>> {
        let groups = self.store.find_log_errors(ids).await?.into_iter();
        let seen = groups.filter(|group| self.scope == Scope::All || group.branches.iter().any(|own| self.scope.holds(&own.branch)));
        let text = |group: crate::domain::LogError| GroupText {
            id: group.id,
            template: group.template,
            state: group.state,
            first_log_file_id: group.first_log_file_id,
        };
        Ok(seen.map(text).collect())
    }

    /// Pieces of a file that could not become Logs, in the order of their offsets.
    pub async fn list_quarantined(&self, file: &LogFileId, limit: usize) -> Result<Vec<Quarantined>> {
        let mut pieces = self.store.list_quarantined(file, limit).await?;
        pieces.retain(|piece| self.scope.holds(&piece.branch));
        Ok(pieces)
    }

    /// Pieces of a branch or (`None`) of all that are seen, newest first, behind a place.
    pub async fn list_quarantine_page(
        &self,
        branch: Option<&BranchCode>,
        after: Option<QuarantineCursor>,
        limit: usize,
    ) -> Result<Vec<Quarantined>> {
        let own = match (branch, self.scope.branches()) {
            (None, None) => return self.store.list_quarantine_page(None, after, limit).await,
            (Some(branch), _) => std::slice::from_ref(branch),
            (None, Some(branches)) => branches,
        };
        let mut pieces = Vec::new();
        for branch in own.iter().filter(|branch| self.scope.holds(branch)) {
            pieces.extend(self.store.list_quarantine_page(Some(branch), after, limit).await?);
        }
        pieces.sort_by_key(|piece| std::cmp::Reverse((piece.created_at, piece.id)));
        pieces.truncate(limit);
        Ok(pieces)
    }

    /// The piece with this id.
    pub async fn find_quarantined(&self, id: &QuarantineId) -> Result<Option<Quarantined>> {
        Ok(self.store.find_quarantined(id).await?.filter(|piece| self.admits(&piece.branch)))
    }

    /// The branch of this code.
    pub async fn find_branch(&self, code: &BranchCode) -> Result<Option<Branch>> {
        if !self.admits(code) {
            return Ok(None);
        }
        self.store.find_branch(code).await
    }

    /// The branches by code.
    pub async fn list_branches(&self) -> Result<Vec<Branch>> {
        let mut branches = self.store.list_branches().await?;
        branches.retain(|branch| self.scope.holds(&branch.code));
        Ok(branches)
    }

    /// What the agents of a branch said of themselves last.
    pub async fn list_agent_reports(&self, branch: &BranchCode) -> Result<Vec<AgentReport>> {
        if !self.scope.holds(branch) {
            return Ok(Vec::new());
        }
        self.store.list_agent_reports(branch).await
    }

    /// What can be asked for. Examples and counts are taken from every branch's Logs: only who sees them all is told them.
    pub async fn list_log_queries(&self) -> Result<Vec<LogQuery>> {
        let mut properties = self.store.list_log_queries().await?;
        if self.scope != Scope::All {
            for property in &mut properties {
                property.examples.clear();
                property.count = 0;
            }
        }
        Ok(properties)
    }

    /// The Logs of a known error by day and branch, from one moment up to before another; at most `limit` Logs, the newest.
    pub async fn count_known_error_days(&self, id: &KnownErrorId, from: DateTime, to: DateTime, limit: usize) -> Result<Usage> {
        self.store.count_known_error_days(id, self.scope.branches(), from, to, limit).await
    }

    /// How often known errors of each status came; `None` for who does not see all of them.
    pub async fn count_by_status(&self) -> Result<Option<Vec<(Option<StatusCode>, i64)>>> {
        if self.scope != Scope::All {
            return Ok(None);
        }
        self.store.count_by_status().await.map(Some)
    }
}
