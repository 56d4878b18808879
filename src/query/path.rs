//! A validated path to a property of a Log.

use std::{fmt, str::FromStr};

/// Longest path, in bytes.
const MAX_BYTES: usize = 512;
/// Most steps of a path.
const MAX_STEPS: usize = 32;

/// A dotted path such as `request.params.account`. Lists on the way are stepped into: any element may match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path(String);

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A step is empty.
    #[error("`{0}` has an empty step")]
    EmptyStep(String),
    /// A step begins with `$`.
    #[error("`{0}` has a step that begins with `$`, which no property does")]
    Operator(String),
    /// It is too long.
    #[error("a path has at most {MAX_STEPS} steps and {MAX_BYTES} bytes")]
    TooLong,
}

impl Path {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its steps.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        if text.len() > MAX_BYTES || text.split('.').count() > MAX_STEPS {
            return Err(PathError::TooLong);
        }
        for step in text.split('.') {
            if step.is_empty() || step.contains('\0') {
                return Err(PathError::EmptyStep(text.to_owned()));
            }
            if step.starts_with('$') {
                return Err(PathError::Operator(text.to_owned()));
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Path {
    /// Quoted where a bare word would not read back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if super::lexer::is_bare_path(&self.0) { f.write_str(&self.0) } else { write!(f, "`{}`", self.0.replace('`', "``")) }
    }
}
