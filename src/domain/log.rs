//! Log: one exchange between a branch's client and its server.

use bson::{Bson, DateTime, RawBson, RawBsonRef, RawDocument, RawDocumentBuf, cstr, oid::ObjectId};
use serde::{Deserialize, Serialize};

use super::{BranchCode, GroupId, KnownErrorId, LogFileId, LogId};

/// Which halves of the exchange are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogState {
    /// Request and response.
    Complete,
    /// The response has not been seen.
    RequestOnly,
    /// The request has not been seen.
    ResponseOnly,
}

impl LogState {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::RequestOnly => "request_only",
            Self::ResponseOnly => "response_only",
        }
    }
}

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The body is not the JSON it should be; its text is kept under `raw`.
    MalformedBody,
    /// The record ends in the middle of its body.
    CutRecord,
    /// There is a header and no body.
    MissingBody,
    /// The header's date cannot be read, or names a day that does not exist.
    BadDate,
    /// Text follows the body on its line.
    TrailingText,
    /// The body is nested deeper than is stored; its text is kept under `raw`.
    TooDeep,
    /// The body, or a value in it, is larger than is stored; a digest and the size stand in its place.
    Oversized,
    /// Bytes that are not of the file's encoding were replaced.
    BadEncoding,
    /// No message id: the halves were paired by session and order.
    PairedByOrder,
    /// No message id, and no other half that could be paired by session and order.
    NoMessageId,
    /// The record belongs to no known shape.
    Unrecognised,
    /// The compressed input ends too early.
    TruncatedInput,
    /// An object of the body has a key more than once; the last value is kept.
    RepeatedKey,
    /// The record is dated long after it arrived.
    FutureDate,
    /// The program failed while it read this: a fault of its own.
    ProgramFault,
    /// The program failed while it unpacked what a log shipper had packed this in: it cannot be read as it is.
    Undecoded,
}

impl ProblemKind {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::MalformedBody,
        Self::CutRecord,
        Self::MissingBody,
        Self::BadDate,
        Self::TrailingText,
        Self::TooDeep,
        Self::Oversized,
        Self::BadEncoding,
        Self::PairedByOrder,
        Self::NoMessageId,
        Self::Unrecognised,
        Self::TruncatedInput,
        Self::RepeatedKey,
        Self::FutureDate,
        Self::ProgramFault,
        Self::Undecoded,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MalformedBody => "malformed_body",
            Self::CutRecord => "cut_record",
            Self::MissingBody => "missing_body",
            Self::BadDate => "bad_date",
            Self::TrailingText => "trailing_text",
            Self::TooDeep => "too_deep",
            Self::Oversized => "oversized",
            Self::BadEncoding => "bad_encoding",
            Self::PairedByOrder => "paired_by_order",
            Self::NoMessageId => "no_message_id",
            Self::Unrecognised => "unrecognised",
            Self::TruncatedInput => "truncated_input",
            Self::RepeatedKey => "repeated_key",
            Self::FutureDate => "future_date",
            Self::ProgramFault => "program_fault",
            Self::Undecoded => "undecoded",
        }
    }
}

/// One thing wrong with a record, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Byte offset in the (decompressed) file.
    pub offset: i64,
    /// What kind.
    pub kind: ProblemKind,
    /// What and why, in English.
    pub text: String,
}

impl Problem {
    /// The record at this place has no message id, and stands alone.
    pub fn alone(offset: i64) -> Self {
        let text = "no message id: no other half could be paired with it by session and order".to_owned();
        Self { offset, kind: ProblemKind::NoMessageId, text }
    }
}

/// An error's code as the server wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ErrorCode {
    /// A number.
    Number(i64),
    /// Anything else.
    Text(String),
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(n) => write!(f, "{n}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// The error that an exchange carries, as found by the detection rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// The server's code for it, where it gave one.
    pub code: Option<ErrorCode>,
    /// The text that inference works on.
    pub message: String,
    /// Whatever the server added (`data`).
    pub detail: Option<Bson>,
}

impl Fault {
    /// Text and code of the error that an encoded Log carries.
    pub fn of(log: &RawDocument) -> Option<(&str, Option<String>)> {
        let error = log.get_document("error").ok()?;
        let code = match error.get("code").ok().flatten() {
            Some(RawBsonRef::String(code)) => Some(code.to_owned()),
            Some(RawBsonRef::Int64(code)) => Some(code.to_string()),
            Some(RawBsonRef::Int32(code)) => Some(code.to_string()),
            _ => None,
        };
        Some((error.get_str("message").ok()?, code))
    }
}

