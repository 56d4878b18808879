//! Dates of line logs.

use bson::DateTime;
use jiff::civil;

use super::Context;

/// A civil time in the branch's zone as a moment.
pub(super) fn moment(civil: civil::DateTime, context: &Context) -> Option<DateTime> {
    let zoned = context.timezone.to_ambiguous_zoned(civil).compatible().ok()?;
    Some(DateTime::from_millis(zoned.timestamp().as_millisecond()))
}

/// A text in a strptime layout, with or without an offset.
pub(super) fn strptime(layout: &str, text: &str, context: &Context) -> Option<DateTime> {
    let parsed = jiff::fmt::strtime::parse(layout, text).ok()?;
    if let Ok(moment) = parsed.to_timestamp() {
        return Some(DateTime::from_millis(moment.as_millisecond()));
    }
    moment(parsed.to_datetime().ok()?, context)
}

/// RFC 3339 and its relatives: `2015-07-29 19:36:10,123`, `2015-07-29T19:36:10.1Z`, `2015-07-29T19:36:10+03:00`.
pub(super) fn iso(text: &str, context: &Context) -> Option<DateTime> {
    if text.len() < 10 || text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    let text = text.replace(',', ".");
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(DateTime::from_millis(moment.as_millisecond()));
    }
    moment(text.parse().ok()?, context)
}

/// Seconds, or milliseconds where the number is too large for seconds, since 1970.
pub(super) fn unix(number: f64) -> Option<DateTime> {
    let millis = if number.abs() < 1e11 { number * 1000.0 } else { number };
    (millis.is_finite() && millis.abs() < 1e14).then(|| DateTime::from_millis(millis as i64))
}

/// `Jun 14 15:16:01` at the start of a text, in the context's year, and what follows.
pub(super) fn month_day<'a>(text: &'a str, context: &Context) -> Option<(DateTime, &'a str)> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS.iter().position(|month| text.starts_with(month))? + 1;
    let rest = text.get(3..)?.strip_prefix(' ')?.trim_start();
    let (day, rest) = rest.split_once(' ')?;
    let (time, rest) = rest.split_at_checked(8)?;
    let date = civil::date(context.year, i8::try_from(month).ok()?, 1);
    let date = date.with().day(day.parse().ok()?).build().ok()?;
    Some((moment(date.to_datetime(time.parse().ok()?), context)?, rest.strip_prefix(' ')?))
}
