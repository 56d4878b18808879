//! log4j and its kin: a date, a level, a class or component, a message, in the layouts of Hadoop, HDFS, Spark, ZooKeeper, OpenStack.

use jiff::civil;

use super::{Context, Event, time};

const LEVELS: [&str; 10] = ["TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "FATAL", "SEVERE", "CRITICAL"];

pub(super) fn read(line: &str, context: &Context) -> Option<Event> {
    let (date, rest) = date(line, context).or_else(|| {
        // OpenStack puts the name of its file in front.
        let (_, rest) = line.split_once(' ')?;
        date(rest, context)
    })?;
    // A process id may stand between the date and the level; the level may stand in brackets or behind a thread.
    let mut before = rest;
    for _ in 0..4 {
        let word = before.split_whitespace().next()?;
        let after = before.trim_start().get(word.len()..)?.trim_start();
        let bare = word.trim_matches(|c: char| matches!(c, '[' | ']' | ':' | '-'));
        if LEVELS.contains(&bare) {
            let level = bare.to_owned();
            let mut event = Event { date: Some(date), level: Some(level), ..Event::default() };
            let skipped = rest.get(..rest.len() - before.len()).unwrap_or_default().trim();
            event.put("process", skipped);
            let after = after.strip_prefix("- ").unwrap_or(after).trim_start();
            component(after, &mut event);
            return Some(event);
        }
        if word.len() > 120 {
            return None;
        }
        before = after;
    }
    None
}

/// `[thread] class: message` or `class: message` or a message alone.
fn component(text: &str, event: &mut Event) {
    let mut text = text;
    if let Some((thread, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once("] "))
        && thread.len() <= 200
    {
        event.put("thread", thread);
        text = rest.trim_start().strip_prefix("- ").unwrap_or(rest).trim_start();
    }
    match text.split_once(": ").or_else(|| text.split_once(" - ")) {
        Some((class, message)) if !class.contains(' ') && class.len() <= 200 && !class.is_empty() => {
            event.server = Some(class.to_owned());
            event.message = message.to_owned();
        }
        _ => event.message = text.to_owned(),
    }
}

/// The date at the start of a line and what follows it.
fn date<'a>(line: &'a str, context: &Context) -> Option<(bson::DateTime, &'a str)> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (first, rest) = line.split_once([' ', 'T'])?;
    // HDFS: `081109 203615`.
    if first.len() == 6 && digits(first) {
        let (clock, rest) = rest.split_once(' ')?;
        if clock.len() != 6 || !digits(clock) {
            return None;
        }
        let two = |text: &str, at: usize| text.get(at..at + 2)?.parse::<i8>().ok();
        let year = 2000 + i16::from(two(first, 0)?);
        let civil = civil::DateTime::new(year, two(first, 2)?, two(first, 4)?, two(clock, 0)?, two(clock, 2)?, two(clock, 4)?, 0).ok()?;
        return Some((time::moment(civil, context)?, rest));
    }
    let (clock, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let clock = clock.trim_end_matches([']', ':']);
    // Spark: `17/06/09 20:10:40`; others year first with dashes or slashes.
    let parts: Vec<&str> = first.trim_start_matches('[').split(['-', '/']).collect();
    let [year, month, day] = parts.as_slice() else { return None };
    let year: i16 = match year.len() {
        4 => year.parse().ok()?,
        2 => 2000 + year.parse::<i16>().ok()?,
        _ => return None,
    };
    let civil = civil::Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()?;
    let clock: civil::Time = clock.replace(',', ".").trim_end_matches('Z').parse().ok()?;
    Some((time::moment(civil.to_datetime(clock), context)?, rest))
}
