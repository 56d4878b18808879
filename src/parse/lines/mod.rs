//! Logs of one event a line: JSON lines, syslog, log4j and its kin, BGL, Go-style, user-defined.
//!
//! An event becomes a Log in state `complete` whose request document holds its fields. Lines that continue an event (stack
//! traces) belong to it. A line of JSON that is itself a Log (the output of `parse`) becomes that Log again.

mod bgl;
mod custom;
mod event;
mod go;
mod jsonl;
mod log4j;
mod syslog;
#[cfg(test)]
mod tests;
mod time;

use std::{borrow::Cow, io::Read, str::FromStr, sync::Arc};

use jiff::tz::TimeZone;

pub use custom::{CustomFormat, CustomFormatError};
pub use event::Event;

use super::{Error, Foreign, Options, PairedLog, Piece, Report, Whole, input::Window, recent::Recent};
use crate::domain::{Halves, Log, LogId, LogState, ParseCounts, Problem, ProblemKind};

/// Events among which identical ones are told apart by their number.
const EVENTS_REMEMBERED: usize = 64 << 10;
/// A line longer than this is cut.
const MAX_LINE: usize = 16 << 20;

/// A format of one event a line.
#[derive(Debug, Clone)]
pub enum Format {
    /// A JSON object a line.
    Jsonl,
    /// RFC 3164 or RFC 5424.
    Syslog,
    /// Date, level, class, message in the layouts of log4j, Spark, Hadoop, HDFS, OpenStack.
    Log4j,
    /// Blue Gene/L.
    Bgl,
    /// `[LEVEL][file:line] date message`.
    Go,
    /// A regular expression of the user's.
    Custom(Arc<CustomFormat>),
}

/// A name that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no format: auto, bars, jsonl, syslog, log4j, bgl, go or a name from the configuration is")]
pub struct FormatError(String);

/// What a line is read with.
#[derive(Debug, Clone)]
pub struct Context {
    /// Zone of dates without one.
    pub timezone: TimeZone,
    /// Year of dates without one.
    pub year: i16,
}

impl Format {
    /// The formats that come with the program.
    const OWN: [Self; 5] = [Self::Jsonl, Self::Syslog, Self::Bgl, Self::Go, Self::Log4j];

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Syslog => "syslog",
            Self::Log4j => "log4j",
            Self::Bgl => "bgl",
            Self::Go => "go",
            Self::Custom(custom) => &custom.name,
        }
    }

    /// The event of a line, or `None` when the line is not of this format.
    pub fn read(&self, line: &str, context: &Context) -> Option<Event> {
        match self {
            Self::Jsonl => jsonl::read(line, context),
            Self::Syslog => syslog::read(line, context),
            Self::Log4j => log4j::read(line, context),
            Self::Bgl => bgl::read(line),
            Self::Go => go::read(line, context),
            Self::Custom(custom) => custom.read(line, context),
        }
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(name: &str) -> Result<Self, FormatError> {
        match name {
            "spark" | "hadoop" | "hdfs" | "zookeeper" | "openstack" => Ok(Self::Log4j),
            "syslog3164" | "syslog5424" => Ok(Self::Syslog),
            name => Self::OWN.into_iter().find(|format| format.name() == name).ok_or_else(|| FormatError(name.to_owned())),
        }
    }
}

/// The format that reads most lines of a sample; at least a third of those that begin an event.
pub fn detect(lines: &[&str], custom: &[Arc<CustomFormat>]) -> Option<Format> {
    let context = Context { timezone: TimeZone::UTC, year: 2000 };
    let events: Vec<&&str> = lines.iter().filter(|line| !line.trim().is_empty() && !is_continuation(line)).take(400).collect();
    let score = |format: &Format| events.iter().filter(|line| format.read(line, &context).is_some()).count();
    let formats = custom.iter().cloned().map(Format::Custom).chain(Format::OWN);
    let best = formats.map(|format| (score(&format), format)).reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.filter(|(score, _)| *score * 3 >= events.len() && *score > 0).map(|(_, format)| format)
}

/// Whether a line can only continue the event before it.
fn is_continuation(line: &str) -> bool {
    line.starts_with([' ', '\t']) || line.starts_with("Caused by:") || line.starts_with("java.") || line.starts_with("Traceback (")
}

/// An event that may still be continued.
struct Pending {
    event: Event,
    text: String,
}

/// As [`detect`], from the bytes of a sample.
pub(super) fn detect_in(sample: &[u8], custom: &[Arc<CustomFormat>]) -> Option<Format> {
    let text = String::from_utf8_lossy(sample.get(..sample.len().min(128 << 10)).unwrap_or_default());
    let lines: Vec<&str> = text.lines().take(1000).collect();
    detect(&lines, custom)
}

