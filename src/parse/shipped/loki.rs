//! Loki's push protocol: streams of lines under labels, as JSON or as Protocol Buffers.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{
    Event, Shipment, Undecodable, json, labels,
    wire::{Field, Fields},
};

/// Labels that say how bad it is and who wrote it, the first that is there before the others.
const LEVELS: [&str; 5] = ["level", "detected_level", "severity", "lvl", "loglevel"];
const SERVICES: [&str; 9] = ["service_name", "service", "app", "application", "container", "job", "host", "hostname", "instance"];

/// Reads `{"streams":[{"stream":{…},"values":[["<nanoseconds>","<line>",{…}],…]}]}`.
///
/// # Errors
/// When it is no such object, or too large for the shipment.
pub fn json(body: &[u8], shipment: &mut Shipment) -> Result<(), Undecodable> {
    let push = json::read(body)?;
    let streams = push.get("streams").and_then(Value::as_array).ok_or(Undecodable::Damaged("it has no `streams`"))?;
    for stream in streams {
        let labels = stream.get("stream").and_then(Value::as_object).cloned().unwrap_or_default();
        let stream_of = Stream::new(labels);
        for entry in stream.get("values").and_then(Value::as_array).into_iter().flatten() {
            let (time, line) = (entry.get(0).and_then(Value::as_str), entry.get(1).and_then(Value::as_str));
            match (time, line) {
                (Some(time), Some(line)) => {
                    let metadata = entry.get(2).and_then(Value::as_object);
                    stream_of.add(shipment, time.parse().ok(), line.into(), metadata)?;
                }
                _ => shipment.reject(&entry.to_string())?,
            }
        }
    }
    Ok(())
}

/// Reads a `PushRequest`: streams (1) of labels (1) and entries (2), each of a timestamp (1), a line (2) and metadata (3).
///
/// # Errors
/// When it is no such message, or too large for the shipment.
pub fn protobuf(body: &[u8], shipment: &mut Shipment) -> Result<(), Undecodable> {
    let mut push = Fields(body);
    while let Some((number, field)) = push.next()? {
        if number == 1 {
            stream(field.bytes(), shipment)?;
        }
    }
    Ok(())
}

fn stream(message: &[u8], shipment: &mut Shipment) -> Result<(), Undecodable> {
    let written = text(Fields(message).find(1)?);
    let labels = labels::read(&written).unwrap_or_else(|| Map::from_iter([("labels".to_owned(), Value::from(written.as_ref()))]));
    let stream = Stream::new(labels);
    let mut fields = Fields(message);
    while let Some((number, field)) = fields.next()? {
        if number != 2 {
            continue;
        }
        match entry(field.bytes(), &stream, shipment) {
            // One entry that is damaged spoils no other.
            Err(Undecodable::Damaged(_)) => shipment.reject(&String::from_utf8_lossy(field.bytes()))?,
            done => done?,
        }
    }
    Ok(())
}

fn entry(message: &[u8], stream: &Stream, shipment: &mut Shipment) -> Result<(), Undecodable> {
    let mut metadata = Map::new();
    let mut fields = Fields(message);
    while let Some((number, field)) = fields.next()? {
        if number == 3 {
            let pair = Fields(field.bytes());
            metadata.insert(text(pair.find(1)?).into_owned(), Value::from(text(pair.find(2)?).as_ref()));
        }
    }
    let fields = Fields(message);
    let moment = Fields(fields.find(1)?.map_or(&[], Field::bytes));
    let (seconds, nanos) = (moment.find(1)?.map(Field::number), moment.find(2)?.map(Field::number));
    let time =
        seconds.and_then(|seconds| seconds.cast_signed().checked_mul(1_000_000_000)?.checked_add_unsigned(nanos.unwrap_or_default()));
    stream.add(shipment, time, text(fields.find(2)?), Some(&metadata))
}

fn text(field: Option<Field<'_>>) -> Cow<'_, str> {
    String::from_utf8_lossy(field.map_or(&[], Field::bytes))
}

/// What all lines of a stream have in common.
struct Stream {
    /// Its labels as they are written, by which it is told from the others.
    source: String,
    level: String,
    service: String,
    members: String,
}

impl Stream {
    fn new(labels: Map<String, Value>) -> Self {
        let mut members = String::new();
        let (level, service, is_empty) = (json::first(&labels, &LEVELS), json::first(&labels, &SERVICES), labels.is_empty());
        let source = Value::Object(labels).to_string();
        if !is_empty {
            json::add(&mut members, "labels", &source);
        }
        Self { source, level, service, members }
    }

    fn add(
        &self,
        shipment: &mut Shipment,
        time: Option<i64>,
        line: Cow<'_, str>,
        metadata: Option<&Map<String, Value>>,
    ) -> Result<(), Undecodable> {
        if line.trim().is_empty() {
            return Ok(());
        }
        let mut event = Event {
            time,
            level: self.level.as_str().into(),
            service: self.service.as_str().into(),
            text: line,
            members: self.members.as_str().into(),
        };
        if let Some(metadata) = metadata.filter(|metadata| !metadata.is_empty()) {
            let said = json::first(metadata, &LEVELS);
            if !said.is_empty() {
                event.level = said.into();
            }
            if self.service.is_empty() {
                event.service = json::first(metadata, &SERVICES).into();
            }
            let members = event.members.to_mut();
            json::add(members, "metadata", &Value::Object(metadata.clone()).to_string());
        }
        shipment.add(&self.source, &event)
    }
}
