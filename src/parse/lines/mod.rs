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

use std::{
    io::{self, Read},
    str::FromStr,
    sync::Arc,
};

use jiff::tz::TimeZone;

pub use custom::{CustomFormat, CustomFormatError};
pub use event::Event;

use super::{
    Foreign, Options, Piece, Report, Whole, emit,
    encode::PairedLog,
    half::{Recent, print},
    report,
    text::Window,
};
use crate::domain::{Halves, Log, LogId, LogState, ParseCounts, ProblemKind};

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
            Self::Bgl => bgl::read(line, context),
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

/// Reads a file of such lines.
pub(super) fn parse<R: Read, E: From<io::Error>>(
    mut window: Window<R>,
    format: &Format,
    options: &Options,
    sink: &mut dyn FnMut(Piece) -> Result<(), E>,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, E> {
    let context = Context { timezone: options.timezone.clone(), year: 2000 };
    let mut counts = ParseCounts::default();
    let mut recent = Recent::default();
    let mut pending: Option<Pending> = None;
    loop {
        let text = window.text();
        let end = match memchr::memchr(b'\n', text.as_bytes()) {
            Some(end) => end + 1,
            None if !window.at_end() && text.len() < options.limits.max_record_bytes => {
                progress(window.bytes_read());
                window.grow()?;
                continue;
            }
            None => text.len(),
        };
        if end == 0 {
            break;
        }
        let line = text.get(..end).unwrap_or_default().trim_end_matches(['\n', '\r']);
        let continues = pending.as_ref().is_some_and(|pending| is_continuation(line) && pending.text.len() < 1 << 20);
        if line.trim().is_empty() {
        } else if continues {
            if let Some(pending) = &mut pending {
                pending.text.push('\n');
                pending.text.push_str(line);
            }
        } else if let Some(event) = format.read(line, &context) {
            let next = Pending { event, text: line.to_owned() };
            if let Some(done) = pending.replace(next) {
                finish(done, format, options, &mut recent, &mut counts, sink)?;
            }
        } else {
            let raw = line.as_bytes().get(..line.len().min(1 << 20)).unwrap_or_default().to_vec();
            let size_bytes = line.len() as u64;
            let reason = format!("the line is not of the format `{}`", format.name());
            let offset = window.offset(0);
            counts.foreign_lines += 1;
            sink(Piece::Quarantine(Foreign { offset, raw, size_bytes, kind: ProblemKind::Unrecognised, reason }))?;
        }
        window.consume(end);
    }
    if let Some(done) = pending {
        finish(done, format, options, &mut recent, &mut counts, sink)?;
    }
    progress(window.bytes_read());
    let whole = match (window.truncated(), counts.records) {
        (Some(_), _) => Whole::Truncated,
        (None, 0) => Whole::NotALog,
        _ => Whole::Good,
    };
    Ok(report(&window, format.name(), whole, counts))
}

fn finish<E>(
    pending: Pending,
    format: &Format,
    options: &Options,
    recent: &mut Recent,
    counts: &mut ParseCounts,
    sink: &mut dyn FnMut(Piece) -> Result<(), E>,
) -> Result<(), E> {
    counts.records += 1;
    let Pending { event, text } = pending;
    if let Some(log) = event.log {
        return emit(from_log(*log, options), counts, sink);
    }
    let ordinal = recent.seen(print(&text, 0) as u64);
    let own = print(&text, ordinal);
    let server = event.server.clone().unwrap_or_else(|| format.name().to_owned());
    let fault = event.fault();
    let stack = text.split_once('\n').map(|(_, stack)| stack.to_owned());
    let log = PairedLog {
        id: LogId::from_content(&[options.branch.as_str().as_bytes(), server.as_bytes(), b"event", &own.to_le_bytes()]),
        branch: options.branch.clone(),
        log_file_id: options.log_file_id,
        server,
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
        halves: Halves { request: Some(own), response: None },
        fault,
    };
    emit(log, counts, sink)
}

/// A Log that was read back; it now belongs to this file.
fn from_log(log: Log, options: &Options) -> PairedLog {
    let body = |body: Option<bson::RawBson>| match body {
        Some(bson::RawBson::Document(document)) => Some(document),
        _ => None,
    };
    PairedLog {
        id: log.id,
        branch: log.branch,
        log_file_id: options.log_file_id,
        server: log.server,
        message_id: log.message_id,
        state: log.state,
        remote_ip: log.remote_ip,
        request_type: log.request_type,
        content_type: log.content_type,
        charset: log.charset,
        request_date: log.request_date,
        request: body(log.request),
        response_date: log.response_date,
        response: body(log.response),
        problems: log.problems,
        session_key: log.session_key,
        halves: log.halves,
        fault: log.error,
    }
}
