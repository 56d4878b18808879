//! What a file or a post was the first to bring: that is what the ledger counts. What comes again is received again and counted no more.

use bson::RawDocument;
use serde::{Deserialize, Serialize};

use super::{EncodedLog, LogFileId, LogOutcome, LogState, Side};

/// Of the Logs of a file, or of a post, those that it was the first to bring, and those that it completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FirstBrought {
    /// Logs that came whole.
    pub complete: i64,
    /// Errors that the knowledge base knows.
    pub errors_known: i64,
    /// Errors that it does not know.
    pub errors_unknown: i64,
}

impl FirstBrought {
    /// Takes a Log into account as it came, and what became of it.
    pub fn add(&mut self, log: &EncodedLog, outcome: LogOutcome) {
        // A Log that waited for its request had its response, and the error in it, before; it may have come again.
        if matches!(outcome, LogOutcome::AlreadyStored | LogOutcome::Completed(Side::Request)) {
            return;
        }
        self.complete += i64::from(outcome == LogOutcome::New && log.state() == LogState::Complete);
        if let Ok(verdict) = log.document().get_document("verdict") {
            match verdict.get_str("known_error_id") {
                Ok(_) => self.errors_known += 1,
                Err(_) => self.errors_unknown += 1,
            }
        }
    }
}

/// The same as it stands in the Logs themselves, each of which names the file or stream that brought it and the one that completed it.
/// That is written with the Log, so that it is true whenever a server dies; what is known once it is read is by which file a Log came, not
/// how often. An error that others judge anew is counted as what it is now. A Log that an older program completed does not say so, and counts
/// as having come whole to the file that brought its first half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Brought {
    /// Logs that were not there.
    pub new: i64,
    /// Logs that waited for a half that it brought.
    pub completed: i64,
    /// Those that came whole, and errors.
    pub first: FirstBrought,
}

impl Brought {
    /// Takes a stored Log into account.
    pub fn add(&mut self, log: &RawDocument, file: LogFileId) {
        let completion = log.get_document("completion").ok();
        let with_error = completion.is_some_and(|completion| completion.get_bool("error").unwrap_or_default());
        let is_own = log.get_object_id("log_file_id").is_ok_and(|id| id == file.0);
        let is_completed = completion.is_some_and(|completion| completion.get_object_id("file").is_ok_and(|id| id == file.0));
        self.new += i64::from(is_own);
        self.completed += i64::from(is_completed);
        self.first.complete += i64::from(is_own && completion.is_none() && log.get_str("state").is_ok_and(|state| state == "complete"));
        if !(is_own && !with_error || is_completed && with_error) {
            return;
        }
        match log.get_document("verdict").map(|verdict| verdict.get_str("known_error_id").is_ok()) {
            Ok(true) => self.first.errors_known += 1,
            Ok(false) => self.first.errors_unknown += 1,
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bson::{RawBson, rawdoc};

    use super::*;
    use crate::domain::{Merged, merge_halves};

    /// Whatever the order in which halves come to one stream or two, the Logs say of each what it counted on the way.
    #[test]
    fn stored_logs_say_what_each_brought() {
        let file = |name: &str| LogFileId::from_content(&[name.as_bytes()]);
        let half = |name: &str, request: bool, response: bool| {
            let print = |is: bool, n: i64| if is { RawBson::Int64(n) } else { RawBson::Null };
            let state = match (request, response) {
                (true, true) => "complete",
                (true, false) => "request_only",
                _ => "response_only",
            };
            let verdict = if response { RawBson::Document(rawdoc! { "known_error_id": RawBson::Null }) } else { RawBson::Null };
            let document = rawdoc! {
                "_id": bson::oid::ObjectId::from_bytes([1; 12]), "log_file_id": file(name).0, "message_id": "m", "state": state,
                "verdict": verdict, "problems": [], "halves": { "request": print(request, 1), "response": print(response, 2) },
            };
            EncodedLog::from_document(document).unwrap()
        };
        for (first, second) in [
            (half("a", true, true), None),
            (half("a", true, false), None),
            (half("a", true, false), Some(half("a", false, true))),
            (half("a", false, true), Some(half("a", true, false))),
            (half("a", true, false), Some(half("b", false, true))),
            (half("a", false, true), Some(half("b", true, false))),
            (half("a", true, false), Some(half("b", true, true))),
            (half("a", true, false), Some(half("a", true, true))),
            // The response comes first, and then the whole exchange: its error is there already.
            (half("a", false, true), Some(half("a", true, true))),
            (half("a", false, true), Some(half("b", true, true))),
        ] {
            let mut stored = first.clone();
            let mut expected = BTreeMap::<&str, Brought>::new();
            let brought = expected.entry("a").or_default();
            brought.new = 1;
            brought.first.add(&first, LogOutcome::New);
            if let Some(second) = &second {
                let Merged::Completed(whole) = merge_halves(stored.document(), second.document()) else { panic!("no half") };
                stored = whole;
                let is_a = second.document().get_object_id("log_file_id").unwrap() == file("a").0;
                let brought = expected.entry(if is_a { "a" } else { "b" }).or_default();
                brought.completed = 1;
                brought.first.add(second, LogOutcome::completing(first.document()));
            }
            let n_errors: i64 = expected.values().map(|brought| brought.first.errors_unknown).sum();
            assert_eq!(n_errors, i64::from(stored.halves().response.is_some()), "{first:?} {second:?}");
            for name in ["a", "b"] {
                let mut found = Brought::default();
                found.add(stored.document(), file(name));
                assert_eq!(found, expected.get(name).copied().unwrap_or_default(), "{name} {first:?} {second:?}");
            }
        }
    }

    #[test]
    fn what_comes_again_counts_no_more_and_a_completed_log_by_the_error_that_came() {
        let log = |state: &str, known: Option<Option<&str>>| {
            let text = |text: Option<&str>| text.map_or(RawBson::Null, |text| RawBson::String(text.to_owned()));
            let verdict = known.map_or(RawBson::Null, |known| RawBson::Document(rawdoc! { "known_error_id": text(known) }));
            let document = rawdoc! { "_id": bson::oid::ObjectId::from_bytes([1; 12]), "state": state, "verdict": verdict };
            EncodedLog::from_document(document).unwrap()
        };
        let brought = |complete, errors_known, errors_unknown| FirstBrought { complete, errors_known, errors_unknown };
        for (state, verdict, outcome, expected) in [
            ("complete", None, LogOutcome::New, brought(1, 0, 0)),
            ("complete", Some(Some("ke-1")), LogOutcome::New, brought(1, 1, 0)),
            ("complete", Some(None), LogOutcome::New, brought(1, 0, 1)),
            ("complete", Some(None), LogOutcome::AlreadyStored, brought(0, 0, 0)),
            ("request_only", None, LogOutcome::New, brought(0, 0, 0)),
            ("request_only", None, LogOutcome::Completed(Side::Request), brought(0, 0, 0)),
            ("complete", Some(None), LogOutcome::Completed(Side::Request), brought(0, 0, 0)),
            ("response_only", Some(None), LogOutcome::Completed(Side::Response), brought(0, 0, 1)),
            ("complete", Some(None), LogOutcome::Completed(Side::Response), brought(0, 0, 1)),
            ("response_only", Some(Some("ke-1")), LogOutcome::New, brought(0, 1, 0)),
        ] {
            let mut found = FirstBrought::default();
            found.add(&log(state, verdict), outcome);
            assert_eq!(found, expected, "{state} {verdict:?} {outcome:?}");
        }
    }
}
