//! A JSON object that is an exchange: a Log as `parse` prints it (relaxed Extended JSON), or another program's object with
//! `request` and `response`. Bodies are taken as they are; Extended JSON is read only where a Log has a date or an id.

use bson::{Bson, DateTime, RawBson, RawBsonRef, RawDocument, RawDocumentBuf, cstr, oid::ObjectId};
use serde::Deserialize;

use super::{Context, value::date};
use crate::domain::{ErrorCode, Fault, Halves, LogId, LogState, Problem};

/// An exchange that stood on one line.
#[derive(Debug, Clone, Default)]
pub struct Exchange {
    /// Its id, if it is a Log.
    pub id: Option<LogId>,
    /// Title of the server.
    pub server: Option<String>,
    /// The id that both halves share.
    pub message_id: Option<String>,
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
    /// What was asked; of another program's object also, under `line`, the members that have no place in a Log.
    pub request: Option<RawDocumentBuf>,
    /// When it was answered.
    pub response_date: Option<DateTime>,
    /// What was answered.
    pub response: Option<RawDocumentBuf>,
    /// The error that it names.
    pub fault: Option<Fault>,
    /// Session by which a half may still find its partner.
    pub session_key: Option<String>,
    /// What a Log knows of itself, if it is one that was printed.
    pub known: Option<Bookkeeping>,
}

/// The parts of a printed Log that no other program's object has.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Bookkeeping {
    /// Which halves are there.
    pub state: Option<LogState>,
    /// What was wrong with its records.
    pub problems: Vec<Problem>,
    /// Fingerprints of its halves.
    pub halves: Halves,
    /// By what its partner is found, where its id does not say.
    pub pairing_key: Option<ObjectId>,
}

/// Whether an object is a Log that was printed.
pub(super) fn is_log(document: &RawDocument) -> bool {
    ["_id", "branch", "state", "problems"].iter().all(|name| matches!(document.get(name), Ok(Some(_))))
}

/// The exchange that an object is, if it is one.
pub(super) fn read(document: &RawDocument, context: &mut Context<'_>) -> Option<Exchange> {
    let is_log = is_log(document);
    if !is_log && !has_bodies(document) {
        return None;
    }
    let known = is_log.then(|| bson::deserialize_from_slice(document.as_bytes()).unwrap_or_default());
    let mut exchange = Exchange { known, ..Exchange::default() };
    let mut others = RawDocumentBuf::new();
    for (name, value) in document.iter().flatten() {
        if !exchange.take(name.as_str(), value, context) {
            others.append(name, value);
        }
    }
    if is_log {
        return exchange.id.is_some().then_some(exchange);
    }
    let bodies = [&exchange.request, &exchange.response];
    exchange.message_id = exchange.message_id.or_else(|| {
        let id = bodies.into_iter().flatten().find_map(|body| body.get_str("message_id").ok());
        id.map(str::to_owned)
    });
    if let Some(body) = exchange.request.as_mut().or(exchange.response.as_mut()).filter(|_| !others.is_empty()) {
        // A body that has a `line` of its own keeps it.
        let name = if matches!(body.get("line"), Ok(None)) { cstr!("line") } else { cstr!("line_around") };
        body.append(name, others);
    }
    Some(exchange)
}

/// Whether another program's object is an exchange: both bodies, or one where no message says that it is an event.
fn has_bodies(document: &RawDocument) -> bool {
    let has_body = |name| match document.get(name) {
        Ok(Some(RawBsonRef::Document(_))) => true,
        Ok(Some(RawBsonRef::String(text))) => text.trim_start().starts_with('{'),
        _ => false,
    };
    let has_message = || ["message", "msg"].iter().any(|name| document.get_str(name).is_ok());
    match (has_body("request"), has_body("response")) {
        (true, true) => true,
        (false, false) => false,
        _ => !has_message(),
    }
}

impl Exchange {
    /// Its bodies.
    pub(super) fn bodies(&self) -> impl Iterator<Item = &RawDocumentBuf> {
        self.request.iter().chain(&self.response)
    }

    /// Takes a member if it has a place in an exchange; null has none to lose.
    fn take(&mut self, name: &str, value: RawBsonRef<'_>, context: &mut Context<'_>) -> bool {
        let is_log = self.known.is_some();
        let string = || value.as_str().map(str::to_owned);
        let taken = match name {
            "_id" if is_log => {
                let hex = value.as_document().and_then(|id| id.get_str("$oid").ok());
                set(&mut self.id, hex.and_then(|hex| hex.parse().ok()))
            }
            "session_key" if is_log => set(&mut self.session_key, string()),
            "server" | "service" | "host" => set(&mut self.server, string()),
            "message_id" | "messageId" => set(&mut self.message_id, string()),
            "remote_ip" | "client_ip" | "ip" => set(&mut self.remote_ip, string()),
            "request_type" | "method" => set(&mut self.request_type, string()),
            "content_type" => set(&mut self.content_type, string()),
            "charset" => set(&mut self.charset, string()),
            "request_date" | "requestDate" | "time" | "timestamp" | "@timestamp" | "ts" => {
                set(&mut self.request_date, date(value, context))
            }
            "response_date" | "responseDate" => set(&mut self.response_date, date(value, context)),
            "request" => set(&mut self.request, body(value, context)),
            "response" => set(&mut self.response, body(value, context)),
            // What another program says of the error may be more than a fault holds; it stays beside the bodies too.
            "error" => set(&mut self.fault, fault(value)) && is_log,
            _ => is_log,
        };
        taken || value == RawBsonRef::Null
    }
}

/// Fills a place that is still free.
fn set<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let fits = place.is_none() && value.is_some();
    if fits {
        *place = value;
    }
    fits
}

fn body(value: RawBsonRef<'_>, context: &mut Context<'_>) -> Option<RawDocumentBuf> {
    match value {
        RawBsonRef::Null => None,
        RawBsonRef::Document(document) => Some(document.to_owned()),
        RawBsonRef::String(text) if text.trim_start().starts_with('{') => {
            Some(context.document(text).unwrap_or_else(|| bson::rawdoc! { "raw": text }))
        }
        other => {
            let mut document = RawDocumentBuf::new();
            document.append(cstr!("value"), other);
            Some(document)
        }
    }
}

fn fault(value: RawBsonRef<'_>) -> Option<Fault> {
    let message = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    match value {
        RawBsonRef::String(text) => Some(Fault { code: None, message: message(text)?, detail: None }),
        RawBsonRef::Document(error) => {
            let code = match error.get("code").ok().flatten() {
                Some(RawBsonRef::Int32(code)) => Some(ErrorCode::Number(code.into())),
                Some(RawBsonRef::Int64(code)) => Some(ErrorCode::Number(code)),
                Some(RawBsonRef::String(code)) => Some(ErrorCode::Text(code.to_owned())),
                _ => None,
            };
            let detail = error.get("detail").ok().flatten().filter(|detail| *detail != RawBsonRef::Null);
            let detail = detail.and_then(|detail| Bson::try_from(RawBson::from(detail)).ok());
            Some(Fault { code, message: message(error.get_str("message").ok()?)?, detail })
        }
        _ => None,
    }
}
