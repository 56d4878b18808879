//! A record as it is written: header, body, and what is wrong with either.

use std::fmt::Write;

use super::{Dialect, faults::Message};

/// A record to be written.
#[derive(Debug, Clone)]
pub struct Half {
    /// Seconds since 1970, local to the office.
    pub(super) at: i64,
    pub(super) is_response: bool,
    pub(super) server: &'static str,
    pub(super) ip: String,
    /// The body, or what is left of it.
    pub(super) body: String,
    pub(super) flaw: Flaw,
    /// The error that a reader finds in it.
    pub(super) error: Option<&'static Message>,
}

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    None,
    /// A date that does not exist stands in the header.
    BadDate,
    /// There is no body.
    NoBody,
    /// The body was cut; a line end follows, or the next header at once.
    Cut {
        glued: bool,
    },
    /// The body is no JSON.
    Damaged,
    /// Text follows the body.
    Trailing,
    /// A line that belongs to no record stands before the body.
    ForeignInside,
}

impl Half {
    /// Whether header or body is damaged.
    pub(super) fn is_malformed(&self) -> bool {
        matches!(self.flaw, Flaw::BadDate | Flaw::NoBody | Flaw::Cut { .. } | Flaw::Damaged)
    }

    /// Appends the record; the number of foreign lines in it.
    pub(super) fn write(&self, dialect: &Dialect, text: &mut String) -> i64 {
        text.push_str(if self.is_response { "<= " } else { "=> " });
        text.push_str(self.server);
        text.push_str(" at ");
        match self.flaw {
            Flaw::BadDate => text.push_str("31.02.2016 7:17:45"),
            _ => dialect.date(self.at, text),
        }
        // Writing to a string does not fail.
        let _ = if self.is_response {
            writeln!(text, ": to {}", self.ip)
        } else {
            writeln!(text, ": from {}; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";", self.ip)
        };
        if self.flaw == Flaw::NoBody {
            return 0;
        }
        let foreign = self.flaw == Flaw::ForeignInside;
        if foreign {
            text.push_str("Трасування увімкнено оператором\n");
        }
        text.push_str(if self.is_response { "Output = " } else { "Input = " });
        text.push_str(&self.body);
        match self.flaw {
            Flaw::Trailing => text.push_str(" ;; записано із затримкою\n"),
            Flaw::Cut { glued: true } => {}
            _ => text.push('\n'),
        }
        i64::from(foreign)
    }
}
