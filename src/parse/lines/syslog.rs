//! Syslog: RFC 5424 and RFC 3164, with or without the priority in front.

use super::{Context, Event, time};

/// Names of severities (RFC 5424, table 2).
const SEVERITIES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

pub(super) fn read(line: &str, context: &Context) -> Option<Event> {
    let (priority, rest) = priority(line);
    let mut event = rfc5424(rest, context, priority.is_some()).or_else(|| rfc3164(rest, context))?;
    event.level = priority.and_then(|priority| SEVERITIES.get(priority % 8)).map(|name| (*name).to_owned());
    Some(event)
}

fn priority(line: &str) -> (Option<usize>, &str) {
    let parsed = || {
        let (number, rest) = line.strip_prefix('<')?.split_once('>')?;
        let number: usize = number.parse().ok().filter(|number| *number < 192)?;
        Some((Some(number), rest))
    };
    parsed().unwrap_or((None, line))
}

/// `1 2003-10-11T22:14:15.003Z host app proc msgid [data] message`.
fn rfc5424(text: &str, context: &Context, has_priority: bool) -> Option<Event> {
    if !has_priority {
        return None;
    }
    let rest = text.strip_prefix("1 ")?;
    let mut parts = rest.splitn(6, ' ');
    let mut part = || parts.next();
    let (date, host, app, process, id, rest) = (part()?, part()?, part()?, part()?, part()?, part()?);
    let named = |value: &str| if value == "-" { String::new() } else { value.to_owned() };
    let (data, message) = structured_data(rest)?;
    let mut event = Event {
        date: time::iso(date, context),
        server: Some(named(host)).filter(|host| !host.is_empty()),
        message: message.trim_start_matches('\u{FEFF}').to_owned(),
        ..Event::default()
    };
    for (name, value) in [("app", app), ("process", process), ("msgid", id), ("data", data)] {
        event.put(name, &named(value));
    }
    Some(event)
}

/// Structured data (`-` or `[id a="b"]…`, quotes may be escaped) and the message behind it.
fn structured_data(text: &str) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_prefix('-') {
        return Some(("-", rest.trim_start()));
    }
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted && !text.get(at + 1..)?.starts_with('[') => {
                return Some((text.get(..=at)?, text.get(at + 1..)?.trim_start()));
            }
            _ => {}
        }
    }
    None
}

/// `Jun 14 15:16:01 host app[19939]: message`.
fn rfc3164(text: &str, context: &Context) -> Option<Event> {
    let (date, rest) = time::month_day(text, context)?;
    let (host, rest) = rest.split_once(' ')?;
    let mut event = Event { date: Some(date), server: Some(host.to_owned()), ..Event::default() };
    let tag = rest.split_once(": ").filter(|(tag, _)| !tag.is_empty() && tag.len() <= 64 && !tag.contains("  "));
    let Some((tag, message)) = tag.or_else(|| rest.strip_suffix(':').map(|tag| (tag, ""))) else {
        event.message = rest.to_owned();
        return Some(event);
    };
    event.message = message.to_owned();
    match tag.split_once('[') {
        Some((app, process)) => {
            event.put("app", app);
            event.put("process", process.trim_end_matches(']'));
        }
        None => event.put("app", tag),
    }
    Some(event)
}
