//! What the members of one object say about an error, gathered in one pass over it.

use bson::{RawBsonRef, RawDocument};

use super::{
    Rules, Settings,
    name::{self, Role},
    value,
};
use crate::domain::{ErrorCode, Fault};

/// Errors that are objects are looked into this deep.
const DEPTH: usize = 8;

/// A value and the rank of its name.
type Ranked<T> = Option<(usize, T)>;

/// The members of an object that have a say.
#[derive(Default)]
pub(super) struct Scope<'d> {
    errors: Vec<(usize, RawBsonRef<'d>)>,
    error_text: Ranked<String>,
    error_code: Ranked<RawBsonRef<'d>>,
    success: Ranked<(bool, bool)>,
    failure: Ranked<(bool, bool)>,
    text: Ranked<String>,
    code: Ranked<RawBsonRef<'d>>,
    /// The status, whatever it is.
    pub(super) status: Ranked<RawBsonRef<'d>>,
}

impl<'d> Scope<'d> {
    pub(super) fn of(document: &'d RawDocument, rules: &Rules) -> Self {
        let settings = &rules.settings;
        let mut scope = Self::default();
        for (name, value) in document.iter().flatten() {
            for (role, rank) in rules.table.roles(name.as_str()).iter().filter(|_| value != RawBsonRef::Null) {
                let code = || value::code(value).map(|_| value);
                match role {
                    Role::Error => scope.errors.push((*rank, value)),
                    Role::ErrorText => keep(&mut scope.error_text, *rank, || value::text(settings, value)),
                    Role::ErrorCode => keep(&mut scope.error_code, *rank, code),
                    Role::Success => keep(&mut scope.success, *rank, || value::flag(value)),
                    Role::Failure => keep(&mut scope.failure, *rank, || value::flag(value)),
                    Role::Text => keep(&mut scope.text, *rank, || value::text(settings, value)),
                    Role::Code => keep(&mut scope.code, *rank, code),
                    Role::Status => keep(&mut scope.status, *rank, || Some(value)),
                }
            }
        }
        scope.errors.sort_by_key(|(rank, _)| *rank);
        scope
    }

    /// What the object says by its members, whatever its status. In a list a flag needs a text beside it: lists may tell of
    /// other things that failed.
    pub(super) fn faults(&self, rules: &Settings, is_listed: bool) -> Vec<Fault> {
        let mut found = Vec::new();
        for (_, value) in &self.errors {
            match value {
                RawBsonRef::Array(list) => {
                    let each = list.into_iter().flatten().filter_map(|value| self.error(value, rules));
                    found.extend(each.take(rules.max_errors));
                }
                value => found.extend(self.error(*value, rules)),
            }
        }
        if found.is_empty() {
            found.extend(self.by_itself(rules).or_else(|| self.flagged(rules, is_listed)));
        }
        found
    }

    /// A fault by what the members say of it.
    pub(super) fn described(&self, rules: &Settings, otherwise: impl FnOnce(Option<&ErrorCode>) -> String) -> Fault {
        let code = self.own_code(rules).or_else(|| self.code.and_then(|(_, code)| value::bad_code(rules, code)));
        let text = self.error_text.as_ref().or(self.text.as_ref()).map(|(_, text)| text.clone());
        Fault { message: text.unwrap_or_else(|| otherwise(code.as_ref())), code, detail: None }
    }

    /// The text that says what happened.
    pub(super) fn text(&self) -> Option<&str> {
        self.error_text.as_ref().or(self.text.as_ref()).map(|(_, text)| text.as_str())
    }

    /// The code of an error that stands in the object by itself.
    fn own_code(&self, rules: &Settings) -> Option<ErrorCode> {
        self.error_code.and_then(|(_, code)| value::bad_code(rules, code))
    }

