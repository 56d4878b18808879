//! Text of the branch format ─► halves and foreign lines, in order. Nothing is lost: what belongs to no record is handed on.

use std::{
    io::{self, Read},
    ops::Range,
};

use bson::{RawDocumentBuf, cstr};

use super::{
    Foreign, Limits, Options,
    body::{Extent, extent},
    date::{Clock, Evidence},
    half::{self, Half, Recent},
    header::{self, Header, Side},
    json,
    text::Window,
};
use crate::domain::{DateOrder, Problem, ProblemKind};

/// Foreign lines that may stand between a header and its body.
const MAX_BETWEEN: usize = 16;
/// A piece of foreign text is handed on when it has grown to this.
const PIECE: usize = 64 << 10;
/// At most this much of a piece is kept.
const KEPT: usize = 1 << 20;

/// What was read.
pub(super) enum Item {
    /// A record.
    Half(Box<Half>),
    /// Lines that belong to no record.
    Foreign { piece: Foreign, n_lines: i64 },
    /// Text of a record that its Log cannot hold.
    Kept(Foreign),
}

/// Reads records one after the other.
pub(super) struct Records<R> {
    window: Window<R>,
    limits: Limits,
    clock: Clock,
    recent: Recent,
    seq: i64,
    /// Foreign lines gathered up to now.
    foreign: Option<(u64, String, i64)>,
    /// Read already, handed out first.
    ready: std::collections::VecDeque<Item>,
}

/// What an attempt to read a record at the start of the window gave.
enum Attempt {
    /// The record may go on beyond the window.
    More,
    Done(Parts),
}

/// Where the parts of a record are, in the window.
struct Parts {
    body: Body,
    /// Bytes of the window that the record took.
    length: usize,
    /// Foreign lines inside.
    between: Vec<Range<usize>>,
    problems: Vec<Noted>,
}

/// A problem and its place in the window.
type Noted = (usize, ProblemKind, String);

enum Body {
    None,
    Converted(json::Converted),
    Raw(Range<usize>),
}

impl<R: Read> Records<R> {
    pub(super) fn new(window: Window<R>, options: &Options) -> Self {
        let order = match options.date_order {
            DateOrder::Detect => detect_order(window.text()),
            stated => stated,
        };
        Self {
            window,
            limits: options.limits.clone(),
            clock: Clock::new(order, options.timezone.clone()),
            recent: Recent::default(),
            seq: 0,
            foreign: None,
            ready: std::collections::VecDeque::new(),
        }
    }

    pub(super) fn window(&self) -> &Window<R> {
        &self.window
    }

    pub(super) fn into_window(self) -> Window<R> {
        self.window
    }

