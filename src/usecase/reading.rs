//! What a person may read: everything, or for branch operators what their own branches sent. Doors read Logs and files through here,
//! so that no handler can forget the bounds.

use super::Services;
use crate::{
    domain::{Branch, BranchCode, Log, LogFile, LogFileId, LogId, LogQuery, Role, User},
    query::{Filter, Operator, Test, Value},
    store::{self, LogCursor, LogPage, LogsFound},
};

/// Documents looked at for one page where no index helps.
const SCAN: usize = 200_000;

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
