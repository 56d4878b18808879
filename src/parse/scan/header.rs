//! The header line of a record:
//! `=> <server> at <date>: from <ip>; k = v; …` and `<= <server> at <date>: to <ip>`.

use std::ops::Range;

use crate::domain::Side;

/// A header is looked for in this many bytes of a line.
pub(in crate::parse) const HEADER_CAP: usize = 4096;
/// The server's title is at most this long.
const SERVER_CAP: usize = 256;
/// A date is at most this long.
const DATE_CAP: usize = 48;
/// The value of an attribute is at most this long; what is longer is other text.
const VALUE_CAP: usize = 128;
/// White space tolerated before the arrow.
const INDENT_CAP: usize = 16;

/// A header line, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::parse) struct Header<'a> {
    pub side: Side,
    pub server: &'a [u8],
    pub date: &'a [u8],
    /// Place of the date in the line.
    pub date_at: usize,
    pub ip: &'a [u8],
    pub request_type: Option<&'a [u8]>,
    pub content_type: Option<&'a [u8]>,
    pub charset: Option<&'a [u8]>,
    /// Place after `Input =` or `Output =`, if that stands on this line.
    pub body_at: Option<usize>,
    /// Place of another header on the same line: the record was cut there.
    pub glued_at: Option<usize>,
    /// Whether everything up to there or to the end of the line belongs to the form.
    pub clean: bool,
    /// Where text begins that is no attribute, or one that no header has.
    pub odd_at: Option<usize>,
}

/// Reads a line (without its end) as a header.
pub(in crate::parse) fn read(line: &[u8]) -> Option<Header<'_>> {
    let line = line.get(..HEADER_CAP).unwrap_or(line);
    let (mut header, end) = up_to_address(line)?;
    header.read_tail(line, end);
    Some(header)
}

/// Attributes shorter than this are read faster than they are compared.
const WORTH_REMEMBERING: usize = 16;

/// What the last headers had in common with the next: their server, and, of those that had nothing but attributes, these. A server's
/// requests are all alike.
#[derive(Debug, Default)]
pub(in crate::parse) struct Memo {
    /// Requests and responses up to the date: arrow, server, ` at `.
    starts: [Vec<u8>; 2],
    /// What followed the address.
    tail: Vec<u8>,
    /// Where in it request type, content type and charset stand.
    values: [Option<Range<usize>>; 3],
}

/// As [`read`], with the memory of earlier headers.
pub(super) fn read_with<'a>(line: &'a [u8], memo: &mut Memo) -> Option<Header<'a>> {
    let line = line.get(..HEADER_CAP).unwrap_or(line);
    let (mut header, end) = match memo.up_to_address(line) {
        Some(known) => known,
        None => {
            let (header, end) = up_to_address(line)?;
            // What is remembered begins with its arrow: an indented header is read anew.
            if is_arrow(line, 0) {
                let start = &mut memo.starts[header.side as usize];
                start.clear();
                start.extend_from_slice(line.get(..header.date_at).unwrap_or_default());
            }
            (header, end)
        }
    };
    let tail = line.get(end..)?;
    if tail == memo.tail {
        [header.request_type, header.content_type, header.charset] =
            memo.values.each_ref().map(|place| place.clone().and_then(|place| tail.get(place)));
        return Some(header);
    }
    header.read_tail(line, end);
    // The headers of responses, which have none, must not drive out those of requests.
    if tail.len() >= WORTH_REMEMBERING && header.clean && header.odd_at.is_none() && !header.is_whole() {
        memo.tail.clear();
        memo.tail.extend_from_slice(tail);
        let place = |value: &[u8]| {
            let from = value.as_ptr().addr() - tail.as_ptr().addr();
            from..from + value.len()
        };
        memo.values = [header.request_type, header.content_type, header.charset].map(|value| value.map(place));
    }
    Some(header)
}

impl Memo {
    /// Reads a header up to its address, if it begins as the last one of its side did and has a date of the usual letters.
    fn up_to_address<'a>(&self, line: &'a [u8]) -> Option<(Header<'a>, usize)> {
        let side = if line.first() == Some(&b'=') { Side::Request } else { Side::Response };
        let start = &self.starts[side as usize];
        let rest = line.strip_prefix(start.as_slice()).filter(|_| start.len() > ARROW)?;
        // No letter of the marker's word stands in such a date, so that the two end together, with `: `.
        let date = rest.get(..class_end(rest, OF_DATE))?.strip_suffix(b": ")?;
        let marker = side.marker();
        if date.len() > DATE_CAP || !date.first()?.is_ascii_digit() || !rest.get(date.len()..)?.starts_with(marker) {
            return None;
        }
        let server = line.get(ARROW..start.len() - AT.len())?;
        with_address(line, side, server, (start.len(), date), start.len() + date.len() + marker.len())
    }
}

