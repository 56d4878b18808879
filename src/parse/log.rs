//! A paired exchange on its way to the store, bodies as BSON bytes.

use std::sync::Arc;

use bson::{DateTime, RawDocument, RawDocumentBuf};
use compact_str::CompactString;

use super::{Origin, half::Half, pair::Pair};
use crate::domain::{Fault, Halves, LogId, LogState, Problem, ProblemKind, Side};

/// One exchange, or one half of it. The caller looks for its error, then encodes it.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedLog {
    /// Derived from content; exchanges that reuse a message id within a file get slots of their own.
    pub id: LogId,
    /// Server, request type, content type and charset.
    pub origin: Arc<Origin>,
    /// The id that request and response share.
    pub message_id: Option<CompactString>,
    /// Which halves are there.
    pub state: LogState,
    /// Where the request came from; the same as where the response went to.
    pub remote_ip: Option<CompactString>,
    /// When the server received the request.
    pub request_date: Option<DateTime>,
    /// What the client sent.
    pub request: Option<RawDocumentBuf>,
    /// When the server answered.
    pub response_date: Option<DateTime>,
    /// What the server answered.
    pub response: Option<RawDocumentBuf>,
    /// What is wrong with its records.
    pub problems: Vec<Problem>,
    /// The session that its halves name.
    pub session_key: Option<CompactString>,
    /// By what its partner is found where its id does not say.
    pub pairing_key: Option<LogId>,
    /// Fingerprints of the records.
    pub halves: Halves,
    /// The error that the event itself says it is, for formats that do.
    pub fault: Option<Box<Fault>>,
}

impl PairedLog {
    /// What the client sent.
    pub fn request_document(&self) -> Option<&RawDocument> {
        self.request.as_deref()
    }

    /// What the server answered.
    pub fn response_document(&self) -> Option<&RawDocument> {
        self.response.as_deref()
    }

    /// Milliseconds between request and response.
    pub fn duration_ms(&self) -> Option<i64> {
        let (asked, answered) = self.request_date.zip(self.response_date)?;
        Some(answered.timestamp_millis() - asked.timestamp_millis())
    }

    pub(super) fn new(id: LogId, pairing_key: Option<LogId>, Pair { request, response, .. }: Pair) -> Self {
        let state = match (&request, &response) {
            (Some(_), Some(_)) => LogState::Complete,
            (Some(_), None) => LogState::RequestOnly,
            _ => LogState::ResponseOnly,
        };
        let halves = Halves { request: request.as_ref().map(|half| half.print), response: response.as_ref().map(|half| half.print) };
        let mut log = Self {
            id,
            origin: Arc::default(),
            message_id: None,
            state,
            remote_ip: None,
            request_date: None,
            request: None,
            response_date: None,
            response: None,
            problems: Vec::new(),
            session_key: None,
            pairing_key,
            halves,
            fault: None,
        };
        if let Some(response) = response {
            (log.response_date, log.response) = log.take_common(*response);
        }
        if let Some(request) = request {
            let of_response = std::mem::take(&mut log.problems);
            (log.request_date, log.request) = log.take_common(*request);
            log.problems.extend(of_response);
        }
        log
    }

    /// Takes what both halves have.
    fn take_common(&mut self, half: Half) -> (Option<DateTime>, Option<RawDocumentBuf>) {
        let is_readable = !half.lost_its_body();
        self.origin = half.origin;
        self.message_id = half.message_id;
        self.remote_ip = half.ip;
        self.session_key = half.session.or(self.session_key.take());
        self.problems = half.problems;
        if self.state != LogState::Complete && self.message_id.is_none() && is_readable {
            self.problems.push(Problem::alone(half.offset as i64));
        }
        if self.state == LogState::Complete && self.message_id.is_none() && half.side == Side::Request {
            let text = "no message id: request and response were paired by session and order".to_owned();
            self.problems.push(Problem { offset: half.offset as i64, kind: ProblemKind::PairedByOrder, text });
        }
        // The bytes were written as a document, so the check of their length cannot fail.
        (half.date.map(DateTime::from_millis), half.body.and_then(|body| RawDocumentBuf::from_bytes(body).ok()))
    }
}
