//! Dates of line logs: the layouts that loggers use, read from the start of a text without regular expressions.

use bson::DateTime;
use jiff::civil;

use super::Context;

/// A place in a text of ASCII characters.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over a byte of this set.
    fn eat(&mut self, set: &[u8]) -> Option<u8> {
        let byte = self.peek().filter(|byte| set.contains(byte))?;
        self.at += 1;
        Some(byte)
    }

    /// A number of that many digits, and how many it has.
    fn number(&mut self, fewest: usize, most: usize) -> Option<(i16, usize)> {
        let mut value = 0_i16;
        let from = self.at;
        while let Some(byte) = self.peek().filter(u8::is_ascii_digit)
            && self.at - from < most
        {
            value = value * 10 + i16::from(byte - b'0');
            self.at += 1;
        }
        let n = self.at - from;
        (n >= fewest && !self.peek().is_some_and(|byte| byte.is_ascii_digit())).then_some((value, n))
    }

    fn two(&mut self) -> Option<i8> {
        i8::try_from(self.number(1, 2)?.0).ok()
    }

    /// `Jun 14 ` or `Jun  4 `: month and day.
    fn named_day(&mut self) -> Option<(i8, i8)> {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let name = self.text.get(self.at..self.at + 3)?;
        let month = i8::try_from(MONTHS.iter().position(|month| *month == name)?).ok()? + 1;
        self.at += name.len();
        self.eat(b" ")?;
        self.eat(b" ");
        let day = self.two()?;
        self.eat(b" ")?;
        Some((month, day))
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Year, month and day; with dots the day may stand first. A year of two digits is of this century.
    fn date(&mut self) -> Option<civil::Date> {
        let (first, digits) = self.number(2, 4)?;
        let mark = self.eat(b"-/.")?;
        let month = self.two()?;
        self.eat(&[mark])?;
        let (last, last_digits) = self.number(1, 4)?;
        let (year, day) = match (digits, last_digits, mark) {
            (4, 1 | 2, _) => (first, last),
            (2, 4, b'.') => (last, first),
            (2, 1 | 2, b'-' | b'/') => (2000 + first, last),
            _ => return None,
        };
        civil::Date::new(year, month, i8::try_from(day).ok()?).ok()
    }

    /// Hours, minutes, seconds and a fraction. A leap second is taken for the one before it.
    fn clock(&mut self) -> Option<civil::Time> {
        let hour = self.two()?;
        let mark = self.eat(b":.")?;
        let minute = self.two()?;
        self.eat(&[mark])?;
        let second = self.two()?.min(59);
        let fraction = match self.text.as_bytes().get(self.at..self.at + 2) {
            Some([b'.' | b',', digit]) if digit.is_ascii_digit() => {
                self.at += 1;
                self.fraction()
            }
            _ => 0,
        };
        civil::Time::new(hour, minute, second, fraction).ok()
    }

    /// Digits behind the decimal mark, as nanoseconds.
    fn fraction(&mut self) -> i32 {
        let (mut value, mut weight) = (0, 100_000_000);
        while let Some(byte) = self.peek().filter(u8::is_ascii_digit) {
            value += i32::from(byte - b'0') * weight;
            weight /= 10;
            self.at += 1;
        }
        value
    }

    /// `Z`, ` UTC`, `+02:00`, ` +0200`: seconds east of Greenwich. Steps over nothing where there is no offset.
    fn offset(&mut self) -> Option<i64> {
        let from = self.at;
        let found = self.read_offset().filter(|_| !self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric()));
        if found.is_none() {
            self.at = from;
        }
        found
    }

    fn read_offset(&mut self) -> Option<i64> {
        if let Some(name) = [" UTC", " GMT", "Z", " Z", "z"].iter().find(|name| self.rest().starts_with(**name)) {
            self.at += name.len();
            return Some(0);
        }
        let spaced = self.eat(b" ").is_some();
        let sign = if self.eat(b"+-")? == b'-' { -1 } else { 1 };
        let from = self.at;
        let (hours, minutes) = match self.number(2, 4)? {
            (hours, 2) if self.eat(b":").is_some() => (hours, self.number(2, 2)?.0),
            (hours, 2) if !spaced => (hours, 0),
            (both, 4) if self.at - from == 4 => (both / 100, both % 100),
            _ => return None,
        };
        (hours <= 14 && minutes < 60).then(|| sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
    }
}

/// A civil time as a moment: with its offset, or in the branch's zone.
fn moment(civil: civil::DateTime, offset: Option<i64>, context: &Context<'_>) -> Option<DateTime> {
    let millis = match offset {
        Some(offset) => jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?.as_millisecond() - offset * 1000,
        None => context.timezone.to_ambiguous_timestamp(civil).compatible().ok()?.as_millisecond(),
    };
    Some(DateTime::from_millis(millis))
}

