//! The obvious way: lines, a `serde_json::Value` a body, a `bson::Document` a Log, serialised at the end.

use std::collections::HashMap;

use bson::{Bson, DateTime, Document, doc};
use jiff::civil::DateTime as Civil;

use super::Outcome;

/// One record of the text.
struct Record<'t> {
    is_request: bool,
    header: &'t str,
    body: String,
}

pub fn run(text: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(text);
    let mut outcome = Outcome { n_logs: 0, bson_bytes: 0 };
    let mut open: HashMap<String, Document> = HashMap::new();
    let mut record: Option<Record<'_>> = None;
    for line in text.lines().chain(std::iter::once("=> ")) {
        if line.starts_with("=> ") || line.starts_with("<= ") {
            if let Some(whole) = record.take().and_then(|done| add(done, &mut open)) {
                outcome.n_logs += 1;
                outcome.bson_bytes += bson::serialize_to_vec(&whole).map_or(0, |bytes| bytes.len());
            }
            record = Some(Record { is_request: line.starts_with("=> "), header: line, body: String::new() });
        } else if let Some(record) = &mut record {
            record.body.push_str(line);
            record.body.push('\n');
        }
    }
    for half in open.values() {
        outcome.n_logs += 1;
        outcome.bson_bytes += bson::serialize_to_vec(half).map_or(0, |bytes| bytes.len());
    }
    outcome
}

/// The whole exchange, if this record completes one.
fn add(record: Record<'_>, open: &mut HashMap<String, Document>) -> Option<Document> {
    let (_, json) = record.body.split_once('=')?;
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    let message_id = value.get("message_id")?.as_str()?.to_owned();
    let body = Bson::try_from(value).ok()?;
    let (title, rest) = record.header.get(3..)?.split_once(" at ")?;
    let (date, rest) = rest.split_once(if record.is_request { ": from " } else { ": to " })?;
    let date = Civil::strptime("%m/%d/%Y %I:%M:%S %p", date).ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    let date = DateTime::from_millis(date.timestamp().as_millisecond());
    let mut attributes = rest.split(';');
    let ip = attributes.next()?.trim();
    let mut log = open.remove(&message_id).unwrap_or_else(|| doc! { "server": title, "message_id": &message_id, "remote_ip": ip });
    if record.is_request {
        for attribute in attributes {
            if let Some((key, value)) = attribute.split_once('=') {
                log.insert(key.trim(), value.trim().trim_matches('"'));
            }
        }
        log.insert("request_date", date);
        log.insert("request", body);
    } else {
        log.insert("response_date", date);
        log.insert("response", body);
    }
    if log.contains_key("request") && log.contains_key("response") {
        return Some(log);
    }
    open.insert(message_id, log);
    None
}
