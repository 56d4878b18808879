//! Where a body ends that is not the JSON it should be.

use memchr::memchr3_iter;

use super::{
    header::{self, HEADER_CAP},
    line::{Line, line},
};

/// The extent of a damaged body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Its brackets close before this place.
    Closed(usize),
    /// The record was cut here; whatever follows is another record or none.
    Cut(usize),
    /// The view does not show it.
    More,
}

/// Finds the end of the body that begins at `body` and is at fault at `fault`.
///
/// A new record glued to the place of the fault comes first; then the place where the brackets close before the next
/// header, taking line breaks first as part of strings, then as their end; then the end of the line at fault. `last` says that no more of
/// it will be seen.
pub(super) fn extent(view: &[u8], body: usize, fault: usize, last: bool) -> Extent {
    let fault = fault.min(view.len());
    let line_from = view.get(body..fault).and_then(|text| memchr::memrchr(b'\n', text)).map_or(body, |at| body + at + 1);
    let next = match rest_of_line(view, line_from, last, usize::MAX) {
        Rest::Header(glued) => return Extent::Cut(glued),
        Rest::Line(Line::Ends(_, next) | Line::GoesOn(next)) => next,
        Rest::Line(Line::More) => return Extent::More,
    };
    for strings_span_lines in [true, false] {
        match closing(view, body, last, strings_span_lines) {
            Closing::At(end) => return Extent::Closed(end),
            Closing::Header => {}
            Closing::End if last => {}
            Closing::End => return Extent::More,
        }
    }
    let before_fault = view.get(line_from..fault).unwrap_or_default();
    let begins_the_line = line_from > body && before_fault.trim_ascii().is_empty();
    Extent::Cut(if begins_the_line { line_from } else { next })
}

/// What ends the text at some place.
pub(super) enum Rest {
    /// A header that is glued to it.
    Header(usize),
    /// Whatever ends a line.
    Line(Line),
}

/// Looks for a header between `from` and the end of the line, up to `cap` bytes on. Such a header must follow the form
/// to the end of the line, for it may as well be text. Stops at the first one: a line of many records costs no more than
/// many lines of one.
pub(super) fn rest_of_line(view: &[u8], from: usize, last: bool, cap: usize) -> Rest {
    let rest = view.get(from..).unwrap_or_default();
    let seen = rest.get(..cap).unwrap_or(rest);
    for at in memchr3_iter(b'=', b'<', b'\n', seen) {
        let text = rest.get(at..).unwrap_or_default();
        if text.first() == Some(&b'\n') {
            return Rest::Line(Line::Ends(from + at, from + at + 1));
        }
        if !header::is_arrow(text, 0) {
            continue;
        }
        let (header, ends) = match line(text, 0, last, HEADER_CAP) {
            Line::Ends(end, _) => (text.get(..end), true),
            Line::GoesOn(end) => (text.get(..end), false),
            Line::More => return Rest::Line(Line::More),
        };
        if header.and_then(header::read).is_some_and(|header| header.clean && (ends || header.is_whole())) {
            return Rest::Header(from + at);
        }
    }
    Rest::Line(match seen.len() {
        n if n >= cap => Line::GoesOn(from + cap),
        _ if last => Line::Ends(view.len(), view.len()),
        _ => Line::More,
    })
}

enum Closing {
    At(usize),
    /// A header line comes first.
    Header,
    /// The view ends first.
    End,
}

/// Follows brackets and strings from `body` to where all brackets are closed.
fn closing(view: &[u8], body: usize, last: bool, strings_span_lines: bool) -> Closing {
    let (mut depth, mut in_string, mut at) = (0_u64, false, body);
    while let Some(&byte) = view.get(at) {
        match byte {
            b'\n' => {
                in_string &= strings_span_lines;
                let rest = view.get(at + 1..).unwrap_or_default();
                match first_line(rest, last) {
                    None => return Closing::End,
                    Some(line) if header::read(line).is_some() => return Closing::Header,
                    Some(_) => {}
                }
            }
            b'\\' if in_string && view.get(at + 1) != Some(&b'\n') => at += 1,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Closing::At(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    Closing::End
}

/// The first line as far as a header can reach, blank where it can be none; `None` where it is not seen to its end.
fn first_line(text: &[u8], last: bool) -> Option<&[u8]> {
    if !matches!(text.first(), Some(b'=' | b'<' | b' ' | b'\t' | 0xEF)) {
        return Some(&[]);
    }
    match line(text, 0, last, HEADER_CAP) {
        Line::Ends(end, _) | Line::GoesOn(end) => text.get(..end),
        Line::More => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_bodies_end_where_a_reader_would_say() {
        let header = "=> S at 1/1/2016 1:00: from 10.0.0.1;";
        for (text, fault, kept, closed) in [
            (r#"{"a": tru} x"#.to_owned(), 6, r#"{"a": tru}"#, true),
            ("{\"a\": \"x\ny\"}\n".to_owned(), 8, "{\"a\": \"x\ny\"}", true),
            ("{\n\"a\": \"x,\n\"b\": 1\n}\nforeign\n".to_owned(), 11, "{\n\"a\": \"x,\n\"b\": 1\n}", true),
            ("{\"a\": \"x\nforeign\nmore\n".to_owned(), 8, "{\"a\": \"x\n", false),
            ("{\"a\": 1,\nforeign\n".to_owned(), 9, "{\"a\": 1,\n", false),
            (format!("{{\"a\": \"x{header}\n"), 8 + header.len(), "{\"a\": \"x", false),
            (format!("{{\"a\": 1,\n{header}\n"), 9, "{\"a\": 1,\n", false),
            (format!("{{\"a\": [1,\n{header}\nInput = {{}}]}}"), 10, "{\"a\": [1,\n", false),
        ] {
            let (end, is_closed) = match extent(text.as_bytes(), 0, fault, true) {
                Extent::Closed(end) => (end, true),
                Extent::Cut(end) => (end, false),
                Extent::More => panic!("more"),
            };
            assert_eq!((&text[..end], is_closed), (kept, closed), "{text}");
        }
    }
}
