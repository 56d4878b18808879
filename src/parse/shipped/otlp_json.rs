//! OTLP logs as JSON: members in camelCase, numbers of 64 bits as numbers or texts, members that nobody knows passed over.

use serde_json::{Map, Value};

use super::{
    Shipment, Undecodable, json,
    otlp::{Origin, Record},
};

/// Reads an `ExportLogsServiceRequest`.
///
/// # Errors
/// When it is no such object, or too large for the shipment.
pub fn json(body: &[u8], shipment: &mut Shipment) -> Result<(), Undecodable> {
    let request = json::read(body)?;
    if !request.is_object() {
        return Err(Undecodable::Damaged("it is no object"));
    }
    for resource_logs in list(&request, "resourceLogs") {
        let resource = attributes(resource_logs.get("resource"));
        for scope_logs in list(resource_logs, "scopeLogs") {
            let origin = Origin::new(&resource, scope(scope_logs.get("scope")));
            for record in list(scope_logs, "logRecords") {
                match record.as_object() {
                    Some(record) => read(record).add(&origin, shipment)?,
                    None => shipment.reject(&record.to_string())?,
                }
            }
        }
    }
    Ok(())
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn read(record: &Map<String, Value>) -> Record {
    let text = |name: &str| record.get(name).map(json::text).unwrap_or_default();
    let number = |name: &str| record.get(name).and_then(number).unwrap_or_default();
    Record {
        time: number("timeUnixNano"),
        observed: number("observedTimeUnixNano"),
        severity: severity(record.get("severityNumber")),
        severity_text: text("severityText"),
        body: record.get("body").map(value).unwrap_or_default(),
        attributes: pairs(record.get("attributes")),
        trace_id: text("traceId"),
        span_id: text("spanId"),
        event_name: text("eventName"),
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A number, or the name of one: `SEVERITY_NUMBER_ERROR2`.
fn severity(value: Option<&Value>) -> u64 {
    const NAMES: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let Some(value) = value else { return 0 };
    let by_name = || {
        let name = value.as_str()?.strip_prefix("SEVERITY_NUMBER_")?;
        let (step, name) = (0_u64..).zip(NAMES).find(|(_, known)| name.starts_with(known))?;
        Some(step * 4 + value.as_str()?.rsplit(name).next()?.parse().unwrap_or(1))
    };
    number(value).and_then(|number| u64::try_from(number).ok()).or_else(by_name).unwrap_or_default()
}

fn scope(scope: Option<&Value>) -> Map<String, Value> {
    let mut found = attributes(scope);
    for name in ["name", "version"] {
        let value = scope.and_then(|scope| scope.get(name)).map(json::text).unwrap_or_default();
        if !value.is_empty() {
            found.insert(name.to_owned(), value.into());
        }
    }
    found
}

fn attributes(of: Option<&Value>) -> Map<String, Value> {
    pairs(of.and_then(|of| of.get("attributes")))
}

fn pairs(list: Option<&Value>) -> Map<String, Value> {
    let pair = |pair: &Value| Some((pair.get("key")?.as_str()?.to_owned(), pair.get("value").map(value).unwrap_or_default()));
    list.and_then(Value::as_array).into_iter().flatten().filter_map(pair).collect()
}

/// An `AnyValue`. It is nested no deeper than the JSON that was read.
fn value(any: &Value) -> Value {
    let Some((kind, inner)) = any.as_object().and_then(|any| any.iter().next()) else { return Value::Null };
    match kind.as_str() {
        "intValue" => number(inner).map_or_else(|| inner.clone(), Value::from),
        "arrayValue" => list(inner, "values").map(value).collect(),
        "kvlistValue" => pairs(inner.get("values")).into(),
        _ => inner.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json as object;

    use super::{super::Parcel, *};

    fn lines(body: &Value) -> Vec<String> {
        let mut shipment = Shipment::new(100_000);
        json(body.to_string().as_bytes(), &mut shipment).unwrap();
        let text = |parcel: Parcel| String::from_utf8(parcel.body).unwrap().trim_start_matches('\u{FEFF}').to_owned();
        shipment.into_parcels().into_iter().flat_map(|parcel| text(parcel).lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn records_are_read_whatever_form_their_numbers_have() {
        let record = |time: Value, severity: Value| {
            object!({ "timeUnixNano": time, "severityNumber": severity, "body": { "stringValue": "a" }, "unknown": 1,
                "attributes": [{ "key": "k", "value": { "kvlistValue": { "values": [{ "key": "n", "value": { "intValue": "5" } }] } } }] })
        };
        let export = |records: Value| object!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": records }] }] });
        let expected = r#"{"time":"2017-07-14T02:40:00Z","level":"ERROR","message":"a","severity_number":18,"attributes":{"k":{"n":5}}}"#;
        for (time, severity) in [
            (object!("1500000000000000000"), object!(18)),
            (object!(1_500_000_000_000_000_000_i64), object!("18")),
            (object!("1500000000000000000"), object!("SEVERITY_NUMBER_ERROR2")),
        ] {
            assert_eq!(lines(&export(object!([record(time, severity)]))), [expected]);
        }
        assert_eq!(lines(&export(object!(["none", record(Value::Null, Value::Null)]))).len(), 2);
        assert!(json(b"[]", &mut Shipment::new(10)).is_err() && lines(&object!({ "resourceLogs": 5 })).is_empty());
    }
}
