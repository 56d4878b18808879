//! Entries ─► Logs: identifiers, fingerprints, and which half is what.

use bson::{DateTime, RawDocumentBuf, cstr};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::{Exchange, Format};
use crate::{
    domain::{BranchCode, Fault, Halves, LogId, LogState, Problem, Stretch, log_id},
    parse::{Origin, PairedLog, recent::Recent},
};

/// Lines among which identical ones are told apart by their number.
const LINES_REMEMBERED: usize = 64 << 10;

/// An event that may still be continued.
pub(super) struct Pending {
    pub server: Option<String>,
    pub date: Option<DateTime>,
    pub fields: RawDocumentBuf,
    pub fault: Option<Fault>,
    pub problems: Vec<Problem>,
    /// Where it begins in its file.
    pub offset: u64,
    /// The whole text, continuations and all.
    pub text: String,
    /// Where they begin.
    pub stack_at: usize,
}

/// By what a record is known.
#[derive(Debug, Clone, Copy)]
struct Mark {
    own: i64,
    /// Where it stood, if that is known.
    place: Option<i64>,
}

/// Makes the Logs of one file.
pub(super) struct Logs<'a> {
    branch: &'a BranchCode,
    format: &'a Format,
    /// Where the file's bytes stood before, if its sender said so.
    stretch: Option<&'a Stretch>,
    /// How often each line occurred: identical ones are different events.
    lines_seen: Recent,
    /// How often each side of each message id occurred.
    ids_seen: Recent,
}

impl<'a> Logs<'a> {
    pub(super) fn new(branch: &'a BranchCode, format: &'a Format, stretch: Option<&'a Stretch>) -> Self {
        let (lines_seen, ids_seen) = (Recent::new(LINES_REMEMBERED), Recent::new(LINES_REMEMBERED));
        Self { branch, format, stretch, lines_seen, ids_seen }
    }

    /// The Log of an event that can no longer grow.
    pub(super) fn event(&mut self, pending: Pending) -> PairedLog {
        let Pending { server, date, mut fields, fault, problems, offset, text, stack_at } = pending;
        if let Some(stack) = text.get(stack_at + 1..) {
            // A field of the object's own keeps its name.
            let name = if matches!(fields.get("stack"), Ok(None)) { cstr!("stack") } else { cstr!("stack_lines") };
            fields.append(name, stack);
        }
        let mark = self.mark(&text, offset);
        let mut log = self.log_of(server, [None, None, None], mark);
        (log.request_date, log.request, log.fault, log.problems) = (date, Some(fields), fault.map(Box::new), problems);
        log.halves.request = Some(mark.own);
        log
    }

    /// The Log of an exchange that stood on one line.
    pub(super) fn exchange(&mut self, exchange: Exchange, (line, offset): (&str, u64), mut problems: Vec<Problem>) -> PairedLog {
        let has_id = exchange.id.is_some() || exchange.message_id.is_some();
        // One with an id is the same wherever it stood.
        let mark = if has_id { Mark { own: self.fingerprint(line), place: None } } else { self.mark(line, offset) };
        let own = mark.own;
        let (has_request, has_response) = (exchange.request.is_some(), exchange.response.is_some());
        let mut log = self.log_of(exchange.server, [exchange.request_type, exchange.content_type, exchange.charset], mark);
        let state = match (has_request, has_response) {
            (true, false) => LogState::RequestOnly,
            (false, true) => LogState::ResponseOnly,
            _ => LogState::Complete,
        };
        log.halves = Halves { request: has_request.then_some(own), response: has_response.then_some(own) };
        log.state = state;
        if let Some(known) = exchange.known {
            log.state = known.state.unwrap_or(state);
            // A Log that was printed for people has none.
            if known.halves != Halves::default() {
                log.halves = known.halves;
            }
            log.pairing_key = known.pairing_key.map(LogId);
            problems.extend(known.problems);
        }
        if let Some(id) = exchange.id {
            log.id = id;
        } else if let Some(message_id) = &exchange.message_id {
            (log.id, log.pairing_key) = self.ids(log.origin.server(), message_id, own, has_request, has_response);
        }
        [log.message_id, log.remote_ip, log.session_key] =
            [exchange.message_id, exchange.remote_ip, exchange.session_key].map(|text| text.map(Into::into));
        (log.request_date, log.request) = (exchange.request_date, exchange.request);
        (log.response_date, log.response) = (exchange.response_date, exchange.response);
        (log.fault, log.problems) = (exchange.fault.map(Box::new), problems);
        log
    }

    /// Identifier and pairing key by message id; the halves of one exchange get the same, a second exchange one of its own.
    fn ids(&mut self, server: &str, message_id: &str, own: i64, has_request: bool, has_response: bool) -> (LogId, Option<LogId>) {
        let key = log_id(self.branch.as_str(), server, message_id);
        let first = key.bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let n_requests = if has_request { self.ids_seen.count(first) } else { 0 };
        let n_responses = if has_response { self.ids_seen.count(!first) } else { 0 };
        if n_requests.max(n_responses) == 0 { (key, None) } else { (LogId::of_later(key, Some(own)), Some(key)) }
    }

    /// By what a record without an id is known: its text and its place where that is known, else its text alone.
    fn mark(&mut self, text: &str, offset: u64) -> Mark {
        match self.stretch {
            None => Mark { own: self.fingerprint(text), place: None },
            Some(stretch) => {
                let place = stretch.place(offset);
                let of_place = xxh3_64_with_seed(stretch.source.as_bytes(), place.cast_unsigned());
                Mark { own: xxh3_64(text.as_bytes()).wrapping_add(of_place).cast_signed(), place: Some(place) }
            }
        }
    }

    /// Fingerprint of a record: its text, and how often the same was read before.
    fn fingerprint(&mut self, text: &str) -> i64 {
        let first = xxh3_64(text.as_bytes());
        first.cast_signed().wrapping_add(i64::from(self.lines_seen.count(first)))
    }

    /// A Log of this file without bodies. An event is whole: it has no message id by which a partner could find it.
    fn log_of(&self, server: Option<String>, kinds: [Option<String>; 3], Mark { own, place }: Mark) -> PairedLog {
        let origin = Origin::new(server.unwrap_or_else(|| self.format.name().to_owned()), kinds);
        let (branch, own) = (self.branch.as_str().as_bytes(), own.to_le_bytes());
        let id = match (self.stretch, place) {
            // Its server is left out: of few lines another format may have been found.
            (Some(stretch), Some(place)) => LogId::from_content(&[branch, stretch.source.as_bytes(), b"place", &place.to_le_bytes(), &own]),
            _ => LogId::from_content(&[branch, origin.server().as_bytes(), b"event", &own]),
        };
        PairedLog {
            id,
            origin: origin.into(),
            message_id: None,
            state: LogState::Complete,
            remote_ip: None,
            request_date: None,
            request: None,
            response_date: None,
            response: None,
            problems: Vec::new(),
            session_key: None,
            pairing_key: None,
            halves: Halves::default(),
            fault: None,
        }
    }
}
