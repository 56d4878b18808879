//! StatusError: the tree of statuses by which errors are classified.

use serde::{Deserialize, Serialize};

use super::StatusCode;

/// A status that an analyst gives an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusError {
    /// Its number; also its identifier.
    #[serde(rename = "_id")]
    pub code: StatusCode,
    /// Its title.
    pub title: String,
    /// Its title in Ukrainian.
    #[serde(default)]
    pub title_uk: Option<String>,
    /// The status above it; `None` for a root.
    #[serde(default)]
    pub parent: Option<StatusCode>,
    /// Words that mark its errors; they count for each of its known errors.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// `#rrggbb`.
    #[serde(default)]
    pub colour: Option<String>,
    /// What it means and what to do, for people.
    #[serde(default)]
    pub meaning: Option<String>,
    /// What it means, in Ukrainian.
    #[serde(default)]
    pub meaning_uk: Option<String>,
    /// Whether it is no longer given; what bears it keeps it.
    #[serde(default)]
    pub retired: bool,
}

impl StatusError {
    /// A root of this number and title, and nothing else.
    pub fn new(code: StatusCode, title: impl Into<String>) -> Self {
        Self {
            code,
            title: title.into(),
            title_uk: None,
            parent: None,
            keywords: Vec::new(),
            colour: None,
            meaning: None,
            meaning_uk: None,
            retired: false,
        }
    }
}
