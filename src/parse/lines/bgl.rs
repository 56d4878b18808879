//! Blue Gene/L: `- 1117838570 2005.06.03 R02-M1 2005-06-03-15.42.50.675872 R02-M1 RAS KERNEL INFO message`; an alert's label instead of `-`.

use super::{Context, Event, time};

pub(super) fn read(line: &str, context: &Context) -> Option<Event> {
    let mut words = line.splitn(10, ' ');
    let mut word = || words.next();
    let (label, seconds, day, node) = (word()?, word()?, word()?, word()?);
    let (moment, _, kind, component, level) = (word()?, word()?, word()?, word()?, word()?);
    let message = word().unwrap_or_default();
    if day.len() != 10 || seconds.len() != 10 || !seconds.bytes().all(|byte| byte.is_ascii_digit()) || kind.is_empty() {
        return None;
    }
    let date = time::strptime("%Y-%m-%d-%H.%M.%S%.f", moment, context).or_else(|| time::unix(seconds.parse().ok()?))?;
    let mut event = Event {
        date: Some(date),
        level: Some(level.to_owned()),
        server: Some(node.to_owned()),
        message: message.to_owned(),
        is_alert: label != "-",
        ..Event::default()
    };
    for (name, value) in [("label", label), ("kind", kind), ("component", component)] {
        event.put(name, value);
    }
    Some(event)
}