/// Reads a file of such lines.
pub(super) fn parse<R: Read, E: From<Error>>(
    mut window: Window<'_, R>,
    format: &Format,
    options: &Options,
    sink: &mut dyn FnMut(Piece) -> Result<(), E>,
) -> Result<Report, E> {
    let context = Context { timezone: options.timezone.clone(), year: 2000 };
    let mut reading = Reading { format, options, recent: Recent::new(EVENTS_REMEMBERED), counts: ParseCounts::default() };
    let mut pending: Option<Pending> = None;
    loop {
        let view = window.view();
        let end = match memchr::memchr(b'\n', view) {
            Some(end) => end + 1,
            None if !window.is_last() && view.len() < MAX_LINE => {
                window.grow().map_err(Error::Read)?;
                continue;
            }
            None => view.len(),
        };
        if end == 0 {
            break;
        }
        let line: Cow<'_, str> = String::from_utf8_lossy(view.get(..end).unwrap_or_default());
        let line = line.trim_end_matches(['\n', '\r']);
        let continued = pending.as_mut().filter(|pending| is_continuation(line) && pending.text.len() < 1 << 20);
        if line.trim().is_empty() {
        } else if let Some(pending) = continued {
            pending.text.push('\n');
            pending.text.push_str(line);
        } else if let Some(event) = format.read(line, &context) {
            let next = Pending { event, text: line.to_owned() };
            if let Some(done) = pending.replace(next) {
                reading.finish(done, sink)?;
            }
        } else {
            let raw = window.source(0, end.min(1 << 20));
            let size_bytes = window.offset_of(end) - window.offset_of(0);
            let reason = format!("the line is not of the format `{}`", format.name());
            reading.counts.foreign_lines += 1;
            sink(Piece::Quarantine(Foreign { offset: window.offset_of(0), raw, size_bytes, kind: ProblemKind::Unrecognised, reason }))?;
        }
        window.consume(end);
    }
    if let Some(done) = pending {
        reading.finish(done, sink)?;
    }
    let mut counts = reading.counts;
    counts.bytes = window.n_bytes() as i64;
    let damage = window.damage().map(|text| Problem { offset: counts.bytes, kind: ProblemKind::TruncatedInput, text: text.to_owned() });
    let whole = match (&damage, counts.records) {
        (Some(_), _) => Whole::Truncated,
        (None, 0) => Whole::NotALog,
        _ => Whole::Ok,
    };
    let encoding = window.charset().encoding.name();
    Ok(Report { format: format.name().to_owned(), encoding, counts, notes: damage.into_iter().collect(), whole, ..Report::default() })
}

/// What turns events into Logs.
struct Reading<'a> {
    format: &'a Format,
    options: &'a Options,
    recent: Recent,
    counts: ParseCounts,
}

impl Reading<'_> {
    fn finish<E>(&mut self, pending: Pending, sink: &mut dyn FnMut(Piece) -> Result<(), E>) -> Result<(), E> {
        self.counts.records += 1;
        self.counts.logs += 1;
        let log = match pending.event.log {
            Some(log) => from_log(*log),
            None => self.log(pending),
        };
        match log.state {
            LogState::Complete => self.counts.complete += 1,
            LogState::RequestOnly => self.counts.request_only += 1,
            LogState::ResponseOnly => self.counts.response_only += 1,
        }
        sink(Piece::Log(log))
    }

    fn log(&mut self, Pending { event, text }: Pending) -> PairedLog {
        let hash = blake3::hash(text.as_bytes());
        let first = hash.as_bytes().first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let own = (first as i64).wrapping_add(i64::from(self.recent.count(first)));
        let server = event.server.clone().unwrap_or_else(|| self.format.name().to_owned());
        let fault = event.fault();
        let stack = text.split_once('\n').map(|(_, stack)| stack.to_owned());
        PairedLog {
            id: LogId::from_content(&[self.options.branch.as_str().as_bytes(), server.as_bytes(), b"event", &own.to_le_bytes()]),
            server: server.into(),
            // An event is whole: its id names no partner.
            message_id: None,
            state: LogState::Complete,
            remote_ip: None,
            request_type: None,
            content_type: None,
            charset: None,
            request_date: event.date,
            request: Some(event.into_fields(stack)),
            response_date: None,
            response: None,
            problems: Vec::new(),
            session_key: None,
            pairing_key: None,
            halves: Halves { request: Some(own), response: None },
            fault,
        }
    }
}

/// A Log that was read back; it now belongs to this file.
fn from_log(log: Log) -> PairedLog {
    let body = |body: Option<bson::RawBson>| match body {
        Some(bson::RawBson::Document(document)) => Some(document),
        _ => None,
    };
    PairedLog {
        id: log.id,
        server: log.server.into(),
        message_id: log.message_id,
        state: log.state,
        remote_ip: log.remote_ip,
        request_type: log.request_type.map(Into::into),
        content_type: log.content_type.map(Into::into),
        charset: log.charset.map(Into::into),
        request_date: log.request_date,
        request: body(log.request),
        response_date: log.response_date,
        response: body(log.response),
        problems: log.problems,
        session_key: log.session_key,
        pairing_key: log.pairing_key.map(LogId),
        halves: log.halves,
        fault: log.error,
    }
}
