//! Supercomputers, whose lines begin with a label (a dash where there is no alert), seconds (UTC), a day and a node.
//!
//! Blue Gene/L: `- 1117838570 2005.06.03 R02-M1 2005-06-03-15.42.50.675872 R02-M1 RAS KERNEL INFO message`. Thunderbird, Spirit
//! and Liberty: `- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond[2915]: message`. The other dates are in the
//! machine's zone and add fractions only.

use bson::DateTime;

use super::{Context, Event, syslog, time, words};

/// What both begin with.
struct Head<'a> {
    label: &'a str,
    seconds: i64,
    node: &'a str,
    rest: &'a str,
}

impl<'a> Head<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let (label, rest) = words::word(line)?;
        let (seconds, rest) = words::word(rest)?;
        let (day, rest) = words::word(rest)?;
        let (node, rest) = words::word(rest)?;
        let is_head = seconds.len() == 10 && words::is_number(seconds) && time::is_day(day);
        is_head.then_some(Self { label, seconds: seconds.parse().ok()?, node, rest })
    }

    /// Puts label and node to the event behind the head.
    fn lead(&self, mut event: Event<'a>) -> Event<'a> {
        event.put("label", self.label);
        event.is_error |= self.label != "-";
        event.by(self.node)
    }
}

pub(super) fn read(line: &str) -> Option<Event<'_>> {
    let head = Head::read(line)?;
    let (moment, rest) = words::word(head.rest)?;
    let fraction = time::fraction_of(moment)?;
    let (location, rest) = words::word(rest)?;
    let (kind, rest) = words::word(rest)?;
    let (component, rest) = words::word(rest)?;
    let (level, rest) = words::word(rest)?;
    let date = DateTime::from_millis(head.seconds * 1000 + fraction);
    Some(head.lead(Event::new(Some(date), Some(level), rest.trim(), &[("kind", kind), ("component", component), ("location", location)])))
}

pub(super) fn read_thunderbird<'a>(line: &'a str, context: &Context<'_>) -> Option<Event<'a>> {
    let head = Head::read(line)?;
    let mut event = syslog::after_priority(head.rest.trim_start(), None, context)?;
    event.date = Some(DateTime::from_millis(head.seconds * 1000));
    event.put("host", &event.server.clone().unwrap_or_default());
    Some(head.lead(event))
}
