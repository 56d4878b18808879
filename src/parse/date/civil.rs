//! The written forms of a date: `5/8/2016 7:17:45 AM`, `13/8/2016 19:17`, `08.05.2016 7:17:45`, `2016-05-08T07:17:45.123Z`.

use crate::domain::DateOrder;

/// Why a date cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::parse) enum BadDate {
    /// It is written in no known form.
    Unreadable,
    /// It names a day or time that does not exist.
    NoSuchDay,
}

/// A date as a clock on the wall shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::parse) struct Civil {
    /// Seconds since 1970 of the same digits in UTC.
    pub seconds: i64,
    /// Milliseconds of the second.
    pub millis: i64,
    /// Offset from UTC, where one is written.
    pub offset_seconds: Option<i64>,
}

/// Reads a date. `Detect` takes dates with slashes as month first unless only day first makes a date.
pub(in crate::parse) fn read(text: &[u8], order: DateOrder) -> Result<Civil, BadDate> {
    let mut rest = Cursor(text.trim_ascii());
    let first = rest.part().ok_or(BadDate::Unreadable)?;
    let separator = rest.byte().ok_or(BadDate::Unreadable)?;
    let second = rest.part().ok_or(BadDate::Unreadable)?;
    if rest.byte() != Some(separator) {
        return Err(BadDate::Unreadable);
    }
    let third = rest.part().ok_or(BadDate::Unreadable)?;
    let days = match separator {
        b'/' | b'-' if first.n_digits > 2 || first.value > 31 => days(first, second, third),
        b'/' => match order {
            DateOrder::MonthFirst => days(third, first, second),
            DateOrder::DayFirst => days(third, second, first),
            DateOrder::Detect => days(third, first, second).or_else(|| days(third, second, first)),
        },
        b'.' | b'-' => days(third, second, first),
        _ => return Err(BadDate::Unreadable),
    };
    let time = rest.time()?;
    let days = days.ok_or(BadDate::NoSuchDay)?;
    Ok(Civil { seconds: days * 86_400 + time.seconds, ..time })
}

