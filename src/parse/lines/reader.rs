//! A file of lines ─► Logs and what belongs to none of them.

use std::io::Read;

use bson::DateTime;
use jiff::{Timestamp, civil};

use super::{
    Context, Entry, Format,
    foreign::Gathered,
    logs::{Logs, Pending},
    stack,
};
use crate::{
    domain::{LogState, ParseCounts, Problem, ProblemKind},
    parse::{
        Error, Foreign, Options, PairedLog, Piece, Report,
        half::Remark,
        input::Window,
        objects,
        options::FUTURE,
        report,
        scan::{
            line::{self, Line},
            repair::{Repaired, repair},
        },
    },
};

/// A line of text is read up to here, and the stack of an event ends here.
const LONGEST: usize = 1 << 20;

/// What is said of a line that begins as an object, and of what stands beside one.
const BROKEN: &str = "the line is no whole JSON object, or one that is nested too deep";

/// Reads a file of lines to its end.
pub(in crate::parse) fn parse<R: Read, E: From<Error>>(
    window: &mut Window<'_, R>,
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
        logs: Logs::new(&options.branch, format, options.stretch.as_ref()),
        pending: None,
        foreign: Gathered::default(),
        first_key: None,
    };
    // Between the parts of an object a carriage return is white space.
    let (longest, before) = if matches!(format, Format::Jsonl) { (options.limits.max_body_bytes, Some(b'{')) } else { (LONGEST, None) };
    let (mut goes_on, mut as_1251) = (false, false);
    loop {
        let view = window.view();
        let (end, next, is_cut) = match line::line_of_any_end(view, 0, window.is_last(), longest, before) {
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
        let raw = Raw { source: &|from, to| (window.offset_of(from), window.source(from, to)), size: next };
        let offset = window.offset_of(0);
        if goes_on {
            reader.reject(offset, &raw.all(), ProblemKind::Oversized, "the rest of a line that is longer than an event may be")?;
        } else if line::is_blank(bytes) {
            reader.blank(&raw.all())?;
        } else {
            let Repaired { text, replaced_at, as_1251: is_1251 } = repair(bytes, window.charset());
            as_1251 |= is_1251;
            let is_as_read = text.len() == bytes.len();
            reader.line(&Given { text: text.trim_end_matches('\r'), offset, replaced_at, is_cut, is_as_read }, &raw)?;
        }
        goes_on = is_cut;
        window.consume(next);
    }
    reader.flush()?;
    let counts = ParseCounts { bytes: window.n_bytes() as i64, ..reader.counts };
    let (whole, notes) = report::judge(&counts, window.damage(), || format!("the format `{}`", format.name()));
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
    /// Whether places in it are those in what was read.
    is_as_read: bool,
}

/// What of the file a line stands for, its end with it.
struct Raw<'r> {
    /// Place and bytes of a part.
    source: &'r dyn Fn(usize, usize) -> (u64, Vec<u8>),
    size: usize,
}

impl Raw<'_> {
    fn all(&self) -> Vec<u8> {
        (self.source)(0, self.size).1
    }
}

/// The reading of one file.
struct Reader<'a, E> {
    format: &'a Format,
    options: &'a Options,
    context: Context<'a>,
    sink: &'a mut dyn FnMut(Piece) -> Result<(), E>,
    counts: ParseCounts,
    logs: Logs<'a>,
    pending: Option<Pending>,
    foreign: Gathered,
    /// The first key of the last object; of a file of objects alone.
    first_key: Option<Vec<u8>>,
}

