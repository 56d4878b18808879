//! What a person may read: everything, or for branch operators what their own branches sent. Doors read Logs and files through here,
//! so that no handler can forget the bounds.

use std::cmp::Reverse;

use super::Services;
use crate::{
    domain::{Branch, BranchCode, GroupId, GroupState, Log, LogError, LogFile, LogFileId, LogId, LogQuery, Role, User},
    query::{Filter, Operator, Test, Value},
    store::{self, LogCursor, LogPage, LogsFound},
};

/// Documents looked at for one page where no index helps.
const SCAN: usize = 200_000;
/// Groups that can be leafed through.
const MAX_SEEN: usize = 50_000;

/// A person's view of the store.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    services: &'a Services,
    user: &'a User,
}

/// Branches that a person is bound to; `None` sees all.
pub fn branches(user: &User) -> Option<&[BranchCode]> {
    (user.role == Role::BranchOperator).then_some(user.branches.as_slice())
}

/// The filter within what a person sees.
pub fn within(user: &User, filter: Filter) -> Filter {
    let Some(branches) = branches(user) else { return filter };
    let Ok(path) = "branch".parse() else { return Filter::Not(Box::new(Filter::All)) };
    let codes = branches.iter().map(|branch| Value::Text(branch.to_string())).collect();
    let own = Filter::Test(Test { path, operator: Operator::In, value: Value::List(codes) });
    Filter::And(vec![own, filter])
}

impl<'a> Reading<'a> {
    /// What this person sees.
    pub fn new(services: &'a Services, user: &'a User) -> Self {
        Self { services, user }
    }

    fn sees(&self, branch: &BranchCode) -> bool {
        branches(self.user).is_none_or(|branches| branches.contains(branch))
    }

    /// The Log with this id.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn log(&self, id: &LogId) -> store::Result<Option<Log>> {
        Ok(self.services.store.find_log(id).await?.filter(|log| self.sees(&log.branch)))
    }

    /// A page of the Logs that satisfy a filter, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn logs(&self, filter: Filter, limit: usize, after: Option<LogCursor>) -> store::Result<LogsFound> {
        let filter = within(self.user, filter);
        self.services.store.list_logs(&LogPage { filter: &filter, limit, after, scan_limit: SCAN }).await
    }

    /// The file with this id.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn file(&self, id: &LogFileId) -> store::Result<Option<LogFile>> {
        Ok(self.services.store.find_log_file(id).await?.filter(|file| self.sees(&file.branch)))
    }

    /// The latest files, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn files(&self, limit: usize) -> store::Result<Vec<LogFile>> {
        self.services.store.list_log_files(branches(self.user), limit).await
    }

    /// The branches, by code.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn branches(&self) -> store::Result<Vec<Branch>> {
        let mut all = self.services.store.list_branches().await?;
        all.retain(|branch| self.sees(&branch.code));
        Ok(all)
    }

    /// What can be asked for. Examples come from every branch's Logs and are shown only to those who read them all.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn properties(&self) -> store::Result<Vec<LogQuery>> {
        let mut all = self.services.store.list_log_queries().await?;
        if branches(self.user).is_some() {
            all.iter_mut().for_each(|property| property.examples.clear());
        }
        Ok(all)
    }
}

/// The last group of a page: the next one begins behind it, whatever was counted in the meantime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupCursor {
    count: i64,
    id: GroupId,
    /// Groups on this page and those before.
    seen: usize,
}

impl std::fmt::Display for GroupCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}_{}", self.count, self.id, self.seen)
    }
}

impl std::str::FromStr for GroupCursor {
    type Err = ();

    /// `23_<id>_500`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('_');
        let mut part = || parts.next().ok_or(());
        let (count, id, seen) = (part()?, part()?, part()?);
        Ok(Self { count: count.parse().map_err(drop)?, id: id.parse().map_err(drop)?, seen: seen.parse().map_err(drop)? })
    }
}

/// A page of groups, the most frequent first, and where the next one begins.
///
/// # Errors
/// When the store fails.
pub async fn groups(
    services: &Services,
    state: Option<GroupState>,
    limit: usize,
    after: Option<GroupCursor>,
) -> store::Result<(Vec<LogError>, Option<GroupCursor>)> {
    let seen = after.map_or(0, |after| after.seen.min(MAX_SEEN));
    let mut groups = services.store.list_log_errors(state, seen + limit + 1).await?;
    groups.retain(|group| after.is_none_or(|after| (Reverse(after.count), after.id) < (Reverse(group.count), group.id)));
    let more = groups.len() > limit;
    groups.truncate(limit);
    let next = groups.last().filter(|_| more).map(|last| GroupCursor { count: last.count, id: last.id, seen: seen + limit });
    Ok((groups, next))
}
