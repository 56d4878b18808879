//! A file of lines ─► Logs and what belongs to none of them.

use std::{io::Read, sync::Arc};

use bson::{DateTime, RawDocumentBuf, cstr};
use jiff::{Timestamp, civil};
use xxhash_rust::xxh3::xxh3_64;

use super::{Context, Entry, Exchange, Format, foreign::Gathered, stack};
use crate::{
    domain::{Fault, Halves, LogId, LogState, ParseCounts, Problem, ProblemKind, log_id},
    parse::{
        Error, Foreign, Options, PairedLog, Piece, Report,
        half::Remark,
        input::Window,
        recent::Recent,
        report,
        scan::{
            line::{self, Line},
            repair::{Repaired, repair},
        },
    },
};

/// A line of text is read up to here, and the stack of an event ends here.
const LONGEST: usize = 1 << 20;
/// Lines among which identical ones are told apart by their number.
const LINES_REMEMBERED: usize = 64 << 10;

/// Reads a file of lines to its end.
pub(in crate::parse) fn parse<R: Read, E: From<Error>>(
    mut window: Window<'_, R>,
    format: &Format,
    options: &Options,
    sink: &mut dyn FnMut(Piece) -> Result<(), E>,
) -> Result<Report, E> {
    let mut reader = Reader {
        format,
        options,
        context: Context::new(&options.timezone, received(options), &options.limits),
        sink,
        counts: ParseCounts::default(),
        lines_seen: Recent::new(LINES_REMEMBERED),
        ids_seen: Recent::new(LINES_REMEMBERED),
        pending: None,
        foreign: Gathered::default(),
    };
    let longest = if matches!(format, Format::Jsonl) { options.limits.max_body_bytes } else { LONGEST };
    let (mut goes_on, mut as_1251) = (false, false);
    loop {
        let view = window.view();
        let (end, next, is_cut) = match line::line(view, 0, window.is_last(), longest) {
            Line::More => {
                window.grow().map_err(Error::Read)?;
                continue;
            }
            Line::Ends(end, next) => (end, next, false),
            Line::GoesOn(end) => {
                let end = char_boundary(view, end);
                (end, end, true)
            }
        };
        if next == 0 {
            break;
        }
        let bytes = view.get(..end).unwrap_or_default();
        let raw = || window.source(0, next);
        let offset = window.offset_of(0);
        if goes_on {
            reader.reject(offset, &raw(), ProblemKind::Oversized, "the rest of a line that is longer than an event may be")?;
        } else if line::is_blank(bytes) {
            reader.blank(&raw())?;
        } else {
            let Repaired { text, replaced_at, as_1251: is_1251 } = repair(bytes, window.charset());
            as_1251 |= is_1251;
            reader.line(&Given { text: text.trim_end_matches('\r'), offset, replaced_at, is_cut }, &raw)?;
        }
        goes_on = is_cut;
        window.consume(next);
    }
    reader.flush()?;
    let counts = ParseCounts { bytes: window.n_bytes() as i64, ..reader.counts };
    let (whole, notes) = report::judge(&counts, window.damage(), &format!("the format `{}`", format.name()));
    let encoding = if as_1251 { encoding_rs::WINDOWS_1251 } else { window.charset().encoding };
    Ok(Report { format: format.name().to_owned(), encoding: encoding.name(), counts, notes, whole, ..Report::default() })
}

/// The day the file was received, where the branch is.
fn received(options: &Options) -> Option<civil::Date> {
    let moment = Timestamp::from_millisecond(options.received?.timestamp_millis()).ok()?;
    Some(options.timezone.to_datetime(moment).date())
}

/// The last place up to `end` at which a character may begin.
fn char_boundary(view: &[u8], end: usize) -> usize {
    const LONGEST_CHAR: usize = 4;
    let begins = |at: &usize| view.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80);
    (end.saturating_sub(LONGEST_CHAR).max(1)..=end).rev().find(begins).unwrap_or(end)
}

/// A line as it is read.
struct Given<'l> {
    text: &'l str,
    offset: u64,
    /// Where the first byte was that is not of the file's encoding.
    replaced_at: Option<usize>,
    /// Whether it is only the beginning of a line that goes on.
    is_cut: bool,
}

/// An event that may still be continued.
struct Pending {
    server: Option<String>,
    date: Option<DateTime>,
    fields: RawDocumentBuf,
    fault: Option<Fault>,
    problems: Vec<Problem>,
    /// The whole text, continuations and all.
    text: String,
    /// Where they begin.
    stack_at: usize,
}

