//! Where a batch ends: where a record begins, so that no record is torn, or, after a time of silence, where the text ends.
//!
//! A file in the branch's record format is cut at headers only (`=> … at …`, `<= … at …`); another at lines that the server does not read as
//! a part of the event before them, as it does with stack traces. UTF-16 is cut between its two-byte units.

use memchr::{memchr_iter, memmem, memrchr_iter};

use crate::parse::lines::is_continuation;

/// White space tolerated before an arrow.
const INDENT: usize = 16;
/// ` at ` stands in this many bytes of a header.
const HEADER: usize = 600;
/// So much of a line says whether it goes on with an event.
const LINE: usize = 4096;

/// How a line end is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    /// One byte: UTF-8 and all code pages.
    Bytes,
    /// Two bytes, the low one first.
    Utf16Le,
    /// Two bytes, the high one first.
    Utf16Be,
}

/// What may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) enum Patience {
    /// What is surely over, because something else began.
    Records,
    /// Whole lines: the file was silent for a while.
    Lines,
    /// Everything: it was silent for long, or ended.
    All,
}

impl Charset {
    /// What the first bytes of a file say.
    pub(super) fn of(begin: &[u8]) -> Self {
        match begin {
            [0xFF, 0xFE, ..] => Self::Utf16Le,
            [0xFE, 0xFF, ..] => Self::Utf16Be,
            [a, 0, b, 0, ..] if *a != 0 && *b != 0 => Self::Utf16Le,
            [0, a, 0, b, ..] if *a != 0 && *b != 0 => Self::Utf16Be,
            _ => Self::Bytes,
        }
    }

    /// The place after the line end at `at`, if one stands there.
    fn after(self, bytes: &[u8], at: usize) -> Option<usize> {
        match self {
            Self::Bytes => Some(at + 1),
            Self::Utf16Le => (at.is_multiple_of(2) && bytes.get(at + 1) == Some(&0)).then_some(at + 2),
            Self::Utf16Be => (!at.is_multiple_of(2) && bytes.get(at - 1) == Some(&0)).then_some(at + 1),
        }
    }

    /// The first characters of a line, as bytes.
    fn begin(self, line: &[u8], n: usize) -> Vec<u8> {
        match self {
            Self::Bytes => line.iter().take(n).copied().collect(),
            _ => line.iter().take(n * 2).copied().filter(|byte| *byte != 0).collect(),
        }
    }
}

/// Whether a record header begins a line of the text.
pub(super) fn has_header(bytes: &[u8], charset: Charset) -> bool {
    let starts = memchr_iter(b'\n', bytes).filter_map(|at| charset.after(bytes, at));
    std::iter::once(0).chain(starts).any(|start| is_header(bytes.get(start..).unwrap_or_default(), charset))
}

/// How many of these bytes may go; `records` says that the file is in the branch's record format.
pub(super) fn cut(bytes: &[u8], charset: Charset, records: bool, patience: Patience) -> usize {
    let mut starts = memrchr_iter(b'\n', bytes).filter_map(|at| charset.after(bytes, at));
    match patience {
        Patience::All if charset == Charset::Bytes => bytes.len(),
        Patience::All => bytes.len() & !1,
        Patience::Lines => starts.next().unwrap_or(0),
        Patience::Records if records => starts.find(|start| is_header(bytes.get(*start..).unwrap_or_default(), charset)).unwrap_or(0),
        Patience::Records => {
            // Of a line that is not whole nobody knows what it will be.
            let mut end = starts.next().unwrap_or(0);
            let mut whole = starts.chain([0]).map(|start| (start, std::mem::replace(&mut end, start)));
            whole.find(|(start, end)| begins(bytes.get(*start..*end).unwrap_or_default(), charset)).map_or(0, |(start, _)| start)
        }
    }
}

/// Whether a new event begins with this line.
fn begins(line: &[u8], charset: Charset) -> bool {
    let line = charset.begin(line, LINE);
    let line = String::from_utf8_lossy(&line);
    let line = line.trim_end_matches(['\r', '\n']);
    !line.trim().is_empty() && !line.starts_with(']') && !is_continuation(line)
}

