//! What kind of file a sample of its text comes from.

use super::scan::header;

/// Whether there is a header of the branch record format.
pub(super) fn has_header(sample: &[u8]) -> bool {
    sample.split(|b| matches!(b, b'\n' | b'\r')).any(|line| header::read(line).is_some())
}

/// Whether the sample is no text: one control character in fifty and more, and no header.
pub(super) fn is_binary(sample: &[u8]) -> bool {
    let is_control = |b: &&u8| **b < 0x20 && !matches!(**b, b'\t' | b'\n' | b'\r' | 0x0C | 0x1A | 0x1B);
    sample.iter().filter(is_control).count() * 50 > sample.len() && !has_header(sample)
}