/// A date and time, year first (`2015-07-29 19:36:10,123`, `2015-07-29T19:36:10.1+03:00`, `17/06/09 20:10:40`) or day first with
/// dots, at the start of a text, and what follows it.
pub(super) fn start<'a>(text: &'a str, context: &Context<'_>) -> Option<(DateTime, &'a str)> {
    let mut cursor = Cursor { text, at: 0 };
    let date = cursor.date()?;
    cursor.eat(b"T _")?;
    while cursor.eat(b" ").is_some() {}
    let time = cursor.clock()?;
    let offset = cursor.offset();
    Some((moment(date.to_datetime(time), offset, context)?, cursor.rest()))
}

/// HDFS: `081109 203615` at the start of a text, and what follows it.
pub(super) fn compact<'a>(text: &'a str, context: &Context<'_>) -> Option<(DateTime, &'a str)> {
    let (stamp, rest) = text.split_at_checked(13)?;
    let pair = |at: usize| -> Option<i8> {
        let digits = stamp.get(at..at + 2)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    if stamp.as_bytes().get(6) != Some(&b' ') || !rest.starts_with(' ') {
        return None;
    }
    let date = civil::Date::new(2000 + i16::from(pair(0)?), pair(2)?, pair(4)?).ok()?;
    let time = civil::Time::new(pair(7)?, pair(9)?, pair(11)?, 0).ok()?;
    Some((moment(date.to_datetime(time), None, context)?, rest))
}

/// A time of day at the start of a text, and what follows it.
pub(super) fn clock(text: &str) -> Option<&str> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.clock()?;
    Some(cursor.rest())
}

/// `Jun 14 15:16:01` or `Jun 14 2024 15:16:01.123` at the start of a text, and what follows. The year is the context's.
pub(super) fn month_day<'a>(text: &'a str, context: &Context<'_>) -> Option<(Option<DateTime>, &'a str)> {
    let mut cursor = Cursor { text, at: 0 };
    let (month, day) = cursor.named_day()?;
    let mut ahead = Cursor { text, at: cursor.at };
    let year = ahead.number(4, 4).and_then(|(year, _)| ahead.eat(b" ").map(|_| year));
    if year.is_some() {
        cursor = ahead;
    }
    let time = cursor.clock()?;
    let date = match year {
        Some(year) => Some(civil::Date::new(year, month, day).ok()?),
        None => latest(month, day, context)?,
    };
    Some((date.and_then(|date| moment(date.to_datetime(time), None, context)), cursor.rest()))
}

/// Apache: `Sun Dec 04 04:47:44 2005` at the start of a text, and what follows it.
pub(super) fn calendar<'a>(text: &'a str, context: &Context<'_>) -> Option<(DateTime, &'a str)> {
    const DAYS: [&str; 7] = ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "];
    let mut cursor = Cursor { text, at: 4 };
    DAYS.contains(&text.get(..4)?).then_some(())?;
    let (month, day) = cursor.named_day()?;
    let time = cursor.clock()?;
    cursor.eat(b" ")?;
    let (year, _) = cursor.number(4, 4)?;
    let date = civil::Date::new(year, month, day).ok()?;
    Some((moment(date.to_datetime(time), None, context)?, cursor.rest()))
}

/// Android: `03-17 16:13:38.811` at the start of a text, and what follows. The year is the context's.
pub(super) fn numbered_day<'a>(text: &'a str, context: &Context<'_>) -> Option<(Option<DateTime>, &'a str)> {
    let mut cursor = Cursor { text, at: 0 };
    let month = cursor.two()?;
    cursor.eat(b"-")?;
    let day = cursor.two()?;
    cursor.eat(b" ")?;
    let time = cursor.clock()?;
    let date = latest(month, day, context)?;
    Some((date.and_then(|date| moment(date.to_datetime(time), None, context)), cursor.rest()))
}

/// Whether a text is a day and nothing else: `2005.06.03`.
pub(super) fn is_day(text: &str) -> bool {
    let mut cursor = Cursor { text, at: 0 };
    cursor.date().is_some() && cursor.rest().is_empty()
}

/// The latest such day up to the day after the file was received (its zone may be ahead); the inner `None` when that is not
/// known, the outer one when there is no such day in any year.
fn latest(month: i8, day: i8, context: &Context<'_>) -> Option<Option<civil::Date>> {
    // A leap day comes round after eight years at most.
    const YEARS: i16 = 8;
    let Some(received) = context.received else { return civil::Date::new(2000, month, day).ok().map(|_| None) };
    let limit = received.tomorrow().unwrap_or(received);
    (-1..=YEARS).filter_map(|back| civil::Date::new(received.year() - back, month, day).ok()).find(|date| *date <= limit).map(Some)
}

/// A text that is a date as a whole: as [`start`] reads them, a day alone, or a number of seconds since 1970.
pub(super) fn whole(text: &str, context: &Context<'_>) -> Option<DateTime> {
    let text = text.trim();
    if let Some((date, rest)) = start(text, context) {
        return rest.is_empty().then_some(date);
    }
    let mut cursor = Cursor { text, at: 0 };
    match cursor.date() {
        Some(date) if cursor.rest().is_empty() => moment(date.at(0, 0, 0, 0), None, context),
        _ => unix(text.parse().ok()?),
    }
}