    /// The next item; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Item>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            let text = self.window.text();
            if text.is_empty() {
                if self.window.at_end() {
                    self.flush_foreign();
                    return Ok(self.ready.pop_front());
                }
                self.window.grow()?;
                continue;
            }
            let end = match memchr::memchr(b'\n', text.as_bytes()) {
                Some(end) => end + 1,
                None if !self.window.at_end() && text.len() < self.limits.max_record_bytes => {
                    self.window.grow()?;
                    continue;
                }
                None => text.len(),
            };
            let line = text.get(..end).unwrap_or_default();
            if header::could_be_header(line) && header::read(line).is_some() {
                self.flush_foreign();
                self.record()?;
            } else if line.trim().is_empty() {
                self.window.consume(end);
            } else {
                self.take_foreign(0..end);
                self.window.consume(end);
            }
        }
    }

    /// Reads the record at the start of the window.
    fn record(&mut self) -> io::Result<()> {
        loop {
            let complete = self.window.at_end() || self.window.text().len() >= self.limits.max_record_bytes;
            let text = self.window.text();
            let line = text.split_inclusive('\n').next().unwrap_or_default();
            let Some(header) = header::read(line) else { return Ok(()) };
            match attempt(text, line.len(), &header, complete, &self.limits) {
                Attempt::More => self.window.grow()?,
                Attempt::Done(parts) => {
                    self.take(parts);
                    return Ok(());
                }
            }
        }
    }

    /// Turns the parts into a half and consumes its text.
    fn take(&mut self, parts: Parts) {
        let text = self.window.text();
        let line = text.split_inclusive('\n').next().unwrap_or_default();
        let Some(header) = header::read(line) else { return };
        let record = text.get(..parts.length).unwrap_or_default();
        let date = self.clock.moment(header.date);
        let key = print_key(record);
        let ordinal = self.recent.seen(key);
        let mut half = Half {
            seq: self.seq,
            side: header.side,
            server: header.server.to_owned(),
            remote_ip: header.remote_ip.to_owned(),
            request_type: header.field("RequestType").map(str::to_owned),
            content_type: header.field("ContentType").map(str::to_owned),
            charset: header.field("charset").map(str::to_owned),
            date,
            body: None,
            message_id: None,
            session: None,
            print: half::print(record, ordinal),
            problems: Vec::new(),
            damaged: date.is_none(),
        };
        self.seq += 1;
        let mut problems = parts.problems;
        if date.is_none() {
            problems.push((0, ProblemKind::BadDate, format!("`{}` is no date that exists", header.date)));
        }
        let mut kept = None;
        match parts.body {
            Body::None => half.damaged = true,
            Body::Converted(converted) => {
                for place in converted.found.cut_values {
                    problems.push((
                        parts.length.min(place),
                        ProblemKind::Oversized,
                        "a value was replaced by its digest and size".to_owned(),
                    ));
                }
                half.message_id = converted.found.message_id.filter(|id| !id.is_empty());
                half.session = converted.found.session.filter(|session| !session.is_empty());
                if converted.document.len() > self.limits.max_body_bytes {
                    let reason = format!("the body takes {} bytes: a digest stands in its place", converted.document.len());
                    problems.push((0, ProblemKind::Oversized, reason.clone()));
                    kept = Some((0..parts.length, ProblemKind::Oversized, reason));
                    half.body = Some(digest_of(record));
                } else {
                    half.body = RawDocumentBuf::from_bytes(converted.document).ok();
                }
            }
            Body::Raw(range) => {
                half.damaged = true;
                let raw = text.get(range.clone()).unwrap_or_default();
                half.message_id = salvage(raw, "\"message_id\"");
                half.session = None;
                if raw.len() > KEPT {
                    half.body = Some(digest_of(raw));
                    let reason = format!("the damaged body has {} bytes: a digest stands in its place", raw.len());
                    kept = Some((range, ProblemKind::Oversized, reason));
                } else {
                    let mut body = RawDocumentBuf::new();
                    body.append(cstr!("raw"), raw.trim_end());
                    half.body = Some(body);
                }
            }
        }
        problems.sort_by_key(|(place, ..)| *place);
        for (place, kind, text) in problems {
            half.problems.push(Problem { offset: self.window.offset(place) as i64, kind, text });
        }
        self.ready.push_back(Item::Half(Box::new(half)));
        if let Some((range, kind, reason)) = kept {
            let (offset, raw, size_bytes) = self.piece(range);
            self.ready.push_back(Item::Kept(Foreign { offset, raw, size_bytes, kind, reason }));
        }
        for range in parts.between {
            self.take_foreign(range);
            self.flush_foreign();
        }
        self.window.consume(parts.length);
    }

    /// A range of the window in the file's own encoding.
    fn piece(&mut self, range: Range<usize>) -> (u64, Vec<u8>, u64) {
        let offset = self.window.offset(range.start);
        let size_bytes = self.window.offset(range.end) - offset;
        let raw = in_encoding(self.window.text().get(range).unwrap_or_default(), self.window.encoding());
        (offset, raw, size_bytes)
    }

    fn take_foreign(&mut self, range: Range<usize>) {
        let offset = self.window.offset(range.start);
        let line = self.window.text().get(range).unwrap_or_default();
        let (_, text, n_lines) = self.foreign.get_or_insert_with(|| (offset, String::new(), 0));
        text.push_str(line);
        *n_lines += line.lines().filter(|line| !line.trim().is_empty()).count() as i64;
        if text.len() >= PIECE {
            self.flush_foreign();
        }
    }

    fn flush_foreign(&mut self) {
        if let Some((offset, text, n_lines)) = self.foreign.take() {
            let raw = in_encoding(&text, self.window.encoding());
            let size_bytes = raw.len() as u64;
            let reason = format!("{n_lines} lines belong to no record");
            let piece = Foreign { offset, raw, size_bytes, kind: ProblemKind::Unrecognised, reason };
            self.ready.push_back(Item::Foreign { piece, n_lines });
        }
    }
}

/// The first mebibyte of a text in an encoding.
fn in_encoding(text: &str, encoding: &'static encoding_rs::Encoding) -> Vec<u8> {
    let kept = text.get(..text.floor_char_boundary(KEPT)).unwrap_or(text);
    if encoding == encoding_rs::UTF_16LE {
        return kept.encode_utf16().flat_map(u16::to_le_bytes).collect();
    }
    if encoding == encoding_rs::UTF_16BE {
        return kept.encode_utf16().flat_map(u16::to_be_bytes).collect();
    }
    encoding.encode(kept).0.into_owned()
}

fn print_key(text: &str) -> u64 {
    half::print(text, 0) as u64
}

fn digest_of(text: &str) -> RawDocumentBuf {
    let mut body = RawDocumentBuf::new();
    body.append(cstr!("digest"), blake3::hash(text.as_bytes()).to_hex().as_str());
    body.append(cstr!("size_bytes"), text.len() as i64);
    body
}

/// The text value after a name in a damaged body.
fn salvage(raw: &str, name: &str) -> Option<String> {
    let rest = raw.get(raw.rfind(name)? + name.len()..)?.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let value = rest.get(..rest.find(['"', '\\', '\n'])?)?.trim();
    (!value.is_empty() && value.len() <= 200).then(|| value.to_owned())
}

