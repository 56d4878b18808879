//! Bytes of a file ─► Logs and problems side by side. Never fails on what the bytes say; only on not being able to read them.
//!
//! `input` opens compression, `text` decodes, `records` (the branch format) or `lines` (all others) cut the text into records,
//! `json` turns bodies into BSON, `pair` joins requests and responses. Memory is bounded by the longest record and
//! [`Limits::pending_bytes`]; halves beyond that wait in a temporary file. Offsets count bytes of the decompressed file.

mod body;
mod date;
mod encode;
mod half;
mod header;
mod input;
mod json;
mod limits;
pub mod lines;
mod pair;
mod records;
mod spill;
#[cfg(test)]
mod tests;
mod text;

use std::{
    io::{self, Read},
    sync::Arc,
};

use jiff::tz::TimeZone;

pub use encode::PairedLog;
pub use limits::Limits;
pub use lines::{CustomFormat, Format};

use crate::domain::{BranchCode, DateOrder, LogFileId, ParseCounts, Problem, ProblemKind};
use pair::Pairer;
use records::{Item, Records};
use text::Window;

/// What a file is read as.
#[derive(Debug, Clone, Default)]
pub enum FormatChoice {
    /// Found from a sample.
    #[default]
    Auto,
    /// The request/response records of branches.
    Bars,
    /// A line format.
    Lines(Format),
}

/// How to read a file.
#[derive(Debug, Clone)]
pub struct Options {
    /// The branch it came from.
    pub branch: BranchCode,
    /// Its id.
    pub log_file_id: LogFileId,
    /// Its format.
    pub format: FormatChoice,
    /// User-defined formats that may be found.
    pub custom: Vec<Arc<CustomFormat>>,
    /// Its encoding; `None` to find out.
    pub encoding: Option<&'static encoding_rs::Encoding>,
    /// Order of its dates.
    pub date_order: DateOrder,
    /// Zone of its dates.
    pub timezone: TimeZone,
    /// Bounds.
    pub limits: Limits,
}

impl Options {
    /// Everything found out, dates in UTC.
    pub fn new(branch: BranchCode, log_file_id: LogFileId) -> Self {
        Self {
            branch,
            log_file_id,
            format: FormatChoice::Auto,
            custom: Vec::new(),
            encoding: None,
            date_order: DateOrder::Detect,
            timezone: TimeZone::UTC,
            limits: Limits::default(),
        }
    }
}

/// What parsing yields.
#[derive(Debug)]
pub enum Piece {
    /// An exchange, or what there is of it.
    Log(Box<PairedLog>),
    /// Bytes that belong to no Log, or that a Log could not hold.
    Quarantine(Foreign),
}

/// Text that belongs to no Log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Where it begins.
    pub offset: u64,
    /// The text in the file's encoding; the first mebibyte of a longer one.
    pub raw: Vec<u8>,
    /// Length of the whole piece in the file's encoding, in bytes.
    pub size_bytes: u64,
    /// What kind of problem.
    pub kind: ProblemKind,
    /// What and why.
    pub reason: String,
}

/// What kind of file it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// A log.
    Good,
    /// No bytes, or nothing but blanks.
    Empty,
    /// A log whose end is missing or damaged.
    Truncated,
    /// Bytes that are no text.
    Binary,
    /// Text without a single record.
    NotALog,
}

/// What was found in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Name of the format it was read as.
    pub format: String,
    /// Name of the encoding it was read in.
    pub encoding: &'static str,
    /// What kind of file it was.
    pub whole: Whole,
    /// Counts; `errors` is left to whoever detects them.
    pub counts: ParseCounts,
    /// What is to be said of the file as a whole.
    pub notes: Vec<Problem>,
}

