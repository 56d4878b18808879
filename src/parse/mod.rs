//! Bytes to Logs: the branch record format and what goes wrong with it in real files.
//!
//! `input` opens and decodes, `scan` finds the records, `json` turns their bodies to BSON bytes in one pass, `date` reads
//! their dates, `pair` brings requests and responses together, `encode` writes the stored document. Each file comes out as
//! [`Piece`]s, as soon as they are complete, and a [`Report`].
//!
//! What is wrong with a file is data, never an error: it stands in the pieces with its byte offset. The room knows no
//! store, no clock and no knowledge base; its result depends on the bytes and the [`Options`] alone, not on how the
//! bytes arrive. Other logs than the branch's, of one event a line, are read in `lines`. Memory is bounded whatever the size of the file and the order of its halves.

pub mod archive;
mod date;
mod encode;
pub mod envelope;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod half;
mod input;
mod json;
pub mod lines;
mod log;
mod memory;
mod object_lines;
mod objects;
mod options;
mod origin;
mod pair;
mod plain;
mod proportion;
mod recent;
mod report;
mod scan;
pub mod shipped;
mod sniff;

use std::io::{self, Read};

pub use lines::{CustomFormat, Format};
pub use log::PairedLog;
pub use memory::Memory;
pub use options::{FormatChoice, Limits, Options};
pub use origin::Origin;
pub use plain::Plain;
pub use report::{Foreign, Piece, Report, Whole};

use input::Window;
use pair::{Pair, Pairing};
use recent::Recent;
use scan::{Item, Scanner};

use crate::domain::{DateOrder, LogId, LogState, ParseCounts, Problem, ProblemKind, client_key, log_id};

/// Exchanges within which a message id that is used again is seen at once; beyond that the store sees to it.
const MESSAGE_IDS_REMEMBERED: usize = 32 << 10;

/// What ends the reading of a file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input fails.
    #[error("the input cannot be read")]
    Read(#[source] io::Error),
    /// The disk fails that halves wait on.
    #[error("halves that wait for their partner cannot be kept on disk")]
    Spill(#[source] io::Error),
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Read(source) | Error::Spill(source) => source,
        }
    }
}

/// Reads a file to its end and hands out its pieces; `progress` is told the bytes received so far.
///
/// # Errors
/// When the input or the temporary disk fails, or when `sink` says so.
pub fn parse<E: From<Error>>(
    input: impl Read,
    options: &Options,
    sink: &mut dyn FnMut(Piece) -> Result<(), E>,
    progress: &dyn Fn(u64),
) -> Result<Report, E> {
    parse_with(&mut Memory::default(), input, options, sink, progress)
}

/// As [`parse`], with the memory of inputs that were read before.
///
/// # Errors
/// As [`parse`].
pub fn parse_with<E: From<Error>>(
    memory: &mut Memory,
    input: impl Read,
    options: &Options,
    sink: &mut dyn FnMut(Piece) -> Result<(), E>,
    progress: &dyn Fn(u64),
) -> Result<Report, E> {
    let mut window = Window::open(input, options.encoding, progress, memory.take_text()).map_err(Error::Read)?;
    if sniff::is_binary(window.view()) {
        return binary(window, sink);
    }
    let lines = match &options.format {
        FormatChoice::Lines(format) => Some(format.clone()),
        FormatChoice::Records => None,
        FormatChoice::Auto if sniff::has_header(window.view()) => None,
        FormatChoice::Auto => lines::detect_in(window.view(), &options.custom),
    };
    if let Some(format) = lines {
        let report = lines::parse(&mut window, &format, options, sink)?;
        memory.keep_text(window);
        return Ok(report);
    }
    Records::new(window, options, memory).run(options, sink)
}

/// A file that is no text: its beginning goes to quarantine, its length is counted.
fn binary<R: Read, E: From<Error>>(mut window: Window<'_, R>, sink: &mut dyn FnMut(Piece) -> Result<(), E>) -> Result<Report, E> {
    let (offset, raw) = (window.offset_of(0), window.source(0, window.view().len().min(64 << 10)));
    loop {
        window.consume(window.view().len());
        if window.is_last() {
            break;
        }
        window.grow().map_err(Error::Read)?;
    }
    let reason = "the file is binary, not a log".to_owned();
    let note = Problem { offset: 0, kind: ProblemKind::Unrecognised, text: reason.clone() };
    let size_bytes = window.n_bytes() - offset;
    sink(Piece::Quarantine(Foreign { offset, size_bytes, raw, kind: ProblemKind::Unrecognised, reason }))?;
    let counts = ParseCounts { bytes: window.n_bytes() as i64, ..ParseCounts::default() };
    let (format, encoding) = ("binary".to_owned(), window.charset().encoding.name());
    Ok(Report { format, encoding, counts, notes: vec![note], whole: Whole::Binary, ..Report::default() })
}