/// Length of an arrow and the blank after it.
const ARROW: usize = 3;
/// What stands between the server's title and the date.
const AT: &[u8] = b" at ";

impl Side {
    /// What stands between the date and the address.
    fn marker(self) -> &'static [u8] {
        match self {
            Side::Request => b": from ",
            Side::Response => b": to ",
        }
    }
}

/// Reads a header up to its address; returns the place after that, too.
fn up_to_address(line: &[u8]) -> Option<(Header<'_>, usize)> {
    let arrow = indent(line);
    let side = match line.get(arrow..arrow + ARROW)? {
        b"=> " => Side::Request,
        b"<= " => Side::Response,
        _ => return None,
    };
    let marker = side.marker();
    let title_at = arrow + ARROW;
    let marker_at = find(line, title_at, title_at + SERVER_CAP + DATE_CAP, marker)?;
    let before = line.get(title_at..marker_at)?;
    let date_from = rfind_at(before)?;
    let (server, date) = (before.get(..date_from)?, before.get(date_from + AT.len()..)?);
    let hides_arrow = memchr::memchr2_iter(b'=', b'<', before).any(|at| is_arrow(before, at));
    let (trimmed, title) = (date.trim_ascii(), server.trim_ascii());
    if title.is_empty() || title.len() > SERVER_CAP || trimmed.len() > DATE_CAP || !trimmed.first()?.is_ascii_digit() || hides_arrow {
        return None;
    }
    with_address(line, side, server, (title_at + date_from + AT.len(), date), marker_at + marker.len())
}

/// The header with the address that begins at `ip_at`, and the place after that; `date` with its place in the line.
fn with_address<'a>(line: &'a [u8], side: Side, server: &'a [u8], date: (usize, &'a [u8]), ip_at: usize) -> Option<(Header<'a>, usize)> {
    let from_ip = line.get(ip_at..)?;
    let ip = from_ip.get(..class_end(from_ip, OF_ADDRESS))?;
    if ip.is_empty() || ip.len() > 64 {
        return None;
    }
    let header = Header {
        side,
        server: server.trim_ascii(),
        date: date.1.trim_ascii(),
        date_at: date.0,
        ip,
        request_type: None,
        content_type: None,
        charset: None,
        body_at: None,
        glued_at: None,
        clean: true,
        odd_at: None,
    };
    Some((header, ip_at + ip.len()))
}

/// The first place at or after `from` where a header may begin in the middle of a line.
fn next_header(line: &[u8], from: usize) -> Option<usize> {
    let rest = line.get(from..)?;
    memchr::memchr2_iter(b'=', b'<', rest)
        .find(|&at| is_arrow(rest, at) && rest.get(at..).and_then(up_to_address).is_some())
        .map(|at| from + at)
}

/// Whether an arrow and a blank stand here.
pub(super) fn is_arrow(text: &[u8], at: usize) -> bool {
    matches!(text.get(at..at + 3), Some(b"=> " | b"<= "))
}

impl<'a> Header<'a> {
    /// Whether it ends before its line does.
    pub(in crate::parse) fn is_whole(&self) -> bool {
        self.body_at.is_some() || self.glued_at.is_some()
    }

    /// Reads what follows the address, which ends at `end`.
    fn read_tail(&mut self, line: &'a [u8], end: usize) {
        let glued_at = next_header(line, end);
        self.attributes(line.get(..glued_at.unwrap_or(line.len())).unwrap_or(line), end);
        self.glued_at = glued_at.filter(|_| self.body_at.is_none());
    }