/// Reads a file to its end and hands every piece to `sink`, Logs as soon as they are complete.
///
/// # Errors
/// When the input cannot be read, the temporary file cannot be written, or the sink fails.
pub fn parse<E: From<io::Error>>(
    input: impl Read,
    options: &Options,
    sink: &mut dyn FnMut(Piece) -> Result<(), E>,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, E> {
    let window = Window::new(input::open(input)?, options.encoding)?;
    let sample = window.text();
    if sample.trim().is_empty() && window.at_end() {
        return Ok(report(&window, "none", Whole::Empty, ParseCounts::default()));
    }
    if options.encoding.is_none() && is_binary(sample) {
        return Ok(report(&window, "none", Whole::Binary, ParseCounts::default()));
    }
    let format = match &options.format {
        FormatChoice::Auto => choose(sample, &options.custom),
        named => Some(named.clone()),
    };
    match format {
        Some(FormatChoice::Lines(format)) => lines::parse(window, &format, options, sink, progress),
        Some(_) => bars(window, options, sink, progress),
        None => {
            let counts = ParseCounts { bytes: window.bytes_read() as i64, ..ParseCounts::default() };
            Ok(report(&window, "none", Whole::NotALog, counts))
        }
    }
}

/// The format of a sample: the branch format wherever one of its headers stands, else the best line format.
fn choose(sample: &str, custom: &[Arc<CustomFormat>]) -> Option<FormatChoice> {
    let lines: Vec<&str> = sample.lines().take(2000).collect();
    if lines.iter().any(|line| header::could_be_header(line) && header::read(line).is_some()) {
        return Some(FormatChoice::Bars);
    }
    lines::detect(&lines, custom).map(FormatChoice::Lines)
}

/// Whether a text is mostly no text: zero bytes, control characters, replacement characters.
fn is_binary(sample: &str) -> bool {
    let (mut odd, mut n) = (0, 0);
    for c in sample.chars().take(8192) {
        n += 1;
        odd += usize::from(c == '\u{FFFD}' || (c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{1B}' | '\u{C}')));
    }
    odd * 10 > n
}

fn bars<R: Read, E: From<io::Error>>(
    window: Window<R>,
    options: &Options,
    sink: &mut dyn FnMut(Piece) -> Result<(), E>,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, E> {
    let mut counts = ParseCounts::default();
    let mut records = Records::new(window, options);
    let mut pairer = Pairer::new(options);
    let mut n_items = 0_u64;
    while let Some(item) = records.next()? {
        match item {
            Item::Half(half) => {
                counts.records += 1;
                counts.malformed += i64::from(half.damaged);
                if let Some(log) = pairer.add(*half)? {
                    emit(log, &mut counts, sink)?;
                }
            }
            Item::Foreign { piece, n_lines } => {
                counts.foreign_lines += n_lines;
                sink(Piece::Quarantine(piece))?;
            }
            Item::Kept(piece) => sink(Piece::Quarantine(piece))?,
        }
        n_items += 1;
        if n_items.is_multiple_of(256) {
            progress(records.window().bytes_read());
        }
    }
    pairer.finish(&mut |log| emit(log, &mut counts, sink))?;
    let window = records.into_window();
    progress(window.bytes_read());
    counts.bytes = window.bytes_read() as i64;
    let whole = if window.truncated().is_some() {
        Whole::Truncated
    } else if counts.records == 0 {
        Whole::NotALog
    } else {
        Whole::Good
    };
    Ok(report(&window, "bars", whole, counts))
}

/// Counts a Log and hands it on.
fn emit<E>(log: PairedLog, counts: &mut ParseCounts, sink: &mut dyn FnMut(Piece) -> Result<(), E>) -> Result<(), E> {
    use crate::domain::LogState;
    counts.logs += 1;
    match log.state() {
        LogState::Complete => counts.complete += 1,
        LogState::RequestOnly => counts.request_only += 1,
        LogState::ResponseOnly => counts.response_only += 1,
    }
    sink(Piece::Log(Box::new(log)))
}

fn report<R: Read>(window: &Window<R>, format: &str, whole: Whole, mut counts: ParseCounts) -> Report {
    counts.bytes = window.bytes_read() as i64;
    let mut notes = Vec::new();
    let mut note = |offset: u64, kind, text: String| notes.push(Problem { offset: offset as i64, kind, text });
    match whole {
        Whole::Empty => note(0, ProblemKind::Unrecognised, "the file is empty".to_owned()),
        Whole::Binary => note(0, ProblemKind::Unrecognised, "the file is binary, not a log".to_owned()),
        Whole::NotALog => note(0, ProblemKind::Unrecognised, "no record of a known format was found: this is not a log".to_owned()),
        Whole::Good | Whole::Truncated => {}
    }
    if let Some(reason) = window.truncated() {
        let text = format!("the file ends early or is damaged after {} bytes: {reason}", window.bytes_read());
        note(window.bytes_read(), ProblemKind::TruncatedInput, text);
    }
    if window.bad_bytes() > 0 && !matches!(whole, Whole::Binary) {
        let text = format!("{} places are not valid {}: they were replaced", window.bad_bytes(), window.encoding().name());
        note(0, ProblemKind::BadEncoding, text);
    }
    Report { format: format.to_owned(), encoding: window.encoding().name(), whole, counts, notes }
}
