//! What a line of a logger says itself: its level and its message behind date and class, where the shipper knows neither.

use jiff::tz::TimeZone;

use crate::parse::{
    Limits,
    lines::{Context, Entry, Format},
};

static UTC: TimeZone = TimeZone::UTC;

/// Formats of a level and a message that have nothing in common with plain text.
const FORMATS: [Format; 2] = [Format::Log4j, Format::Go];

/// Reads lines of loggers.
pub(super) struct Teller(Context<'static>);

impl Teller {
    pub(super) fn new() -> Self {
        Self(Context::new(&UTC, None, &Limits::default()))
    }

    /// Level and message of a line that names a level.
    pub(super) fn tell(&mut self, text: &str) -> Option<(String, String)> {
        let line = text.lines().next()?;
        FORMATS.iter().find_map(|format| match format.read(line, &mut self.0)? {
            Entry::Event(event) => Some((event.level?.into_owned(), event.message.trim().to_owned())),
            Entry::Exchange(_) => None,
        })
    }
}
