//! Two halves ─► one Log as BSON bytes, fields in the order of `domain::Log`.

use bson::{DateTime, RawArrayBuf, RawBsonRef, RawDocument, RawDocumentBuf, cstr, raw::CStr};

use super::half::Half;
use crate::domain::{BranchCode, EncodedLog, Fault, Halves, LogFileId, LogId, LogState, Problem, Verdict, log_id};

/// An exchange, or what there is of it, with its bodies as BSON.
#[derive(Debug, Clone)]
pub struct PairedLog {
    /// Its id, if no other exchange in the store has its message id.
    pub id: LogId,
    /// The branch it came from.
    pub branch: BranchCode,
    /// The file it came in.
    pub log_file_id: LogFileId,
    /// Title of the server.
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
    /// Character set of the request.
    pub charset: Option<String>,
    /// When it was asked.
    pub request_date: Option<DateTime>,
    /// What was asked.
    pub request: Option<RawDocumentBuf>,
    /// When it was answered.
    pub response_date: Option<DateTime>,
    /// What was answered.
    pub response: Option<RawDocumentBuf>,
    /// What is wrong with its records.
    pub problems: Vec<Problem>,
    /// Session by which a half without message id may find its partner later.
    pub session_key: Option<String>,
    /// Fingerprints of the raw halves.
    pub halves: Halves,
    /// The level of a line log says that it is an error, with this text.
    pub fault: Option<Fault>,
}

impl PairedLog {
    /// One Log of one or two halves; `seen` says how often a message id was used before in this file.
    pub(super) fn join(
        branch: &BranchCode,
        log_file_id: LogFileId,
        request: Option<Half>,
        response: Option<Half>,
        seen: &mut dyn FnMut(u64) -> u32,
    ) -> Self {
        let state = match (&request, &response) {
            (Some(_), Some(_)) => LogState::Complete,
            (Some(_), None) => LogState::RequestOnly,
            _ => LogState::ResponseOnly,
        };
        let halves = Halves { request: request.as_ref().map(|half| half.print), response: response.as_ref().map(|half| half.print) };
        let mut problems = Vec::new();
        let either = || request.as_ref().or(response.as_ref());
        let server = either().map(|half| half.server.clone()).unwrap_or_default();
        let message_id = either().and_then(|half| half.message_id.clone());
        let remote_ip = either().map(|half| half.remote_ip.clone());
        let session_key = match (&message_id, either()) {
            (None, Some(half)) if !half.damaged => Some(half.session.clone().unwrap_or_else(|| half.remote_ip.clone())),
            _ => None,
        };
        let id = match &message_id {
            Some(message_id) => {
                let first = log_id(branch.as_str(), &server, message_id, 0);
                let key = first.bytes().first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
                match seen(key) {
                    0 => first,
                    slot => log_id(branch.as_str(), &server, message_id, slot),
                }
            }
            None => {
                let print = halves.request.or(halves.response).unwrap_or_default();
                LogId::from_content(&[branch.as_str().as_bytes(), server.as_bytes(), b"no message id", &print.to_le_bytes()])
            }
        };
        let mut log = Self {
            id,
            branch: branch.clone(),
            log_file_id,
            server,
            message_id,
            state,
            remote_ip,
            request_type: None,
            content_type: None,
            charset: None,
            request_date: None,
            request: None,
            response_date: None,
            response: None,
            problems: Vec::new(),
            session_key,
            halves,
            fault: None,
        };
        if let Some(half) = request {
            (log.request_type, log.content_type, log.charset) = (half.request_type, half.content_type, half.charset);
            (log.request_date, log.request) = (half.date, half.body);
            problems.extend(half.problems);
        }
        if let Some(half) = response {
            (log.response_date, log.response) = (half.date, half.body);
            problems.extend(half.problems);
        }
        log.problems = problems;
        log
    }

    /// Which halves are there.
    pub fn state(&self) -> LogState {
        self.state
    }

