//! Why an analyst turns a draft down, in a word: what most reasons are, so that nobody has to write them.

use serde::{Deserialize, Serialize};

/// What is wrong with a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objection {
    /// The cause is another one.
    WrongCause,
    /// The steps do not help.
    WrongSteps,
    /// It says what the evidence does not.
    Invented,
    /// It is too general to act on.
    Vague,
    /// What it says to do is not allowed.
    NotAllowed,
}

impl Objection {
    /// All of them, the most frequent first.
    pub const ALL: [Self; 5] = [Self::WrongCause, Self::WrongSteps, Self::Invented, Self::Vague, Self::NotAllowed];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongCause => "wrong_cause",
            Self::WrongSteps => "wrong_steps",
            Self::Invented => "invented",
            Self::Vague => "vague",
            Self::NotAllowed => "not_allowed",
        }
    }

    /// The objection of a stored word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|objection| objection.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_that_are_stored() {
        for objection in Objection::ALL {
            assert_eq!(Objection::named(objection.as_str()), Some(objection));
            assert_eq!(serde_json::to_value(objection).unwrap(), objection.as_str());
        }
        assert_eq!(Objection::named(""), None);
    }
}
