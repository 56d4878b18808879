//! A JSON object a line, whatever the logger calls its members.
//!
//! The object is kept as it came, `$` keys as plain names: nothing in it is read as a type or an operator. Where level and
//! message stand under other names they are added under these two, so that all line logs can be asked alike.

use std::borrow::Cow;

use bson::{RawBsonRef, RawDocument, RawDocumentBuf, cstr};

use super::{
    Context, Entry, Event, exchange, level,
    value::{date, text},
};

/// Names of the members that have a meaning, whatever their case; the first that occurs is taken.
pub(in crate::parse) const DATES: [&str; 9] =
    ["@timestamp", "timestamp", "time", "ts", "datetime", "date", "asctime", "eventTime", "__REALTIME_TIMESTAMP"];
pub(in crate::parse) const LEVELS: [&str; 8] =
    ["level", "severity", "levelname", "log.level", "loglevel", "lvl", "severityText", "priority"];
pub(in crate::parse) const MESSAGES: [&str; 8] = ["message", "msg", "text", "event", "log", "body", "description", "short_message"];
const ERRORS: [&str; 5] = ["error", "err", "exception", "error_message", "errorMessage"];
pub(in crate::parse) const SERVERS: [&str; 12] = [
    "server",
    "service",
    "service.name",
    "logger",
    "logger_name",
    "component",
    "app",
    "application",
    "host",
    "hostname",
    "_HOSTNAME",
    "name",
];

pub(super) fn read<'a>(line: &'a str, context: &mut Context<'_>) -> Option<Entry<'a>> {
    let text = line.trim();
    if !text.starts_with('{') {
        return None;
    }
    let document = context.document(text)?;
    if let Some(exchange) = exchange::read(&document, context) {
        return Some(Entry::Exchange(Box::new(exchange)));
    }
    Some(Entry::Event(event(document, context)))
}

/// The members of an object that have a meaning, each with its rank among the names it may have.
#[derive(Default)]
struct Known<'d> {
    date: Option<(usize, RawBsonRef<'d>)>,
    level: Option<(usize, RawBsonRef<'d>)>,
    message: Option<(usize, RawBsonRef<'d>)>,
    error: Option<(usize, RawBsonRef<'d>)>,
    server: Option<(usize, RawBsonRef<'d>)>,
}

impl<'d> Known<'d> {
    fn of(document: &'d RawDocument) -> Self {
        let mut known = Self::default();
        for (name, value) in document.iter().flatten().filter(|(_, value)| *value != RawBsonRef::Null) {
            let roles: [(&mut Option<_>, &[&str]); 5] = [
                (&mut known.date, &DATES),
                (&mut known.level, &LEVELS),
                (&mut known.message, &MESSAGES),
                (&mut known.error, &ERRORS),
                (&mut known.server, &SERVERS),
            ];
            for (role, names) in roles {
                if let Some(rank) = names.iter().position(|known| known.eq_ignore_ascii_case(name.as_str()))
                    && role.is_none_or(|(best, _)| rank < best)
                {
                    *role = Some((rank, value));
                }
            }
        }
        known
    }
}

fn event(mut document: RawDocumentBuf, context: &Context<'_>) -> Event<'static> {
    let known = Known::of(&document);
    let value = |role: Option<(usize, RawBsonRef<'_>)>| role.and_then(|(_, value)| text(value)).filter(|text| !text.trim().is_empty());
    let (stated, error, server) = (value(known.level), value(known.error), value(known.server));
    let date = known.date.and_then(|(_, value)| date(value, context));
    let message = value(known.message).or_else(|| error.clone()).unwrap_or_default();
    let stated = stated.or_else(|| level::stated(&message).map(str::to_owned));
    let is_error = stated.as_deref().map_or(error.is_some(), level::is_error);
    let detail = error.filter(|error| *error != message);
    if let (Some(level), Ok(None)) = (&stated, document.get("level")) {
        document.append(cstr!("level"), level.as_str());
    }
    if let (false, Ok(None)) = (message.is_empty(), document.get("message")) {
        document.append(cstr!("message"), message.as_str());
    }
    Event {
        date,
        level: stated.map(Cow::Owned),
        server: server.map(Cow::Owned),
        message: Cow::Owned(message),
        fields: document,
        is_error,
        detail,
    }
}
