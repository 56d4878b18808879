//! A remote office that sends logs.

use std::{fmt, str::FromStr};

use bson::DateTime;
use serde::{Deserialize, Serialize};

/// The short code by which a branch is named in paths, files and filters: 1 to 32 of `A-Z a-z 0-9 _ - .`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct BranchCode(String);

/// Why a text is no branch code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a branch code: 1 to 32 letters, digits, `_`, `-` or `.` are")]
pub struct BranchCodeError(String);

impl BranchCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BranchCode {
    type Err = BranchCodeError;

    fn from_str(text: &str) -> Result<Self, BranchCodeError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if (1..=32).contains(&text.len()) && text.chars().all(allowed) && !text.starts_with('.') {
            Ok(Self(text.to_owned()))
        } else {
            Err(BranchCodeError(text.chars().take(40).collect()))
        }
    }
}

impl<'de> Deserialize<'de> for BranchCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for BranchCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a branch writes dates with slashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// Find out from the file itself.
    #[default]
    Detect,
    /// `5/8/2016` is the 8th of May.
    MonthFirst,
    /// `5/8/2016` is the 5th of August.
    DayFirst,
}

/// A remote office.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// Its code.
    #[serde(rename = "_id")]
    pub code: BranchCode,
    /// Its name for people.
    pub name: String,
    /// IANA time zone in which its servers write dates, such as `Europe/Kyiv`.
    pub timezone: String,
    /// Encoding label of its files (WHATWG names), or `None` to detect.
    pub encoding: Option<String>,
    /// How it writes dates with slashes.
    #[serde(default)]
    pub date_order: DateOrder,
    /// When it was registered.
    pub created_at: DateTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_checked() {
        for good in ["K01", "lviv-2", "UA_305299", "a.b"] {
            assert!(good.parse::<BranchCode>().is_ok(), "{good}");
        }
        for bad in ["", " ", "../x", "a/b", "київ", ".hidden", &"x".repeat(33)] {
            assert!(bad.parse::<BranchCode>().is_err(), "{bad}");
        }
    }
}
