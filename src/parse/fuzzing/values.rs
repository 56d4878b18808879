//! Values: JSON as BSON, dates.

use bson::{Document, RawBsonRef, RawDocumentBuf};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use super::{
    super::{
        Limits,
        date::{self, BadDate, Dates, Zone},
        json::{Stop, Transcoder},
    },
    split,
};
use crate::domain::DateOrder;

/// The document of a text, checked to its last element, and where its value ends.
pub(in crate::parse) fn read(transcoder: &mut Transcoder, text: &[u8]) -> Result<(Document, usize), Stop> {
    let end = transcoder.transcode(text, 0, true)?;
    assert!(end <= text.len());
    let document = RawDocumentBuf::from_bytes(transcoder.take_document()).unwrap();
    Ok((Document::try_from(&*document).unwrap(), end))
}

/// A text that may be JSON: what comes of it is a document, the same that others read, and its beginning is never taken for a fault.
pub(in crate::parse) fn json(input: &[u8]) {
    let Some(([cut], text)) = split(input) else { return };
    // What is no UTF-8 is repaired before its document is kept.
    let text = String::from_utf8_lossy(text);
    let small = Limits { max_depth: 8, max_value_bytes: 20, ..Limits::default() };
    let _ = read(&mut Transcoder::new(&small), text.as_bytes());
    let mut transcoder = Transcoder::new(&Limits { blanked_keys: Vec::new(), ..Limits::default() });
    let found = read(&mut transcoder, text.as_bytes());
    if let Ok((document, end)) = &found {
        // Once more, by the memory of its keys.
        assert_eq!(read(&mut transcoder, text.as_bytes()).as_ref(), Ok(&(document.clone(), *end)));
        let cut = usize::from(cut) * end / 256;
        assert_eq!(transcoder.transcode(&text.as_bytes()[..cut], 0, false), Err(Stop::Incomplete), "{cut} of {text}");
    }
    let Ok(value) = serde_json::from_str::<Value>(&text) else { return };
    match found {
        Ok((document, end)) => {
            assert!(text.as_bytes()[end..].iter().all(u8::is_ascii_whitespace));
            let raw = RawDocumentBuf::try_from(&document).unwrap();
            match &value {
                Value::Object(_) => assert!(is_same(&value, RawBsonRef::Document(&raw)), "{value} became {document}"),
                _ => assert!(is_same(&value, raw.get("value").unwrap().unwrap()), "{value} became {document}"),
            }
        }
        Err(stop) => assert!(matches!(stop, Stop::TooDeep { .. }), "{stop:?}: {value}"),
    }
}

/// Whether a stored value is this one.
fn is_same(value: &Value, stored: RawBsonRef<'_>) -> bool {
    match (value, stored) {
        (Value::Null, RawBsonRef::Null) => true,
        (Value::Bool(value), RawBsonRef::Boolean(stored)) => *value == stored,
        (Value::String(value), RawBsonRef::String(stored)) => value == stored,
        // A zero has no sign where it is no fraction.
        (Value::Number(value), RawBsonRef::Int32(stored)) => {
            value.as_i64() == Some(stored.into()) || value.as_f64() == Some(-0.0) && stored == 0
        }
        (Value::Number(value), RawBsonRef::Int64(stored)) => value.as_i64() == Some(stored),
        (Value::Number(value), RawBsonRef::Double(stored)) => is_near(value.as_f64().unwrap_or_default(), stored),
        (Value::Number(value), RawBsonRef::Decimal128(stored)) => {
            stored.to_string().parse().is_ok_and(|stored| is_near(value.as_f64().unwrap_or_default(), stored))
        }
        (Value::Array(values), RawBsonRef::Array(stored)) => {
            let stored: Vec<_> = stored.into_iter().map(Result::unwrap).collect();
            values.len() == stored.len() && values.iter().zip(stored).all(|(value, stored)| is_same(value, stored))
        }
        (Value::Object(members), RawBsonRef::Document(stored)) => {
            let stored: Vec<_> = stored.into_iter().map(Result::unwrap).collect();
            // A name with NUL is written otherwise, and may so become that of another.
            members.keys().any(|name| name.contains(['\0', '\u{FFFD}']))
                || members.len() == stored.len()
                    && members.iter().zip(stored).all(|((name, value), (key, stored))| name == key.as_str() && is_same(value, stored))
        }
        // A number that nothing can hold is kept as it is written; a long text as digest and size.
        (Value::Number(_), RawBsonRef::String(_)) => true,
        (Value::String(value), RawBsonRef::Document(_)) => value.len() > Limits::default().max_value_bytes,
        _ => false,
    }
}

/// Whether two readings of a number are one: the last bit may differ.
fn is_near(one: f64, other: f64) -> bool {
    one == other || (one - other).abs() <= one.abs() * 1e-15 || (one.is_infinite() && !other.is_normal())
}

/// A text that may be a date.
pub(super) fn dates(input: &[u8]) {
    let Some(([order, zone, apart], text)) = split(input) else { return };
    let order = [DateOrder::Detect, DateOrder::MonthFirst, DateOrder::DayFirst][usize::from(order) % 3];
    date_is_in_bounds(text, order);
    date::detect(text);
    let timezone = TimeZone::get(["UTC", "Europe/Kyiv", "America/New_York", "Australia/Lord_Howe"][usize::from(zone) % 4]).unwrap();
    let (mut dates, mut zone) = (Dates::new(order, Zone::new(timezone.clone())), Zone::new(timezone.clone()));
    for line in text.split(|byte| *byte == b'\n') {
        // The same with and without a memory of those before, and an hour and more later.
        assert_eq!(dates.utc_ms(line), Dates::new(order, Zone::new(timezone.clone())).utc_ms(line));
        let Ok(civil) = date::read(line, order) else { continue };
        for seconds in [civil.seconds, civil.seconds + 60 * i64::from(apart), civil.seconds] {
            assert_eq!(zone.utc(seconds), Zone::new(timezone.clone()).utc(seconds), "{seconds}");
        }
    }
}

/// A date is in its bounds, and what is written of it is read as the same.
pub(in crate::parse) fn date_is_in_bounds(text: &[u8], order: DateOrder) {
    let Ok(civil) = date::read(text, order) else { return };
    assert!((-2_300_000_000..=253_402_300_800).contains(&civil.seconds) && (0..1000).contains(&civil.millis), "{civil:?}");
    let written = Timestamp::from_millisecond(civil.seconds * 1000 + civil.millis).map(|moment| moment.to_string());
    if let Ok(written) = written.map(|written| written.trim_end_matches('Z').to_owned())
        && civil.seconds < 253_402_300_800
    {
        let again = date::read(written.as_bytes(), order);
        assert_eq!(again.map(|again| (again.seconds, again.millis)), Ok::<_, BadDate>((civil.seconds, civil.millis)), "{written}");
    }
}
