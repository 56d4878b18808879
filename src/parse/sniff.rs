//! What kind of file a sample of its text comes from.

use super::scan::header;

/// Whether there is a header of the branch record format. A carriage return may be the end of its line, or stand in it.
pub(super) fn has_header(sample: &[u8]) -> bool {
    let is_header = |line: &[u8]| header::read(line).is_some();
    let is_of_lines = |line: &[u8]| memchr::memchr(b'\r', line).is_some() && line.split(|b| *b == b'\r').any(is_header);
    sample.split(|b| *b == b'\n').any(|line| is_header(line) || is_of_lines(line))
}

/// Whether the sample is no text: one control character in fifty and more, and no header.
pub(super) fn is_binary(sample: &[u8]) -> bool {
    let is_control = |b: &&u8| **b < 0x20 && !matches!(**b, b'\t' | b'\n' | b'\r' | 0x0C | 0x1A | 0x1B);
    sample.iter().filter(is_control).count() * 50 > sample.len() && !has_header(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_makes_it_text_however_its_line_ends() {
        let nothing = "\0".repeat(20);
        let (header, odd) = ("<= S at 5/8/2016 7:17:45 AM: to 10.0.0.1", "<= S at 5/8/2016 7\r: to 10.0.0.1");
        for text in [format!("{header}\n"), format!("x\r{header}\ry"), format!("x\n{header}\r\n"), format!("x\n{odd}\n"), odd.to_owned()] {
            let text = text + &nothing;
            assert!(!is_binary(text.as_bytes()), "{text:?}");
        }
        assert!(is_binary(nothing.as_bytes()));
    }
}
