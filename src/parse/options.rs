//! What the caller decides before a file is read.

use std::sync::Arc;

use bson::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::lines::{CustomFormat, Format};
use crate::domain::{BranchCode, DateOrder, LogFileId, Stretch};

/// The format to read a file as.
#[derive(Debug, Clone, Default)]
pub enum FormatChoice {
    /// Find out from a sample.
    #[default]
    Auto,
    /// The branch record format.
    Records,
    /// A format of one event a line.
    Lines(Format),
}

/// Bounds that keep one file, however hostile, from taking more memory than it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// A larger body is kept as digest and size.
    pub max_body_bytes: usize,
    /// A body that takes more as BSON is kept as digest and size, so that both halves fit MongoDB's 16 MiB.
    pub max_stored_bytes: usize,
    /// A longer string value is kept as digest and size.
    pub max_value_bytes: usize,
    /// A body nested deeper keeps its raw text (MongoDB stores 100 levels, of which the Log takes a few).
    pub max_depth: usize,
    /// Open halves held in memory; beyond that the oldest wait on disk.
    pub pending_bytes: usize,
    /// Keys whose string values are always kept as digest and size.
    pub blanked_keys: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 16 << 20,
            max_stored_bytes: 7 << 20,
            max_value_bytes: 64 << 10,
            max_depth: 90,
            pending_bytes: 64 << 20,
            blanked_keys: vec!["binary_data".to_owned()],
        }
    }
}

/// Everything about a file that its bytes do not say.
#[derive(Debug, Clone)]
pub struct Options {
    /// The branch it comes from.
    pub branch: BranchCode,
    /// The file it is.
    pub log_file_id: LogFileId,
    /// Where its bytes stood before: a line without an id of its own is then known by its place, otherwise by what it says.
    pub stretch: Option<Stretch>,
    /// How to read it.
    pub format: FormatChoice,
    /// User-defined formats that may be found.
    pub custom: Vec<Arc<CustomFormat>>,
    /// Its encoding, or `None` to detect.
    pub encoding: Option<&'static encoding_rs::Encoding>,
    /// How it writes dates with slashes.
    pub date_order: DateOrder,
    /// The zone its dates are in.
    pub timezone: TimeZone,
    /// When it was received: a date without a year (syslog) is the latest such day up to then, and unknown without it.
    pub received: Option<DateTime>,
    /// Bounds.
    pub limits: Limits,
}

/// How much later than its arrival a record may be dated: days differ by zones, and clocks a little.
const AHEAD_MS: i64 = 2 * 24 * 60 * 60 * 1000;
/// What is said of one that is dated later.
pub(super) const FUTURE: &str = "the date is more than two days after the record arrived: a clock is wrong";

impl Options {
    /// The latest date that a record can have, in milliseconds since 1970.
    pub(super) fn latest_ms(&self) -> i64 {
        self.received.map_or(i64::MAX, |received| received.timestamp_millis().saturating_add(AHEAD_MS))
    }

    /// Detects everything; dates are UTC.
    pub fn new(branch: BranchCode, log_file_id: LogFileId) -> Self {
        Self {
            branch,
            log_file_id,
            stretch: None,
            format: FormatChoice::Auto,
            custom: Vec::new(),
            encoding: None,
            date_order: DateOrder::Detect,
            timezone: TimeZone::UTC,
            received: None,
            limits: Limits::default(),
        }
    }
}
