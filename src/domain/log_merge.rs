//! What happens when a half of an exchange meets a stored Log: the rules by which both stores pair halves across batches
//! and files, and by which a replay changes nothing. Pure: works on the encoded documents, knows no store.

use bson::{RawArrayBuf, RawBson, RawBsonRef, RawDocument, RawDocumentBuf, cstr, raw::CStr, rawdoc};

use super::{EncodedLog, Halves, LogFileId, LogId, LogState, ProblemKind, Side, encoded_log::state_of};

/// A response this long after its request is taken for another exchange under a reused message id (milliseconds).
pub const PAIRING_WINDOW_MS: i64 = 24 * 60 * 60 * 1000;

/// A response may be this much earlier than its request, for clocks differ (milliseconds).
pub(super) const CLOCK_SKEW_MS: i64 = 60_000;

/// Field names of the request half, in stored order.
const REQUEST_FIELDS: [&str; 6] = ["remote_ip", "request_type", "content_type", "charset", "request_date", "request"];
/// What storing one Log led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogOutcome {
    /// It is a new document.
    New,
    /// The same record was stored before.
    AlreadyStored,
    /// It completed a Log that waited for this half; it may have brought the other one again.
    Completed(Side),
}

impl LogOutcome {
    /// The outcome for a Log that completes this stored one.
    pub fn completing(stored: &RawDocument) -> Self {
        Self::Completed(if Halves::of(stored).request.is_none() { Side::Request } else { Side::Response })
    }
}

/// What a stored Log and an incoming one with the same key make together.
#[derive(Debug, Clone, PartialEq)]
pub enum Merged {
    /// The stored one has all of it.
    AlreadyThere,
    /// The stored one with the missing half filled in.
    Completed(EncodedLog),
    /// They are different exchanges under one message id: the incoming one needs the next slot.
    Occupied,
}

/// Identifier of the first Log with this message id; later exchanges under it have ids of their own ([`LogId::of_later`]).
pub fn log_id(branch: &str, server: &str, message_id: &str) -> LogId {
    LogId::from_content(&[branch.as_bytes(), server.as_bytes(), message_id.as_bytes()])
}

/// Pairing key of Logs without message id: their client.
pub fn client_key(branch: &str, server: &str, client: &str) -> LogId {
    LogId::from_content(&[b"client", branch.as_bytes(), server.as_bytes(), client.as_bytes()])
}

impl LogId {
    /// Identifier of a Log whose pairing key (an id that an earlier exchange has, or that of its client) does not identify it: from the
    /// key and the fingerprint of the first half it had.
    pub fn of_later(key: LogId, print: Option<i64>) -> Self {
        Self::from_content(&[&key.bytes(), &print.unwrap_or_default().to_le_bytes()])
    }
}

/// Merges an incoming Log into the stored one that has the same message id (or the same `_id`).
pub fn merge_halves(stored: &RawDocument, incoming: &RawDocument) -> Merged {
    let (have, come) = (Halves::of(stored), Halves::of(incoming));
    let clash = |a: Option<i64>, b: Option<i64>| matches!((a, b), (Some(a), Some(b)) if a != b);
    if clash(have.request, come.request) || clash(have.response, come.response) {
        return Merged::Occupied;
    }
    let adds_request = have.request.is_none() && come.request.is_some();
    let adds_response = have.response.is_none() && come.response.is_some();
    match (adds_request, adds_response) {
        (false, false) => Merged::AlreadyThere,
        (true, true) => Merged::Occupied,
        (true, false) if within_window(incoming, stored) => Merged::Completed(join(stored, incoming, stored, false)),
        (false, true) if within_window(stored, incoming) => Merged::Completed(join(stored, stored, incoming, false)),
        _ => Merged::Occupied,
    }
}

