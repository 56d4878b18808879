//! The documents of the product: values and their invariants, no I/O.
//!
//! Each document derives serde once; the stored shape (snake_case fields, BSON dates in UTC) is the documented contract
//! that both stores, the JSON API and the command line share. Names are those of the paper's object model.
//! Nothing here knows of a store, a clock, a format or a page.

mod activity;
mod advice;
mod agent_report;
mod audit;
mod branch;
mod delivery;
mod encoded_log;
mod feedback;
mod first_brought;
mod group_rule;
mod group_step;
mod ids;
mod ingest_key;
mod invitation;
mod known_error;
mod known_error_vectors;
mod ledger;
mod log;
mod log_error;
mod log_file;
mod log_merge;
mod log_query;
mod log_source;
mod notice;
mod objection;
mod quarantine;
mod query_config;
mod status_error;
mod stretch;
mod subscription;
mod suggestion;
mod tenure;
mod token;
mod triage;
mod user;
mod version;

pub use activity::{Activity, Bulk, Deed, GroupChange};
pub use advice::BranchAdvice;
pub use agent_report::{AgentFile, AgentReport, AgentStanding, AgentTrouble};
pub use audit::{AuditAction, AuditEntry, Via};
pub use branch::{Branch, BranchCode, BranchCodeError, DateOrder};
pub use delivery::{Delivery, DeliveryState, News};
pub use encoded_log::{EncodedLog, EncodedLogError};
pub use feedback::Feedback;
pub use first_brought::{Brought, FirstBrought};
pub use group_rule::GroupRule;
pub use group_step::{GroupPattern, GroupStep};
pub use ids::{
    ActivityId, AnswerId, AuditId, BulkId, DeliveryId, FeedbackId, GroupId, GroupRuleId, IdError, InvitationId, KnownErrorId,
    KnownErrorVectorsId, KnownErrorVersionId, LogFileId, LogId, QuarantineId, QueryConfigId, StatusCode, SubscriptionId, SuggestionId,
    TokenId,
};
pub use ingest_key::IngestKey;
pub use invitation::Invitation;
pub use known_error::{Answer, KnownError, LifeCycle};
pub use known_error_vectors::KnownErrorVectors;
pub use ledger::{Ledger, LedgerCounts};
pub use log::{ErrorCode, Fault, Halves, Log, LogState, Method, Problem, ProblemKind, Side, Verdict};
pub use log_error::{BranchCount, GroupState, LogError, MethodCount};
pub use log_file::{FileOutcome, FileState, LogFile, ParseCounts};
pub use log_merge::{LogOutcome, Merged, PAIRING_WINDOW_MS, belong_together, client_key, log_id, meet_halves, merge_halves, pair_by_order};
pub use log_query::{LogQuery, PropertyDelta, PropertySide, PropertyType};
pub use log_source::{LogSource, Remains, given_to, remains};
pub use notice::{Notice, Subject};
pub use objection::Objection;
pub use quarantine::Quarantined;
pub use query_config::{QueryConfig, ViewKind};
pub use status_error::StatusError;
pub use stretch::Stretch;
pub use subscription::{Channel, ChannelError, HookSecret, HookUrl, MailAddress, Often, Subscription, Tongue};
pub use suggestion::{AskedPrompt, Cited, Doubt, DraftCost, Lease, NearError, Proposal, Suggestion, SuggestionState};
pub use tenure::Tenure;
pub use token::{ApiToken, TokenScope};
pub use triage::{DAY_MS, HOUR_MS, Ignored, Moment, Standing, Times, Triage, Until};
pub use user::{Role, Session, User};
pub use version::{Change, KnownErrorVersion};
