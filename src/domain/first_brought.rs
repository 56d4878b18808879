//! What a file or a post was the first to bring: that is what the ledger counts. What comes again is received again and counted no more.

use serde::{Deserialize, Serialize};

use super::{EncodedLog, LogOutcome, LogState};

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
        if outcome == LogOutcome::AlreadyStored {
            return;
        }
        self.complete += i64::from(outcome == LogOutcome::New && log.state() == LogState::Complete);
        // The half that completes another has the error that it brings, and none that was there.
        if let Ok(verdict) = log.document().get_document("verdict") {
            match verdict.get_str("known_error_id") {
                Ok(_) => self.errors_known += 1,
                Err(_) => self.errors_unknown += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bson::{RawBson, rawdoc};

    use super::*;

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
            ("request_only", None, LogOutcome::Completed, brought(0, 0, 0)),
            ("response_only", Some(None), LogOutcome::Completed, brought(0, 0, 1)),
            ("response_only", Some(Some("ke-1")), LogOutcome::New, brought(0, 1, 0)),
        ] {
            let mut found = FirstBrought::default();
            found.add(&log(state, verdict), outcome);
            assert_eq!(found, expected, "{state} {verdict:?} {outcome:?}");
        }
    }
}