/// Joins a stored half and an incoming one that share a pairing key; where that is no message id, it is said among the problems.
/// `None` when they are not opposite halves within the window, or name different sessions.
pub fn pair_by_order(stored: &RawDocument, incoming: &RawDocument) -> Option<EncodedLog> {
    let (request, response) = opposite(stored, incoming)?;
    Some(join(stored, request, response, stored.get_str("message_id").is_err()))
}

/// Whether [`pair_by_order`] joins these two. Bodies are not asked for.
pub fn belong_together(stored: &RawDocument, incoming: &RawDocument) -> bool {
    opposite(stored, incoming).is_some()
}

/// Makes one Log of two halves that are both stored and share a pairing key, under the id of `into`. It was completed by the file `late`, and
/// brought by the other half's, whichever of the two has the id: nobody was told yet what became of that file's half. `None` where
/// [`pair_by_order`] joins them not.
pub fn meet_halves(into: &RawDocument, giving: &RawDocument, late: LogFileId) -> Option<EncodedLog> {
    let is_late = |half: &RawDocument| half.get_object_id("log_file_id").is_ok_and(|file| file == late.0);
    if !is_late(into) || is_late(giving) {
        return pair_by_order(into, giving);
    }
    let whole = pair_by_order(giving, into)?;
    let mut renamed = RawDocumentBuf::new();
    renamed.append(cstr!("_id"), into.get_object_id("_id").ok()?);
    for (name, value) in whole.document().iter().flatten().filter(|(name, _)| name.as_str() != "_id") {
        renamed.append(name, value);
    }
    Some(EncodedLog::of(renamed))
}

/// Request and response, where these are opposite halves within the window that do not name different sessions.
fn opposite<'a>(stored: &'a RawDocument, incoming: &'a RawDocument) -> Option<(&'a RawDocument, &'a RawDocument)> {
    let (request, response) = match (state_of(stored), state_of(incoming)) {
        (LogState::RequestOnly, LogState::ResponseOnly) => (stored, incoming),
        (LogState::ResponseOnly, LogState::RequestOnly) => (incoming, stored),
        _ => return None,
    };
    let has_message_id = stored.get_str("message_id").is_ok();
    let sessions = request.get_str("session_key").ok().zip(response.get_str("session_key").ok());
    let contradict = !has_message_id && sessions.is_some_and(|(one, other)| one != other);
    (!contradict && within_window(request, response)).then_some((request, response))
}

/// Whether the response may belong to the request by its date; unreadable dates do not forbid it.
fn within_window(request: &RawDocument, response: &RawDocument) -> bool {
    match (request.get_datetime("request_date"), response.get_datetime("response_date")) {
        (Ok(asked), Ok(answered)) => {
            (-CLOCK_SKEW_MS..=PAIRING_WINDOW_MS).contains(&(answered.timestamp_millis() - asked.timestamp_millis()))
        }
        _ => true,
    }
}

/// One document of both halves; identity, branch and file are the stored one's. Which file completed it stands in it from the moment on at
/// which it is whole, so that this can be counted whatever dies a moment later.
fn join(stored: &RawDocument, request: &RawDocument, response: &RawDocument, by_order: bool) -> EncodedLog {
    let asked = request.get_datetime("request_date").ok();
    let answered = response.get_datetime("response_date").ok();
    let duration = asked.zip(answered).map(|(asked, answered)| answered.timestamp_millis() - asked.timestamp_millis());
    let mut whole = RawDocumentBuf::new();
    copy(&mut whole, stored, &["_id", "branch", "log_file_id", "server", "message_id"]);
    whole.append(cstr!("state"), LogState::Complete.as_str());
    copy(&mut whole, request, &REQUEST_FIELDS);
    copy(&mut whole, response, &["response_date", "response"]);
    whole.append(cstr!("duration_ms"), duration.map_or(RawBsonRef::Null, RawBsonRef::Int64));
    copy(&mut whole, response, &["error"]);
    whole.append(cstr!("problems"), problems(request, response, by_order));
    copy(&mut whole, response, &["verdict"]);
    whole.append(cstr!("date"), asked.or(answered).map_or(RawBsonRef::Null, RawBsonRef::DateTime));
    let session =
        if matches!(stored.get("session_key"), Ok(Some(RawBsonRef::String(_)))) { stored } else { other(stored, request, response) };
    copy(&mut whole, session, &["session_key"]);
    copy(&mut whole, stored, &["pairing_key"]);
    let mut prints = RawDocumentBuf::new();
    prints.append(cstr!("request"), Halves::of(request).request.map_or(RawBsonRef::Null, RawBsonRef::Int64));
    prints.append(cstr!("response"), Halves::of(response).response.map_or(RawBsonRef::Null, RawBsonRef::Int64));
    whole.append(cstr!("halves"), prints);
    let came = other(stored, request, response);
    if let Ok(file) = came.get_object_id("log_file_id") {
        // With a request the response that was there may have come again, and its error is none that came now.
        let brings_error = std::ptr::eq(came, response) && came.get_document("verdict").is_ok();
        whole.append(cstr!("completion"), rawdoc! { "file": file, "error": brings_error });
    }
    EncodedLog::of(whole)
}

