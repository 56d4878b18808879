//! Secrets said again: a session id named in the request stands bare in the response, a password in a message.

use memchr::memmem;

use super::spans::{Kind, Span};

/// How many values are looked for: a bound of the time, far above what an exchange holds.
const VALUES: usize = 64;
/// Shorter values are words, or stand everywhere.
const SHORTEST: usize = 6;
/// Longer ones are said once.
const LONGEST: usize = 512;

/// The values of passwords, tokens and sessions at these places.
pub(super) fn secrets<'t>(texts: &[&'t str], found: &[Vec<Span>]) -> Vec<(&'t str, Kind)> {
    let mut values: Vec<(&str, Kind)> = Vec::new();
    for (text, spans) in texts.iter().zip(found) {
        for span in spans.iter().filter(|span| span.kind.is_secret() || span.kind == Kind::Session) {
            let Some(value) = text.get(span.start..span.end).filter(|value| (SHORTEST..=LONGEST).contains(&value.len())) else { continue };
            if !values.iter().any(|(known, _)| *known == value) {
                values.push((value, span.kind));
            }
            if values.len() == VALUES {
                return values;
            }
        }
    }
    values
}

/// Finds them wherever else they stand.
pub(super) fn find(text: &str, secrets: &[(&str, Kind)], spans: &mut Vec<Span>) {
    for (value, kind) in secrets {
        let places = memmem::find_iter(text.as_bytes(), value.as_bytes());
        spans.extend(places.map(|start| Span { start, end: start + value.len(), kind: *kind }));
    }
}