    /// The error that a value at an error's place is, unless it says that there is none.
    fn error(&self, value: RawBsonRef<'_>, rules: &Settings) -> Option<Fault> {
        if let (RawBsonRef::Boolean(_) | RawBsonRef::String(_), Some((is_error, _))) = (value, value::flag(value)) {
            return is_error.then(|| self.described(rules, |_| "error true".to_owned()));
        }
        if let RawBsonRef::Document(document) = value {
            let mut fault = object(document, rules, DEPTH)?;
            fault.code = fault.code.or_else(|| self.own_code(rules));
            return Some(fault);
        }
        if let Some(number) = value::integer(value).filter(|number| *number != 0) {
            let described = self.described(rules, |_| format!("error {number}"));
            return Some(Fault { code: Some(ErrorCode::Number(number)), ..described });
        }
        let message = value::text(rules, value)?;
        // OAuth and others: the error is a code, its text stands beside it.
        let is_code = message.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
        let code = self.own_code(rules);
        match &self.error_text {
            Some((_, text)) if is_code && code.is_none() => {
                Some(Fault { code: Some(ErrorCode::Text(message)), message: text.clone(), detail: None })
            }
            _ => Some(Fault { code, message, detail: None }),
        }
    }

    /// The error that text and code in the object's own members are; a code that says all is well takes the text back.
    fn by_itself(&self, rules: &Settings) -> Option<Fault> {
        match (self.error_code, &self.error_text) {
            (Some((_, code)), _) => {
                value::bad_code(rules, code)?;
                Some(self.described(rules, |code| code.map_or_else(|| "error".to_owned(), |code| format!("error {code}"))))
            }
            (None, Some(_)) => Some(self.described(rules, |_| "error".to_owned())),
            (None, None) => None,
        }
    }

    /// The error that a flag says there is.
    fn flagged(&self, rules: &Settings, is_listed: bool) -> Option<Fault> {
        let success = self.success.filter(|(_, (truth, _))| !truth).map(|(_, (_, is_certain))| (is_certain, "success false"));
        let failure = self.failure.filter(|(_, (truth, _))| *truth).map(|(_, (_, is_certain))| (is_certain, "failure true"));
        let (is_certain, otherwise) = success.or(failure)?;
        let has_text = self.text().is_some();
        (has_text || is_certain && !is_listed).then(|| self.described(rules, |_| otherwise.to_owned()))
    }
}

/// Keeps a usable value of a better rank than the one that is there.
fn keep<T>(place: &mut Ranked<T>, rank: usize, usable: impl FnOnce() -> Option<T>) {
    if place.as_ref().is_none_or(|(best, _)| rank < *best)
        && let Some(value) = usable()
    {
        *place = Some((rank, value));
    }
}

/// The best of the members with these names for which there is something to use.
pub(super) fn member<'d, T>(document: &'d RawDocument, names: &[String], mut usable: impl FnMut(RawBsonRef<'d>) -> Option<T>) -> Option<T> {
    let mut best = None;
    for (name, value) in document.iter().flatten() {
        if let Some(rank) = name::rank(names, name.as_str()) {
            keep(&mut best, rank, || usable(value));
        }
    }
    best.map(|(_, value)| value)
}

/// The error that an object is, unless it says that there is none; its text may be an object in turn.
fn object(document: &RawDocument, rules: &Settings, depth: usize) -> Option<Fault> {
    let present = |value: RawBsonRef<'_>| (value != RawBsonRef::Null).then(|| value::detail(value))?;
    let inner = |value| match value {
        RawBsonRef::Document(inner) if depth > 0 => object(inner, rules, depth - 1),
        value => value::text(rules, value).map(|message| Fault { code: None, message, detail: None }),
    };
    let code = member(document, &rules.code, value::code);
    let detail = member(document, &rules.detail, present);
    if let Some(fault) = member(document, &rules.message, inner) {
        return Some(Fault { code: code.or(fault.code), message: fault.message, detail: detail.or(fault.detail) });
    }
    let said = member(document, &rules.detail, |value| value::text(rules, value));
    let code_fails = || member(document, &rules.code, |value| value::bad_code(rules, value));
    let message = said.or_else(|| code_fails().map(|code| format!("error {code}")))?;
    Some(Fault { code, message, detail })
}