/// The half that is not the stored one.
fn other<'a>(stored: &RawDocument, request: &'a RawDocument, response: &'a RawDocument) -> &'a RawDocument {
    if std::ptr::eq(stored, request) { response } else { request }
}

/// The problems of both halves, each once.
fn problems(request: &RawDocument, response: &RawDocument, by_order: bool) -> RawArrayBuf {
    let of = |document: &RawDocument| -> Vec<RawBson> {
        document.get_array("problems").into_iter().flatten().flatten().map(RawBson::from).collect()
    };
    let mut all = of(request);
    for problem in of(response) {
        if !all.contains(&problem) {
            all.push(problem);
        }
    }
    if by_order {
        // What was said of either half when it came alone no longer holds; the request's place stays.
        let is_of_one = |problem: &RawBson| kind_of(problem) == Some(ProblemKind::NoMessageId.as_str());
        let offset = |problem: &RawBson| problem.as_document().and_then(|problem| problem.get_i64("offset").ok());
        let offset = all.iter().find(|problem| is_of_one(problem)).and_then(offset).unwrap_or_default();
        all.retain(|problem| !is_of_one(problem));
        let mut note = RawDocumentBuf::new();
        note.append(cstr!("offset"), offset);
        note.append(cstr!("kind"), ProblemKind::PairedByOrder.as_str());
        note.append(cstr!("text"), "no message id: request and response of two batches were paired by session and order");
        all.push(RawBson::Document(note));
    }
    all.into_iter().collect()
}

/// The kind of a problem as it is stored.
pub(super) fn kind_of(problem: &RawBson) -> Option<&str> {
    problem.as_document().and_then(|problem| problem.get_str("kind").ok())
}

/// Copies fields as they are; one that is absent becomes null.
fn copy(to: &mut RawDocumentBuf, from: &RawDocument, fields: &[&str]) {
    for field in fields {
        let Ok(key) = <&CStr>::try_from(*field) else { continue };
        to.append(key, from.get(field).ok().flatten().unwrap_or(RawBsonRef::Null));
    }
}

#[cfg(test)]
mod tests {
    use bson::{DateTime, rawdoc};

    use super::*;

    /// A half (or whole) exchange `m` with these fingerprints and dates in seconds.
    fn log(request: Option<(i64, i64)>, response: Option<(i64, i64)>) -> RawDocumentBuf {
        let date = |half: Option<(i64, i64)>| match half {
            Some((_, seconds)) => RawBson::DateTime(DateTime::from_millis(seconds * 1000)),
            None => RawBson::Null,
        };
        let print = |half: Option<(i64, i64)>| half.map_or(RawBson::Null, |(print, _)| RawBson::Int64(print));
        let body = |half: Option<(i64, i64)>| half.map_or(RawBson::Null, |(print, _)| RawBson::Document(rawdoc! { "n": print }));
        let state = match (request, response) {
            (Some(_), Some(_)) => "complete",
            (Some(_), None) => "request_only",
            _ => "response_only",
        };
        rawdoc! {
            "_id": log_id("K1", "S", "m").0, "branch": "K1", "server": "S", "message_id": "m", "state": state,
            "request_date": date(request), "request": body(request), "response_date": date(response), "response": body(response),
            "error": RawBson::Null, "problems": [], "pairing_key": RawBson::Null, "halves": { "request": print(request), "response": print(response) },
        }
    }