/// Looks for a record's end in the window.
fn attempt(text: &str, line: usize, header: &Header<'_>, complete: bool, limits: &Limits) -> Attempt {
    if !complete && !text.get(..line).is_some_and(|line| line.ends_with('\n')) {
        return Attempt::More;
    }
    let mut between = Vec::new();
    let start = match header.body {
        Some(start) => Some(start),
        None => match find_body(text, line, header.side, complete, &mut between) {
            Ok(start) => start,
            Err(()) => return Attempt::More,
        },
    };
    let missing = |problem: &str| {
        let problems = vec![(0, ProblemKind::MissingBody, problem.to_owned())];
        Attempt::Done(Parts { body: Body::None, length: line, between: Vec::new(), problems })
    };
    let Some(start) = start else { return missing("the header is followed by no body") };
    let rest = text.get(start..).unwrap_or_default();
    let blanks = rest.len() - rest.trim_start().len();
    let body = rest.get(blanks..).unwrap_or_default();
    if body.is_empty()
        || (header::could_be_header(body) && (blanks > 0 && header::read(body.split('\n').next().unwrap_or_default()).is_some()))
    {
        return if body.is_empty() && !complete {
            Attempt::More
        } else {
            let problems = vec![(start, ProblemKind::MissingBody, "the body is blank".to_owned())];
            Attempt::Done(Parts { body: Body::None, length: start + blanks, between, problems })
        };
    }
    let start = start + blanks;
    match json::convert(body, limits) {
        Ok(mut converted) => {
            for place in &mut converted.found.cut_values {
                *place += start;
            }
            let end = start + converted.length;
            match trailing(text, end, complete) {
                Some((length, problems)) => Attempt::Done(Parts { body: Body::Converted(converted), length, between, problems }),
                None => Attempt::More,
            }
        }
        Err(json::Fault::Incomplete) if !complete => Attempt::More,
        Err(fault) => {
            let (end, cut) = match extent(body, complete) {
                Extent::Open => return Attempt::More,
                Extent::Balanced(end) => (start + end, false),
                Extent::Cut(end) => (start + end, true),
            };
            let (kind, place, problem) = match fault {
                _ if cut => (ProblemKind::CutRecord, end, "the record ends inside its body".to_owned()),
                json::Fault::TooDeep(at) => {
                    (ProblemKind::TooDeep, start + at, format!("the body is nested deeper than {} levels", limits.max_depth))
                }
                json::Fault::Malformed(at) => (ProblemKind::MalformedBody, start + at, "the body is not JSON from here on".to_owned()),
                json::Fault::Incomplete => (ProblemKind::MalformedBody, end, "the body is not complete JSON".to_owned()),
            };
            let mut problems = vec![(place.min(end), kind, problem)];
            let length = if cut {
                end
            } else {
                match trailing(text, end, complete) {
                    Some((length, more)) => {
                        problems.extend(more);
                        length
                    }
                    None => return Attempt::More,
                }
            };
            Attempt::Done(Parts { body: Body::Raw(start..end), length, between, problems })
        }
    }
}

/// The place of the body after a header line that has none; `Err` when the window ends too early to tell.
fn find_body(text: &str, line: usize, side: Side, complete: bool, between: &mut Vec<Range<usize>>) -> Result<Option<usize>, ()> {
    let mut at = line;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let next = rest.split_inclusive('\n').next().unwrap_or_default();
        if !next.ends_with('\n') && !complete {
            return Err(());
        }
        if let Some(marker) = header::marker_end(side, next) {
            return Ok(Some(at + marker));
        }
        if next.is_empty() || (header::could_be_header(next) && header::read(next).is_some()) || between.len() >= MAX_BETWEEN {
            return Ok(None);
        }
        if !next.trim().is_empty() {
            between.push(at..at + next.len());
        }
        at += next.len();
    }
}

/// What follows a body on its line: the record's length and the problem, if it is more than blanks; `None` when the line goes on.
fn trailing(text: &str, end: usize, complete: bool) -> Option<(usize, Vec<Noted>)> {
    let rest = text.get(end..).unwrap_or_default();
    let line = rest.split_inclusive('\n').next().unwrap_or_default();
    if !line.ends_with('\n') && !complete {
        return None;
    }
    let tail = line.trim_start_matches([' ', '\t', ';']);
    if header::could_be_header(tail) && header::read(tail).is_some() {
        return Some((end + line.len() - tail.len(), Vec::new()));
    }
    let tail = tail.trim();
    let problems = if tail.is_empty() {
        Vec::new()
    } else {
        let shown: String = tail.chars().take(80).collect();
        vec![(end, ProblemKind::TrailingText, format!("text follows the body: `{shown}`"))]
    };
    Some((end + line.len(), problems))
}

/// The order of dates by the first records of a file.
fn detect_order(sample: &str) -> DateOrder {
    let mut evidence = Evidence::default();
    let mut date = None;
    for line in sample.lines() {
        if header::could_be_header(line)
            && let Some(header) = header::read(line)
        {
            if let Some(before) = date.replace(header.date) {
                evidence.add(before, None);
            }
        } else if let Some(own) = salvage(line, "\"current_timestamp\"")
            && let Some(of) = date.take()
        {
            evidence.add(of, Some(&own));
        }
    }
    if let Some(last) = date {
        evidence.add(last, None);
    }
    evidence.order()
}
