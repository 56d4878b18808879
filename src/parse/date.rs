//! Dates of headers: their order, their zone, and moments in UTC without asking the zone database for every record.

use bson::DateTime;
use jiff::{civil, tz::TimeZone};

use crate::domain::DateOrder;

/// Fields of a date as written, before anyone knows which is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fields {
    first: u16,
    second: u16,
    year: i16,
    separator: u8,
    /// Hour, minute, second, nanosecond.
    time: (i8, i8, i8, i32),
}

/// Reads `5/8/2016 7:17:45 AM`, `08.05.2016 7:17:45`, `2016-05-08T07:17:45.123` as civil time.
fn fields(text: &str) -> Option<Fields> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let number = |at: &mut usize| -> Option<(u32, usize)> {
        let begin = *at;
        let mut value: u32 = 0;
        while let Some(digit) = bytes.get(*at).filter(|byte| byte.is_ascii_digit()) {
            value = value.checked_mul(10)?.checked_add(u32::from(digit - b'0'))?;
            *at += 1;
        }
        (*at > begin).then_some((value, *at - begin))
    };
    let (first, digits) = number(&mut at)?;
    let separator = *bytes.get(at)?;
    if !matches!(separator, b'/' | b'.' | b'-') {
        return None;
    }
    at += 1;
    let (second, _) = number(&mut at)?;
    if bytes.get(at) != Some(&separator) {
        return None;
    }
    at += 1;
    let (third, _) = number(&mut at)?;
    let (first, second, year) = if digits == 4 { (third, second, first) } else { (first, second, third) };
    // Year first is always year, month, day: the "first" field is then the day.
    let separator = if digits == 4 { b'-' } else { separator };
    let mut clock = [0_u32; 3];
    let mut nanosecond = 0;
    while matches!(bytes.get(at), Some(b' ' | b'T' | b',')) {
        at += 1;
    }
    if bytes.get(at).is_some_and(u8::is_ascii_digit) {
        for (index, part) in clock.iter_mut().enumerate() {
            *part = number(&mut at)?.0;
            if index < 2 {
                if bytes.get(at) != Some(&b':') {
                    break;
                }
                at += 1;
            }
        }
        if matches!(bytes.get(at), Some(b'.' | b',')) {
            at += 1;
            let (value, digits) = number(&mut at)?;
            nanosecond = i32::try_from(u64::from(value) * 10_u64.pow(9_u32.saturating_sub(digits as u32))).ok()?;
        }
    }
    let rest = text.get(at..)?.trim_matches(|c: char| c.is_whitespace() || c == 'Z');
    match rest {
        "" => {}
        "AM" | "am" => clock[0] = if clock[0] == 12 { 0 } else { clock[0] },
        "PM" | "pm" => clock[0] = if clock[0] < 12 { clock[0] + 12 } else { clock[0] },
        _ => return None,
    }
    let small = |value: u32| i8::try_from(value).ok();
    Some(Fields {
        first: u16::try_from(first).ok()?,
        second: u16::try_from(second).ok()?,
        year: i16::try_from(if year < 100 { year + 2000 } else { year }).ok()?,
        separator,
        time: (small(clock[0])?, small(clock[1])?, small(clock[2])?, nanosecond),
    })
}

impl Fields {
    fn civil(&self, order: DateOrder) -> Option<civil::DateTime> {
        let (month, day) = match (self.separator, order) {
            (b'/', DateOrder::MonthFirst | DateOrder::Detect) => (self.first, self.second),
            _ => (self.second, self.first),
        };
        let (hour, minute, second, nanosecond) = self.time;
        civil::DateTime::new(self.year, i8::try_from(month).ok()?, i8::try_from(day).ok()?, hour, minute, second, nanosecond).ok()
    }
}

/// What the first records of a file say about the order of its dates.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    month_first: u32,
    day_first: u32,
}

impl Evidence {
    /// Takes a header's date into account; `current_timestamp` is the response's own, if it has one.
    pub(super) fn add(&mut self, date: &str, current_timestamp: Option<&str>) {
        let Some(written) = fields(date).filter(|written| written.separator == b'/') else { return };
        if written.first > 12 {
            self.day_first += 1;
        } else if written.second > 12 {
            self.month_first += 1;
        } else if written.first != written.second
            && let Some(own) = current_timestamp.and_then(fields)
        {
            // `current_timestamp` is year-first: its `first` is the day, its `second` the month.
            if (own.second, own.first) == (written.first, written.second) {
                self.month_first += 1;
            } else if (own.second, own.first) == (written.second, written.first) {
                self.day_first += 1;
            }
        }
    }

    /// The order: what the dates prove, else month first as in the paper.
    pub(super) fn order(&self) -> DateOrder {
        if self.day_first > self.month_first { DateOrder::DayFirst } else { DateOrder::MonthFirst }
    }
}

