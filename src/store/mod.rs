//! Where documents live: one trait for each document family, [`Store`] for all of them, and the two adapters.
//!
//! Every behaviour promised here is a case of the contract test list, which runs on both adapters. Whatever a method saves is
//! durable when it returns. Methods may be called twice with one effect. Counts are never added up from deltas but recounted
//! from the Logs, so that a replay or a crash cannot spoil them; unless the database itself adds them up in the transaction of the change.

mod advice;
mod agents;
mod audit;
mod deliveries;
mod error;
mod facets;
mod feedback;
mod figures;
mod files;
mod follow;
mod ingest_keys;
mod ledger;
pub mod migrations;
pub mod mongo;
mod notices;
mod people;
mod plan;
mod quarantine;
mod raw;
mod removal;
mod scan;
mod scope;
mod scoped;
mod sources;
pub mod sqlite;
mod steps;
mod suggestions;
mod triage;
mod usage;
mod vectors;
mod versions;

use std::sync::Arc;

use async_trait::async_trait;
use bson::{DateTime, RawDocumentBuf};

pub use advice::AdviceStore;
pub use agents::AgentStore;
pub use audit::{AuditCursor, AuditGuard, AuditPage, AuditStore};
pub use deliveries::DeliveryStore;
pub use error::{Error, Result};
pub use facets::{FacetStore, Facets, Tally};
pub use feedback::FeedbackStore;
pub use figures::{FigureStore, KnownErrorPage};
pub use files::{FileCursor, FilePageStore};
pub use follow::{ChangePlace, ChangedGroups, FollowStore};
pub use ingest_keys::IngestKeyStore;
pub use ledger::LedgerStore;
pub use notices::{NoticeStore, SubscriptionStore};
pub use people::{InvitationStore, SessionStore, TokenStore};
pub use plan::is_told_by_indexes;
pub use quarantine::{QuarantineCursor, QuarantinePageStore};
pub use raw::{RawFile, RawStore};
pub use removal::{RemovalStore, Removed};
pub use scan::{Moment, MomentsFound, Outcome, ScanStore};
pub use scope::Scope;
pub use scoped::{GroupText, ScopedStore};
pub use sources::{SourceStore, Weighed};
pub use steps::GroupStepStore;
pub use suggestions::{SuggestionPlace, SuggestionQueue, SuggestionStore, SuggestionTally};
pub use triage::{ActivityStore, Queue, QueueCount, QueueCursor, QueueOrder, TriageStore, Unwanted, Whose};
pub use usage::{DayCount, KnownErrorCount, Usage, UsageStore};
pub use vectors::VectorStore;
pub use versions::VersionStore;

use crate::{
    domain::{
        Answer, Branch, BranchCode, EncodedLog, GroupId, GroupRule, GroupRuleId, GroupState, KnownError, KnownErrorId, Log, LogError,
        LogFile, LogFileId, LogId, LogOutcome, LogQuery, PropertyDelta, Quarantined, QueryConfig, QueryConfigId, Session, StatusCode,
        StatusError, User, Verdict, ViewKind,
    },
    query::Filter,
};

/// Remote offices.
#[async_trait]
pub trait BranchStore {
    /// Saves a branch, replacing the one of that code.
    async fn save_branch(&self, branch: &Branch) -> Result<()>;
    /// The branch of this code.
    async fn find_branch(&self, code: &BranchCode) -> Result<Option<Branch>>;
    /// All branches by code.
    async fn list_branches(&self) -> Result<Vec<Branch>>;
}

/// Uploaded files.
#[async_trait]
pub trait LogFileStore {
    /// Saves a file's record, replacing the one with its id.
    async fn save_log_file(&self, file: &LogFile) -> Result<()>;
    /// The file with this id.
    async fn find_log_file(&self, id: &LogFileId) -> Result<Option<LogFile>>;
    /// The latest files, newest first; of some branches or (`None`) of all.
    async fn list_log_files(&self, branches: Option<&[BranchCode]>, limit: usize) -> Result<Vec<LogFile>>;
}

