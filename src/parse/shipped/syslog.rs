//! Syslog messages, as the parser reads lines of syslog files: RFC 5424, RFC 3164 and what is near them.

use bson::{Bson, DateTime, RawBson};
use encoding_rs::{Encoding, WINDOWS_1251};
use jiff::{Timestamp, tz::TimeZone};

use super::{Event, Shipment, Undecodable, arrival::Arrival, json};
use crate::parse::{
    Limits,
    lines::{Context, Entry, Format},
};

/// Reads the messages of one branch.
pub struct Syslog<'a> {
    context: Context<'a>,
    encoding: &'static Encoding,
}

impl<'a> Syslog<'a> {
    /// Of a branch with dates in this zone; what is no UTF-8 is in its encoding.
    pub fn new(timezone: &'a TimeZone, encoding: Option<&'static Encoding>, received: DateTime, limits: &Limits) -> Self {
        let received = Timestamp::from_millisecond(received.timestamp_millis()).ok();
        let day = received.map(|moment| timezone.to_datetime(moment).date());
        Self { context: Context::new(timezone, day, limits), encoding: encoding.unwrap_or(WINDOWS_1251) }
    }

    /// Reads a message; one in no form of syslog is an event without a level.
    ///
    /// # Errors
    /// When it is too large for the shipment.
    pub fn add(&mut self, arrival: &Arrival<'_>, shipment: &mut Shipment) -> Result<(), Undecodable> {
        let text = match std::str::from_utf8(arrival.bytes) {
            Ok(text) => text.into(),
            Err(_) => self.encoding.decode_without_bom_handling(arrival.bytes).0,
        };
        let text = text.trim_end_matches(['\r', '\n', '\0']);
        let Some(Entry::Event(read)) = Format::Syslog.read(text, &mut self.context) else {
            let event = Event { time: Some(arrival.received), text: text.into(), members: arrival.members().into(), ..Event::default() };
            return shipment.add(arrival.sender, &event);
        };
        let mut members = String::new();
        for (name, value) in read.fields.iter().flatten().filter(|(name, _)| !matches!(name.as_str(), "level" | "message")) {
            if let Ok(value) = Bson::try_from(RawBson::from(value)) {
                json::add(&mut members, name.as_str(), &value.into_relaxed_extjson().to_string());
            }
        }
        members = [members, arrival.members()].iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(",");
        let service = read.server.as_deref().unwrap_or_default();
        let source = format!("{} {service} {}", arrival.sender, read.fields.get_str("app").unwrap_or_default());
        let time = read.date.and_then(|date| date.timestamp_millis().checked_mul(1_000_000)).unwrap_or(arrival.received);
        let level = read.level.as_deref().unwrap_or_default();
        let text = read.message.as_ref().into();
        let event = Event { time: Some(time), level: level.into(), service: service.into(), text, members: members.into() };
        shipment.add(&source, &event)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn member(line: &str, name: &str) -> Value {
        serde_json::from_str::<Value>(line.trim_start_matches('\u{FEFF}')).unwrap()[name].clone()
    }

    #[test]
    fn messages_are_read_in_every_form_and_two_alike_are_two() {
        let kyiv = TimeZone::get("Europe/Kyiv").unwrap();
        let now = DateTime::from_millis(1_720_000_000_000);
        let mut syslog = Syslog::new(&kyiv, None, now, &Limits::default());
        let mut shipment = Shipment::new(100_000);
        let cyrillic = WINDOWS_1251.encode("<11>Jun 14 15:16:01 k01 gate[7]: каса закрита").0.into_owned();
        for (n, bytes) in [
            b"<11>1 2024-06-14T12:16:01Z k01 gate 7 ID [a@1 b=\"c\"] register is closed\n".as_slice(),
            b"<11>Jun 14 15:16:01 k01 gate[7]: register is closed",
            b"<11>Jun 14 15:16:01 k01 gate[7]: register is closed",
            &cyrillic,
            b"no syslog at all",
            b"<14>1 2024-06-14T12:16:01Z k01 bars - - - <= B at 5/8/2016 7:17:45 AM: to 10.7.73.12",
            b"<14>1 2024-06-14T12:16:01Z k01 bars - - - Output = {}",
        ]
        .iter()
        .enumerate()
        {
            syslog.add(&Arrival { sender: "10.0.0.1", received: n as i64, bytes }, &mut shipment).unwrap();
        }
        let bodies: Vec<String> = shipment.into_parcels().into_iter().map(|parcel| String::from_utf8(parcel.body).unwrap()).collect();
        assert_eq!(bodies[0].trim_start_matches('\u{FEFF}'), "<= B at 5/8/2016 7:17:45 AM: to 10.7.73.12\nOutput = {}\n");
        let lines: Vec<&str> = bodies[1].lines().collect();
        assert_eq!(lines.len(), 5);
        for line in &lines[..4] {
            assert_eq!(
                (member(line, "time"), member(line, "level"), member(line, "app")),
                ("2024-06-14T12:16:01Z".into(), "err".into(), "gate".into())
            );
        }
        assert_eq!(
            (member(lines[0], "data"), member(lines[3], "message")),
            (serde_json::json!({ "a@1": { "b": "c" } }), "каса закрита".into())
        );
        assert_ne!(lines[1], lines[2]);
        assert_eq!(member(lines[4], "message"), "no syslog at all");
    }
}
