//! A Log as it is written and read: BSON bytes, and what is asked of them.

use bson::{DateTime, RawBsonRef, RawDocument, RawDocumentBuf, cstr, oid::ObjectId};

use super::{
    Halves, LogId, LogState, Verdict,
    log_merge::{CLOCK_SKEW_MS, PAIRING_WINDOW_MS},
};

/// A Log as BSON bytes, `_id` first. The hot path never builds the typed `Log`.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedLog {
    document: RawDocumentBuf,
    /// Read once: every Log that is stored is asked for it.
    pairing_key: Option<ObjectId>,
}

/// Bytes that are no encoded Log.
#[derive(Debug, thiserror::Error)]
#[error("the document is no Log: {0}")]
pub struct EncodedLogError(String);

impl AsRef<RawDocument> for EncodedLog {
    fn as_ref(&self) -> &RawDocument {
        &self.document
    }
}

impl EncodedLog {
    /// Takes bytes that a Log with this pairing key was encoded to.
    ///
    /// # Errors
    /// When the bytes are no BSON document.
    pub fn from_bytes(bytes: Vec<u8>, pairing_key: Option<LogId>) -> Result<Self, EncodedLogError> {
        let document = RawDocumentBuf::from_bytes(bytes).map_err(|e| EncodedLogError(e.to_string()))?;
        Ok(Self { document, pairing_key: pairing_key.map(|key| key.0) })
    }

    /// A Log whose document was made of another one's.
    pub(super) fn of(document: RawDocumentBuf) -> Self {
        let pairing_key = document.get_object_id("pairing_key").ok();
        Self { document, pairing_key }
    }

    /// Takes a document that a Log was encoded to.
    ///
    /// # Errors
    /// When it does not begin with an `_id` of the kind Logs have.
    pub fn from_document(document: RawDocumentBuf) -> Result<Self, EncodedLogError> {
        match document.iter().next() {
            Some(Ok((key, RawBsonRef::ObjectId(_)))) if key.as_str() == "_id" => Ok(Self::of(document)),
            _ => Err(EncodedLogError("it does not begin with `_id`".to_owned())),
        }
    }

    /// The identifier.
    pub fn id(&self) -> LogId {
        LogId(self.document.get_object_id("_id").unwrap_or_else(|_| ObjectId::from_bytes([0; 12])))
    }

    /// The document.
    pub fn document(&self) -> &RawDocument {
        &self.document
    }

    /// The BSON bytes.
    pub fn bytes(&self) -> &[u8] {
        self.document.as_bytes()
    }

    /// The same Log as a later exchange under its message id: the id it had becomes its pairing key.
    #[must_use]
    pub fn as_later(&self) -> Self {
        if self.pairing_key().is_some() {
            return self.clone();
        }
        let Halves { request, response } = self.halves();
        let key = self.id();
        let mut later = RawDocumentBuf::new();
        later.append(cstr!("_id"), LogId::of_later(key, request.or(response)).0);
        for (name, value) in self.document.iter().flatten().filter(|(name, _)| name.as_str() != "_id") {
            later.append(name, if name.as_str() == "pairing_key" { RawBsonRef::ObjectId(key.0) } else { value });
        }
        Self::of(later)
    }

    /// The same later exchange where another one has its id, as that one has the same request and another response: identified by both.
    #[must_use]
    pub fn as_beside(&self) -> Self {
        let Halves { request, response } = self.halves();
        let key = self.pairing_key().map_or_else(|| self.id(), LogId);
        let mut beside = RawDocumentBuf::new();
        beside.append(cstr!("_id"), LogId::of_later(LogId::of_later(key, request), response).0);
        for (name, value) in self.document.iter().flatten().filter(|(name, _)| name.as_str() != "_id") {
            beside.append(name, value);
        }
        Self::of(beside)
    }

    /// The Log with another verdict.
    pub fn with_verdict(log: &RawDocument, verdict: &Verdict) -> Self {
        let mut told = RawDocumentBuf::new();
        for (name, value) in log.iter().flatten() {
            match name.as_str() {
                "verdict" => told.append(name, verdict.encode()),
                _ => told.append(name, value),
            }
        }
        Self::of(told)
    }

    /// By what its partner is found, where its id does not say.
    pub fn pairing_key(&self) -> Option<ObjectId> {
        self.pairing_key
    }

    /// Fingerprints of the halves.
    pub fn halves(&self) -> Halves {
        Halves::of(&self.document)
    }

    /// The message id, if the record has one.
    pub fn message_id(&self) -> Option<&str> {
        self.document.get_str("message_id").ok()
    }

    /// Which halves are there.
    pub fn state(&self) -> LogState {
        state_of(&self.document)
    }

    /// Whether one half is missing.
    pub fn is_half(&self) -> bool {
        self.state() != LogState::Complete
    }

    /// Between which moments the partner of a half may lie; `None` where its date is not known.
    pub fn partner_window(&self) -> Option<(DateTime, DateTime)> {
        let at = self.document.get_datetime("date").ok()?.timestamp_millis();
        let (before, after) = match self.state() {
            LogState::RequestOnly => (CLOCK_SKEW_MS, PAIRING_WINDOW_MS),
            _ => (PAIRING_WINDOW_MS, CLOCK_SKEW_MS),
        };
        Some((DateTime::from_millis(at.saturating_sub(before)), DateTime::from_millis(at.saturating_add(after))))
    }
}

/// Which halves are there.
pub(super) fn state_of(document: &RawDocument) -> LogState {
    match document.get_str("state") {
        Ok("request_only") => LogState::RequestOnly,
        Ok("response_only") => LogState::ResponseOnly,
        _ => LogState::Complete,
    }
}
