//! One event of a line log.

use bson::{DateTime, RawBsonRef, RawDocumentBuf, raw::CString};

use crate::domain::{Fault, Log};

/// An event.
#[derive(Debug, Clone, Default)]
pub struct Event {
    /// When.
    pub date: Option<DateTime>,
    /// Its level as written.
    pub level: Option<String>,
    /// Who wrote it: host, logger or component.
    pub server: Option<String>,
    /// What happened.
    pub message: String,
    /// All other fields by name, texts unless they were JSON.
    pub fields: RawDocumentBuf,
    /// The format itself says that it is an error, whatever its level.
    pub is_alert: bool,
    /// The line is a whole Log (output of `parse`).
    pub log: Option<Box<Log>>,
}

/// Levels that say that something failed.
const ERROR_LEVELS: [&str; 12] =
    ["error", "err", "fatal", "critical", "crit", "severe", "alert", "emerg", "emergency", "panic", "failure", "e"];

impl Event {
    /// The error that it is, by its level.
    pub fn fault(&self) -> Option<Fault> {
        let level = self.level.as_deref().unwrap_or_default();
        let is_error = self.is_alert || ERROR_LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level));
        (is_error && !self.message.trim().is_empty()).then(|| Fault { code: None, message: self.message.trim().to_owned(), detail: None })
    }

    /// Adds a field; one without text is left out.
    pub(super) fn put(&mut self, name: &str, value: &str) {
        if let Ok(name) = CString::try_from(name)
            && !value.is_empty()
        {
            self.fields.append(name, RawBsonRef::String(value));
        }
    }

    /// The document that stands for the event: level, message, stack, then its own fields.
    pub(super) fn into_fields(self, stack: Option<String>) -> RawDocumentBuf {
        let mut whole = Self::default();
        whole.put("level", self.level.as_deref().unwrap_or_default());
        whole.put("message", &self.message);
        whole.put("stack", stack.as_deref().unwrap_or_default());
        let mut document = whole.fields;
        for (name, value) in self.fields.iter().flatten() {
            if !matches!(name.as_str(), "level" | "message" | "stack") {
                document.append(name, value);
            }
        }
        document
    }
}
