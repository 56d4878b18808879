//! `Retry-After`: how long a server asks to be left alone, in seconds or until a moment.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;

/// The wait that the header asks for. A moment is taken by the server's own clock (`date`, its header) where it tells it, else by this
/// machine's: the clocks of two machines differ.
pub(super) fn wait(value: &str, date: Option<&str>, now: u64) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = moment(value)?;
    let now = date.and_then(moment).unwrap_or_else(|| i64::try_from(now).unwrap_or(i64::MAX));
    // What is over needs no wait.
    Some(Duration::from_secs(u64::try_from(until.saturating_sub(now)).unwrap_or_default()))
}

/// Seconds since 1970 of a moment as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn moment(text: &str) -> Option<i64> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    PARSER.parse_timestamp(text.trim()).ok().map(|moment| moment.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_moments_are_read() {
        // 1994-11-06T08:49:37Z.
        let now = 784_111_777;
        for (value, date, expected) in [
            ("5", None, Some(5)),
            (" 120 ", None, Some(120)),
            ("-1", None, None),
            ("soon", None, None),
            ("", None, None),
            ("Sun, 06 Nov 1994 08:50:37 GMT", None, Some(60)),
            ("Sun, 06 Nov 1994 08:48:37 GMT", None, Some(0)),
            // The server's clock is an hour ahead.
            ("Sun, 06 Nov 1994 09:50:37 GMT", Some("Sun, 06 Nov 1994 09:49:37 GMT"), Some(60)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some("no date"), Some(60)),
            ("Sun, 99 Nov 1994 08:50:37 GMT", None, None),
            ("1994-11-06T08:50:37Z", None, None),
            ("99999999999999999999", None, None),
        ] {
            assert_eq!(wait(value, date, now), expected.map(Duration::from_secs), "{value}");
        }
    }
}