    /// Reads what follows the address: `; k = v; …`, and `Input =` where the body begins on the same line.
    fn attributes(&mut self, line: &'a [u8], mut at: usize) {
        loop {
            while matches!(line.get(at), Some(b' ' | b';' | b'\t' | b'\r')) {
                at += 1;
            }
            let rest = line.get(at..).unwrap_or_default();
            if rest.is_empty() {
                return;
            }
            let equals = memchr::memchr2(b'=', b';', rest).unwrap_or(rest.len());
            let key = rest.get(..equals).unwrap_or_default().trim_ascii();
            if rest.get(equals) != Some(&b'=') || key.is_empty() || class_end(key, OF_KEY) < key.len() {
                self.clean = false;
                self.odd_at = self.odd_at.or(Some(at));
                at += equals.max(1);
                continue;
            }
            let key_at = at;
            at += equals + 1;
            if matches!(key, b"Input" | b"Output") {
                self.body_at = Some(at);
                return;
            }
            let (value, length) = attribute_value(line.get(at..).unwrap_or_default());
            at += length;
            let is_value = length <= VALUE_CAP && class_end(value, OF_VALUE) == value.len();
            let value = Some(value).filter(|value| !value.is_empty());
            // An attribute of another name has no place in a Log; it is only passed over.
            let place = match key {
                b"RequestType" => Some(&mut self.request_type),
                b"ContentType" => Some(&mut self.content_type),
                _ if key.eq_ignore_ascii_case(b"charset") => Some(&mut self.charset),
                _ => None,
            };
            if !is_value || place.as_ref().is_some_and(|place| place.is_some()) {
                self.odd_at = self.odd_at.or(Some(key_at));
            } else if let Some(place) = place {
                *place = value;
            }
        }
    }
}

/// Classes of bytes: a bit each in [`CLASSES`].
const OF_ADDRESS: u8 = 1;
const OF_KEY: u8 = 2;
const OF_VALUE: u8 = 4;
const OF_DATE: u8 = 8;

/// Which bytes addresses, keys and values of attributes are made of. A table, for they are looked at byte by byte.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let (mut byte, punctuation) =
        (0, [(OF_ADDRESS, b".:-_%[]".as_slice()), (OF_KEY, b"-_"), (OF_VALUE, b" ._-/:,+*%()"), (OF_DATE, b"0123456789/.-: APM")]);
    while byte < 256 {
        if (byte as u8).is_ascii_alphanumeric() {
            classes[byte] = OF_ADDRESS | OF_KEY | OF_VALUE;
        }
        byte += 1;
    }
    let mut class = 0;
    while class < punctuation.len() {
        let (bit, bytes) = punctuation[class];
        let mut n = 0;
        while n < bytes.len() {
            classes[bytes[n] as usize] |= bit;
            n += 1;
        }
        class += 1;
    }
    classes
};

/// The place of the first byte that is not of the class, or the length.
fn class_end(text: &[u8], class: u8) -> usize {
    text.iter().position(|&byte| CLASSES[usize::from(byte)] & class == 0).unwrap_or(text.len())
}

/// The value of an attribute, quotes removed, and its length as written.
fn attribute_value(text: &[u8]) -> (&[u8], usize) {
    let start = text.len() - text.trim_ascii_start().len();
    let value = text.get(start..).unwrap_or_default();
    if let Some(quoted) = value.strip_prefix(b"\"")
        && let Some(end) = memchr::memchr(b'"', quoted)
    {
        return (quoted.get(..end).unwrap_or_default(), start + end + 2);
    }
    let end = memchr::memchr(b';', value).unwrap_or(value.len());
    (value.get(..end).unwrap_or_default().trim_ascii(), start + end)
}

