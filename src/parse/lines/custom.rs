//! A format that the user defines: a regular expression whose named groups are the fields.

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::{Context, Event, time};

/// A user-defined format as configured. Groups `date`, `level`, `server` and `message` have a meaning, all others become fields.
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
    name: String,
    regex: String,
    /// strptime layout of the group `date`; ISO 8601 where there is none.
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
    /// When the expression is not valid, or has no named group.
    pub fn new(name: &str, regex: &str, date_format: Option<String>) -> Result<Self, CustomFormatError> {
        let fault = |reason: String| CustomFormatError { name: name.to_owned(), reason };
        let regex = Regex::new(regex).map_err(|error| fault(error.to_string()))?;
        if regex.capture_names().flatten().next().is_none() {
            return Err(fault("the expression has no named group such as `(?<message>.*)`".to_owned()));
        }
        Ok(Self { name: name.to_owned(), regex, date_format })
    }

    pub(super) fn read(&self, line: &str, context: &Context) -> Option<Event> {
        let groups = self.regex.captures(line)?;
        let mut event = Event { message: line.to_owned(), ..Event::default() };
        for name in self.regex.capture_names().flatten() {
            let Some(value) = groups.name(name).map(|group| group.as_str()) else { continue };
            match name {
                "date" => {
                    event.date = match &self.date_format {
                        Some(layout) => time::strptime(layout, value, context),
                        None => time::iso(value, context),
                    }
                }
                "level" => event.level = Some(value.to_owned()),
                "server" => event.server = Some(value.to_owned()),
                "message" => event.message = value.to_owned(),
                other => event.put(other, value),
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
