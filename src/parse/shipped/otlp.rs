//! OTLP logs: records under scopes under resources, as Protocol Buffers. The JSON form of the same is in [`super::otlp_json`].

use std::{borrow::Cow, cell::OnceCell};

use serde_json::{Map, Value};

use super::{
    Event, Shipment, Undecodable, json,
    wire::{Field, Fields},
};

/// How deep values may be nested; what lies deeper is left out.
const MAX_DEPTH: usize = 60;
/// Names of severities, four numbers each.
const SEVERITIES: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/// A log record, whichever form it came in.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) time: i64,
    pub(super) observed: i64,
    pub(super) severity: u64,
    pub(super) severity_text: String,
    pub(super) body: Value,
    pub(super) attributes: Map<String, Value>,
    pub(super) trace_id: String,
    pub(super) span_id: String,
    pub(super) event_name: String,
}

/// What records have in common.
#[derive(Debug)]
pub(super) struct Origin<'a> {
    resource: &'a Map<String, Value>,
    scope: Map<String, Value>,
    /// Its members as they are written; not before a record asks for them, as a small body may name a large resource for many scopes
    /// without any.
    written: OnceCell<String>,
}

/// Reads an `ExportLogsServiceRequest`: resource logs (1) of a resource (1) and scope logs (2), each of a scope (1) and records (2).
///
/// # Errors
/// When it is no such message, or too large for the shipment.
pub fn protobuf(body: &[u8], shipment: &mut Shipment) -> Result<(), Undecodable> {
    each(body, 1, &mut |resource_logs| {
        let resource = message(resource_logs, 1)?;
        let resource = attributes(resource, 1, 0)?;
        each(resource_logs, 2, &mut |scope_logs| {
            let origin = Origin::new(&resource, scope(message(scope_logs, 1)?)?);
            each(scope_logs, 2, &mut |bytes| match record(bytes) {
                Ok(record) => record.add(&origin, shipment),
                // One record that is damaged spoils no other.
                Err(_) => shipment.reject(&String::from_utf8_lossy(bytes)),
            })
        })
    })
}

/// Calls `visit` with the bytes of each field of this number.
fn each(bytes: &[u8], wanted: u64, visit: &mut dyn FnMut(&[u8]) -> Result<(), Undecodable>) -> Result<(), Undecodable> {
    let mut fields = Fields(bytes);
    while let Some((number, field)) = fields.next()? {
        if number == wanted {
            visit(field.bytes())?;
        }
    }
    Ok(())
}

fn message(bytes: &[u8], number: u64) -> Result<&[u8], Undecodable> {
    Ok(Fields(bytes).find(number)?.map_or(&[], Field::bytes))
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn scope(bytes: &[u8]) -> Result<Map<String, Value>, Undecodable> {
    let mut scope = attributes(bytes, 3, 0)?;
    for (number, name) in [(1, "name"), (2, "version")] {
        let value = text(message(bytes, number)?).into_owned();
        if !value.is_empty() {
            scope.insert(name.to_owned(), value.into());
        }
    }
    Ok(scope)
}

fn record(bytes: &[u8]) -> Result<Record, Undecodable> {
    let mut record = Record { attributes: attributes(bytes, 6, 0)?, ..Record::default() };
    let mut fields = Fields(bytes);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => record.time = field.number().cast_signed(),
            2 => record.severity = field.number(),
            3 => record.severity_text = text(field.bytes()).into_owned(),
            5 => record.body = value(field.bytes(), 0)?,
            9 => record.trace_id = hexadecimal(field.bytes()),
            10 => record.span_id = hexadecimal(field.bytes()),
            11 => record.observed = field.number().cast_signed(),
            12 => record.event_name = text(field.bytes()).into_owned(),
            _ => {}
        }
    }
    Ok(record)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Pairs of a key (1) and a value (2) in the fields of this number.
fn attributes(bytes: &[u8], number: u64, depth: usize) -> Result<Map<String, Value>, Undecodable> {
    let mut found = Map::new();
    each(bytes, number, &mut |pair| {
        found.insert(text(message(pair, 1)?).into_owned(), value(message(pair, 2)?, depth)?);
        Ok(())
    })?;
    Ok(found)
}

/// An `AnyValue`.
fn value(bytes: &[u8], depth: usize) -> Result<Value, Undecodable> {
    let mut found = Value::Null;
    let mut fields = Fields(bytes);
    while let Some((number, field)) = fields.next()? {
        found = match number {
            1 => text(field.bytes()).into(),
            2 => (field.number() != 0).into(),
            3 => field.number().cast_signed().into(),
            4 => f64::from_bits(field.number()).into(),
            5 if depth < MAX_DEPTH => {
                let mut items = Vec::new();
                each(field.bytes(), 1, &mut |item| {
                    items.push(value(item, depth + 1)?);
                    Ok(())
                })?;
                items.into()
            }
            6 if depth < MAX_DEPTH => attributes(field.bytes(), 1, depth + 1)?.into(),
            7 => hexadecimal(field.bytes()).into(),
            _ => Value::Null,
        };
    }
    Ok(found)
}

impl<'a> Origin<'a> {
    pub(super) fn new(resource: &'a Map<String, Value>, scope: Map<String, Value>) -> Self {
        Self { resource, scope, written: OnceCell::new() }
    }

    /// The members that all its records have, by which they are told from others too.
    fn written(&self) -> &str {
        self.written.get_or_init(|| {
            let mut members = String::new();
            for (name, map) in [("resource", self.resource), ("scope", &self.scope)] {
                if !map.is_empty() {
                    json::add(&mut members, name, &Value::Object(map.clone()).to_string());
                }
            }
            members
        })
    }
}

