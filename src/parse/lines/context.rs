//! What a line does not say itself, and what its reading needs.

use bson::RawDocumentBuf;
use jiff::{civil, tz::TimeZone};

use super::exchange;
use crate::parse::{Limits, half::Remark, json::Transcoder};

/// What lines are read with.
pub struct Context<'a> {
    /// Zone of dates without one.
    pub timezone: &'a TimeZone,
    /// The day the file was received: a date without a year is the latest such day up to then; without it, none at all.
    pub received: Option<civil::Date>,
    transcoder: Transcoder,
    /// The same for Logs that were printed: what had to be blanked was blanked when they were first read.
    of_logs: Transcoder,
    remarks: Vec<Remark>,
}

impl<'a> Context<'a> {
    /// Dates are in this zone, JSON is bounded by these limits.
    pub fn new(timezone: &'a TimeZone, received: Option<civil::Date>, limits: &Limits) -> Self {
        // A line is one level more than the bodies on it.
        let limits = Limits { max_depth: limits.max_depth + 1, ..limits.clone() };
        let transcoder = Transcoder::new(&limits);
        let of_logs = Transcoder::new(&Limits { blanked_keys: Vec::new(), ..limits });
        Self { timezone, received, transcoder, of_logs, remarks: Vec::new() }
    }

    /// The document that a text is as a whole, if it is a JSON object; `$` keys stay plain names.
    pub(super) fn document(&mut self, text: &str) -> Option<RawDocumentBuf> {
        let document = whole(&mut self.transcoder, text)?;
        if exchange::is_log(&document) {
            return whole(&mut self.of_logs, text);
        }
        self.remarks.extend(self.transcoder.take_remarks());
        Some(document)
    }

    /// What was remarked on the JSON that was read since the last call.
    pub(super) fn take_remarks(&mut self) -> Vec<Remark> {
        std::mem::take(&mut self.remarks)
    }
}

fn whole(transcoder: &mut Transcoder, text: &str) -> Option<RawDocumentBuf> {
    let end = transcoder.transcode(text.as_bytes(), 0, true).ok()?;
    let is_whole = text.get(end..).is_some_and(|rest| rest.trim().is_empty());
    is_whole.then(|| RawDocumentBuf::from_bytes(transcoder.take_document()).ok())?
}