/// Days since 1970-01-01, after Howard Hinnant's `days_from_civil`; `None` for a day that does not exist.
fn days(year: Part, month: Part, day: Part) -> Option<i64> {
    // `0001` is no short form: a field that nobody filled is written so.
    let year = if year.n_digits <= 2 { year.value + 2000 } else { year.value };
    let (month, day) = (month.value, day.value);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if !(1900..=9999).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let shifted = year - i64::from(month <= 2);
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

/// A year, a month or a day as it is written.
#[derive(Clone, Copy)]
struct Part {
    value: i64,
    n_digits: usize,
}

/// What is left of the text.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.byte();
        }
        found
    }

    /// One to four digits.
    fn number(&mut self) -> Option<i64> {
        self.part().map(|part| part.value)
    }

    /// The same, and how many they are.
    fn part(&mut self) -> Option<Part> {
        let n = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(n)?;
        if !(1..=4).contains(&n) {
            return None;
        }
        self.0 = rest;
        Some(Part { value: digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')), n_digits: n })
    }

    fn spaces(&mut self) {
        self.0 = self.0.trim_ascii_start();
    }

    /// The time of the day, if one follows, and what belongs to it.
    fn time(&mut self) -> Result<Civil, BadDate> {
        let mut time = Civil { seconds: 0, millis: 0, offset_seconds: None };
        self.take(b',');
        if !self.take(b'T') {
            self.spaces();
        }
        if self.0.is_empty() {
            return Ok(time);
        }
        let mut hour = self.number().ok_or(BadDate::Unreadable)?;
        if !self.take(b':') {
            return Err(BadDate::Unreadable);
        }
        let minute = self.number().ok_or(BadDate::Unreadable)?;
        let second = if self.take(b':') { self.number().ok_or(BadDate::Unreadable)? } else { 0 };
        if self.take(b'.') || self.take(b',') {
            time.millis = self.fraction();
        }
        self.spaces();
        hour = self.half_of_day(hour)?;
        time.offset_seconds = self.offset()?;
        if !self.0.is_empty() {
            return Err(BadDate::Unreadable);
        }
        if hour > 23 || minute > 59 || second > 60 {
            return Err(BadDate::NoSuchDay);
        }
        time.seconds = hour * 3600 + minute * 60 + second;
        Ok(time)
    }

    /// Digits after the decimal point, as milliseconds.
    fn fraction(&mut self) -> i64 {
        let n = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(n).unwrap_or((&[], self.0));
        self.0 = rest;
        (0..3).fold(0, |value, place| value * 10 + digits.get(place).map_or(0, |digit| i64::from(digit - b'0')))
    }

    /// Brings a 12-hour clock to 24 hours.
    fn half_of_day(&mut self, hour: i64) -> Result<i64, BadDate> {
        let Some([half, b'M' | b'm', ..]) = self.0.get(..2) else { return Ok(hour) };
        let afternoon = match half {
            b'P' | b'p' => true,
            b'A' | b'a' => false,
            _ => return Ok(hour),
        };
        self.0 = self.0.get(2..).unwrap_or_default().trim_ascii_start();
        match (hour, afternoon) {
            (12, false) => Ok(0),
            (1..=11, true) => Ok(hour + 12),
            (0, true) => Err(BadDate::NoSuchDay),
            _ => Ok(hour),
        }
    }

    /// `Z` or `+03:00`.
    fn offset(&mut self) -> Result<Option<i64>, BadDate> {
        if self.take(b'Z') {
            return Ok(Some(0));
        }
        let sign = match self.0.first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Ok(None),
        };
        self.byte();
        let n_digits = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let first = self.number().ok_or(BadDate::Unreadable)?;
        let (hours, minutes) = match n_digits {
            4 => (first / 100, first % 100),
            _ if self.take(b':') => (first, self.number().ok_or(BadDate::Unreadable)?),
            _ => (first, 0),
        };
        if hours > 18 || minutes > 59 {
            return Err(BadDate::NoSuchDay);
        }
        Ok(Some(sign * (hours * 3600 + minutes * 60)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::parse::fuzzing::values::date_is_in_bounds;

    fn utc(text: &str, order: DateOrder) -> Result<String, BadDate> {
        let civil = read(text.as_bytes(), order)?;
        let seconds = civil.seconds - civil.offset_seconds.unwrap_or(0);
        Ok(jiff::Timestamp::from_millisecond(seconds * 1000 + civil.millis).unwrap().to_string())
    }

    #[test]
    fn every_written_form_is_read() {
        use DateOrder::{DayFirst, Detect, MonthFirst};
        for (text, order, expected) in [
            ("5/8/2016 7:17:45 AM", MonthFirst, "2016-05-08T07:17:45Z"),
            ("5/8/2016 7:17:45 AM", DayFirst, "2016-08-05T07:17:45Z"),
            ("5/8/2016 7:17:45 PM", Detect, "2016-05-08T19:17:45Z"),
            ("13/8/2016 19:17:45", Detect, "2016-08-13T19:17:45Z"),
            ("12/31/2016 12:00:00 AM", Detect, "2016-12-31T00:00:00Z"),
            ("12/31/2016 12:30 PM", Detect, "2016-12-31T12:30:00Z"),
            ("08.05.2016 7:17:45", MonthFirst, "2016-05-08T07:17:45Z"),
            ("08.05.16", Detect, "2016-05-08T00:00:00Z"),
            ("2016-05-08T07:17:45.1239Z", Detect, "2016-05-08T07:17:45.123Z"),
            ("2016-05-08 07:17:45,5+03:00", Detect, "2016-05-08T04:17:45.5Z"),
            ("2016-05-08 07:17:45 -0330", Detect, "2016-05-08T10:47:45Z"),
            ("2016/05/08 07:17:45", Detect, "2016-05-08T07:17:45Z"),
            ("29.02.2016 0:00:00", Detect, "2016-02-29T00:00:00Z"),
        ] {
            assert_eq!(utc(text, order).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["1/1/0001 12:00:00 AM", "01.01.0001 0:00:00", "0001-01-01T00:00:00"] {
            assert_eq!(utc(text, DateOrder::Detect), Err(BadDate::NoSuchDay), "{text}");
        }
        for text in ["2/30/2016 7:17:45 AM", "31.04.2016 1:00:00", "29.02.2015", "13/13/2016 1:00", "1/1/2016 25:00", "1/1/2016 0:00 PM"] {
            assert_eq!(utc(text, DateOrder::Detect), Err(BadDate::NoSuchDay), "{text}");
        }
        for text in ["", "x", "5/8", "5/8/2016 7", "5/8/2016 7:17:45 XM", "5-8.2016", "99999/1/1", "5/8/2016 7:17 +x"] {
            assert_eq!(utc(text, DateOrder::Detect), Err(BadDate::Unreadable), "{text}");
        }
        assert_eq!(utc("13/8/2016 1:00", DateOrder::MonthFirst), Err(BadDate::NoSuchDay));
    }

    proptest! {
        #[test]
        fn no_text_does_harm_and_dates_are_in_their_bounds(text in "[0-9/.: APMTZ+,-]{0,40}|\\PC{0,30}", numbers in vec(0..100_000_u64, 3..7), order in 0..3_usize) {
            let order = [DateOrder::Detect, DateOrder::MonthFirst, DateOrder::DayFirst][order];
            let parts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            for text in [text, format!("{} {}", parts[..3].join("/"), parts[3..].join(":")), format!("{}T{}Z", parts[..3].join("-"), parts[3..].join(":"))] {
                date_is_in_bounds(text.as_bytes(), order);
            }
        }
    }
}
