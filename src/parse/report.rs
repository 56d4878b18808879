//! What comes out of a file: pieces while it is read, a report at its end.

use super::PairedLog;
use crate::domain::{DateOrder, ParseCounts, Problem, ProblemKind};

/// One thing found in a file.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every piece is a Log, and pieces are handed on one by one")]
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
