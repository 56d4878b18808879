//! Go-style: `[ERROR][server.go:72] 2023/05/11 00:08:24 message`.

use super::{Context, Event, time, words};

pub(super) fn read<'a>(line: &'a str, context: &Context<'_>) -> Option<Event<'a>> {
    let (level, rest) = words::bracketed(line)?;
    let is_word = (1..=10).contains(&level.len()) && level.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !line.starts_with('[') || !is_word {
        return None;
    }
    let rest = rest.trim_start();
    let (place, rest) = words::bracketed(rest).unwrap_or(("", rest));
    let (date, rest) = time::start(rest.trim_start(), context)?;
    let file = place.split(':').next().unwrap_or_default();
    Some(Event::new(Some(date), Some(level), rest.trim(), &[("place", place)]).by(file))
}
