//! Go-style: `[ERROR][server.go:72] 2023/05/11 00:08:24 message`.

use super::{Context, Event, time};

pub(super) fn read(line: &str, context: &Context) -> Option<Event> {
    let (level, rest) = line.strip_prefix('[')?.split_once(']')?;
    let (place, rest) = match rest.trim_start().strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let rest = rest.trim_start();
    let date = rest.get(..19)?;
    let moment = time::strptime("%Y/%m/%d %H:%M:%S", date, context)?;
    let letters = |text: &str| (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !letters(level) {
        return None;
    }
    let message = rest.get(19..)?;
    // Fractions of a second belong to the date.
    let message = message.strip_prefix('.').map_or(message, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let mut event = Event { date: Some(moment), level: Some(level.to_owned()), message: message.trim().to_owned(), ..Event::default() };
    event.server = place.split(':').next().filter(|file| !file.is_empty()).map(str::to_owned);
    event.put("place", place);
    Some(event)
}