/// Whether a record header stands at the beginning; one that is not whole yet is none.
fn is_header(text: &[u8], charset: Charset) -> bool {
    // Most lines have no arrow near their beginning.
    if !text.iter().take(2 * (INDENT + 1)).any(|byte| matches!(byte, b'=' | b'<')) {
        return false;
    }
    let begin = charset.begin(text, INDENT + 3);
    let indent = begin.iter().take(INDENT).take_while(|byte| matches!(byte, b' ' | b'\t' | 0xEF | 0xBB | 0xBF | 0xFF | 0xFE)).count();
    let arrow = begin.get(indent..).unwrap_or_default();
    if !arrow.starts_with(b"=>") && !arrow.starts_with(b"<=") {
        return false;
    }
    let head = charset.begin(text, HEADER);
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    memmem::find(line, b" at ").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str = "=> S at 5/8/2016 7:17:45 AM: from 10.7.73.12;\nInput = {\"a\":1}\n";
    const RESPONSE: &str = "<= S at 5/8/2016 7:17:45 AM: to 10.7.73.12\nOutput = {\n\"b\":\"x\"\n}\n";

    fn sent(text: &str, records: bool, patience: Patience) -> String {
        text[..cut(text.as_bytes(), Charset::Bytes, records, patience)].to_owned()
    }

    #[test]
    fn records_go_when_the_next_one_has_begun() {
        let both = format!("{REQUEST}{RESPONSE}");
        for (text, expected) in [
            (both.clone(), REQUEST),
            (format!("{both}=> S a"), REQUEST),
            (format!("{both}=> S at 5"), both.as_str()),
            (format!("{both}=> no header\n"), REQUEST),
            (REQUEST.to_owned(), ""),
            (String::new(), ""),
        ] {
            assert_eq!(sent(&text, true, Patience::Records), expected, "{text}");
        }
    }

    #[test]
    fn lines_go_with_what_continues_them() {
        for (text, expected) in [
            ("a\nb\n", "a\n"),
            // What `c` will be nobody knows: `java.lang.IllegalSt` begins so, too.
            ("a\nb\nc", "a\n"),
            ("a\nb\njava.lang.IllegalSt", "a\n"),
            ("a\nb\n  at x\n  at y\n", "a\n"),
            ("a\nb\r\njava.lang.IllegalStateException: x\r\n\tat y\r\n", "a\n"),
            ("a\nb\nTraceback (most recent call last):\n  x\nValueError: y\n", "a\n"),
            ("a\nb\nCaused by: x\n}\n\nc\n", "a\nb\nCaused by: x\n}\n\n"),
            ("a", ""),
            ("a\n", ""),
        ] {
            assert_eq!(sent(text, false, Patience::Records), expected, "{text}");
        }
    }

    #[test]
    fn silence_lets_lines_go_and_long_silence_everything() {
        let text = format!("{RESPONSE}half a line");
        assert_eq!(sent(&text, true, Patience::Lines), RESPONSE);
        assert_eq!(sent(&text, true, Patience::All), text);
        assert_eq!(sent("half", false, Patience::Lines), "");
    }

    #[test]
    fn utf_16_is_cut_between_units() {
        let text = format!("{REQUEST}{RESPONSE}\u{0A0A}\u{0A00}");
        for (charset, mark, bytes) in [
            (Charset::Utf16Le, [0xFF, 0xFE], text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()),
            (Charset::Utf16Be, [0xFE, 0xFF], text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ] {
            assert_eq!(Charset::of(&mark), charset);
            assert_eq!(Charset::of(&bytes), charset);
            assert!(has_header(&bytes, charset));
            assert_eq!(cut(&bytes, charset, true, Patience::Records), REQUEST.len() * 2);
            assert_eq!(cut(&bytes, charset, true, Patience::Lines), (REQUEST.len() + RESPONSE.len()) * 2);
            assert_eq!(cut(&bytes[..bytes.len() - 1], charset, true, Patience::All) % 2, 0);
        }
    }

    #[test]
    fn headers_are_told_from_text() {
        for (text, expected) in [
            (REQUEST, true),
            ("\u{FEFF}=> S at 5: from 1", true),
            ("x\n  <= S at 5: to 1", true),
            ("2024-01-01 INFO a => b at c\n", false),
            ("=> b\n at c", false),
            ("", false),
        ] {
            assert_eq!(has_header(text.as_bytes(), Charset::Bytes), expected, "{text}");
        }
    }
}
