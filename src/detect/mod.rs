//! Log ─► error, by rules that live in the configuration.
//!
//! An answer can fail in several ways: an `error` (a text or an object), an error inside one of its results although the status
//! is OK, another status than OK. The rules name the places in order; the first that holds an error gives the fault.

mod rules;
#[cfg(test)]
mod tests;

use bson::{Bson, RawBson, RawBsonRef, RawDocument};

pub use rules::{Place, Rules};

use crate::domain::{ErrorCode, Fault};

/// The error that a response carries.
pub fn find(rules: &Rules, response: Option<&RawDocument>) -> Option<Fault> {
    let response = response?;
    let mut found: Vec<Fault> = Vec::new();
    for place in &rules.places {
        let mut take = |value: RawBsonRef<'_>| {
            if found.len() < rules.max_errors {
                found.extend(fault(value, place));
            }
        };
        let steps: Vec<&str> = place.path.split('.').collect();
        visit(RawBsonRef::Document(response), &steps, &mut take);
    }
    if found.is_empty() {
        return status_fault(rules, response);
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

/// Calls `take` with each value at the path; `name[]` and lists on the way are stepped into.
fn visit(value: RawBsonRef<'_>, steps: &[&str], take: &mut dyn FnMut(RawBsonRef<'_>)) {
    if let RawBsonRef::Array(list) = value {
        for inner in list.into_iter().flatten() {
            if !matches!(inner, RawBsonRef::Array(_)) {
                visit(inner, steps, take);
            }
        }
        return;
    }
    let Some((step, rest)) = steps.split_first() else { return take(value) };
    if let RawBsonRef::Document(document) = value
        && let Ok(Some(inner)) = document.get(step.trim_end_matches("[]"))
    {
        visit(inner, rest, take);
    }
}

/// The fault that a value at an error's place is, unless it says that there is none.
fn fault(value: RawBsonRef<'_>, place: &Place) -> Option<Fault> {
    match value {
        RawBsonRef::String(text) => meaningful(text).map(|message| Fault { code: None, message, detail: None }),
        RawBsonRef::Document(document) => {
            let first = |names: &[String]| {
                names.iter().find_map(|name| document.get(name).ok().flatten().filter(|value| *value != RawBsonRef::Null))
            };
            let code = first(&place.code).and_then(code);
            let detail = first(&place.detail).and_then(|value| Bson::try_from(RawBson::from(value)).ok());
            let message = match first(&place.message) {
                Some(RawBsonRef::String(text)) => meaningful(text),
                Some(RawBsonRef::Document(inner)) => return fault(RawBsonRef::Document(inner), place),
                _ => None,
            };
            let message = message.or_else(|| match &detail {
                Some(Bson::String(text)) => meaningful(text),
                _ => None,
            });
            match (message, code) {
                (Some(message), code) => Some(Fault { code, message, detail }),
                (None, Some(code)) if code.to_string() != "0" => Some(Fault { message: format!("error {code}"), code: Some(code), detail }),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A text that names an error.
fn meaningful(text: &str) -> Option<String> {
    let text = text.trim();
    let nothing = ["", "none", "null", "no", "ok", "false", "0", "-"].iter().any(|nothing| nothing.eq_ignore_ascii_case(text));
    (!nothing).then(|| text.to_owned())
}

fn code(value: RawBsonRef<'_>) -> Option<ErrorCode> {
    match value {
        RawBsonRef::Int32(number) => Some(ErrorCode::Number(number.into())),
        RawBsonRef::Int64(number) => Some(ErrorCode::Number(number)),
        RawBsonRef::Double(number) => Some(ErrorCode::Text(number.to_string())),
        RawBsonRef::String(text) if !text.trim().is_empty() => Some(ErrorCode::Text(text.trim().to_owned())),
        _ => None,
    }
}

/// The fault that a status other than OK is, with whatever text the answer has.
fn status_fault(rules: &Rules, response: &RawDocument) -> Option<Fault> {
    let status = rules.status.iter().find_map(|name| response.get(name).ok().flatten())?;
    let status = match status {
        RawBsonRef::String(text) => text.trim().to_owned(),
        RawBsonRef::Int32(number) => number.to_string(),
        RawBsonRef::Int64(number) => number.to_string(),
        RawBsonRef::Boolean(truth) => truth.to_string(),
        _ => return None,
    };
    if status.is_empty() || rules.ok.iter().any(|ok| ok.eq_ignore_ascii_case(&status)) {
        return None;
    }
    let text = rules.texts.iter().find_map(|name| response.get_str(name).ok().and_then(meaningful));
    let code = rules.codes.iter().find_map(|name| response.get(name).ok().flatten().and_then(code));
    Some(Fault { code, message: text.unwrap_or_else(|| format!("status {status}")), detail: None })
}
