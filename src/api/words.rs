//! Schemas of the domain's words and identifiers.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::schema::{Definitions, Schema, one_of};
use crate::{
    domain::{
        AuditAction, BranchCode, Change, FileState, GroupState, KnownErrorId, LifeCycle, LogState, Method, ProblemKind, PropertySide,
        PropertyType, Role, StatusCode, TokenScope, Via, ViewKind,
    },
    store::QueueOrder,
};

/// An identifier of 24 hexadecimal digits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Id(pub(crate) String);

impl Id {
    /// The identifier as it is written.
    pub(crate) fn of(id: impl ToString) -> Self {
        Self(id.to_string())
    }
}

impl Schema for Id {
    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^[0-9a-fA-F]{24}$" })
    }
}

/// Describes types whose values are words from a list.
macro_rules! words {
    ($($type:ty => $all:expr),+ $(,)?) => {
        $(impl Schema for $type {
            fn schema(_: &mut Definitions) -> Value {
                one_of(&$all)
            }
        })+
    };
}

pub(super) use words;

words! {
    Role => [Role::BranchOperator, Role::ProgrammerDeveloper, Role::ExpertAnalyst, Role::SystemAdministrator],
    TokenScope => TokenScope::ALL,
    AuditAction => AuditAction::ALL,
    Via => [Via::Session, Via::Token, Via::CommandLine, Via::Nobody],
    ViewKind => ViewKind::ALL,
    Change => Change::ALL,
    GroupState => [GroupState::Unknown, GroupState::Known, GroupState::Ignored],
    LifeCycle => [LifeCycle::Draft, LifeCycle::Review, LifeCycle::Approved, LifeCycle::Fixed, LifeCycle::Retired],
    LogState => [LogState::Complete, LogState::RequestOnly, LogState::ResponseOnly],
    QueueOrder => [QueueOrder::Count, QueueOrder::LastSeen, QueueOrder::FirstSeen],
    FileState => [FileState::Processing, FileState::Done, FileState::Failed, FileState::Deleting, FileState::Reprocessing],
    Method => [Method::Exact, Method::Template, Method::Keyword, Method::Regex, Method::Code, Method::Semantic, Method::Approved],
    ProblemKind => ProblemKind::ALL,
    PropertySide => [PropertySide::Request, PropertySide::Response, PropertySide::Log],
    PropertyType => [
        PropertyType::String, PropertyType::Number, PropertyType::Bool, PropertyType::Date, PropertyType::Object, PropertyType::Array,
        PropertyType::Null,
    ],
}

impl Schema for BranchCode {
    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,31}$" })
    }
}

impl Schema for KnownErrorId {
    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string" })
    }
}

impl Schema for StatusCode {
    fn schema(definitions: &mut Definitions) -> Value {
        i32::schema(definitions)
    }
}