    /// Fingerprint and second of a half.
    type Half = Option<(i64, i64)>;

    fn outcome(stored: (Half, Half), incoming: (Half, Half)) -> &'static str {
        match merge_halves(&log(stored.0, stored.1), &log(incoming.0, incoming.1)) {
            Merged::AlreadyThere => "there",
            Merged::Completed(_) => "completed",
            Merged::Occupied => "occupied",
        }
    }

    #[test]
    fn halves_meet_replays_change_nothing_and_reuse_gets_another_slot() {
        let (request, response) = (Some((1, 10)), Some((2, 11)));
        for (stored, incoming, expected) in [
            ((request, None), (None, response), "completed"),
            ((None, response), (request, None), "completed"),
            ((request, None), (request, response), "completed"),
            ((request, None), (request, None), "there"),
            ((request, response), (request, None), "there"),
            ((request, response), (None, response), "there"),
            ((request, None), (Some((7, 12)), None), "occupied"),
            ((request, response), (Some((7, 12)), Some((8, 13))), "occupied"),
            ((request, None), (None, Some((2, 10 + 2 * 86_400))), "occupied"),
            ((request, None), (None, Some((2, -3600))), "occupied"),
        ] {
            assert_eq!(outcome(stored, incoming), expected, "{stored:?} + {incoming:?}");
        }
    }

    #[test]
    fn a_completed_log_has_both_bodies_and_the_duration() {
        let Merged::Completed(whole) = merge_halves(&log(None, Some((2, 11))), &log(Some((1, 10)), None)) else { panic!("not completed") };
        let document = whole.document();
        assert_eq!(document.get_str("state").unwrap(), "complete");
        assert_eq!(document.get_i64("duration_ms").unwrap(), 1000);
        assert_eq!(document.get_document("request").unwrap().get_i64("n").unwrap(), 1);
        assert_eq!(document.get_document("response").unwrap().get_i64("n").unwrap(), 2);
        assert!(matches!(merge_halves(document, &log(None, Some((2, 11)))), Merged::AlreadyThere));
    }

    #[test]
    fn a_later_exchange_is_identified_by_its_content_and_found_by_its_message_id() {
        let first = EncodedLog::from_document(log(Some((1, 10)), None)).unwrap();
        let later = first.as_later();
        assert_eq!(later.id(), LogId::of_later(first.id(), Some(1)));
        assert_eq!(later.pairing_key(), Some(first.id().0));
        assert_eq!(later.document().get_str("message_id").unwrap(), "m");
        assert_eq!(later.as_later(), later);
    }

    #[test]
    fn halves_of_contradicting_sessions_are_no_exchange() {
        let half = |request, response, session: &str| {
            let mut half = log(request, response);
            half.append(cstr!("session_key"), session);
            without_field(&mut half, "message_id");
            half
        };
        let request = half(Some((1, 10)), None, "s1");
        assert!(pair_by_order(&request, &half(None, Some((2, 11)), "s2")).is_none());
        let whole = pair_by_order(&request, &half(None, Some((2, 11)), "s1")).unwrap();
        assert_eq!(whole.document().get_array("problems").unwrap().into_iter().count(), 1);
    }

    /// The document without one of its fields.
    fn without_field(document: &mut RawDocumentBuf, field: &str) {
        let mut kept = RawDocumentBuf::new();
        for (name, value) in document.iter().flatten().filter(|(name, _)| name.as_str() != field) {
            kept.append(name, value);
        }
        *document = kept;
    }
}