/// Turns written dates into moments.
pub(super) struct Clock {
    order: DateOrder,
    zone: TimeZone,
    /// The offset of the hour last asked for, in seconds, where it is the same at both ends of the hour.
    hour: Option<(civil::DateTime, i64)>,
}

impl Clock {
    /// A clock for one file.
    pub(super) fn new(order: DateOrder, zone: TimeZone) -> Self {
        Self { order, zone, hour: None }
    }

    /// The moment that a text names; `None` when it cannot be read or there is no such day.
    pub(super) fn moment(&mut self, text: &str) -> Option<DateTime> {
        let civil = fields(text)?.civil(self.order)?;
        let hour = civil.date().at(civil.hour(), 0, 0, 0);
        let offset = match self.hour {
            Some((known, offset)) if known == hour => offset,
            _ => {
                let at = |moment: civil::DateTime| Some(self.zone.to_ambiguous_zoned(moment).compatible().ok()?.offset().seconds());
                let offset = i64::from(at(hour)?);
                if i64::from(at(hour.date().at(civil.hour(), 59, 59, 0))?) != offset || !plain(&self.zone, hour) {
                    let zoned = self.zone.to_ambiguous_zoned(civil).compatible().ok()?;
                    return Some(DateTime::from_millis(zoned.timestamp().as_millisecond()));
                }
                self.hour = Some((hour, offset));
                offset
            }
        };
        let days = i64::from(civil.date().duration_since(civil::date(1970, 1, 1)).as_hours() as i32 / 24);
        let seconds = days * 86_400 + i64::from(civil.hour()) * 3600 + i64::from(civil.minute()) * 60 + i64::from(civil.second()) - offset;
        Some(DateTime::from_millis(seconds * 1000 + i64::from(civil.subsec_nanosecond()) / 1_000_000))
    }
}

/// Whether no clock change falls into this hour.
fn plain(zone: &TimeZone, hour: civil::DateTime) -> bool {
    !zone.to_ambiguous_zoned(hour).is_ambiguous() && !zone.to_ambiguous_zoned(hour.date().at(hour.hour(), 59, 59, 0)).is_ambiguous()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str, order: DateOrder, zone: &str) -> Option<String> {
        let mut clock = Clock::new(order, TimeZone::get(zone).unwrap());
        clock.moment(text).map(|moment| moment.try_to_rfc3339_string().unwrap())
    }

    #[test]
    fn dates_are_read_in_the_branchs_order_and_zone() {
        use DateOrder::{DayFirst, MonthFirst};
        for (text, order, zone, expected) in [
            ("5/8/2016 7:17:45 AM", MonthFirst, "UTC", Some("2016-05-08T07:17:45Z")),
            ("5/8/2016 7:17:45 PM", DayFirst, "UTC", Some("2016-08-05T19:17:45Z")),
            ("12/31/2016 12:00:00 AM", MonthFirst, "UTC", Some("2016-12-31T00:00:00Z")),
            ("08.05.2016 7:17:45", MonthFirst, "UTC", Some("2016-05-08T07:17:45Z")),
            ("2016-05-08T07:17:45.250", MonthFirst, "UTC", Some("2016-05-08T07:17:45.25Z")),
            ("08.05.2016 7:17:45", DayFirst, "Europe/Kyiv", Some("2016-05-08T04:17:45Z")),
            ("08.01.2016 7:17:45", DayFirst, "Europe/Kyiv", Some("2016-01-08T05:17:45Z")),
            ("27.03.2016 03:30:00", DayFirst, "Europe/Kyiv", Some("2016-03-27T01:30:00Z")),
            ("30.02.2016 7:17:45", DayFirst, "UTC", None),
            ("13/13/2016 7:17:45", MonthFirst, "UTC", None),
            ("5/8/2016 25:17:45", MonthFirst, "UTC", None),
            ("5/8", MonthFirst, "UTC", None),
        ] {
            assert_eq!(utc(text, order, zone).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_order_is_found_from_the_records() {
        let order = |dates: &[(&str, Option<&str>)]| {
            let mut evidence = Evidence::default();
            dates.iter().for_each(|(date, own)| evidence.add(date, *own));
            evidence.order()
        };
        assert_eq!(order(&[("5/8/2016 7:17:45 AM", None)]), DateOrder::MonthFirst);
        assert_eq!(order(&[("5/8/2016 7:17:45", None), ("13/8/2016 7:17:45", None)]), DateOrder::DayFirst);
        assert_eq!(order(&[("5/8/2016 7:17:45", Some("2016-08-05T07:17:45"))]), DateOrder::DayFirst);
        assert_eq!(order(&[("5/8/2016 7:17:45 AM", Some("2016-05-08T07:17:45"))]), DateOrder::MonthFirst);
    }
}