    /// The Log as it is stored, with its error and what inference said of it.
    pub fn encode(&self, error: Option<&Fault>, verdict: Option<&Verdict>) -> EncodedLog {
        let mut document = RawDocumentBuf::new();
        document.append(cstr!("_id"), self.id.0);
        document.append(cstr!("branch"), self.branch.as_str());
        document.append(cstr!("log_file_id"), self.log_file_id.0);
        document.append(cstr!("server"), self.server.as_str());
        put_text(&mut document, cstr!("message_id"), self.message_id.as_deref());
        document.append(cstr!("state"), self.state.as_str());
        put_text(&mut document, cstr!("remote_ip"), self.remote_ip.as_deref());
        put_text(&mut document, cstr!("request_type"), self.request_type.as_deref());
        put_text(&mut document, cstr!("content_type"), self.content_type.as_deref());
        put_text(&mut document, cstr!("charset"), self.charset.as_deref());
        put_date(&mut document, cstr!("request_date"), self.request_date);
        put_body(&mut document, cstr!("request"), self.request.as_deref());
        put_date(&mut document, cstr!("response_date"), self.response_date);
        put_body(&mut document, cstr!("response"), self.response.as_deref());
        let duration =
            self.request_date.zip(self.response_date).map(|(asked, answered)| answered.timestamp_millis() - asked.timestamp_millis());
        put_number(&mut document, cstr!("duration_ms"), duration);
        match error {
            Some(fault) => append_serialized(&mut document, cstr!("error"), fault),
            None => document.append(cstr!("error"), RawBsonRef::Null),
        }
        let mut problems = RawArrayBuf::new();
        for problem in &self.problems {
            let mut one = RawDocumentBuf::new();
            one.append(cstr!("offset"), problem.offset);
            one.append(cstr!("kind"), problem.kind.as_str());
            one.append(cstr!("text"), problem.text.as_str());
            problems.push(one);
        }
        document.append(cstr!("problems"), problems);
        match verdict {
            Some(verdict) => append_serialized(&mut document, cstr!("verdict"), verdict),
            None => document.append(cstr!("verdict"), RawBsonRef::Null),
        }
        put_date(&mut document, cstr!("date"), self.request_date.or(self.response_date));
        put_text(&mut document, cstr!("session_key"), self.session_key.as_deref());
        let mut halves = RawDocumentBuf::new();
        put_number(&mut halves, cstr!("request"), self.halves.request);
        put_number(&mut halves, cstr!("response"), self.halves.response);
        document.append(cstr!("halves"), halves);
        EncodedLog::from_document(document).expect("the document begins with its id: anything else is a bug")
    }
}

fn put_text(document: &mut RawDocumentBuf, key: &CStr, value: Option<&str>) {
    document.append(key, value.map_or(RawBsonRef::Null, RawBsonRef::String));
}

fn put_date(document: &mut RawDocumentBuf, key: &CStr, value: Option<DateTime>) {
    document.append(key, value.map_or(RawBsonRef::Null, RawBsonRef::DateTime));
}

fn put_number(document: &mut RawDocumentBuf, key: &CStr, value: Option<i64>) {
    document.append(key, value.map_or(RawBsonRef::Null, RawBsonRef::Int64));
}

fn put_body(document: &mut RawDocumentBuf, key: &CStr, value: Option<&RawDocument>) {
    document.append(key, value.map_or(RawBsonRef::Null, RawBsonRef::Document));
}

/// Errors and verdicts are few: serde writes them.
fn append_serialized(document: &mut RawDocumentBuf, key: &CStr, value: &impl serde::Serialize) {
    match bson::serialize_to_raw_document_buf(value) {
        Ok(value) => document.append(key, value),
        Err(error) => {
            tracing::error!(%error, "cannot encode a part of a Log: this is a bug");
            document.append(key, RawBsonRef::Null);
        }
    }
}