/// A page of Logs to read.
#[derive(Debug, Clone)]
pub struct LogPage<'a> {
    /// Which Logs.
    pub filter: &'a Filter,
    /// At most this many.
    pub limit: usize,
    /// Only what comes after this Log in the order of the page.
    pub after: Option<LogCursor>,
    /// At most this many Logs are looked at, counted on the index that the filter's best property and its dates give; a page that
    /// ends there says that it is incomplete.
    pub scan_limit: usize,
}

/// A place in the order of Logs: newest first, then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogCursor {
    /// Date of the Log (the least date where it has none).
    pub date: DateTime,
    /// Its id.
    pub id: LogId,
}

/// Logs that were read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogsFound {
    /// The encoded Logs, newest first.
    pub logs: Vec<RawDocumentBuf>,
    /// Where the next page begins, if there may be more.
    pub next: Option<LogCursor>,
    /// The scan limit was reached before the page was full: there may be more that match beyond `next`.
    pub incomplete: bool,
}

/// The errors of one file's Logs, counted from the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileTally {
    /// Errors by known error, most first.
    pub known: Vec<(KnownErrorId, i64)>,
    /// Unknown errors by group, most first.
    pub unknown: Vec<(GroupId, i64)>,
}

/// Exchanges.
#[async_trait]
pub trait LogStore {
    /// Stores a batch and says what became of each, in order. Halves meet by their message id ([`crate::domain::merge_halves`]); where that
    /// was used before, or there is none, by pairing key and order ([`crate::domain::pair_by_order`]). Two Logs of one batch meet as if the second came later. Nothing of a Log that is there already is
    /// changed by a replay, its verdict neither.
    async fn insert_logs(&self, logs: &Arc<[EncodedLog]>) -> Result<Vec<LogOutcome>>;
    /// The Log with this id.
    async fn find_log(&self, id: &LogId) -> Result<Option<Log>>;
    /// A page of Logs that satisfy a filter, newest first.
    async fn list_logs(&self, page: &LogPage<'_>) -> Result<LogsFound>;
    /// Number of Logs that this file was the first to bring.
    async fn count_log_file(&self, id: &LogFileId) -> Result<i64>;
    /// What the errors of this file's Logs are.
    async fn tally_log_file(&self, id: &LogFileId) -> Result<FileTally>;
    /// Gives all Logs of a group this verdict (which names the group as well); the number changed. Logs that have it already are not counted.
    async fn update_verdicts(&self, group: &GroupId, verdict: &Verdict) -> Result<u64>;
    /// Gives Logs other verdicts, each only where the Log's known error still is what it was; the number changed.
    async fn change_verdicts(&self, changes: &[VerdictChange]) -> Result<u64>;
    /// Number of Logs in each state of the paper's entropy: without error, known, unknown; by branch.
    async fn count_states(&self) -> Result<Vec<StateCount>>;
}

/// Another verdict for a Log.
#[derive(Debug, Clone, PartialEq)]
pub struct VerdictChange {
    /// The Log.
    pub log: LogId,
    /// The known error of its verdict up to now.
    pub was: Option<KnownErrorId>,
    /// Its verdict from now on.
    pub verdict: Verdict,
}

/// How many Logs of a branch are in which state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateCount {
    /// The branch.
    pub branch: BranchCode,
    /// Without an error.
    pub normal: i64,
    /// With a known error.
    pub known: i64,
    /// With an error that nobody knows.
    pub unknown: i64,
}