/// A number as a moment: seconds since 1970, or milli-, micro- or nanoseconds where it is too large for them.
pub(super) fn unix(number: f64) -> Option<DateTime> {
    let millis = match number.abs() {
        size if size < 1e11 => number * 1e3,
        size if size < 1e14 => number,
        size if size < 1e17 => number / 1e3,
        size if size < 1e20 => number / 1e6,
        _ => return None,
    };
    Some(DateTime::from_millis(millis.round() as i64))
}

/// Milliseconds behind the second of `2005-06-03-15.42.50.675872`, a text that is only such a date.
pub(super) fn fraction_of(stamp: &str) -> Option<i64> {
    let mut cursor = Cursor { text: stamp, at: 0 };
    cursor.date()?;
    cursor.eat(b"-")?;
    let time = cursor.clock()?;
    cursor.rest().is_empty().then_some(i64::from(time.subsec_nanosecond()) / 1_000_000)
}

/// A text in a strptime layout, with or without an offset.
pub(super) fn strptime(layout: &str, text: &str, context: &Context<'_>) -> Option<DateTime> {
    let parsed = jiff::fmt::strtime::parse(layout, text).ok()?;
    if let Ok(moment) = parsed.to_timestamp() {
        return Some(DateTime::from_millis(moment.as_millisecond()));
    }
    moment(parsed.to_datetime().ok()?, None, context)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::parse::Limits;

    fn with<T>(received: Option<civil::Date>, read: impl FnOnce(&Context<'_>) -> T) -> T {
        read(&Context::new(&TimeZone::get("Europe/Kyiv").unwrap(), received, &Limits::default()))
    }

    fn shown(date: DateTime) -> String {
        date.try_to_rfc3339_string().unwrap()
    }

    #[test]
    fn layouts_of_loggers_are_read() {
        for (text, expected) in [
            ("2015-07-29 19:36:10,123", "2015-07-29T16:36:10.123Z"),
            ("2015-07-29T19:36:10.123456789Z", "2015-07-29T19:36:10.123Z"),
            ("2015-07-29T19:36:10+03:00", "2015-07-29T16:36:10Z"),
            ("2015-07-29 19:36:10.5 -0130", "2015-07-29T21:06:10.5Z"),
            ("2015-07-29 19:36:10 UTC", "2015-07-29T19:36:10Z"),
            ("17/06/09 20:10:40", "2017-06-09T17:10:40Z"),
            ("2023/05/11 00:08:24", "2023-05-10T21:08:24Z"),
            ("08.05.2016 7:17:45", "2016-05-08T04:17:45Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("2016-05-08", "2016-05-07T21:00:00Z"),
            ("1462682265", "2016-05-08T04:37:45Z"),
            ("1462682265123", "2016-05-08T04:37:45.123Z"),
            ("1462682265.5", "2016-05-08T04:37:45.5Z"),
        ] {
            assert_eq!(with(None, |context| whole(text, context)).map(shown).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "2015-13-01 00:00:00", "2015-02-30 00:00:00", "2015-07-29 25:00:00", "5/8/2016 7:17:45", "yesterday", "ї"] {
            assert_eq!(with(None, |context| whole(text, context)), None, "{text}");
        }
    }

    #[test]
    fn what_follows_a_date_is_left_alone() {
        for (text, rest) in [
            ("2015-07-29 17:41:44,747 - INFO", " - INFO"),
            ("2015-07-29 17:41:44 -5 x", " -5 x"),
            ("2015-07-29 17:41:44] x", "] x"),
            ("2015-07-29 17:41:44Zebra", "Zebra"),
        ] {
            assert_eq!(with(None, |context| start(text, context)).map(|(_, rest)| rest), Some(rest), "{text}");
        }
    }

    #[test]
    fn a_day_without_a_year_is_the_latest_one() {
        for (text, received, expected) in [
            ("Jun 14 15:16:01 x", (2024, 7, 1), "2024-06-14T12:16:01Z"),
            ("Dec 31 23:00:00 x", (2024, 1, 2), "2023-12-31T21:00:00Z"),
            ("Jan  1 00:00:01 x", (2023, 12, 31), "2023-12-31T22:00:01Z"),
            ("Feb 29 10:00:00 x", (2023, 5, 1), "2020-02-29T08:00:00Z"),
            ("Jun 14 2001 15:16:01.25 x", (2024, 7, 1), "2001-06-14T12:16:01.25Z"),
        ] {
            let (year, month, day) = received;
            let read = with(Some(civil::date(year, month, day)), |context| month_day(text, context));
            let (date, rest) = read.unwrap_or_else(|| panic!("{text}"));
            assert_eq!((date.map(shown).as_deref(), rest), (Some(expected), " x"), "{text}");
        }
        assert_eq!(with(None, |context| month_day("Jun 14 15:16:01 x", context)), Some((None, " x")));
        assert_eq!(with(None, |context| month_day("Feb 30 15:16:01 x", context)), None);
        assert_eq!(with(None, |context| month_day("Їжа 3", context)), None);
    }
}
