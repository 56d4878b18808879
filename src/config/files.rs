//! What is taken of archives, and how long files are kept as they came.

use std::path::PathBuf;

use serde::Deserialize;

/// Archives of several files.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArchiveConfig {
    /// Files of one archive; what follows is left out.
    pub max_entries: usize,
    /// Bytes of all its files together, unpacked; what follows is left out.
    pub max_bytes: u64,
}

impl Default for ArchiveConfig {
    fn default() -> Self {
        Self { max_entries: 10_000, max_bytes: 64 << 30 }
    }
}

/// Files kept as they came, so that they can be read again.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawConfig {
    /// Their folder; beside the SQLite database where blank. MongoDB keeps them itself.
    pub dir: PathBuf,
    /// How long, in days, and longer while quarantine holds a piece of which only the beginning fits there; 0 for not at all.
    pub keep_days: u32,
    /// Bytes of all of them, compressed; beyond that the oldest go.
    pub max_bytes: u64,
}

impl Default for RawConfig {
    fn default() -> Self {
        Self { dir: PathBuf::new(), keep_days: 90, max_bytes: 50 << 30 }
    }
}
