//! Bounds of what is read and stored.

use serde::{Deserialize, Serialize};

/// Bounds of one file's reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// A record longer than this is taken for cut (bytes of text).
    pub max_record_bytes: usize,
    /// A body that takes more than this as BSON is replaced by its digest and size; two of them fit a document of 16 MiB.
    pub max_body_bytes: usize,
    /// A text value longer than this is replaced by its digest and size.
    pub max_value_bytes: usize,
    /// Bodies nested deeper keep their text only; MongoDB allows 100 levels in all.
    pub max_depth: usize,
    /// Halves that wait for their partner take at most this much memory; the oldest go to a temporary file.
    pub pending_bytes: usize,
    /// Members whose texts are always replaced by digest and size.
    pub blanked_keys: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_record_bytes: 32 << 20,
            max_body_bytes: 6 << 20,
            max_value_bytes: 64 << 10,
            max_depth: 90,
            pending_bytes: 64 << 20,
            blanked_keys: vec!["binary_data".to_owned()],
        }
    }
}
