//! An event as a shipper sends it.

use std::borrow::Cow;

/// Something that happened, or a line of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event<'a> {
    /// When, in nanoseconds since 1970.
    pub time: Option<i64>,
    /// Its level, blank where none is named.
    pub level: Cow<'a, str>,
    /// Who wrote it, blank where nobody is named.
    pub service: Cow<'a, str>,
    /// What happened: a line of text, several, or a JSON object.
    pub text: Cow<'a, str>,
    /// What else is said of it: members of a JSON object, written one after the other without its braces.
    pub members: Cow<'a, str>,
}

impl Event<'_> {
    /// Its moment as RFC 3339 writes it.
    pub(super) fn moment(&self) -> Option<String> {
        let moment = jiff::Timestamp::from_nanosecond(i128::from(self.time?)).ok()?;
        Some(moment.to_string())
    }
}
