//! What comes out of a file: pieces while it is read, a report at its end.

use super::PairedLog;
use crate::domain::{DateOrder, ParseCounts, Problem, ProblemKind};

/// One thing found in a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// An exchange, whole or with one half missing.
    Log(PairedLog),
    /// Bytes that are part of no exchange.
    Quarantine(Foreign),
}

/// Bytes that could not become a Log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Byte offset in the (decompressed) file.
    pub offset: u64,
    /// Length of the whole piece.
    pub size_bytes: u64,
    /// The bytes; the first mebibyte of a longer piece.
    pub raw: Vec<u8>,
    /// What kind of problem.
    pub kind: ProblemKind,
    /// What and why, in English.
    pub reason: String,
}

/// What the file as a whole turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Whole {
    /// A log.
    #[default]
    Ok,
    /// A log whose compressed form ends too early or is damaged; what could be read was parsed.
    Truncated,
    /// Text in no format known here.
    NotALog,
    /// No text.
    Binary,
    /// Nothing, or only white space.
    Empty,
    /// What the program failed on; what came before was parsed.
    ProgramFault,
}

/// What was found out about a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The format it was read as.
    pub format: String,
    /// WHATWG name of the encoding it was read in.
    pub encoding: &'static str,
    /// How its dates with slashes were read; `Detect` when it has none.
    pub date_order: DateOrder,
    /// Counts; `errors` is left to the caller, who runs the detection.
    pub counts: ParseCounts,
    /// Problems of the file as a whole.
    pub notes: Vec<Problem>,
    /// What it is.
    pub whole: Whole,
}

/// What a file turned out to be, and why, if it is not simply good; `sought` names the format that was looked for.
pub(super) fn judge(counts: &ParseCounts, damage: Option<&str>, sought: impl FnOnce() -> String) -> (Whole, Vec<Problem>) {
    let note = |kind, text: String| vec![Problem { offset: counts.bytes, kind, text }];
    match damage {
        Some(damage) => (Whole::Truncated, note(ProblemKind::TruncatedInput, damage.to_owned())),
        None if counts.records > 0 => (Whole::Ok, Vec::new()),
        None if counts.foreign_lines == 0 => (Whole::Empty, note(ProblemKind::Unrecognised, "the file is empty".to_owned())),
        None => {
            let text = format!("no record of {} was found: this is not a log, or the configuration must define its format", sought());
            (Whole::NotALog, note(ProblemKind::Unrecognised, text))
        }
    }
}
