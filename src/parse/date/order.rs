//! Month first or day first: found out from a sample of the file.
//!
//! What the responses say of themselves (`current_timestamp`) counts most, then numbers that can only be days; where
//! neither occurs the month is first, as in the software's own notation.

use std::sync::LazyLock;

use memchr::{memchr, memmem};

use crate::{
    domain::{DateOrder, Side},
    parse::scan::header::{self, Header},
};

/// Finds what a response says of its own time.
static STAMP: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(b"\"current_timestamp\""));

/// The order of the dates with slashes in a sample; `Detect` when it has none.
pub(in crate::parse) fn detect(sample: &[u8]) -> DateOrder {
    let mut evidence = Evidence::default();
    let mut response: Option<(i64, i64)> = None;
    let mut rest = sample;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        if let Some(header) = header::read(line) {
            let numbers = first_numbers(&header);
            evidence.numbers(numbers);
            response = numbers.filter(|_| header.side == Side::Response);
        }
        if let (Some(numbers), Some(at)) = (response, response.and_then(|_| STAMP.find(line))) {
            evidence.timestamp(numbers, line.get(at + 19..).unwrap_or_default());
            response = None;
        }
        rest = after.get(1..).unwrap_or_default();
    }
    evidence.order()
}

/// The two numbers that could be month and day.
fn first_numbers(header: &Header<'_>) -> Option<(i64, i64)> {
    let mut parts = header.date.split(|&b| b == b'/');
    let mut next = || std::str::from_utf8(parts.next()?).ok()?.parse::<i64>().ok();
    let numbers = (next()?, next()?);
    (numbers.0 <= 31).then_some(numbers)
}

#[derive(Default)]
struct Evidence {
    n_dates: u32,
    day_by_size: u32,
    month_by_size: u32,
    day_by_timestamp: u32,
    month_by_timestamp: u32,
}

impl Evidence {
    fn numbers(&mut self, numbers: Option<(i64, i64)>) {
        let Some((first, second)) = numbers else { return };
        self.n_dates += 1;
        self.day_by_size += u32::from(first > 12);
        self.month_by_size += u32::from(second > 12);
    }

    /// Compares with the text after the key `current_timestamp`.
    fn timestamp(&mut self, (first, second): (i64, i64), text: &[u8]) {
        let digits = text.iter().position(u8::is_ascii_digit).unwrap_or(text.len());
        let Some(&[_, _, _, _, b'-', m1, m2, b'-', d1, d2]) = text.get(digits..digits + 10).and_then(|t| t.first_chunk()) else { return };
        let number = |tens: u8, ones: u8| i64::from(tens.wrapping_sub(b'0')) * 10 + i64::from(ones.wrapping_sub(b'0'));
        let (month, day) = (number(m1, m2), number(d1, d2));
        if month == day {
            return;
        }
        self.month_by_timestamp += u32::from((first, second) == (month, day));
        self.day_by_timestamp += u32::from((first, second) == (day, month));
    }

    fn order(&self) -> DateOrder {
        let by_timestamp = self.day_by_timestamp.cmp(&self.month_by_timestamp);
        match by_timestamp.then(self.day_by_size.cmp(&self.month_by_size)) {
            _ if self.n_dates == 0 => DateOrder::Detect,
            std::cmp::Ordering::Greater => DateOrder::DayFirst,
            _ => DateOrder::MonthFirst,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_found_out() {
        let request = |date: &str| format!("=> S at {date}: from 10.0.0.1;\nInput = {{}}\n");
        let response = |date: &str, stamp: &str| format!("<= S at {date}: to 10.0.0.1\nOutput = {{\"current_timestamp\": \"{stamp}\"}}\n");
        for (sample, expected) in [
            (request("5/8/2016 7:17:45 AM"), DateOrder::MonthFirst),
            (request("5/8/2016 17:17:45"), DateOrder::MonthFirst),
            (request("5/8/2016 17:17:45") + &request("13/8/2016 17:17:45"), DateOrder::DayFirst),
            (request("13/8/2016 17:17:45") + &response("5/8/2016 7:17:45", "2016-05-08T07:17:45"), DateOrder::MonthFirst),
            (response("5/8/2016 7:17:45", "2016-08-05T07:17:45"), DateOrder::DayFirst),
            (request("08.05.2016 7:17:45"), DateOrder::Detect),
            (String::new(), DateOrder::Detect),
        ] {
            assert_eq!(detect(sample.as_bytes()), expected, "{sample}");
        }
    }
}
