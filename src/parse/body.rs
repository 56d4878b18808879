//! Where a body that is not good JSON ends: at its closing bracket if it has one, else where the record was cut.

use super::header;

/// The extent of a damaged body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// The brackets balance here: the body is damaged inside.
    Balanced(usize),
    /// The record was cut here; the next header, or a line that is no JSON, follows.
    Cut(usize),
    /// The text ends first; more of it may decide.
    Open,
}

/// Finds the end of the body at the start of `text`; `complete` says that no more text will come.
pub(super) fn extent(text: &str, complete: bool) -> Extent {
    let bytes = text.as_bytes();
    if !matches!(bytes.first(), Some(b'{' | b'[')) {
        // No JSON at all: a line of it.
        return match memchr::memchr(b'\n', bytes) {
            Some(end) => Extent::Balanced(glued(text, 0, end).unwrap_or(end)),
            None if complete => Extent::Balanced(glued(text, 0, text.len()).unwrap_or(text.len())),
            None => Extent::Open,
        };
    }
    let (mut depth, mut in_string, mut at) = (0_usize, false, 0);
    // The first line end at which the body may have been cut.
    let mut suspect = None;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Extent::Balanced(at + 1);
                }
            }
            b'\n' => {
                let line = text.get(at + 1..).unwrap_or_default();
                if header::could_be_header(line) && header::read(line_of(line)).is_some() {
                    let end = suspect.unwrap_or(at);
                    return Extent::Cut(glued(text, 0, end).unwrap_or(end));
                }
                if suspect.is_none() && (in_string || !goes_on(line)) {
                    suspect = Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    if !complete {
        return Extent::Open;
    }
    let end = suspect.unwrap_or(text.len());
    Extent::Cut(glued(text, 0, end).unwrap_or(end))
}

/// The first line of a text.
fn line_of(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}

/// Whether a line can be the next one of a pretty-printed body.
fn goes_on(line: &str) -> bool {
    let line = line_of(line).trim();
    line.is_empty()
        || line.starts_with(['"', '{', '}', ']', ',', ':', '-'])
        || line.starts_with(|c: char| c.is_ascii_digit())
        || (line.starts_with('[') && !line.starts_with("[ERROR") && !line.starts_with("[INFO") && !line.starts_with("[WARN"))
        || ["true", "false", "null"].iter().any(|word| line.starts_with(word))
}

/// A header glued into the text between two places: a crash left no line end before it.
fn glued(text: &str, from: usize, to: usize) -> Option<usize> {
    let part = text.get(from..to)?;
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'=', b'<', part.as_bytes().get(at..)?) {
        let place = at + found;
        let rest = part.get(place..)?;
        if place > 0 && header::could_be_header(rest) && header::read(line_of(rest)).is_some() {
            return Some(from + place);
        }
        at = place + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_body_ends_at_its_bracket_or_where_it_was_cut() {
        let next = "=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1";
        for (body, rest, expected) in [
            ("{\"a\": bad}", "\n", Extent::Balanced(10)),
            ("{\"a\": {\"b\": bad}, \"c\":\"}\"}", " tail", Extent::Balanced(26)),
            ("{\"a\":\"x", &format!("\n{next}"), Extent::Cut(7)),
            ("{\"a\":\"x", &format!("\nServer restarted\n{next}"), Extent::Cut(7)),
            ("{\"a\":\"x", next, Extent::Cut(7)),
            ("{\"a\":1,", &format!("\n  at java.lang.Thread\n{next}"), Extent::Cut(7)),
            ("{\n\"a\":1,\n\"b\":", &format!("\n{next}"), Extent::Cut(13)),
            ("<html>", "\nmore", Extent::Balanced(6)),
        ] {
            assert_eq!(extent(&format!("{body}{rest}"), true), expected, "{body}{rest}");
        }
        assert_eq!(extent("{\"a\":", false), Extent::Open);
    }
}
