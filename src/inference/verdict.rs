//! What is asked and what is answered.

use crate::domain::{KnownErrorId, Method};

use super::{Reason, semantic::Vector};

/// An error to recognise.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Its text.
    pub text: &'a str,
    /// The server's code for it.
    pub code: Option<&'a str>,
    /// What it means, where an embedding model was asked (see `semantic::asked`).
    pub meaning: Option<&'a Vector>,
}

impl<'a> Query<'a> {
    /// An error without a code.
    pub fn new(text: &'a str) -> Self {
        Self { text, code: None, meaning: None }
    }
}

/// A known error that the query is, or could be.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// The known error.
    pub id: KnownErrorId,
    /// How it was recognised.
    pub method: Method,
    /// The probability that it is right.
    pub score: f64,
    /// What decided, weightiest first.
    pub reasons: Vec<Reason>,
}

/// The known error that a query is, or most probably would be, without the reasons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recognised<'a> {
    /// The known error.
    pub id: &'a KnownErrorId,
    /// How it was recognised.
    pub method: Method,
    /// The probability that it is right.
    pub score: f64,
    /// Whether that is enough.
    pub is_known: bool,
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The knowledge base knows it.
    Known {
        /// The known error.
        best: Match,
        /// The runners-up, best first.
        alternatives: Vec<Match>,
    },
    /// It does not.
    Unknown {
        /// The nearest known errors as hints, best first.
        nearest: Vec<Match>,
        /// Why none of them is it.
        why: Reason,
    },
}

impl Verdict {
    /// The match, where there is one.
    pub fn known(&self) -> Option<&Match> {
        match self {
            Self::Known { best, .. } => Some(best),
            Self::Unknown { .. } => None,
        }
    }

    /// Every known error considered, best first, whether or not it is good enough.
    pub fn ranking(&self) -> impl Iterator<Item = &Match> {
        let (best, rest) = match self {
            Self::Known { best, alternatives } => (Some(best), alternatives),
            Self::Unknown { nearest, .. } => (None, nearest),
        };
        best.into_iter().chain(rest)
    }
}
