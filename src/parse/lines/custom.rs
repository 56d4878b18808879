//! A format that the user defines: a regular expression whose named groups are the fields.

use jiff::tz::TimeZone;
use regex::Regex;
use serde::{Deserialize, Serialize};

use super::{Context, Event, level, time};

/// A user-defined format. The groups `date`, `level`, `server` and `message` have a meaning; all named groups become fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Definition", into = "Definition")]
pub struct CustomFormat {
    /// Its name.
    pub name: String,
    regex: Regex,
    date_format: Option<String>,
}

/// The same as written in the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    /// The name by which `--format` calls it.
    name: String,
    /// The expression, in the syntax of Rust's `regex`; a line that it does not match is not of the format.
    regex: String,
    /// strptime layout of the group `date`; without one the layouts that all loggers use are tried.
    #[serde(default)]
    date_format: Option<String>,
}

/// A definition that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("format `{name}`: {reason}")]
pub struct CustomFormatError {
    name: String,
    reason: String,
}

impl CustomFormat {
    /// Compiles a definition.
    ///
    /// # Errors
    /// When the name is taken or blank, the expression is not valid or has no named group, or the layout of dates is not valid.
    pub fn new(name: &str, regex: &str, date_format: Option<String>) -> Result<Self, CustomFormatError> {
        let fault = |reason: String| CustomFormatError { name: name.to_owned(), reason };
        if name.trim().is_empty() || matches!(name, "auto" | "bars") || name.parse::<super::Format>().is_ok() {
            return Err(fault("the name is blank or that of a format of the program".to_owned()));
        }
        let regex = Regex::new(regex).map_err(|error| fault(error.to_string()))?;
        if regex.capture_names().flatten().next().is_none() {
            return Err(fault("the expression has no named group such as `(?<message>.*)`".to_owned()));
        }
        if let Some(layout) = &date_format {
            // Writing a date finds unknown directives at once; reading would find them line by line.
            let epoch = jiff::Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
            jiff::fmt::strtime::format(layout, &epoch).map_err(|error| fault(format!("date_format `{layout}`: {error}")))?;
        }
        Ok(Self { name: name.to_owned(), regex, date_format })
    }

    pub(super) fn read<'a>(&self, line: &'a str, context: &Context<'_>) -> Option<Event<'a>> {
        let groups = self.regex.captures(line)?;
        let group = |name| groups.name(name).map(|group| group.as_str()).filter(|text| !text.is_empty());
        let message = group("message").unwrap_or(line).trim();
        let stated = group("level").or_else(|| level::stated(message));
        let date = group("date").and_then(|text| match &self.date_format {
            Some(layout) => time::strptime(layout, text, context),
            None => time::whole(text, context),
        });
        let mut event = Event::new(date, stated, message, &[]).by(group("server").unwrap_or_default());
        for name in self.regex.capture_names().flatten() {
            let is_known = matches!(name, "level" | "message") || name == "date" && date.is_some();
            if !is_known {
                event.put(name, group(name).unwrap_or_default());
            }
        }
        Some(event)
    }
}

impl TryFrom<Definition> for CustomFormat {
    type Error = CustomFormatError;

    fn try_from(definition: Definition) -> Result<Self, CustomFormatError> {
        Self::new(&definition.name, &definition.regex, definition.date_format)
    }
}

impl From<CustomFormat> for Definition {
    fn from(format: CustomFormat) -> Self {
        Self { name: format.name, regex: format.regex.as_str().to_owned(), date_format: format.date_format }
    }
}
