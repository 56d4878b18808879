//! What single values say.

use bson::{Bson, RawBson, RawBsonRef};

use super::Settings;
use crate::domain::ErrorCode;

/// A detail nested deeper is left out; bodies are bounded where they are parsed.
const DETAIL_DEPTH: usize = 100;

/// A text that names an error.
pub(super) fn text(rules: &Settings, value: RawBsonRef<'_>) -> Option<String> {
    let text = value.as_str()?.trim();
    let is_nothing = text.is_empty() || is_one_of(&rules.nothing, text) || is_one_of(&rules.ok, text);
    (!is_nothing).then(|| text.to_owned())
}

/// A value as a code.
pub(super) fn code(value: RawBsonRef<'_>) -> Option<ErrorCode> {
    match value {
        RawBsonRef::Double(number) if number.fract() != 0.0 => Some(ErrorCode::Text(number.to_string())),
        RawBsonRef::String(text) if !text.trim().is_empty() => Some(ErrorCode::Text(text.trim().to_owned())),
        value => integer(value).map(ErrorCode::Number),
    }
}

/// A code that says that something failed.
pub(super) fn bad_code(rules: &Settings, value: RawBsonRef<'_>) -> Option<ErrorCode> {
    code(value).filter(|code| !is_ok(rules, &code.to_string()) && !is_one_of(&rules.nothing, &code.to_string()))
}

/// Whether a status or code says that all is well; so does a row of zeros.
pub(super) fn is_ok(rules: &Settings, word: &str) -> bool {
    is_one_of(&rules.ok, word) || word.bytes().all(|byte| byte == b'0')
}

/// A whole number.
pub(super) fn integer(value: RawBsonRef<'_>) -> Option<i64> {
    match value {
        RawBsonRef::Int32(number) => Some(number.into()),
        RawBsonRef::Int64(number) => Some(number),
        RawBsonRef::Double(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(number as i64),
        _ => None,
    }
}

/// What a flag says, and whether it can mean nothing else: numbers may also be counts.
pub(super) fn flag(value: RawBsonRef<'_>) -> Option<(bool, bool)> {
    match value {
        RawBsonRef::Boolean(truth) => Some((truth, true)),
        RawBsonRef::String(text) if text.trim().eq_ignore_ascii_case("true") => Some((true, true)),
        RawBsonRef::String(text) if text.trim().eq_ignore_ascii_case("false") => Some((false, true)),
        value => match integer(value) {
            Some(0) => Some((false, false)),
            Some(1) => Some((true, false)),
            _ => None,
        },
    }
}

/// A status as a word.
pub(super) fn word(value: RawBsonRef<'_>) -> Option<String> {
    match value {
        RawBsonRef::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        RawBsonRef::Boolean(truth) => Some(truth.to_string()),
        value => integer(value).map(|number| number.to_string()),
    }
}

/// A value to be kept as it is.
pub(super) fn detail(value: RawBsonRef<'_>) -> Option<Bson> {
    is_within(value, DETAIL_DEPTH).then(|| Bson::try_from(RawBson::from(value)).ok())?
}

/// Whether a value is nested at most that deep.
fn is_within(value: RawBsonRef<'_>, depth: usize) -> bool {
    match value {
        RawBsonRef::Document(_) | RawBsonRef::Array(_) if depth == 0 => false,
        RawBsonRef::Document(document) => document.iter().flatten().all(|(_, value)| is_within(value, depth - 1)),
        RawBsonRef::Array(list) => list.into_iter().flatten().all(|value| is_within(value, depth - 1)),
        _ => true,
    }
}

fn is_one_of(words: &[String], word: &str) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}
