//! Android's log: `03-17 16:13:38.811  1702  2395 D WindowManager: message`; the year is the context's.

use super::{Context, Event, time, words};

/// The letters that stand for levels.
const LEVELS: [(&str, &str); 7] =
    [("V", "verbose"), ("D", "debug"), ("I", "info"), ("W", "warn"), ("E", "error"), ("F", "fatal"), ("A", "fatal")];

pub(super) fn read<'a>(line: &'a str, context: &Context<'_>) -> Option<Event<'a>> {
    let (date, rest) = time::numbered_day(line, context)?;
    let written = line.get(..line.len() - rest.len()).filter(|_| date.is_none()).unwrap_or_default();
    let (process, rest) = words::word(rest)?;
    let (thread, rest) = words::word(rest)?;
    let (letter, rest) = words::word(rest)?;
    let (_, level) = LEVELS.iter().find(|(known, _)| *known == letter)?;
    if !words::is_number(process) || !words::is_number(thread) {
        return None;
    }
    let (tag, message) = rest.split_once(": ").or_else(|| rest.trim_end().strip_suffix(':').map(|tag| (tag, "")))?;
    let tag = tag.trim();
    let fields = [("tag", tag), ("process", process), ("thread", thread), ("time", written)];
    Some(Event::new(date, Some(level), message.trim(), &fields).by(tag))
}
