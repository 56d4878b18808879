//! Stretch: where bytes stood before they were sent, by which equal lines of two deliveries are told apart and a repetition is known.

use serde::{Deserialize, Serialize};

/// A stretch of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// A file of a machine, or a delivery: whatever its sender names the same when it sends the same again.
    pub source: String,
    /// Bytes of the source before it.
    pub offset: i64,
}

impl Stretch {
    /// A whole delivery under the key that its sender gave it.
    pub fn of_key(key: &str) -> Self {
        Self { source: format!("key {key}"), offset: 0 }
    }

    /// What a file of a machine had from this offset on.
    pub fn of_file(file: &str, offset: i64) -> Self {
        Self { source: format!("file {file}"), offset }
    }

    /// The place of a byte of the stretch in the source.
    pub fn place(&self, offset: u64) -> i64 {
        self.offset.saturating_add_unsigned(offset)
    }

    /// What of the stretch begins at this byte of it.
    pub fn behind(&self, offset: u64) -> Self {
        Self { source: self.source.clone(), offset: self.place(offset) }
    }
}
