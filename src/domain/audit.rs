//! AuditEntry: who did what to what, and what was refused. Written once, never changed.

use bson::{Bson, DateTime};
use serde::{Deserialize, Serialize};

use super::AuditId;

macro_rules! actions {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal,)*) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum AuditAction {
            $($(#[doc = $doc])* #[serde(rename = $word)] $name,)*
        }

        impl AuditAction {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stored word: what it is done to, and what is done.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

actions! {
    /// Somebody signed in, or tried to.
    SignIn = "session.sign_in",
    /// Somebody signed out.
    SignOut = "session.sign_out",
    /// A session was ended from another one.
    SessionRevoke = "session.revoke",
    /// A request was refused for want of a role, a scope or a form's token.
    Request = "request",
    /// A group of unknown errors became a known error.
    ErrorApprove = "error.approve",
    /// A group was set aside.
    ErrorIgnore = "error.ignore",
    /// A group was merged into another.
    ErrorMerge = "error.merge",
    /// A group was split.
    ErrorSplit = "error.split",
    /// A group got a status.
    ErrorStatus = "error.status",
    /// Somebody was to deal with a group, or nobody any more.
    ErrorAssign = "error.assign",
    /// A group was taken up again.
    ErrorReopen = "error.reopen",
    /// Something was said of a group.
    ErrorComment = "error.comment",
    /// Many groups were changed at once.
    ErrorBulk = "error.bulk",
    /// A change of many groups was taken back.
    ErrorUndo = "error.undo",
    /// A known error was written or changed.
    KnownErrorSave = "known_error.save",
    /// A known error was led to another state of its life.
    KnownErrorLead = "known_error.lead",
    /// An earlier version of a known error was taken back.
    KnownErrorRestore = "known_error.restore",
    /// Known errors were merged.
    KnownErrorMerge = "known_error.merge",
    /// Somebody said whether an answer worked.
    AnswerFeedback = "answer.feedback",
    /// A document of the knowledge base was imported.
    KnowledgeImport = "knowledge.import",
    /// A status was written or changed.
    StatusSave = "status.save",
    /// A status was merged into another.
    StatusMerge = "status.merge",
    /// An ingestion key was made.
    KeyAdd = "key.add",
    /// An ingestion key was put in another's place.
    KeyRotate = "key.rotate",
    /// An ingestion key was revoked.
    KeyRevoke = "key.revoke",
    /// Bytes of the quarantine were read again.
    QuarantineReplay = "quarantine.replay",
    /// A file was read again.
    FileReprocess = "file.reprocess",
    /// A file and its Logs were removed.
    FileRemove = "file.remove",
    /// A view of the Logs was saved.
    ViewSave = "view.save",
    /// A saved view was deleted.
    ViewDelete = "view.delete",
    /// A person was invited.
    UserInvite = "user.invite",
    /// An invitation was taken back.
    UserUninvite = "user.uninvite",
    /// A person joined by an invitation.
    UserJoin = "user.join",
    /// Role, branches or state of a person changed.
    UserChange = "user.change",
    /// A person changed their password.
    UserPassword = "user.password",
    /// A token was made.
    TokenCreate = "token.create",
    /// A token was revoked.
    TokenRevoke = "token.revoke",
    /// A branch was registered or changed.
    BranchSave = "branch.save",
    /// A file was uploaded.
    FileUpload = "file.upload",
    /// A draft of an answer was taken, as it was or edited.
    SuggestionApprove = "suggestion.approve",
    /// A draft of an answer was turned down.
    SuggestionReject = "suggestion.reject",
    /// Somebody is told what fails at a branch.
    SubscriptionAdd = "subscription.add",
    /// Somebody is told elsewhere, otherwise or of other things.
    SubscriptionEdit = "subscription.edit",
    /// Somebody is told no more.
    SubscriptionRemove = "subscription.remove",
    /// A message was sent as a test.
    SubscriptionTest = "subscription.test",
}

/// By which door somebody came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// A signed-in browser.
    Session,
    /// A token.
    Token,
    /// The command line, on the server itself.
    CommandLine,
    /// Nobody signed in.
    Nobody,
}

impl Via {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::CommandLine => "command_line",
            Self::Nobody => "nobody",
        }
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Chosen when it is written.
    #[serde(rename = "_id")]
    pub id: AuditId,
    /// When.
    pub at: DateTime,
    /// Who.
    pub actor: String,
    /// By which door.
    pub via: Via,
    /// The client's address.
    pub address: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// What was done, or tried.
    pub action: AuditAction,
    /// To what.
    pub target: String,
    /// It was tried and refused.
    pub refused: bool,
    /// What was there before.
    pub before: Option<Bson>,
    /// What is there now.
    pub after: Option<Bson>,
}
