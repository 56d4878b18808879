//! What goes wrong in a front office: messages as servers write them, with their variables.
//!
//! Each message says which entry of `seed/knowledge_base.json` it is, if any, and by what that shows; the tests hold both together.

mod access;
mod accounts;
mod cash;
mod clients;
mod documents;
mod exchange;
mod keys;
mod server;
mod unknown;

use super::random::Random;
use crate::domain::Method;

/// A message that servers write, with `{variables}`.
#[derive(Debug)]
pub(super) struct Message {
    /// The known error that it is, and by what that shows.
    pub known: Option<(&'static str, Method)>,
    pub text: &'static str,
    /// The code that comes with it.
    pub code: Option<&'static str>,
    pub when: When,
}

/// The exchanges in which a message occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Always,
    /// Of this method.
    Method(&'static str),
    /// Of any other method than this.
    NotMethod(&'static str),
    /// Of this branch.
    Branch(&'static str),
    /// Of any other branch than this.
    NotBranch(&'static str),
    /// Of a payment with this parameter (a name, a value in JSON).
    Param(&'static str, &'static str),
}

/// The messages that the knowledge base knows, by area; the frequent ones first.
const KNOWN: [&[Message]; 8] = [
    &access::MESSAGES,
    &documents::MESSAGES,
    &clients::MESSAGES,
    &accounts::MESSAGES,
    &exchange::MESSAGES,
    &server::MESSAGES,
    &keys::MESSAGES,
    &cash::MESSAGES,
];

/// How many of the errors the knowledge base knows.
const SHARE_KNOWN: f64 = 0.7;

impl Message {
    const fn of(known: &'static str, by: Method, text: &'static str) -> Self {
        Self { known: Some((known, by)), text, code: None, when: When::Always }
    }

    /// The text of the entry itself.
    const fn exact(known: &'static str, text: &'static str) -> Self {
        Self::of(known, Method::Exact, text)
    }

    /// The words of the entry's text with other values.
    const fn template(known: &'static str, text: &'static str) -> Self {
        Self::of(known, Method::Template, text)
    }

    /// The entry's key words in other words.
    const fn keyword(known: &'static str, text: &'static str) -> Self {
        Self::of(known, Method::Keyword, text)
    }

    /// Nothing but the entry's code.
    const fn code(known: &'static str, code: &'static str, text: &'static str) -> Self {
        Self::of(known, Method::Code, text).coded(code)
    }

    const fn unknown(text: &'static str) -> Self {
        Self { known: None, text, code: None, when: When::Always }
    }

    const fn coded(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    const fn when(self, when: When) -> Self {
        Self { when, ..self }
    }

    /// Whether it may occur in an exchange of this branch, plain or not.
    fn fits(&self, branch: &str, is_plain: bool) -> bool {
        match self.when {
            When::Always => true,
            When::Branch(only) => only == branch,
            When::NotBranch(other) => other != branch,
            When::Method(_) | When::NotMethod(_) | When::Param(..) => is_plain,
        }
    }
}

/// All messages.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static Message> {
    KNOWN.into_iter().chain([unknown::MESSAGES.as_slice()]).flatten()
}

/// A message that may occur in an exchange of this branch.
pub(super) fn choose(branch: &str, is_plain: bool, random: &mut Random) -> Option<&'static Message> {
    let list = match random.chance(SHARE_KNOWN) {
        true => KNOWN.get(random.below(KNOWN.len() as u64) as usize).copied().unwrap_or_default(),
        false => &unknown::MESSAGES,
    };
    let from = random.zipf(list.len());
    list.iter().cycle().skip(from).take(list.len()).find(|message| message.fits(branch, is_plain))
}
