//! LogQuery: the catalogue of properties seen in Logs, grown at every ingestion. What can be asked.

use serde::{Deserialize, Serialize};

/// The part of a Log that a property belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PropertySide {
    /// The request document.
    Request,
    /// The response document.
    Response,
    /// The Log itself.
    Log,
}

/// Type of a property's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PropertyType {
    /// Text.
    String,
    /// A number.
    Number,
    /// True or false.
    Bool,
    /// A date.
    Date,
    /// An object.
    Object,
    /// A list.
    Array,
    /// Only ever null.
    Null,
}

impl PropertyType {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Bool => "bool",
            Self::Date => "date",
            Self::Object => "object",
            Self::Array => "array",
            Self::Null => "null",
        }
    }
}

/// A property that can be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogQuery {
    /// The path, such as `request.params.account`; steps into lists are left out, as in the filters.
    #[serde(rename = "_id")]
    pub path: String,
    /// Which part of the Log.
    pub side: PropertySide,
    /// Types seen, in order of appearance.
    pub types: Vec<PropertyType>,
    /// Up to five values, shortened.
    pub examples: Vec<String>,
    /// Number of Logs it was seen in.
    pub count: i64,
    /// Files counted whose ingestion has not been closed yet, so that none is counted twice after a crash.
    #[serde(default)]
    pub open_files: Vec<super::LogFileId>,
}

/// What one file adds to a property.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyDelta {
    /// The path.
    pub path: String,
    /// Which part of the Log.
    pub side: PropertySide,
    /// Types seen.
    pub types: Vec<PropertyType>,
    /// A few values, shortened.
    pub examples: Vec<String>,
    /// Number of Logs it was seen in.
    pub count: i64,
}

/// Examples kept.
const EXAMPLES: usize = 5;

impl PropertyDelta {
    /// The property after this file; `None` when the file was counted before.
    pub fn add_to(&self, stored: Option<LogQuery>, file: super::LogFileId) -> Option<LogQuery> {
        let mut grown = stored.unwrap_or_else(|| LogQuery {
            path: self.path.clone(),
            side: self.side,
            types: Vec::new(),
            examples: Vec::new(),
            count: 0,
            open_files: Vec::new(),
        });
        if grown.open_files.contains(&file) {
            return None;
        }
        grown.types.extend(self.types.iter().filter(|kind| !grown.types.contains(kind)).copied().collect::<Vec<_>>());
        for example in &self.examples {
            if grown.examples.len() < EXAMPLES && !grown.examples.contains(example) {
                grown.examples.push(example.clone());
            }
        }
        grown.count += self.count;
        grown.open_files.push(file);
        Some(grown)
    }
}