/// Groups of unknown errors: the documents `Error`.
#[async_trait]
pub trait LogErrorStore {
    /// Stores the groups that are not there yet; of the others only template and pattern are taken over, with their breadth, where that has
    /// grown: whoever is behind the others makes no group narrower.
    async fn insert_log_errors(&self, groups: &[LogError]) -> Result<()>;
    /// The group with this id.
    async fn find_log_error(&self, id: &GroupId) -> Result<Option<LogError>>;
    /// Those of these groups that there are, in no order.
    async fn find_log_errors(&self, ids: &[GroupId]) -> Result<Vec<LogError>>;
    /// Groups in a state, or all, the most frequent first.
    async fn list_log_errors(&self, state: Option<GroupState>, limit: usize) -> Result<Vec<LogError>>;
    /// Groups whose Logs do not all bear their verdict yet.
    async fn list_pending_log_errors(&self) -> Result<Vec<LogError>>;
    /// Number of groups in a state.
    async fn count_log_errors(&self, state: GroupState) -> Result<usize>;
    /// Writes what an analyst decided (state, status, known error, pending flag); false when there is no such group.
    async fn update_log_error(&self, id: &GroupId, decision: &GroupDecision) -> Result<bool>;
    /// Recounts count, branches, first and last seen of these groups from the Logs, and names the earliest of them as the one to show.
    async fn recount_log_errors(&self, ids: &[GroupId]) -> Result<()>;
}

/// What an analyst decided about which errors are one group.
#[async_trait]
pub trait GroupRuleStore {
    /// Keeps a rule; one that is kept already stays as it is.
    async fn insert_group_rule(&self, rule: &GroupRule) -> Result<()>;
    /// All rules, the oldest first.
    async fn list_group_rules(&self) -> Result<Vec<GroupRule>>;
    /// Takes a rule back; false when there was none.
    async fn delete_group_rule(&self, id: &GroupRuleId) -> Result<bool>;
}

/// What an analyst decided of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDecision {
    /// Where it stands now.
    pub state: GroupState,
    /// Its status.
    pub status: Option<StatusCode>,
    /// The known error it became.
    pub known_error_id: Option<KnownErrorId>,
    /// Whether its Logs still have to be told.
    pub relabel_pending: bool,
}

/// The knowledge base: statuses, known errors, answers. Each change makes [`KnowledgeStore::knowledge_version`] larger.
#[async_trait]
pub trait KnowledgeStore {
    /// Saves a status, replacing the one of that code.
    async fn save_status_error(&self, status: &StatusError) -> Result<()>;
    /// All statuses by code.
    async fn list_status_errors(&self) -> Result<Vec<StatusError>>;
    /// Saves known errors with all their answers, replacing both; `count` and `last_seen` of entries that are there stay as they are.
    async fn save_known_errors(&self, entries: &[(KnownError, Vec<Answer>)]) -> Result<()>;
    /// The known error with this id.
    async fn find_known_error(&self, id: &KnownErrorId) -> Result<Option<KnownError>>;
    /// All known errors by id, retired ones too.
    async fn list_known_errors(&self) -> Result<Vec<KnownError>>;
    /// Answers of one known error, or of all, in the order of known error and position.
    async fn list_answers(&self, known_error: Option<&KnownErrorId>) -> Result<Vec<Answer>>;
    /// Recounts count and last seen of these known errors from the Logs; this is no change of knowledge.
    async fn recount_known_errors(&self, ids: &[KnownErrorId]) -> Result<()>;
    /// Grows with every change of statuses, known errors or answers, by any process.
    async fn knowledge_version(&self) -> Result<i64>;
}

/// The catalogue of properties.
#[async_trait]
pub trait LogQueryStore {
    /// Adds what one file brought; a second call for the same file changes nothing until the file is closed.
    async fn add_properties(&self, file: &LogFileId, deltas: &[PropertyDelta]) -> Result<()>;
    /// Forgets which properties the file was counted in: it is done and will not be counted again.
    async fn close_properties(&self, file: &LogFileId) -> Result<()>;
    /// All properties by path.
    async fn list_log_queries(&self) -> Result<Vec<LogQuery>>;
}

/// Saved views.
#[async_trait]
pub trait QueryConfigStore {
    /// Saves a filter, replacing the one with its id.
    async fn save_query_config(&self, config: &QueryConfig) -> Result<()>;
    /// The shared view, or the user's own, of this name; the user's own first.
    async fn find_query_config(&self, user: &str, kind: ViewKind, name: &str) -> Result<Option<QueryConfig>>;
    /// The user's own views of a kind and all shared ones, by name.
    async fn list_query_configs(&self, user: &str, kind: ViewKind) -> Result<Vec<QueryConfig>>;
    /// Deletes it; false when there was none.
    async fn delete_query_config(&self, id: &QueryConfigId) -> Result<bool>;
}

