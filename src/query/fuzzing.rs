//! What must hold for any text of a filter: the tests of this room call it with what chance brings, and the program in `fuzz/` with what
//! opens new ways through the code. It panics where what it promises does not hold.

use bson::{Bson, Document, RawDocumentBuf};

use super::{Filter, naive};

/// A decoder: its name, what must hold for any input, and inputs to begin with.
pub type Target = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

/// All decoders of the room.
pub const TARGETS: [Target; 1] = [("filter", filter, seeds)];

/// A filter and, behind the sign that parts them, a Log as JSON.
fn filter(input: &[u8]) {
    let mut parts = input.split(|byte| *byte == 0x1E);
    let [filter, log] = [parts.next(), parts.next()].map(|part| String::from_utf8_lossy(part.unwrap_or_default()));
    let Some(filter) = reads_back(&filter) else { return };
    let log = serde_json::from_str::<serde_json::Value>(&log).ok().and_then(|log| Bson::try_from(log).ok());
    let log = log.and_then(|log| log.as_document().cloned()).unwrap_or_default();
    if let Ok(raw) = RawDocumentBuf::try_from(&log) {
        // What was not written from a stored document may not be one.
        let log = Document::try_from(&*raw).unwrap();
        assert_eq!(filter.accepts(&raw), naive::accepts(&filter, &log), "{filter} on {log}");
    }
}

/// The filter of a text, which is the same once written and read again.
pub(super) fn reads_back(text: &str) -> Option<Filter> {
    let filter = text.parse::<Filter>().ok()?;
    let written = filter.to_string();
    assert_eq!(written.parse::<Filter>().as_ref(), Ok(&filter), "{written}");
    filter.needs_process();
    Some(filter)
}

fn seeds() -> Vec<Vec<u8>> {
    let log = "\u{1e}{\"_id\":{\"$oid\":\"070707070707070707070707\"},\"branch\":\"K01\",\"date\":{\"$date\":\"2016-05-08T07:17:45Z\"},\"request\":{\"method\":\"CloseSession\",\"n\":5,\"big\":4.5,\"d\":{\"$numberDecimal\":\"1.50\"},\"flag\":true,\"none\":null,\"items\":[{\"sum\":10},{\"sum\":20}],\"tags\":[\"a\",\"Б\"]},\"error\":{\"message\":\"Рахунок не знайдено: 26001\"}}";
    let filters = [
        "branch = K01 and not (request.n = 6 or request.n != 5)",
        "request.n between 1 and 5 and request.big >= 4.5 and request.d < 2",
        "request.tags contains б or `a b.c` exists and error.message matches \"[0-9]{5}$\"",
        "request.method in (\"CloseSession\", \"X\\n\", null, true, -5) and request.items.0.sum ≤ 10",
        "date >= 2016-05-08 and date < \"2016-05-09\" and _id = \"070707070707070707070707\"",
        "error.message starts 'рахунок' or request.none = null or request.method not ends \"session\"",
        "{\"condition\":\"and\",\"rules\":[{\"field\":\"request.n\",\"operator\":\"greater\",\"value\":4},{\"condition\":\"OR\",\"not\":true,\"rules\":[{\"field\":\"branch\",\"operator\":\"not_in\",\"value\":[\"K01\"]},{\"field\":\"branch\",\"operator\":\"is_null\"}]}]}",
    ];
    filters.iter().map(|filter| format!("{filter}{log}").into_bytes()).collect()
}

#[cfg(test)]
#[test]
fn what_is_promised_holds_for_all_inputs_to_begin_with() {
    for seed in seeds() {
        assert!(reads_back(str::from_utf8(seed.split(|byte| *byte == 0x1E).next().unwrap()).unwrap()).is_some());
        for n in 0..seed.len() {
            filter(&seed[..n]);
        }
        filter(&seed);
    }
}
