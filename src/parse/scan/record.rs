//! One record of the branch format, or one line that is none, at the start of a view.
//!
//! Pure: the answer depends on the text alone. Where the view does not show enough of it the answer is [`Step::More`],
//! so that it never depends on how the input was cut into blocks.

use super::{
    damage::{Extent, Rest, extent, rest_of_line},
    header::{self, HEADER_CAP, Header, Memo},
    line::{LINE_CAP, Line, is_blank, line, line_of_any_end},
};
use crate::parse::json::{Stop, Transcoder, skip_space};

/// `Input =` with white space around it is hardly longer than this.
const MARKER_CAP: usize = 64;
/// Foreign lines tolerated between a header and its body.
const LINES_BEFORE_BODY: usize = 8;

/// What stands at the start of the view.
#[derive(Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every step is a record, and there is one at a time")]
pub(super) enum Step<'v> {
    /// The view does not show it.
    More,
    /// White space of this length.
    Blank(usize),
    /// Text of this length that belongs to no record.
    Foreign(usize),
    /// A record.
    Record(Record<'v>),
}

/// A record, its body walked through by the transcoder.
#[derive(Debug, PartialEq)]
pub(super) struct Record<'v> {
    pub header: Header<'v>,
    /// Length of the header line.
    pub header_len: usize,
    /// Lines that belong to no record between header and body.
    pub foreign: Option<(usize, usize)>,
    pub body: Body,
    /// Text between the body and the end of its line.
    pub trailing: Option<(usize, usize)>,
    /// Length of the whole, foreign lines and white space included.
    pub len: usize,
}

/// The body of a record; places are relative to the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// There is none.
    Missing,
    /// The transcoder has its document.
    Whole { from: usize, to: usize },
    /// It is not the JSON it should be.
    Damaged { from: usize, to: usize, fault: usize, reason: &'static str },
    /// The record ends in the middle of it.
    Cut { from: usize, to: usize, fault: usize },
    /// It is nested too deep.
    TooDeep { from: usize, to: usize, fault: usize },
    /// It begins here and is larger than is looked at.
    Oversized { from: usize },
}

/// Reads what stands at the start of the view. `last` says that the view reaches the end of the input.
pub(super) fn read<'v>(view: &'v [u8], last: bool, memo: &mut Memo, transcoder: &mut Transcoder, max_body: usize) -> Step<'v> {
    let head = line(view, 0, last, HEADER_CAP);
    let (line_end, next) = match head {
        Line::Ends(end, next) => (end, next),
        Line::GoesOn(end) => (end, end),
        Line::More => return Step::More,
    };
    let text = view.get(..line_end).unwrap_or_default();
    let header = header::read_with(text, memo).filter(|header| matches!(head, Line::Ends(..)) || header.is_whole());
    let Some(header) = header else { return foreign(view, text, last) };
    let mut record = Record { header, header_len: line_end, foreign: None, body: Body::Missing, trailing: None, len: next };
    if let Some(glued) = record.header.glued_at {
        return Step::Record(Record { header_len: glued, len: glued, ..record });
    }
    let from = match record.header.body_at {
        Some(at) => {
            record.header_len = at;
            at
        }
        None => match find_body(view, next, last) {
            Search::More => return Step::More,
            Search::Missing => return Step::Record(record),
            Search::At { body, foreign } => {
                record.foreign = foreign;
                body
            }
        },
    };
    match body(view, from, last, transcoder, max_body, &mut record) {
        Some(()) => Step::Record(record),
        None => Step::More,
    }
}

/// A line that is no header: blank, foreign, or the rest of a header that was cut by another one.
fn foreign<'v>(view: &'v [u8], text: &[u8], last: bool) -> Step<'v> {
    let (end, len) = match line_of_any_end(view, 0, last, LINE_CAP, None) {
        Line::Ends(end, next) => (end, next),
        Line::GoesOn(end) => (end, end),
        Line::More => return Step::More,
    };
    if is_blank(view.get(..end).unwrap_or_default()) {
        return Step::Blank(len);
    }
    match may_be_cut(text).then(|| rest_of_line(view, 1, last, LINE_CAP)) {
        Some(Rest::Header(glued)) => Step::Foreign(glued),
        Some(Rest::Line(Line::More)) => Step::More,
        _ => Step::Foreign(len),
    }
}

/// Whether a line looks like the beginning of a record that was cut, so that another one may be glued to it.
fn may_be_cut(text: &[u8]) -> bool {
    matches!(text.get(header::indent(text)), Some(b'=' | b'<' | b'I' | b'O'))
}

enum Search {
    At { body: usize, foreign: Option<(usize, usize)> },
    Missing,
    More,
}