/// The place after `Input =` or `Output =` at the start of a line.
pub(in crate::parse) fn body_start(line: &[u8]) -> Option<usize> {
    let word_at = indent(line);
    let rest = line.get(word_at..)?;
    let word = [b"Input".as_slice(), b"Output"].into_iter().find(|word| rest.starts_with(word))?;
    let mut at = word_at + word.len();
    while matches!(line.get(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    (line.get(at) == Some(&b'=')).then_some(at + 1)
}

/// Length of a byte order mark and white space at the start of a line.
pub(in crate::parse) fn indent(line: &[u8]) -> usize {
    let mark = if line.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    mark + line.iter().skip(mark).take(INDENT_CAP).take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// The first place in `from..to` where `needle` begins.
fn find(text: &[u8], from: usize, to: usize, needle: &[u8]) -> Option<usize> {
    let end = text.len().min(to + needle.len());
    let hay = text.get(from..end)?;
    memchr::memchr_iter(*needle.first()?, hay).find(|&at| hay.get(at..).is_some_and(|rest| rest.starts_with(needle))).map(|at| from + at)
}

/// The last place where a server's title may end and its date begin.
fn rfind_at(text: &[u8]) -> Option<usize> {
    let letter = memchr::memrchr_iter(b't', text).find(|&t| t.checked_sub(2).and_then(|at| text.get(at..t + 2)) == Some(b" at "))?;
    Some(letter - 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_request_header_is_taken_apart() {
        let line = br#"=> BarsScheduler at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset="UTF-8";"#;
        let header = read(line).unwrap();
        assert_eq!((header.side, text(header.server), text(header.date)), (Side::Request, "BarsScheduler", "5/8/2016 7:17:45 AM"));
        assert_eq!(text(header.ip), "10.7.73.12");
        let attributes = [header.request_type, header.content_type, header.charset].map(|value| text(value.unwrap()));
        assert_eq!(attributes, ["POST", "application/json", "UTF-8"]);
        assert_eq!((header.body_at, header.clean), (None, true));
        assert!(line[header.date_at..].starts_with(b"5/8/2016"));
    }

    #[test]
    fn memory_of_earlier_headers_changes_nothing() {
        let mut memo = Memo::default();
        for tail in [
            "; RequestType = POST; charset=\"UTF-8\";",
            "",
            "; ContentType = text/plain",
            "; RequestType = P<= S at 1/1/2016: to 10.0.0.1",
            " and so on",
        ] {
            for (arrow, word) in [("=>", "from"), ("<=", "to"), (" =>", "from"), ("<=", "from"), ("  <=", "to"), ("\u{feff}<=", "to")] {
                for server in ["A", "Long name", "A ", "A at 1/1/2016: from 1", "A at night"] {
                    for date in
                        ["1/1/2016", "1/1/2016 7:00 AM", " 1/1/2016 ", "1/1/2016: ", "1/1/2016 at 7", "noon", "", "2016-01-01T00:00:00"]
                    {
                        let line = format!("{arrow} {server} at {date}: {word} 10.0.0.1{tail}");
                        assert_eq!(read_with(line.as_bytes(), &mut memo), read(line.as_bytes()), "{line}");
                        assert_eq!(read_with(line.as_bytes(), &mut memo), read(line.as_bytes()), "{line}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_body_may_begin_on_the_header_line() {
        for (line, before) in [
            ("<= S at 1/1/2016 1:00: to 10.0.0.1 Output = {}", " {}"),
            ("=> S at 1/1/2016 1:00: from fe80::1; charset=\"a;b\"; Input={\"a;=\": 1}", "{\"a;=\": 1}"),
        ] {
            let header = read(line.as_bytes()).unwrap();
            assert_eq!(&line[header.body_at.unwrap()..], before);
        }
    }

    #[test]
    fn only_headers_are_headers() {
        for line in [
            "",
            "=>",
            "=> ",
            "=> S",
            "=> at 1/1/2016: from 10.0.0.1",
            "=> S at noon: from 10.0.0.1",
            "=> S at 1/1/2016: to 10.0.0.1",
            "<= S at 1/1/2016: from 10.0.0.1",
            "=> S at 1/1/2016: from ",
            "=>S at 1/1/2016: from 10.0.0.1",
            "x => S at 1/1/2016: from 10.0.0.1",
            "Input = {}",
        ] {
            assert_eq!(read(line.as_bytes()), None, "{line}");
        }
        assert!(read("\u{feff}=> Сервер at night at 1/1/2016: from host-1".as_bytes()).is_some());
        assert!(!read(b"=> S at 1/1/2016: from 10.0.0.1 and so on").unwrap().clean);
        for (line, odd) in [
            ("=> S at 1/1/2016: from 10.0.0.1; RequestType = POST; Host = a.b; User-Agent = \"x/1.0 (y)\"", None),
            ("=> S at 1/1/2016: from 10.0.0.1; RequestType = POST; RequestType = GET", Some("RequestType = GET")),
            ("=> S at 1/1/2016: from 10.0.0.1; Inqut = {\"a\": 1}", Some("Inqut = {\"a\": 1}")),
            ("=> S at 1/1/2016: from 10.0.0.1 and so on; charset = x", Some("and so on; charset = x")),
        ] {
            assert_eq!(read(line.as_bytes()).unwrap().odd_at.map(|at| &line[at..]), odd, "{line}");
        }
        let glued = b"=> S at 1/1/2016: from 10.0.0.1; RequestType = PO<= S at 1/1/2016: to 10.0.0.1";
        let header = read(glued).unwrap();
        assert_eq!((header.clean, header.glued_at, header.request_type), (true, Some(49), Some(b"PO".as_slice())));
    }
}
