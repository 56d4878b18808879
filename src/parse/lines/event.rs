//! What one line says.

use std::borrow::Cow;

use bson::{Bson, DateTime, RawBsonRef, RawDocumentBuf, cstr, raw::CString};

use super::{Exchange, level};
use crate::domain::Fault;

/// What a line was read as.
#[derive(Debug, Clone)]
pub enum Entry<'a> {
    /// Something happened.
    Event(Event<'a>),
    /// A request, a response, or both.
    Exchange(Box<Exchange>),
}

/// Something that happened.
#[derive(Debug, Clone, Default)]
pub struct Event<'a> {
    /// When.
    pub date: Option<DateTime>,
    /// Its level as written.
    pub level: Option<Cow<'a, str>>,
    /// Who wrote it: host, logger or component.
    pub server: Option<Cow<'a, str>>,
    /// What happened.
    pub message: Cow<'a, str>,
    /// All its fields by name, level and message among them.
    pub fields: RawDocumentBuf,
    /// Whether its level, or the format itself, says that something failed.
    pub is_error: bool,
    /// What it adds to the message of an error.
    pub detail: Option<String>,
}

impl<'a> Event<'a> {
    /// An event of a text format: a document of level, message and the fields that are not blank is made of it.
    pub(super) fn new(date: Option<DateTime>, level: Option<&'a str>, message: &'a str, fields: &[(&str, &str)]) -> Self {
        let mut event = Self {
            date,
            level: level.map(Cow::Borrowed),
            message: Cow::Borrowed(message),
            is_error: level.is_some_and(level::is_error),
            ..Self::default()
        };
        if let Some(level) = level {
            event.fields.append(cstr!("level"), level);
        }
        event.fields.append(cstr!("message"), message);
        for (name, value) in fields {
            event.put(name, value);
        }
        event
    }

    /// The same event, written by this host or component; a blank one changes nothing.
    pub(super) fn by(mut self, server: &'a str) -> Self {
        if !server.is_empty() {
            self.server = Some(Cow::Borrowed(server));
        }
        self
    }

    /// Adds a field; a blank one is left out.
    pub(super) fn put(&mut self, name: &str, value: &str) {
        if let Ok(name) = CString::try_from(name)
            && !value.is_empty()
        {
            self.fields.append(name, RawBsonRef::String(value));
        }
    }

    /// The error that it is, if it is one.
    pub fn fault(&self) -> Option<Fault> {
        let message = self.message.trim();
        let detail = self.detail.clone().map(Bson::String);
        (self.is_error && !message.is_empty()).then(|| Fault { code: None, message: message.to_owned(), detail })
    }
}