/// The reading of one file.
struct Reader<'a, E> {
    format: &'a Format,
    options: &'a Options,
    context: Context<'a>,
    sink: &'a mut dyn FnMut(Piece) -> Result<(), E>,
    counts: ParseCounts,
    /// How often each line occurred: identical ones are different events.
    lines_seen: Recent,
    /// How often each side of each message id occurred.
    ids_seen: Recent,
    pending: Option<Pending>,
    foreign: Gathered,
}

impl<E> Reader<'_, E> {
    fn line(&mut self, line: &Given<'_>, raw: &dyn Fn() -> Vec<u8>) -> Result<(), E> {
        let is_json = matches!(self.format, Format::Jsonl);
        let longest = self.options.limits.max_stored_bytes;
        let entry = self.format.read(line.text, &mut self.context);
        let problems = self.problems(line);
        match entry {
            Some(Entry::Event(event)) if event.fields.as_bytes().len() <= longest => {
                self.flush()?;
                self.pending = Some(Pending {
                    server: event.server.as_deref().map(str::to_owned),
                    date: event.date,
                    fault: event.fault(),
                    fields: event.fields,
                    problems,
                    text: line.text.to_owned(),
                    stack_at: line.text.len(),
                });
                Ok(())
            }
            Some(Entry::Exchange(exchange)) if exchange.bodies().all(|body| body.as_bytes().len() <= longest) => {
                self.flush()?;
                self.exchange(*exchange, line.text, problems)
            }
            Some(_) => self.foreign(line, raw, ProblemKind::Oversized, "the object is larger than a document may be"),
            None if self.continues(line) => Ok(()),
            None if is_json && line.text.trim_start().starts_with('{') => {
                let (kind, reason) = match line.is_cut {
                    true => (ProblemKind::Oversized, "the line is longer than an object may be"),
                    false => (ProblemKind::MalformedBody, "the line is no whole JSON object, or one that is nested too deep"),
                };
                self.foreign(line, raw, kind, reason)
            }
            None => {
                let reason = format!("the line is not of the format `{}`", self.format.name());
                self.foreign(line, raw, ProblemKind::Unrecognised, &reason)
            }
        }
    }

    /// What is wrong with a line that could be read.
    fn problems(&mut self, line: &Given<'_>) -> Vec<Problem> {
        let mut remarks = self.context.take_remarks();
        remarks.extend(line.replaced_at.map(|at| {
            let text = "bytes that are not of the file's encoding were replaced".to_owned();
            Remark { at, kind: ProblemKind::BadEncoding, text }
        }));
        if line.is_cut {
            let text = format!("the line is longer than {} bytes; its end is kept apart", line.text.len());
            remarks.push(Remark { at: line.text.len(), kind: ProblemKind::Oversized, text });
        }
        let problem = |remark: Remark| Problem { offset: (line.offset + remark.at as u64) as i64, kind: remark.kind, text: remark.text };
        remarks.into_iter().map(problem).collect()
    }

    /// Adds a line to the event before it, if it belongs there.
    fn continues(&mut self, line: &Given<'_>) -> bool {
        let Some(pending) = &mut self.pending else { return false };
        let belongs =
            stack::is_continuation(line.text) && pending.text.len() - pending.stack_at + line.text.len() < LONGEST && !line.is_cut;
        if belongs {
            pending.text.push('\n');
            pending.text.push_str(line.text);
        }
        belongs
    }

    /// Keeps a line that no Log can hold.
    fn foreign(&mut self, line: &Given<'_>, raw: &dyn Fn() -> Vec<u8>, kind: ProblemKind, reason: &str) -> Result<(), E> {
        self.flush_pending()?;
        self.counts.foreign_lines += 1;
        self.reject(line.offset, &raw(), kind, reason)
    }

    /// Keeps bytes that no Log can hold.
    fn reject(&mut self, offset: u64, raw: &[u8], kind: ProblemKind, reason: &str) -> Result<(), E> {
        let done = self.foreign.add(offset, raw, kind, reason);
        self.hand_out(done)
    }

    /// A line without text; between foreign lines it belongs to them.
    fn blank(&mut self, raw: &[u8]) -> Result<(), E> {
        let done = self.foreign.add_blank(raw);
        self.hand_out(done)
    }

    fn hand_out(&mut self, pieces: impl IntoIterator<Item = Foreign>) -> Result<(), E> {
        pieces.into_iter().try_for_each(|piece| (self.sink)(Piece::Quarantine(piece)))
    }

    /// Hands out what can no longer grow.
    fn flush(&mut self) -> Result<(), E> {
        self.flush_pending()?;
        let done = self.foreign.end();
        self.hand_out(done)
    }

    fn flush_pending(&mut self) -> Result<(), E> {
        let Some(Pending { server, date, mut fields, fault, problems, text, stack_at }) = self.pending.take() else { return Ok(()) };
        if let Some(stack) = text.get(stack_at + 1..) {
            // A field of the object's own keeps its name.
            let name = if matches!(fields.get("stack"), Ok(None)) { cstr!("stack") } else { cstr!("stack_lines") };
            fields.append(name, stack);
        }
        let own = self.fingerprint(&text);
        let mut log = self.log(server, own);
        (log.request_date, log.request, log.fault, log.problems) = (date, Some(fields), fault, problems);
        log.halves.request = Some(own);
        self.emit(log)
    }

    fn exchange(&mut self, exchange: Exchange, line: &str, mut problems: Vec<Problem>) -> Result<(), E> {
        let own = self.fingerprint(line);
        let (has_request, has_response) = (exchange.request.is_some(), exchange.response.is_some());
        let mut log = self.log(exchange.server, own);
        let state = match (has_request, has_response) {
            (true, false) => LogState::RequestOnly,
            (false, true) => LogState::ResponseOnly,
            _ => LogState::Complete,
        };
        log.halves = Halves { request: has_request.then_some(own), response: has_response.then_some(own) };
        log.state = state;
        if let Some(known) = exchange.known {
            log.state = known.state.unwrap_or(state);
            log.halves = known.halves;
            log.pairing_key = known.pairing_key.map(LogId);
            problems.extend(known.problems);
        }
        if let Some(id) = exchange.id {
            log.id = id;
        } else if let Some(message_id) = &exchange.message_id {
            (log.id, log.pairing_key) = self.ids(&log.server, message_id, own, has_request, has_response);
        }
        (log.message_id, log.remote_ip, log.session_key) = (exchange.message_id, exchange.remote_ip, exchange.session_key);
        log.request_type = exchange.request_type.map(Into::into);
        (log.content_type, log.charset) = (exchange.content_type.map(Into::into), exchange.charset.map(Into::into));
        (log.request_date, log.request) = (exchange.request_date, exchange.request);
        (log.response_date, log.response) = (exchange.response_date, exchange.response);
        (log.fault, log.problems) = (exchange.fault, problems);
        self.emit(log)
    }

    /// Identifier and pairing key by message id; the halves of one exchange get the same, a second exchange one of its own.
    fn ids(&mut self, server: &str, message_id: &str, own: i64, has_request: bool, has_response: bool) -> (LogId, Option<LogId>) {
        let key = log_id(self.options.branch.as_str(), server, message_id);
        let first = key.bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let n_requests = if has_request { self.ids_seen.count(first) } else { 0 };
        let n_responses = if has_response { self.ids_seen.count(!first) } else { 0 };
        if n_requests.max(n_responses) == 0 { (key, None) } else { (LogId::of_later(key, Some(own)), Some(key)) }
    }

    /// Fingerprint of a record: its text, and how often the same was read before.
    fn fingerprint(&mut self, text: &str) -> i64 {
        let first = xxh3_64(text.as_bytes());
        first.cast_signed().wrapping_add(i64::from(self.lines_seen.count(first)))
    }

    /// A Log of this file without bodies. An event is whole: it has no message id by which a partner could find it.
    fn log(&self, server: Option<String>, own: i64) -> PairedLog {
        let server: Arc<str> = server.unwrap_or_else(|| self.format.name().to_owned()).into();
        PairedLog {
            id: LogId::from_content(&[self.options.branch.as_str().as_bytes(), server.as_bytes(), b"event", &own.to_le_bytes()]),
            server,
            message_id: None,
            state: LogState::Complete,
            remote_ip: None,
            request_type: None,
            content_type: None,
            charset: None,
            request_date: None,
            request: None,
            response_date: None,
            response: None,
            problems: Vec::new(),
            session_key: None,
            pairing_key: None,
            halves: Halves::default(),
            fault: None,
        }
    }

    fn emit(&mut self, log: PairedLog) -> Result<(), E> {
        self.counts.records += 1;
        self.counts.logs += 1;
        match log.state {
            LogState::Complete => self.counts.complete += 1,
            LogState::RequestOnly => self.counts.request_only += 1,
            LogState::ResponseOnly => self.counts.response_only += 1,
        }
        (self.sink)(Piece::Log(log))
    }
}