impl<E> Reader<'_, E> {
    /// Takes a line of objects apart that is none as a whole, but holds some beside what is broken, as where one was cut and the next glued
    /// to it. Whether it is such a line.
    fn parts(&mut self, line: &Given<'_>, raw: &Raw<'_>) -> Result<bool, E> {
        if !line.is_as_read || line.is_cut {
            return Ok(false);
        }
        let parts = objects::of_line(line.text.as_bytes(), self.first_key.as_deref());
        if parts.is_empty() || parts.iter().any(|(from, to)| to - from == line.text.trim().len()) {
            return Ok(false);
        }
        let mut end = 0;
        for (from, to) in parts.into_iter().chain([(raw.size, raw.size)]) {
            let (offset, between) = (raw.source)(end, from);
            if between.iter().all(|byte| byte.is_ascii_whitespace() || *byte == b',') {
                self.blank(&between)?;
            } else {
                self.flush_pending()?;
                self.counts.foreign_lines += 1;
                self.reject(offset, &between, ProblemKind::MalformedBody, BROKEN)?;
            }
            if let Some(text) = line.text.get(from..to).filter(|text| !text.is_empty()) {
                let part = Raw { source: &|a, b| (raw.source)(from + a, from + b), size: to - from };
                let offset = (raw.source)(from, from).0;
                self.line(&Given { text, offset, replaced_at: None, is_cut: false, is_as_read: false }, &part)?;
            }
            end = to;
        }
        Ok(true)
    }

    fn line(&mut self, line: &Given<'_>, raw: &Raw<'_>) -> Result<(), E> {
        let is_json = matches!(self.format, Format::Jsonl);
        let longest = self.options.limits.max_stored_bytes;
        let entry = self.format.read(line.text, &mut self.context);
        match &entry {
            Some(_) if is_json => self.remember_key(line.text),
            None if is_json && self.parts(line, raw)? => return Ok(()),
            _ => {}
        }
        let date = match &entry {
            Some(Entry::Event(event)) => event.date,
            Some(Entry::Exchange(exchange)) => exchange.request_date.max(exchange.response_date),
            None => None,
        };
        let problems = self.problems(line, date);
        match entry {
            Some(Entry::Event(event)) if event.fields.as_bytes().len() <= longest => {
                self.flush()?;
                self.pending = Some(Pending {
                    server: event.server.as_deref().map(str::to_owned),
                    date: event.date,
                    fault: event.fault(),
                    fields: event.fields,
                    problems,
                    offset: line.offset,
                    text: line.text.to_owned(),
                    stack_at: line.text.len(),
                });
                Ok(())
            }
            Some(Entry::Exchange(exchange)) if exchange.bodies().all(|body| body.as_bytes().len() <= longest) => {
                self.flush()?;
                let log = self.logs.exchange(*exchange, (line.text, line.offset), problems);
                self.emit(log)
            }
            Some(_) => self.foreign(line, raw, ProblemKind::Oversized, "the object is larger than a document may be"),
            None if is_json && line.text.trim_start().starts_with('{') => {
                let (kind, reason) = match line.is_cut {
                    true => (ProblemKind::Oversized, "the line is longer than an object may be"),
                    false => (ProblemKind::MalformedBody, BROKEN),
                };
                self.foreign(line, raw, kind, reason)
            }
            None if !(is_json && line.text.starts_with('}')) && self.continues(line) => Ok(()),
            None => {
                let reason = format!("the line is not of the format `{}`", self.format.name());
                self.foreign(line, raw, ProblemKind::Unrecognised, &reason)
            }
        }
    }

    /// Remembers by what the next object may be known.
    fn remember_key(&mut self, text: &str) {
        let key = objects::first_key(text.trim_start().as_bytes(), 0);
        if self.first_key.as_deref() != key {
            self.first_key = key.map(<[u8]>::to_vec);
        }
    }

    /// What is wrong with a line that could be read.
    fn problems(&mut self, line: &Given<'_>, date: Option<DateTime>) -> Vec<Problem> {
        let mut remarks = self.context.take_remarks();
        if date.is_some_and(|date| date.timestamp_millis() > self.options.latest_ms()) {
            remarks.push(Remark { at: 0, kind: ProblemKind::FutureDate, text: FUTURE.to_owned() });
        }
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
    fn foreign(&mut self, line: &Given<'_>, raw: &Raw<'_>, kind: ProblemKind, reason: &str) -> Result<(), E> {
        self.flush_pending()?;
        self.counts.foreign_lines += 1;
        self.reject(line.offset, &raw.all(), kind, reason)
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
        let Some(pending) = self.pending.take() else { return Ok(()) };
        let log = self.logs.event(pending);
        self.emit(log)
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
