//! Log ─► error, by rules that live in the configuration.
//!
//! An answer can fail in several ways: an `error` (a text, an object, a code, `true`), an error inside one of its results
//! although the status is OK, text and code of an error beside its other members, a flag that denies success, another status
//! than OK. The rules name what to look for; the first object that carries an error gives the fault.

mod name;
mod rules;
mod scope;
#[cfg(test)]
mod tests;
mod value;

use bson::{Bson, RawBsonRef, RawDocument};

pub use rules::{Rules, Settings};

use crate::domain::Fault;
use scope::Scope;

/// A search on its way through an answer.
struct Search<'r> {
    rules: &'r Rules,
    found: Vec<Fault>,
}

/// The error that a response carries.
pub fn find(rules: &Rules, response: Option<&RawDocument>) -> Option<Fault> {
    let response = response?;
    let settings = &rules.settings;
    let answer = Scope::of(response, rules);
    let mut search = Search { rules, found: Vec::new() };
    for path in &settings.scopes {
        match path.as_str() {
            "" => search.found.extend(answer.faults(settings, false)),
            path => inner(response, path, false, &mut search),
        }
    }
    let mut found = search.found;
    found.truncate(settings.max_errors.max(1));
    if found.is_empty() {
        return status_fault(settings, &answer);
    }
    let mut first = found.remove(0);
    if !found.is_empty() {
        // The other errors of the same answer are kept beside the first one's own detail.
        let others: Vec<Bson> = found.into_iter().map(|fault| Bson::String(fault.message)).collect();
        first.detail = Some(match first.detail.take() {
            Some(own) => bson::doc! { "detail": own, "other_errors": others }.into(),
            None => bson::doc! { "other_errors": others }.into(),
        });
    }
    Some(first)
}

/// Adds the errors of the objects at a path; lists on the way are stepped into, one level each.
fn inner(document: &RawDocument, path: &str, is_listed: bool, search: &mut Search<'_>) {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let mut at_step = |value: RawBsonRef<'_>, is_listed: bool| {
        let RawBsonRef::Document(document) = value else { return };
        match rest {
            _ if search.found.len() >= search.rules.settings.max_errors => {}
            Some(rest) => inner(document, rest, is_listed, search),
            None => search.found.extend(Scope::of(document, search.rules).faults(&search.rules.settings, is_listed)),
        }
    };
    for (_, value) in document.iter().flatten().filter(|(name, _)| name::same(name.as_str(), step.trim_end_matches("[]"))) {
        match value {
            RawBsonRef::Array(list) => list.into_iter().flatten().for_each(|value| at_step(value, true)),
            value => at_step(value, is_listed),
        }
    }
}

/// The fault that a status other than OK is, with whatever text the answer has.
fn status_fault(rules: &Settings, answer: &Scope<'_>) -> Option<Fault> {
    let (_, status) = answer.status?;
    let RawBsonRef::Document(status) = status else {
        let word = value::word(status).filter(|word| !value::is_ok(rules, word))?;
        return Some(answer.described(rules, |_| format!("status {word}")));
    };
    let mut words = Vec::new();
    scope::member(status, &rules.states, |value| -> Option<()> {
        words.extend(value::word(value));
        None
    });
    let word = words.first().filter(|_| !words.iter().any(|word| value::is_ok(rules, word)))?;
    let code = scope::member(status, &rules.code, |code| value::bad_code(rules, code));
    let text = scope::member(status, &rules.message, |text| value::text(rules, text));
    let described = answer.described(rules, |_| format!("status {word}"));
    Some(Fault { code: code.or(described.code), message: text.unwrap_or(described.message), detail: None })
}
