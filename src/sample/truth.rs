//! What was written, so that what is read back can be compared with it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::faults::Message;

/// What was written, by the rules of the parser: a record is a header with what follows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// Halves written.
    pub records: i64,
    /// Exchanges with both halves.
    pub complete: i64,
    /// Requests alone.
    pub request_only: i64,
    /// Responses alone.
    pub response_only: i64,
    /// Responses of exchanges whose request stands in the file before.
    pub late: i64,
    /// Records with a damaged date or body.
    pub malformed: i64,
    /// Lines between records.
    pub foreign_lines: i64,
    /// Records with an error that can be read.
    pub errors: i64,
    /// Those of them that the knowledge base of `seed/` knows, by known error.
    pub known: BTreeMap<&'static str, i64>,
    /// The same, by what they are to be recognised by.
    pub methods: BTreeMap<&'static str, i64>,
    /// The other ones, by message without variables.
    pub unknown: BTreeMap<&'static str, i64>,
}

impl Truth {
    /// Logs that the file makes.
    pub fn logs(&self) -> i64 {
        self.complete + self.request_only + self.response_only
    }

    /// Counts an error.
    pub(super) fn count(&mut self, message: &'static Message) {
        self.errors += 1;
        match message.known {
            Some((id, by)) => {
                *self.known.entry(id).or_default() += 1;
                *self.methods.entry(by.as_str()).or_default() += 1;
            }
            None => *self.unknown.entry(message.text).or_default() += 1,
        }
    }
}
