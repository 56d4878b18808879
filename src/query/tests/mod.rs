//! The algebra against one Log: what each filter means, what is refused, what reads back.

mod properties;

use bson::{DateTime, RawDocumentBuf, oid::ObjectId, rawdoc};

use super::{Filter, FilterError, Value};

fn log() -> RawDocumentBuf {
    rawdoc! {
        "_id": ObjectId::from_bytes([7; 12]), "branch": "K01", "date": DateTime::from_millis(1_462_691_865_000), "duration_ms": 40_i64,
        "request": { "method": "CloseSession", "n": 5, "big": 4.5, "flag": true, "none": null, "items": [{ "sum": 10 }, { "sum": 20 }], "tags": ["a", "Б"] },
        "error": { "message": "Рахунок не знайдено: 26001" },
    }
}

fn accepts(filter: &str) -> bool {
    filter.parse::<Filter>().unwrap_or_else(|error| panic!("{filter}: {error}")).accepts(&log())
}

#[test]
fn each_operator_means_what_it_says() {
    for yes in [
        "",
        "branch = K01",
        "branch = \"K01\" and request.n = 5",
        "request.n != 6",
        "request.absent != 1",
        "request.n < 6 and request.n <= 5 and request.n > 4.5 and request.n >= 5",
        "request.items.sum = 20",
        "request.items.0.sum = 10",
        "request.tags = \"a\"",
        "request.tags contains б",
        "error.message contains \"НЕ ЗНАЙДЕНО\"",
        "error.message starts \"рахунок\"",
        "error.message ends \"26001\"",
        "error.message matches \"[0-9]{5}$\"",
        "request.method in (\"CloseSession\", \"X\")",
        "request.n between 1 and 5",
        "request.flag = true",
        "request.none = null and request.absent = null",
        "not request.none exists and error exists",
        "request.method not contains \"open\"",
        "date >= 2016-05-08 and date < \"2016-05-09\"",
        "date between 2016-05-08T07:17:45Z and 2016-05-08T07:17:45Z",
        "_id = \"070707070707070707070707\"",
        "() and not (branch = X)",
        "branch = X or (branch = K01 and not (request.n = 6))",
        r#"{"condition":"and","rules":[{"field":"request.n","operator":"greater","value":4},{"condition":"OR","rules":[{"field":"branch","operator":"=","value":"K01"},{"field":"branch","operator":"=","value":"Z"}]}]}"#,
    ] {
        assert!(accepts(yes), "{yes}");
    }
    for no in [
        "branch = k01",
        "request.n = \"5\"",
        "request.n != 5",
        "request.items.sum = 15",
        "request.items.sum between 11 and 19",
        "request.none exists",
        "request.absent exists",
        "request.absent > 0",
        "request.method in ()",
        "not (branch = K01)",
        "error.message matches \"^[0-9]\"",
    ] {
        assert!(!accepts(no), "{no}");
    }
}

#[test]
fn what_is_no_filter_is_refused_with_its_place() {
    for (text, expected) in [
        ("branch", "ends where an operator"),
        ("= 5", "at byte 0"),
        ("branch = ", "ends where a value was wanted"),
        ("branch = \"K01", "byte 9 is never closed"),
        ("$where = 1", "begins with `$`"),
        ("request.$gt = 1", "begins with `$`"),
        ("a..b = 1", "empty step"),
        ("a = 1 b = 2", "at byte 6"),
        ("(a = 1", "`)`"),
        ("a matches \"(\"", "no regular expression"),
        ("a contains 5", "cannot be used"),
        ("a < true", "cannot be used"),
        ("a in 5", "a list"),
        (r#"{"field":"a","operator":"in","value":[[1]]}"#, "cannot be used"),
        ("`a``b", "never closed"),
        ("a between 1 or 2", "upper end"),
        (r#"{"condition":"xor","rules":[{"field":"a","operator":"=","value":1},{"field":"a","operator":"=","value":1}]}"#, "neither"),
        (r#"{"field":"a","operator":"=","value":{"$ne":1}}"#, "a value is"),
        (r#"{"field":"$a","operator":"=","value":1}"#, "begins with `$`"),
    ] {
        match text.parse::<Filter>() {
            Ok(filter) => panic!("{text} was read as {filter:?}"),
            Err(error) => assert!(error.to_string().contains(expected), "{text}: {error}"),
        }
    }
    assert_eq!(format!("{}a = 1", "(".repeat(100_000)).parse::<Filter>(), Err(FilterError::TooLarge));
}

#[test]
fn what_is_wrong_is_pointed_at() {
    for (text, at) in [
        ("branch = ", 8),
        ("branch ~ 1", 7),
        ("branch = K01 and x.$y = 1", 17),
        ("a = 1 or b matches \"(\"", 9),
        ("a = 1 and b > true", 10),
        ("a = \"open", 4),
        ("{\"condition\": 5}", 0),
    ] {
        assert_eq!(Filter::located(text).unwrap_err().1, at, "{text}");
    }
}

#[test]
fn a_value_alone_reads_as_in_a_filter() {
    for (text, value) in [
        ("5", Value::Number(5.0)),
        ("\"5\"", Value::Text("5".to_owned())),
        ("true", Value::Bool(true)),
        ("two words", Value::Text("two words".to_owned())),
        ("\"open", Value::Text("\"open".to_owned())),
        (" 5", Value::Text(" 5".to_owned())),
        ("", Value::Text(String::new())),
    ] {
        assert_eq!(Value::read(text), value, "{text}");
    }
}
