//! Which format a sample of lines is of.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{Context, CustomFormat, Format, stack};
use crate::parse::Limits;

/// Lines that are tried.
const SAMPLE: usize = 400;
/// Bytes that are looked at.
const SAMPLE_BYTES: usize = 128 << 10;

/// The format that reads most lines of a sample; at least a third of those that begin an event. Of equal ones a
/// user-defined format is taken before the program's own.
pub fn detect(lines: &[&str], custom: &[Arc<CustomFormat>]) -> Option<Format> {
    let utc = TimeZone::UTC;
    let mut context = Context::new(&utc, None, &Limits::default());
    let events: Vec<&str> =
        lines.iter().copied().filter(|line| !line.trim().is_empty() && !stack::is_continuation(line)).take(SAMPLE).collect();
    let mut score = |format: &Format| events.iter().filter(|line| format.read(line, &mut context).is_some()).count();
    let formats = custom.iter().cloned().map(Format::Custom).chain(Format::OWN);
    let best = formats.map(|format| (score(&format), format)).reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.filter(|(score, _)| *score > 0 && *score * 3 >= events.len()).map(|(_, format)| format)
}

/// As [`detect`], from the bytes of a sample.
pub(in crate::parse) fn detect_in(sample: &[u8], custom: &[Arc<CustomFormat>]) -> Option<Format> {
    let text = String::from_utf8_lossy(sample.get(..SAMPLE_BYTES).unwrap_or(sample));
    let lines: Vec<&str> = text.split(['\n', '\r']).collect();
    detect(&lines, custom)
}