impl Record {
    /// Adds it to a shipment.
    pub(super) fn add(self, origin: &Origin<'_>, shipment: &mut Shipment) -> Result<(), Undecodable> {
        let common = origin.written();
        let by_number = usize::try_from(self.severity).ok().and_then(|number| SEVERITIES.get(number.checked_sub(1)? / 4)).copied();
        let level = by_number.unwrap_or(&self.severity_text);
        let mut members = String::new();
        let mut put = |name: &str, value: &str| json::add(&mut members, name, value);
        let text = match &self.body {
            Value::String(text) => text.as_str(),
            Value::Null => "",
            body => {
                put("body", &body.to_string());
                ""
            }
        };
        if by_number.is_some() {
            put("severity_number", &self.severity.to_string());
        }
        for (name, value) in [
            ("severity_text", if self.severity_text == level { "" } else { self.severity_text.as_str() }),
            ("event_name", &self.event_name),
            ("trace_id", &self.trace_id),
            ("span_id", &self.span_id),
        ] {
            if !value.is_empty() {
                put(name, &json::quoted(value));
            }
        }
        if !self.attributes.is_empty() {
            put("attributes", &Value::Object(self.attributes).to_string());
        }
        if !members.is_empty() && !common.is_empty() {
            members.push(',');
        }
        members.push_str(common);
        let time = [self.time, self.observed].into_iter().find(|time| *time != 0);
        let service = json::first(origin.resource, &["service.name", "host.name", "k8s.pod.name"]);
        let service = if service.is_empty() { json::first(&origin.scope, &["name"]) } else { service };
        let event = Event { time, level: level.into(), service: service.into(), text: text.into(), members: members.into() };
        shipment.add(common, &event)
    }
}

/// An `ExportLogsServiceResponse` in which everything was taken: `partialSuccess` is not set.
pub const TAKEN: &[u8] = &[];

/// A `google.rpc.Status`: its code and what it says.
pub fn status(code: u8, message: &str) -> Vec<u8> {
    let mut out = Vec::new();
    super::wire::write_number(1, code.into(), &mut out);
    super::wire::write_bytes(2, message.as_bytes(), &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Parcel, wire::write_bytes},
        *,
    };

    fn wrapped(number: u64, inner: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write_bytes(number, inner, &mut out);
        out
    }

    fn pair(key: &str, value: &[u8]) -> Vec<u8> {
        [wrapped(1, key.as_bytes()), wrapped(2, value)].concat()
    }

    fn export(records: &[Vec<u8>]) -> Vec<u8> {
        let resource = wrapped(1, &wrapped(1, &pair("service.name", &wrapped(1, b"gate"))));
        let scope = wrapped(1, &wrapped(1, b"bars"));
        let records = records.iter().flat_map(|record| wrapped(2, record)).collect::<Vec<u8>>();
        wrapped(1, &[resource, wrapped(2, &[scope, records].concat())].concat())
    }

    fn read(body: &[u8]) -> Result<Vec<String>, Undecodable> {
        let mut shipment = Shipment::new(100_000);
        protobuf(body, &mut shipment)?;
        let text = |parcel: Parcel| String::from_utf8(parcel.body).unwrap();
        Ok(shipment.into_parcels().into_iter().flat_map(|parcel| text(parcel).lines().map(str::to_owned).collect::<Vec<_>>()).collect())
    }

    #[test]
    fn records_are_read_with_all_that_is_said_of_them() {
        let deep = (0..200).fold(wrapped(1, b"x"), |inner, _| wrapped(5, &wrapped(1, &inner)));
        let record = [
            [&[1 << 3 | 1][..], &1_500_000_000_000_000_000_u64.to_le_bytes()].concat(),
            vec![2 << 3, 17],
            wrapped(3, b"Severe"),
            wrapped(5, &wrapped(1, "Каса \u{1}закрита".as_bytes())),
            wrapped(6, &pair("n", &[3 << 3, 5])),
            wrapped(9, &[0xAB; 2]),
        ];
        let lines =
            read(&export(&[record.concat(), wrapped(5, &deep), vec![5 << 3 | 2, 9], wrapped(5, &wrapped(1, b"\xFFbytes"))])).unwrap();
        assert_eq!(
            lines[0].trim_start_matches('\u{FEFF}'),
            r#"{"time":"2017-07-14T02:40:00Z","level":"ERROR","service":"gate","message":"Каса \u0001закрита","severity_number":17,"severity_text":"Severe","trace_id":"abab","attributes":{"n":5},"resource":{"service.name":"gate"},"scope":{"name":"bars"}}"#
        );
        assert!(lines[1].contains("[[[[") && lines[2].starts_with('*') && lines[3].contains("\u{FFFD}bytes"), "{lines:?}");
        assert!(matches!(read(b"{}"), Err(Undecodable::Damaged(_))));
        assert_eq!(read(TAKEN), Ok(Vec::new()));
        assert_eq!(status(16, "no"), [8, 16, 18, 2, b'n', b'o']);
    }

    #[test]
    fn a_resource_is_written_for_records_alone() {
        let resource = wrapped(1, &wrapped(1, &pair("large", &wrapped(1, &[b'x'; 100_000]))));
        let scopes = wrapped(2, b"").repeat(200_000);
        assert_eq!(read(&wrapped(1, &[resource, scopes].concat())), Ok(Vec::new()));
    }
}
