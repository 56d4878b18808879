//! log4j and its kin: a date, a level, a thread, a class, a message, in the layouts of Hadoop, HDFS, Spark, ZooKeeper, Kafka,
//! OpenStack, Spring, Python's logging, PostgreSQL, Apache, nginx and Windows servicing. What comes in which order is found line by line.

use super::{Context, Event, level, time, words};

/// Parts that may stand between the date and the level.
const PARTS_BEFORE_LEVEL: usize = 6;
/// Bracketed parts that may stand between the level and the message.
const PARTS_BEFORE_MESSAGE: usize = 3;

/// What stands around the level.
#[derive(Default)]
struct Parts<'a> {
    component: &'a str,
    thread: &'a str,
    process: &'a str,
    source: &'a str,
    context: &'a str,
    /// The date as written, where it is not known as a moment.
    time: &'a str,
}

/// Puts a part to the first free of some places; `None` when there is none.
fn put<'a, const N: usize>(part: &'a str, places: [&mut &'a str; N]) -> Option<()> {
    let place = places.into_iter().find(|place| place.is_empty())?;
    *place = part;
    Some(())
}

pub(super) fn read<'a>(line: &'a str, context: &Context<'_>) -> Option<Event<'a>> {
    let mut parts = Parts::default();
    let (date, rest) = date(line, &mut parts, context)?;
    let (level, rest) = find_level(rest, &mut parts)?;
    let message = before_message(rest, &mut parts);
    let server = if parts.component.is_empty() { owner(parts.thread) } else { parts.component };
    let fields = [
        ("component", parts.component),
        ("thread", parts.thread),
        ("process", parts.process),
        ("context", parts.context),
        ("source", parts.source),
        ("time", parts.time),
    ];
    Some(Event::new(date, Some(level), message.trim_end(), &fields).by(server))
}

/// The date, bracketed or not; OpenStack puts the name of its file in front, Logback may leave the day out.
fn date<'a>(line: &'a str, parts: &mut Parts<'a>, context: &Context<'_>) -> Option<(Option<bson::DateTime>, &'a str)> {
    let text = line.strip_prefix('[').unwrap_or(line);
    let dated =
        |text: &'a str| time::start(text, context).or_else(|| time::compact(text, context)).or_else(|| time::calendar(text, context));
    let undated = |text: &'a str| {
        let rest = time::clock(text)?;
        Some((text.get(..text.len() - rest.len())?, rest))
    };
    let found = dated(text).map(|(date, rest)| (Some(date), rest)).or_else(|| {
        let (time, rest) = undated(text)?;
        parts.time = time;
        Some((None, rest))
    });
    let (date, rest) = found.or_else(|| {
        let (word, rest) = words::word(line)?;
        let (date, rest) = dated(rest.trim_start())?;
        parts.source = word;
        Some((Some(date), rest))
    })?;
    Some((date, rest.strip_prefix(']').unwrap_or(rest)))
}

/// The level and what follows it; process, thread and logger may stand in front of it.
fn find_level<'a>(text: &'a str, parts: &mut Parts<'a>) -> Option<(&'a str, &'a str)> {
    if level::is_level(parts.source) {
        return Some((std::mem::take(&mut parts.source), text));
    }
    let (mut rest, mut is_first) = (text, true);
    for _ in 0..PARTS_BEFORE_LEVEL {
        let text = rest.trim_start();
        let in_brackets = words::bracketed(text);
        let (part, after) = in_brackets.or_else(|| words::word(text))?;
        rest = after;
        let bare = part.trim_matches([' ', ':', ',', '-', '|', '<', '>', '[', ']']);
        if bare.is_empty() {
            continue;
        }
        // A word of the text could be meant, unless it stands where levels stand or is written as they are.
        let is_marked = is_first || in_brackets.is_some() || bare.bytes().all(|byte| byte.is_ascii_uppercase());
        if is_marked && level::is_level(bare) {
            return Some((bare, after));
        }
        // Apache names the module with the level: `[core:error]`.
        if let Some((module, level)) = bare.split_once(':').filter(|(_, level)| in_brackets.is_some() && level::is_level(level)) {
            put(module, [&mut parts.component, &mut parts.context])?;
            return Some((level, after));
        }
        is_first = false;
        match () {
            () if words::is_number(bare) => put(bare, [&mut parts.process, &mut parts.thread])?,
            () if in_brackets.is_some() => put(part.trim(), [&mut parts.thread, &mut parts.context])?,
            () if words::is_name(bare) => put(bare, [&mut parts.component])?,
            () => return None,
        }
    }
    None
}

/// Takes thread, context and class off the front of a text; what is left is the message.
fn before_message<'a>(text: &'a str, parts: &mut Parts<'a>) -> &'a str {
    let mut text = unmarked(text);
    // Spring: `12345 --- [main] class : message`.
    if let Some((process, rest)) = words::word(text)
        && words::is_number(process)
        && parts.process.is_empty()
        && let Some(rest) = rest.trim_start().strip_prefix("--- ")
    {
        (parts.process, text) = (process, rest.trim_start());
    }
    for _ in 0..PARTS_BEFORE_MESSAGE {
        let Some((part, rest)) = words::bracketed(text).filter(|(_, rest)| rest.is_empty() || rest.starts_with([' ', ':', '['])) else {
            break;
        };
        let part = part.trim();
        let placed = match words::is_dotted_name(part) {
            true => put(part, [&mut parts.component, &mut parts.thread, &mut parts.context]),
            false => put(part, [&mut parts.thread, &mut parts.context]),
        };
        if placed.is_none() {
            break;
        }
        text = unmarked(rest);
    }
    let Some((word, rest)) = words::word(text).filter(|_| parts.component.is_empty()) else { return text };
    let name = word.strip_suffix(':').unwrap_or(word);
    // A class is followed by a colon, by a mark between blanks, by a bracket, or stands in a column of its own.
    let column = rest.starts_with("  ") && name.bytes().all(|byte| byte.is_ascii_uppercase());
    let marked = name.len() < word.len() || rest.starts_with(" - ") || rest.trim_start().starts_with(": ");
    let bracket = rest.starts_with(" [") && words::is_dotted_name(name);
    if !words::is_name(name) || !(column || marked || bracket) {
        return text;
    }
    parts.component = name;
    let rest = unmarked(rest);
    match words::bracketed(rest).filter(|_| bracket && parts.context.is_empty()) {
        Some((inside, rest)) => {
            parts.context = inside;
            rest.trim_start()
        }
        None => rest,
    }
}

/// A text without the mark that separates it from what stood before it.
fn unmarked(text: &str) -> &str {
    let text = text.trim_start();
    ["- ", ": ", "| ", ", "].iter().find_map(|mark| text.strip_prefix(mark)).unwrap_or(text).trim_start()
}

/// ZooKeeper names the class at the end of the thread: `QuorumPeer[myid=1]/0:0:0:0:2181:FastLeaderElection@774`.
fn owner(thread: &str) -> &str {
    let last = thread.rsplit(':').next().unwrap_or_default();
    match last.split_once('@') {
        Some((class, line)) if words::is_number(line) => class,
        _ => "",
    }
}
