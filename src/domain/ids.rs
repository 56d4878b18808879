//! Identifiers. Those of documents that arrive from outside are derived from content (BLAKE3, 96 bits), so that a retry
//! writes the same document again; 96 bits keep a collision among 10^9 documents below one in 10^11.

use std::{
    fmt,
    io::{self, Write},
    str::FromStr,
};

use bson::oid::ObjectId;
use serde::{Deserialize, Serialize};

/// A text that is not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an identifier of 24 hexadecimal digits")]
pub struct IdError(String);

/// Texts up to this length are hashed without memory of their own.
const SHORT: usize = 256;

/// Hashes the parts, each preceded by its length so that no two lists of parts share a hash by accident. Lengths take as few bytes as
/// they need: what is hashed for every record then fits into one block of the hash.
fn digest(domain: &str, parts: &[&[u8]]) -> ObjectId {
    let parts = || std::iter::once(domain.as_bytes()).chain(parts.iter().copied());
    let size = parts().map(|part| part.len() + LENGTH_BYTES).sum::<usize>();
    // Hashing in one go is worth a copy: parts are short, and one list is hashed for every record.
    let (mut short, mut long) = ([0; SHORT], Vec::new());
    let text: &mut [u8] = match short.get_mut(..size) {
        Some(text) => text,
        None => {
            long.resize(size, 0);
            &mut long
        }
    };
    let mut rest = &mut *text;
    for part in parts() {
        // There is room for all of it.
        let _ = write_length(part.len(), &mut rest).and_then(|()| rest.write_all(part));
    }
    let unused = rest.len();
    let hash = blake3::hash(text.get(..size - unused).unwrap_or_default());
    ObjectId::from_bytes(hash.as_bytes().first_chunk().copied().unwrap_or_default())
}

/// A length takes at most so many bytes.
const LENGTH_BYTES: usize = 9;

/// One byte for lengths below 255, else that and eight more.
fn write_length(length: usize, out: &mut &mut [u8]) -> io::Result<()> {
    match u8::try_from(length) {
        Ok(short) if short < u8::MAX => out.write_all(&[short]),
        _ => out.write_all(&[u8::MAX]).and_then(|()| out.write_all(&(length as u64).to_le_bytes())),
    }
}

macro_rules! content_id {
    ($(#[$doc:meta])* $name:ident, $domain:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub ObjectId);

        impl $name {
            /// The identifier of this content; the same parts always give the same identifier.
            pub fn from_content(parts: &[&[u8]]) -> Self {
                Self(digest($domain, parts))
            }

            /// The twelve bytes.
            pub fn bytes(&self) -> [u8; 12] {
                self.0.bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0.to_hex())
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                ObjectId::parse_str(text).map(Self).map_err(|_| IdError(text.chars().take(40).collect()))
            }
        }
    };
}

content_id! {
    /// Of a Log: from branch, server and message id, or from the raw record where there is none.
    LogId, "Log"
}
content_id! {
    /// Of a LogFile: from branch and content.
    LogFileId, "LogFile"
}
content_id! {
    /// Of a group of similar errors (the document `Error`): from the template its first message had.
    GroupId, "Error"
}
content_id! {
    /// Of an Answer: from its known error and its text.
    AnswerId, "Answer"
}
content_id! {
    /// Of a rule about groups: from the rule.
    GroupRuleId, "GroupRule"
}
content_id! {
    /// Of an activity: from its group, moment, author and deed.
    ActivityId, "Activity"
}
content_id! {
    /// Of a change of many groups: from its author, moment and groups.
    BulkId, "Bulk"
}
content_id! {
    /// Of a saved query: from its owner and name.
    QueryConfigId, "QueryConfig"
}
content_id! {
    /// Of a token: from the hash of its secret.
    TokenId, "ApiToken"
}
content_id! {
    /// Of an invitation: from the hash of its secret.
    InvitationId, "Invitation"
}
content_id! {
    /// Of an entry of the audit log: made when it is written.
    AuditId, "Audit"
}
content_id! {
    /// Of quarantined bytes: from the file they came in and their offset.
    QuarantineId, "Quarantine"
}

content_id! {
    /// Of a version of a known error: from the known error and the version's number.
    KnownErrorVersionId, "KnownErrorVersion"
}
content_id! {
    /// Of a known error's vectors: from the known error and the model.
    KnownErrorVectorsId, "KnownErrorVectors"
}
content_id! {
    /// Of feedback: from the answer and the person.
    FeedbackId, "Feedback"
}

content_id! {
    /// Of a suggestion: from the group, its evidence, the language and the attempt.
    SuggestionId, "Suggestion"
}

content_id! {
    /// Of a subscription: from its branch and target.
    SubscriptionId, "Subscription"
}
content_id! {
    /// Of a delivery: from its subscription and the place that this had reached.
    DeliveryId, "Delivery"
}

/// Of a KnownError: chosen by whoever wrote the knowledge base, or derived from the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KnownErrorId(pub String);

impl KnownErrorId {
    /// The identifier given to an entry that brings none: 24 hexadecimal digits of its text.
    pub fn from_text(text: &str) -> Self {
        Self(digest("KnownError", &[text.as_bytes()]).to_hex())
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KnownErrorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number of a StatusError; also its identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StatusCode(pub i32);

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_delimited() {
        assert_ne!(LogId::from_content(&[b"ab", b"c"]), LogId::from_content(&[b"a", b"bc"]));
        assert_ne!(LogId::from_content(&[b"ab"]).0, LogFileId::from_content(&[b"ab"]).0);
    }

    #[test]
    fn identifiers_never_change() {
        assert_eq!(LogId::from_content(&[b"K01", b"BarsScheduler", b"BARS-MESS-6735248"]).to_string(), "f7b57e42972119660fe10c66");
    }

    #[test]
    fn the_text_form_reads_back() {
        let id = LogId::from_content(&[b"x"]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("zz".parse::<LogId>().is_err());
    }
}