/// Looks for the line `Input =` or `Output =` after a header.
fn find_body(view: &[u8], mut at: usize, last: bool) -> Search {
    let (mut foreign, mut n_foreign): (Option<(usize, usize)>, usize) = (None, 0);
    // Most bodies follow at once: there is no need to look for the end of their line.
    if let Some(body) = view.get(at..).filter(|rest| rest.len() >= MARKER_CAP).and_then(header::body_start) {
        return Search::At { body: at + body, foreign };
    }
    while at < view.len() || !last {
        let (end, next) = match line_of_any_end(view, at, last, LINE_CAP, None) {
            Line::Ends(end, next) => (end, next),
            Line::GoesOn(end) => (end, end),
            Line::More => return Search::More,
        };
        let text = view.get(at..end).unwrap_or_default();
        if let Some(body) = header::body_start(text) {
            return Search::At { body: at + body, foreign };
        }
        if header::read(text).is_some() {
            return Search::Missing;
        }
        match may_be_cut(text).then(|| rest_of_line(view, at, last, LINE_CAP)) {
            Some(Rest::Header(_)) => return Search::Missing,
            Some(Rest::Line(Line::More)) => return Search::More,
            _ => {}
        }
        if !is_blank(text) {
            n_foreign += 1;
            if n_foreign > LINES_BEFORE_BODY || end == next {
                return Search::Missing;
            }
            foreign = Some((foreign.map_or(at, |(from, _)| from), next));
        }
        at = next;
    }
    Search::Missing
}

/// Walks through the body that begins at `from`; `None` when the view does not show enough. What is beyond its largest size is not looked
/// at: it makes no difference whether the view shows that already.
fn body(view: &[u8], from: usize, last: bool, transcoder: &mut Transcoder, max_body: usize, record: &mut Record<'_>) -> Option<()> {
    let limit = from.saturating_add(max_body);
    let text = view.get(..limit.saturating_add(1)).unwrap_or(view);
    let start = skip_space(text, from);
    let stop = match transcoder.transcode(text, from, last && text.len() == view.len()) {
        Ok(end) if end <= limit => {
            record.body = Body::Whole { from: start, to: end };
            return trailing(view, end, last, record);
        }
        Ok(_) => {
            record.body = Body::Oversized { from: start };
            return Some(());
        }
        Err(Stop::Incomplete) if text.len() > limit => {
            record.body = Body::Oversized { from: start };
            return Some(());
        }
        Err(Stop::Incomplete) if !last => return None,
        Err(Stop::Incomplete) => {
            if start < view.len() {
                record.body = Body::Cut { from: start, to: view.len(), fault: view.len() };
            }
            record.len = view.len();
            return Some(());
        }
        Err(stop) => stop,
    };
    let (Stop::Fault { at: fault, .. } | Stop::TooDeep { at: fault }) = stop else { return None };
    let nothing_on_the_line = view.get(from..start).is_some_and(|space| space.contains(&b'\n'));
    if fault == start && nothing_on_the_line {
        record.len = from + memchr::memchr(b'\n', view.get(from..start)?)? + 1;
        return Some(());
    }
    // A header that begins within the largest size may end beyond it.
    let (seen, is_all) = view.get(..limit.saturating_add(HEADER_CAP)).map_or((view, last), |seen| (seen, true));
    let (to, cut) = match extent(seen, start, fault, is_all) {
        Extent::Closed(end) => (end, false),
        Extent::Cut(end) => (end, true),
        Extent::More => return None,
    };
    if to > limit {
        record.body = Body::Oversized { from: start };
        return Some(());
    }
    record.len = to;
    record.body = match stop {
        _ if cut => Body::Cut { from: start, to, fault },
        Stop::TooDeep { .. } => Body::TooDeep { from: start, to, fault },
        Stop::Fault { reason, .. } => Body::Damaged { from: start, to, fault, reason },
        Stop::Incomplete => return None,
    };
    if cut { Some(()) } else { trailing(view, to, last, record) }
}

/// Takes the rest of the line on which the body ended at `end`.
fn trailing(view: &[u8], end: usize, last: bool, record: &mut Record<'_>) -> Option<()> {
    let (to, next) = match rest_of_line(view, end, last, LINE_CAP) {
        Rest::Header(glued) => (glued, glued),
        Rest::Line(Line::Ends(to, next)) => (to, next),
        Rest::Line(Line::GoesOn(to)) => (to, to),
        Rest::Line(Line::More) => return None,
    };
    record.len = next;
    let text = view.get(end..to).unwrap_or_default();
    let from = to - text.trim_ascii_start().len();
    record.trailing = Some((from, to)).filter(|_| from < to);
    Some(())
}
