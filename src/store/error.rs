//! What can go wrong in a store, by what the caller can do about it.

/// The boundary error of every store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique document of this key is there already.
    #[error("{collection} `{key}` exists already")]
    Conflict {
        /// The collection.
        collection: &'static str,
        /// The key.
        key: String,
    },
    /// The store does not answer or refuses for now; trying again later may help.
    #[error("the store is unavailable: {reason}")]
    Unavailable {
        /// What it said.
        reason: String,
        /// The driver's error.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// A stored document does not decode; it is shown, never skipped.
    #[error("{collection} `{id}` is corrupt: {reason}")]
    Corrupt {
        /// The collection.
        collection: &'static str,
        /// The document.
        id: String,
        /// What does not fit.
        reason: String,
    },
    /// The disk is full, the schema is newer than the program, a file is not writable: a person has to act.
    #[error("{0}")]
    Refused(String),
    /// Anything else that the driver reports.
    #[error("the store failed: {reason}")]
    Backend {
        /// What it said.
        reason: String,
        /// The driver's error.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// Result of a store call.
pub type Result<T> = std::result::Result<T, Error>;
