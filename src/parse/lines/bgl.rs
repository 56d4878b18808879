//! Blue Gene/L: `- 1117838570 2005.06.03 R02-M1 2005-06-03-15.42.50.675872 R02-M1 RAS KERNEL INFO message`; an alert's label instead of `-`.

use super::{Event, time};

pub(super) fn read(line: &str) -> Option<Event> {
    let mut words = line.splitn(10, ' ');
    let mut word = || words.next();
    let (label, seconds, day, node) = (word()?, word()?, word()?, word()?);
    let (moment, _, kind, component, level) = (word()?, word()?, word()?, word()?, word()?);
    let message = word().unwrap_or_default();
    if day.len() != 10 || seconds.len() != 10 || !seconds.bytes().all(|byte| byte.is_ascii_digit()) || kind.is_empty() {
        return None;
    }
    // The seconds are UTC; the written moment is local to the machine and adds only its fraction.
    let fraction: f64 = moment.rsplit_once('.').and_then(|(_, digits)| format!("0.{digits}").parse().ok()).unwrap_or_default();
    let date = time::unix(seconds.parse::<f64>().ok()? + fraction)?;
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
