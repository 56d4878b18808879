//! What an analyst stated outright: a regular expression, or nothing but a code.

use crate::domain::Method;

use super::{Admissible, Found, Index, Prepared, THRESHOLD, alike};

/// Bytes of a text that expressions are tried on.
const MAX_BYTES: usize = 64 * 1024;

/// How sure an expression is, and a code alone.
const REGEX: f64 = 0.97;
const CODE: f64 = 0.9;

/// The entries whose expression matches; one that also names the query's code is surer.
pub fn regex(index: &Index, prepared: &Prepared, admissible: Admissible) -> Vec<Found> {
    let text = prepared.query.text;
    let text = &text[..text.floor_char_boundary(MAX_BYTES)];
    let candidates = index.expressions().candidates(text).into_iter();
    candidates
        .filter_map(|slot| Some((slot, index.entry(slot)?)))
        .filter(|(_, entry)| entry.regex.as_ref().is_some_and(|regex| regex.is_match(text)))
        .filter(|(_, entry)| !prepared.contradicts(entry) && !prepared.judge(entry).excluded)
        .filter(|(_, entry)| !entry.is_conditional() || admissible(&entry.id))
        .map(|(slot, _)| Found::new(slot, Method::Regex, REGEX))
        .collect()
}

/// Where entries are recognised by the query's code alone: the more specific ones that name it, too, and are like the query besides.
pub fn coded(index: &Index, prepared: &Prepared, admissible: Admissible) -> Vec<Found> {
    if prepared.code.as_ref().is_none_or(|code| index.same_code(code).is_empty()) {
        return Vec::new();
    }
    let mut found = alike::alike(index, prepared, admissible);
    found.retain(|found| found.score >= THRESHOLD && index.entry(found.slot).is_some_and(|entry| prepared.has_code_of(entry)));
    found
}

/// The entries that are recognised by the query's code alone.
pub fn code(index: &Index, prepared: &Prepared, admissible: Admissible) -> Vec<Found> {
    let Some(code) = &prepared.code else { return Vec::new() };
    let entries = index.same_code(code).iter().filter_map(|slot| Some((*slot, index.entry(*slot)?)));
    entries
        .filter(|(_, entry)| !prepared.judge(entry).excluded)
        .filter(|(_, entry)| !entry.is_conditional() || admissible(&entry.id))
        .map(|(slot, _)| Found::new(slot, Method::Code, CODE))
        .collect()
}