/// The parsing of one file in the branch record format.
struct Records<'m, 'p, R: Read> {
    scanner: Scanner<'p, R>,
    pairing: Pairing,
    used: Recent,
    report: Report,
    sought: FormatChoice,
    memory: &'m mut Memory,
}

impl<'m, 'p, R: Read> Records<'m, 'p, R> {
    fn new(window: Window<'p, R>, options: &Options, memory: &'m mut Memory) -> Self {
        let order = match options.date_order {
            DateOrder::Detect => date::detect(window.view()),
            order => order,
        };
        let tools = memory.take_tools(options, window.charset());
        let report = Report { format: "bars".to_owned(), date_order: order, ..Report::default() };
        Self {
            scanner: Scanner::new(window, order, tools, options),
            pairing: Pairing::new(options.limits.pending_bytes),
            used: Recent::new(MESSAGE_IDS_REMEMBERED),
            report,
            sought: options.format.clone(),
            memory,
        }
    }

    fn run<E: From<Error>>(mut self, options: &Options, sink: &mut dyn FnMut(Piece) -> Result<(), E>) -> Result<Report, E> {
        while let Some(item) = self.scanner.next().map_err(Error::Read)? {
            match item {
                Item::Half(half) => self.pairing.add(half).map_err(Error::Spill)?,
                Item::Foreign(foreign) => sink(Piece::Quarantine(foreign))?,
            }
            self.hand_out(options, sink)?;
        }
        while self.pairing.finish().map_err(Error::Spill)? {
            self.hand_out(options, sink)?;
        }
        Ok(self.end())
    }

    fn hand_out<E>(&mut self, options: &Options, sink: &mut dyn FnMut(Piece) -> Result<(), E>) -> Result<(), E> {
        while let Some(pair) = self.pairing.take() {
            let (id, pairing_key) = self.ids(&pair, options);
            let log = PairedLog::new(id, pairing_key, pair);
            let counts = &mut self.report.counts;
            counts.logs += 1;
            match log.state {
                LogState::Complete => counts.complete += 1,
                LogState::RequestOnly => counts.request_only += 1,
                LogState::ResponseOnly => counts.response_only += 1,
            }
            sink(Piece::Log(log))?;
        }
        Ok(())
    }

    /// Identifier and pairing key of a Log: its message id says the first, unless it was used before in this file or there is none.
    fn ids(&mut self, pair: &Pair, options: &Options) -> (LogId, Option<LogId>) {
        let Some(half) = pair.request.as_ref().or(pair.response.as_ref()) else { return (LogId::from_content(&[]), None) };
        let branch = options.branch.as_str();
        let key = match (&half.message_id, half.client()) {
            (Some(message_id), _) => {
                let key = log_id(branch, half.origin.server(), message_id);
                let first = key.bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
                if self.used.count(first) == 0 {
                    return (key, None);
                }
                key
            }
            (None, Some(client)) => client_key(branch, half.origin.server(), client),
            (None, None) => {
                return (LogId::from_content(&[branch.as_bytes(), half.origin.server().as_bytes(), &half.print.to_le_bytes()]), None);
            }
        };
        (LogId::of_later(key, Some(half.print)), Some(key))
    }

    fn end(mut self) -> Report {
        let found = self.scanner.counts();
        let counts = &mut self.report.counts;
        (counts.records, counts.malformed) = (found.records, found.malformed);
        (counts.foreign_lines, counts.bytes) = (found.foreign_lines, found.bytes);
        self.report.encoding = self.scanner.encoding();
        let charset = self.scanner.window().charset();
        let chosen = if charset.guessed || charset.is_utf8() { String::new() } else { format!("; read as {}", charset.encoding.name()) };
        let sought = || match &self.sought {
            FormatChoice::Auto => format!("a known format ({}{chosen})", Format::names()),
            _ => "the format `bars`".to_owned(),
        };
        let (whole, notes) = report::judge(&self.report.counts, self.scanner.window().damage(), sought);
        (self.report.whole, self.report.notes) = (whole, notes);
        let (window, tools) = self.scanner.end();
        self.memory.keep_text(window);
        self.memory.keep_tools(tools);
        self.report
    }
}

#[cfg(test)]
mod tests;
