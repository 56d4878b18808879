//! Finds the records of the branch format in the text of a file, one after the other.
//!
//! `record` says what stands at the start of the text that is in view, `build` makes a half of it, and the scanner here
//! moves on, asks for more text when a record needs it, and gathers what belongs to no record.

mod build;
mod damage;
pub(super) mod header;
pub(super) mod line;
mod oversized;
mod record;
pub(super) mod repair;

use std::{
    collections::VecDeque,
    io::{self, Read},
};

use build::{Builder, Built};
use header::Memo;
use record::{Body, Step};

use super::{Foreign, Options, date::Dates, half::Half, input::Window, json::Transcoder, memory::Tools};
use crate::domain::{DateOrder, ParseCounts, ProblemKind};

/// Foreign lines that follow each other are kept together up to this size.
const FOREIGN_CAP: usize = 64 << 10;

/// Something found in the file.
pub(super) enum Item {
    Half(Box<Half>),
    Foreign(Foreign),
}

/// Reads one file.
pub(super) struct Scanner<'p, R: Read> {
    window: Window<'p, R>,
    memo: Memo,
    transcoder: Transcoder,
    builder: Builder,
    max_body_bytes: usize,
    counts: ParseCounts,
    foreign: Option<Foreign>,
    /// The last thing seen was the beginning of a line that goes on.
    in_long_line: bool,
    ready: VecDeque<Item>,
}

impl<'p, R: Read> Scanner<'p, R> {
    pub(super) fn new(window: Window<'p, R>, order: DateOrder, tools: Tools, options: &Options) -> Self {
        let limits = &options.limits;
        Self {
            window,
            memo: tools.headers,
            transcoder: tools.transcoder,
            builder: Builder::new(Dates::new(order, tools.zone), tools.origins, options),
            max_body_bytes: limits.max_body_bytes,
            counts: ParseCounts::default(),
            foreign: None,
            in_long_line: false,
            ready: VecDeque::new(),
        }
    }

    /// The next thing in the file.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Option<Item>> {
        while self.ready.is_empty() {
            if self.window.view().is_empty() && self.window.is_last() {
                self.end_foreign();
                break;
            }
            self.step()?;
        }
        Ok(self.ready.pop_front())
    }

    /// The input and what it was read with, for those that follow.
    pub(super) fn end(self) -> (Window<'p, R>, Tools) {
        let (zone, origins) = self.builder.end();
        (self.window, Tools { transcoder: self.transcoder, zone, headers: self.memo, origins })
    }

    /// What was counted so far: records, malformed ones, foreign lines, bytes.
    pub(super) fn counts(&self) -> ParseCounts {
        ParseCounts { bytes: self.window.n_bytes() as i64, ..self.counts }
    }

    /// The input.
    pub(super) fn window(&self) -> &Window<'p, R> {
        &self.window
    }

    /// Name of the encoding, which the start of the file may not have shown.
    pub(super) fn encoding(&self) -> &'static str {
        let charset = self.window.charset();
        if self.builder.n_as_1251 > 0 { encoding_rs::WINDOWS_1251.name() } else { charset.encoding.name() }
    }

    fn step(&mut self) -> io::Result<()> {
        let (view, last) = (self.window.view(), self.window.is_last());
        if self.in_long_line {
            return self.long_line();
        }
        match record::read(view, last, &mut self.memo, &mut self.transcoder, self.max_body_bytes) {
            Step::More => self.window.grow(),
            Step::Blank(len) => {
                // Between foreign lines it belongs to them, so that a piece is one stretch of the file.
                if self.foreign.is_some() {
                    self.add_foreign(0, len, 0);
                }
                self.window.consume(len);
                Ok(())
            }
            Step::Foreign(len) => {
                self.in_long_line = len >= line::LINE_CAP && !matches!(view.get(len - 1), Some(b'\n' | b'\r'));
                self.add_foreign(0, len, 1);
                self.window.consume(len);
                Ok(())
            }
            Step::Record(record) => {
                let built = self.builder.half(&record, &self.window, &mut self.transcoder);
                let (len, body, foreign) = (record.len, record.body, record.foreign);
                if foreign.is_none() {
                    self.end_foreign();
                }
                if let Some((from, to)) = foreign {
                    let n_lines = view_lines(self.window.view().get(from..to).unwrap_or_default());
                    self.end_foreign();
                    self.add_foreign(from, to, n_lines);
                    self.end_foreign();
                }
                let Body::Oversized { from } = body else {
                    self.window.consume(len);
                    self.push(built);
                    return Ok(());
                };
                let found = self.transcoder.take_found();
                self.window.consume(from);
                let built = self.builder.oversized(built, &mut self.window, found)?;
                // What follows the body on its line, if it was not cut by the next record.
                self.in_long_line = built.half.problems.iter().all(|problem| problem.kind != ProblemKind::CutRecord);
                self.push(built);
                Ok(())
            }
        }
    }

    fn push(&mut self, built: Built) {
        let damaged = |kind: ProblemKind| {
            matches!(kind, ProblemKind::MalformedBody | ProblemKind::CutRecord | ProblemKind::MissingBody | ProblemKind::BadDate)
        };
        self.counts.records += 1;
        self.counts.malformed += i64::from(built.half.problems.iter().any(|problem| damaged(problem.kind)));
        self.ready.push_back(Item::Half(built.half));
        self.ready.extend(built.quarantine.into_iter().map(Item::Foreign));
    }

    /// The rest of a line that was too long to look at as a whole.
    fn long_line(&mut self) -> io::Result<()> {
        let (view, last) = (self.window.view(), self.window.is_last());
        let len = match line::line_of_any_end(view, 0, last, line::LINE_CAP, None) {
            line::Line::More => return self.window.grow(),
            line::Line::GoesOn(len) => len,
            line::Line::Ends(_, next) => {
                self.in_long_line = false;
                next
            }
        };
        if self.foreign.is_some() || !line::is_blank(view.get(..len).unwrap_or_default()) {
            self.add_foreign(0, len, 0);
        }
        self.window.consume(len);
        Ok(())
    }

    /// Adds a part of the view to the lines that belong to no record.
    fn add_foreign(&mut self, from: usize, to: usize, n_lines: i64) {
        self.counts.foreign_lines += n_lines;
        let raw = self.window.source(from, to);
        if self.foreign.as_ref().is_some_and(|piece| piece.raw.len() + raw.len() > FOREIGN_CAP) {
            self.end_foreign();
        }
        let piece = self.foreign.get_or_insert_with(|| Foreign {
            offset: self.window.offset_of(from),
            size_bytes: 0,
            raw: Vec::new(),
            kind: ProblemKind::Unrecognised,
            reason: "lines that belong to no record".to_owned(),
        });
        piece.size_bytes += raw.len() as u64;
        piece.raw.extend_from_slice(&raw);
    }

    fn end_foreign(&mut self) {
        self.ready.extend(self.foreign.take().map(Item::Foreign));
    }
}

/// Number of lines that are not blank.
fn view_lines(text: &[u8]) -> i64 {
    text.split(|&b| b == b'\n').filter(|text| !line::is_blank(text)).count() as i64
}
