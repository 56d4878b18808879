//! The header line of a record: `=> <server> at <date>: from <ip>; RequestType = POST; …` or `<= <server> at <date>: to <ip>`.

use memchr::memmem;

/// Which half of an exchange a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Side {
    /// What the client sent.
    Request,
    /// What the server answered.
    Response,
}

impl Side {
    /// The word before the body.
    fn marker(self) -> &'static str {
        match self {
            Self::Request => "Input",
            Self::Response => "Output",
        }
    }
}

/// A header, borrowed from its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub(super) side: Side,
    pub(super) server: &'a str,
    pub(super) date: &'a str,
    pub(super) remote_ip: &'a str,
    /// What follows the address: `; key = value; …`, up to the body.
    pub(super) fields: &'a str,
    /// Place of the body in the line, where it stands on the same line (after `Input =`).
    pub(super) body: Option<usize>,
}

/// Longest header considered, in bytes; a longer line is none.
const MAX_HEADER: usize = 4096;

/// Whether a line could be a header: two bytes tell most lines apart.
pub(super) fn could_be_header(line: &str) -> bool {
    line.starts_with("=>") || line.starts_with("<=")
}

/// Reads a header at the start of the line (which may go on with the body).
pub(super) fn read(line: &str) -> Option<Header<'_>> {
    let (side, rest) = match line.strip_prefix("=>") {
        Some(rest) => (Side::Request, rest),
        None => (Side::Response, line.strip_prefix("<=")?),
    };
    let rest = rest.strip_prefix(' ')?;
    let head = rest.as_bytes().get(..rest.len().min(MAX_HEADER)).unwrap_or_default();
    let direction: &[u8] = match side {
        Side::Request => b": from ",
        Side::Response => b": to ",
    };
    let colon = memmem::find(head, direction)?;
    let before = rest.get(..colon)?;
    let at = before.rfind(" at ")?;
    let (server, date) = (before.get(..at)?.trim(), before.get(at + 4..)?.trim());
    let dated = |c: char| {
        c.is_ascii_digit()
            || matches!(c, '/' | '.' | ':' | '-' | ' ' | 'T' | 'Z' | '+' | ',' | 'A' | 'P' | 'M' | 'a' | 'p' | 'm' | '\u{202F}')
    };
    if server.is_empty() || !date.starts_with(|c: char| c.is_ascii_digit()) || date.len() > 40 || !date.chars().all(dated) {
        return None;
    }
    let address_at = colon + direction.len();
    let tail = rest.get(address_at..)?;
    let length = tail.find(|c: char| c == ';' || c.is_whitespace()).unwrap_or(tail.len());
    let remote_ip = tail.get(..length)?;
    if remote_ip.is_empty()
        || remote_ip.len() > 64
        || !remote_ip.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '_' | '%' | '[' | ']'))
    {
        return None;
    }
    let after = tail.get(length..)?;
    let marker = find_marker(side, after);
    Some(Header {
        side,
        server,
        date,
        remote_ip,
        fields: after.get(..marker.map_or(after.len(), |(from, _)| from))?,
        body: marker.map(|(_, to)| line.len() - after.len() + to),
    })
}

/// Where `Input =` stands in the rest of a header line: its begin and end.
fn find_marker(side: Side, text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(found) = memmem::find(text.as_bytes().get(from..)?, side.marker().as_bytes()) {
        let at = from + found;
        let word = text.get(..at)?.chars().next_back().is_none_or(|c| c == ';' || c.is_whitespace());
        if let Some(end) = word.then(|| marker_end(side, text.get(at..)?)).flatten() {
            return Some((at, at + end));
        }
        from = at + 1;
    }
    None
}

/// Length of `Input =` at the start of a text (after blanks), if it stands there.
pub(super) fn marker_end(side: Side, text: &str) -> Option<usize> {
    let trimmed = text.trim_start_matches([' ', '\t']);
    let rest = trimmed.strip_prefix(side.marker())?.trim_start_matches([' ', '\t']).strip_prefix('=')?;
    Some(text.len() - rest.len())
}

impl<'a> Header<'a> {
    /// The value of a field such as `RequestType`, without quotes.
    pub(super) fn field(&self, name: &str) -> Option<&'a str> {
        self.fields.split(';').find_map(|field| {
            let (key, value) = field.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_headers_are_read() {
        let line = "=> BarsScheduler at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";";
        let header = read(line).unwrap();
        assert_eq!(
            (header.side, header.server, header.date, header.remote_ip),
            (Side::Request, "BarsScheduler", "5/8/2016 7:17:45 AM", "10.7.73.12")
        );
        assert_eq!(
            (header.field("RequestType"), header.field("ContentType"), header.field("charset")),
            (Some("POST"), Some("application/json"), Some("UTF-8"))
        );
        let header = read("<= Bars at Home at 08.05.2016 7:17:45: to ::1 Output = {}").unwrap();
        assert_eq!((header.side, header.server, header.remote_ip), (Side::Response, "Bars at Home", "::1"));
        assert_eq!(header.body, Some("<= Bars at Home at 08.05.2016 7:17:45: to ::1 Output =".len()));
    }

    #[test]
    fn what_only_looks_like_a_header_is_none() {
        for line in [
            "=> x",
            "=>BarsScheduler at 5/8/2016 7:17:45 AM: from 10.7.73.12",
            "<= BarsScheduler at 5/8/2016 7:17:45 AM: from 10.7.73.12",
            "=> BarsScheduler at yesterday: from 10.7.73.12",
            "=> at 5/8/2016: from 10.7.73.12",
            "=> S at 5/8/2016: from ",
            "text => S at 5/8/2016: from 10.0.0.1",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