/// How a known error was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The same normalised text.
    Exact,
    /// The same fixed words, other variables.
    Template,
    /// Key words.
    Keyword,
    /// The entry's regular expression.
    Regex,
    /// The entry's code.
    Code,
    /// Another wording of the same meaning.
    Semantic,
    /// An analyst explained the group this error belongs to.
    Approved,
}

impl Method {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Template => "template",
            Self::Keyword => "keyword",
            Self::Regex => "regex",
            Self::Code => "code",
            Self::Semantic => "semantic",
            Self::Approved => "approved",
        }
    }
}

/// What inference said of a Log's error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The known error it is; `None` says nobody knows it yet.
    pub known_error_id: Option<KnownErrorId>,
    /// The group of similar unknown errors it was counted in.
    pub group_id: Option<GroupId>,
    /// How it was recognised.
    pub method: Option<Method>,
    /// Calibrated confidence, 0 to 1.
    pub score: f64,
}

impl Verdict {
    /// The stored document.
    pub fn encode(&self) -> RawDocumentBuf {
        let text = |value: Option<&str>| value.map_or(RawBson::Null, |value| RawBson::String(value.to_owned()));
        let mut out = RawDocumentBuf::new();
        out.append(cstr!("known_error_id"), text(self.known_error_id.as_ref().map(|id| id.as_str())));
        out.append(cstr!("group_id"), self.group_id.map_or(RawBson::Null, |id| RawBson::ObjectId(id.0)));
        out.append(cstr!("method"), text(self.method.map(|method| method.as_str())));
        out.append(cstr!("score"), self.score);
        out
    }
}

/// Fingerprints of the raw halves: they tell a replay from a second exchange under the same message id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Halves {
    /// XXH3 (64 bits) of the raw request record and its ordinal among identical ones.
    pub request: Option<i64>,
    /// The same of the response.
    pub response: Option<i64>,
}

impl Halves {
    /// Those of an encoded Log.
    pub fn of(log: &RawDocument) -> Self {
        let Ok(halves) = log.get_document("halves") else { return Self::default() };
        Self { request: halves.get_i64("request").ok(), response: halves.get_i64("response").ok() }
    }
}

/// One half of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// What the client sent.
    Request,
    /// What the server answered.
    Response,
}

/// One exchange: what the client sent and what the server answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// Derived from content.
    #[serde(rename = "_id")]
    pub id: LogId,
    /// The branch it came from.
    pub branch: BranchCode,
    /// The file that brought its first half.
    pub log_file_id: LogFileId,
    /// Title of the server that wrote the record.
    pub server: String,
    /// The id that request and response share.
    pub message_id: Option<String>,
    /// Which halves are there.
    pub state: LogState,
    /// Where the request came from.
    pub remote_ip: Option<String>,
    /// `POST`, `GET`, …
    pub request_type: Option<String>,
    /// Content type of the request.
    pub content_type: Option<String>,
    /// Character set that the request names.
    pub charset: Option<String>,
    /// When the server received the request (UTC).
    pub request_date: Option<DateTime>,
    /// What the client sent.
    pub request: Option<RawBson>,
    /// When the server answered (UTC).
    pub response_date: Option<DateTime>,
    /// What the server answered.
    pub response: Option<RawBson>,
    /// Milliseconds between the two.
    pub duration_ms: Option<i64>,
    /// The error it carries.
    pub error: Option<Fault>,
    /// What was wrong with its records.
    pub problems: Vec<Problem>,
    /// What inference said of the error.
    #[serde(default)]
    pub verdict: Option<Verdict>,
    /// Date to sort by: of the request, else of the response.
    #[serde(default)]
    pub date: Option<DateTime>,
    /// The session that its halves name; halves without message id that name different ones are no exchange.
    #[serde(default)]
    pub session_key: Option<String>,
    /// By what its partner is found where its id does not say: the client, for halves without message id, or the message id, for
    /// exchanges under one that was used before.
    #[serde(default)]
    pub pairing_key: Option<ObjectId>,
    /// Fingerprints of the raw halves.
    #[serde(default)]
    pub halves: Halves,
}