/// People and sessions.
#[async_trait]
pub trait UserStore {
    /// Adds a person; `Conflict` when the name is taken.
    async fn insert_user(&self, user: &User) -> Result<()>;
    /// Replaces a person's record; false when there is none.
    async fn update_user(&self, user: &User) -> Result<bool>;
    /// The person of this name.
    async fn find_user(&self, name: &str) -> Result<Option<User>>;
    /// All people by name.
    async fn list_users(&self) -> Result<Vec<User>>;
    /// Opens a session.
    async fn insert_session(&self, session: &Session) -> Result<()>;
    /// The session of this token hash, unless it ended before `now`.
    async fn find_session(&self, token_hash: &str, now: DateTime) -> Result<Option<Session>>;
    /// Ends a session.
    async fn delete_session(&self, token_hash: &str) -> Result<()>;
    /// Removes the sessions that ended before `now`.
    async fn delete_expired_sessions(&self, now: DateTime) -> Result<()>;
}

/// Bytes that could not become Logs.
#[async_trait]
pub trait QuarantineStore {
    /// Keeps pieces; those that are there already stay.
    async fn insert_quarantined(&self, pieces: &[Quarantined]) -> Result<()>;
    /// Pieces of a file in the order of their offsets.
    async fn list_quarantined(&self, file: &LogFileId, limit: usize) -> Result<Vec<Quarantined>>;
    /// Number of pieces of a file.
    async fn count_quarantined(&self, file: &LogFileId) -> Result<usize>;
}

/// A step of the schema that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Its number; both stores share numbers.
    pub number: i32,
    /// What it does.
    pub name: &'static str,
}

/// Care of the store itself.
#[async_trait]
pub trait AdminStore {
    /// Fails with `Unavailable` when the store does not answer.
    async fn ping(&self) -> Result<()>;
    /// Applies the migrations that are missing, in order; those applied now. `Refused` when the schema is newer than the program.
    async fn migrate(&self) -> Result<Vec<Migration>>;
    /// Number of the latest migration applied; 0 for an empty store.
    async fn schema_version(&self) -> Result<i32>;
    /// A number that use cases keep under a name; 0 where none was kept.
    async fn mark(&self, name: &str) -> Result<i64>;
    /// Keeps a number under a name.
    async fn set_mark(&self, name: &str, value: i64) -> Result<()>;
    /// What and where it is, for people, without secrets: `SQLite at data/loghelper.db`.
    fn describe(&self) -> String;
}

/// Makes of the families the one that is all of them.
macro_rules! all_of {
    ($($family:ident),+ $(,)?) => {
        /// All families; what use cases are given.
        pub trait Store: $($family +)+ Send + Sync {}

        impl<T: $($family +)+ Send + Sync> Store for T {}
    };
}

all_of!(
    BranchStore,
    LogFileStore,
    FilePageStore,
    LogStore,
    ScanStore,
    RemovalStore,
    LogErrorStore,
    GroupRuleStore,
    GroupStepStore,
    TriageStore,
    FacetStore,
    ActivityStore,
    KnowledgeStore,
    VersionStore,
    VectorStore,
    FeedbackStore,
    FigureStore,
    FollowStore,
    UsageStore,
    LogQueryStore,
    QueryConfigStore,
    UserStore,
    QuarantineStore,
    QuarantinePageStore,
    IngestKeyStore,
    LedgerStore,
    AdviceStore,
    SubscriptionStore,
    NoticeStore,
    DeliveryStore,
    AgentStore,
    AdminStore,
    SessionStore,
    TokenStore,
    InvitationStore,
    AuditStore,
    SuggestionStore,
    RawStore,
    SourceStore,
);

/// A store that can be shared.
pub type SharedStore = Arc<dyn Store>;
