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
}

impl<E> Reader<'_, E> {
    fn line(&mut self, line: &Given<'_>, raw: &dyn Fn() -> Vec<u8>) -> Result<(), E> {
        let is_json = matches!(self.format, Format::Jsonl);
        let longest = self.options.limits.max_stored_bytes;
        let entry = self.format.read(line.text, &mut self.context);
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
