//! How an office writes its files.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

/// Encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextEncoding {
    /// UTF-8 without a mark.
    Utf8,
    /// UTF-8 with a byte order mark.
    Utf8Bom,
    /// Windows-1251.
    Windows1251,
    /// UTF-16, little end first, with a byte order mark.
    Utf16,
    /// The same without the mark.
    Utf16Unmarked,
}

/// How dates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateStyle {
    /// `5/8/2016 7:17:45 AM`.
    MonthFirst,
    /// `08.05.2016 7:17:45`.
    Dotted,
    /// `13/5/2016 7:17:45`.
    DayFirst,
}

/// Encoding, line ends, dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Encoding.
    pub encoding: TextEncoding,
    /// Lines end with CR and LF.
    pub crlf: bool,
    /// Dates.
    pub dates: DateStyle,
}

impl Dialect {
    /// As in the paper.
    pub const fn paper() -> Self {
        Self { encoding: TextEncoding::Utf8, crlf: false, dates: DateStyle::MonthFirst }
    }

    /// The same office after somebody opened the file in an editor.
    pub const fn edited() -> Self {
        Self { encoding: TextEncoding::Utf8Bom, crlf: true, dates: DateStyle::MonthFirst }
    }

    /// An office with old machines.
    pub const fn western() -> Self {
        Self { encoding: TextEncoding::Windows1251, crlf: true, dates: DateStyle::Dotted }
    }

    /// An office whose editor saves as Unicode.
    pub const fn southern() -> Self {
        Self { encoding: TextEncoding::Utf16, crlf: true, dates: DateStyle::DayFirst }
    }

    /// The same office, by a program that writes no mark.
    pub const fn unmarked() -> Self {
        Self { encoding: TextEncoding::Utf16Unmarked, ..Self::southern() }
    }

    pub(super) fn byte_order_mark(&self) -> &'static [u8] {
        match self.encoding {
            TextEncoding::Utf8Bom => b"\xEF\xBB\xBF",
            TextEncoding::Utf16 => b"\xFF\xFE",
            TextEncoding::Utf8 | TextEncoding::Windows1251 | TextEncoding::Utf16Unmarked => b"",
        }
    }

    /// Writes text in the office's encoding and line ends.
    pub(super) fn write(&self, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let ended = if self.crlf { &text.replace('\n', "\r\n") } else { text };
        match self.encoding {
            TextEncoding::Utf8 | TextEncoding::Utf8Bom => out.write_all(ended.as_bytes()),
            TextEncoding::Windows1251 => out.write_all(&encoding_rs::WINDOWS_1251.encode(ended).0),
            TextEncoding::Utf16 | TextEncoding::Utf16Unmarked => {
                let mut bytes = Vec::with_capacity(ended.len() * 2);
                ended.encode_utf16().for_each(|unit| bytes.extend_from_slice(&unit.to_le_bytes()));
                out.write_all(&bytes)
            }
        }
    }

    /// Appends a moment, in seconds since 1970 local to the office.
    pub(super) fn date(&self, at: i64, text: &mut String) {
        let (year, month, day, hour, minute, second) = civil(at);
        // Writing to a string does not fail.
        let _ = match self.dates {
            DateStyle::MonthFirst => {
                let half = if hour < 12 { "AM" } else { "PM" };
                let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
                write!(text, "{month}/{day}/{year} {hour}:{minute:02}:{second:02} {half}")
            }
            DateStyle::Dotted => write!(text, "{day:02}.{month:02}.{year} {hour}:{minute:02}:{second:02}"),
            DateStyle::DayFirst => write!(text, "{day}/{month}/{year} {hour}:{minute:02}:{second:02}"),
        };
    }
}

/// Year, month, day, hour, minute, second (days by Hinnant's civil_from_days).
pub(super) fn civil(at: i64) -> (i64, i64, i64, i64, i64, i64) {
    let (days, seconds) = (at.div_euclid(86_400), at.rem_euclid(86_400));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month, day, seconds / 3600, seconds / 60 % 60, seconds % 60)
}
