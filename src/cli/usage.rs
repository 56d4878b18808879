//! Words of the command line: what they mean, or that they mean nothing. The program ends with code 2 then.

use std::fmt::Display;

use encoding_rs::Encoding;
use jiff::tz::TimeZone;

use crate::query::{Filter, FilterError};

/// A command that was used wrongly, where only the configuration could tell.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Usage(String);

impl Usage {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// An option with a value that it cannot have.
    pub(super) fn of(option: &str, value: &str, why: impl Display) -> Self {
        Self(format!("invalid value `{value}` for `{option}`: {why}"))
    }
}

/// A time zone.
pub(super) fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "no time zone; Europe/Kyiv would be one".to_owned())
}

/// The name of a time zone.
pub(super) fn zone_name(name: &str) -> Result<String, String> {
    zone(name).map(|_| name.to_owned())
}

/// An encoding.
pub(super) fn encoding(label: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| "no encoding; windows-1251 would be one".to_owned())
}

/// The name of an encoding.
pub(super) fn encoding_label(label: &str) -> Result<String, String> {
    encoding(label).map(|_| label.to_owned())
}

/// What stands for an encoding that is to be found out.
pub(super) const DETECT: &str = "detect";

/// The label of an encoding, or that it is to be found out.
pub(super) fn encoding_or_detect(label: &str) -> Result<String, String> {
    if label == DETECT { Ok(label.to_owned()) } else { encoding_label(label) }
}

/// A filter.
pub(super) fn filter(text: &str) -> Result<Filter, String> {
    text.parse().map_err(|error: FilterError| error.to_string())
}

/// The text of a filter.
pub(super) fn filter_text(text: &str) -> Result<String, String> {
    filter(text).map(|_| text.to_owned())
}

/// The text of a regular expression.
pub(super) fn regex_text(text: &str) -> Result<String, String> {
    regex::Regex::new(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}
