//! What holds for all filters.

use bson::{Bson, DateTime, Document, RawDocumentBuf, oid::ObjectId};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::query::{Filter, Operator, Test, Value, fuzzing, naive};

/// Texts that look like other things, and texts of every kind of character.
fn texts() -> impl Strategy<Value = String> {
    let known = ["", "a", "A", "б", "true", "null", "5", "-0", "2016-05-08", "2016-05-08T07:17:45.5Z", "070707070707070707070707", "and"];
    prop_oneof![
        4 => select(known.to_vec()).prop_map(str::to_owned),
        1 => "[\"'`\\\\\n\t\u{0}$.()a ]{0,6}",
        1 => "\\PC{0,8}",
    ]
}

fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![4 => (-2..3_i32).prop_map(f64::from), 1 => any::<i64>().prop_map(|number| number as f64), 1 => any::<f64>()]
}

/// Moments that can be written: of the years 1 to 9999.
fn dates() -> impl Strategy<Value = DateTime> {
    prop_oneof![Just(1_462_691_865_500), -62_135_596_800_000..253_402_300_800_000_i64].prop_map(DateTime::from_millis)
}

fn values() -> impl Strategy<Value = Value> {
    let plain = || {
        prop_oneof![
            texts().prop_map(Value::Text),
            numbers().prop_map(Value::Number),
            any::<bool>().prop_map(Value::Bool),
            dates().prop_map(Value::Date),
            Just(Value::Null),
        ]
    };
    prop_oneof![4 => plain(), 1 => vec(plain(), 0..4).prop_map(Value::List)]
}

fn paths() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => vec(select(vec!["a", "b", "0", "1", "б"]), 1..4).prop_map(|steps| steps.join(".")),
        2 => select(vec!["date", "_id", "verdict.group_id", "and", "not", "contains", "true", "-5", "a b"]).prop_map(str::to_owned),
        1 => "\\PC{1,6}",
    ]
}

/// Filters as text and rule sets can say them.
fn filters() -> impl Strategy<Value = Filter> {
    let operators: Vec<Operator> = Operator::ALL.into_iter().map(|(operator, _)| operator).collect();
    // What is no test becomes the filter that is none.
    let test = (paths(), select(operators), values()).prop_map(|(path, operator, value)| match path.parse() {
        Ok(path) => Test::new(path, operator, value).map_or(Filter::All, Filter::Test),
        Err(_) => Filter::All,
    });
    test.prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Filter::And),
            vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|part| Filter::Not(Box::new(part))),
        ]
    })
}

/// Logs whose members are those that the filters ask for.
fn documents() -> impl Strategy<Value = Document> {
    let leaf = prop_oneof![
        texts().prop_map(Bson::String),
        (-2..3_i32).prop_map(Bson::Int32),
        (-2..3_i64).prop_map(Bson::Int64),
        numbers().prop_map(Bson::Double),
        any::<bool>().prop_map(Bson::Boolean),
        dates().prop_map(Bson::DateTime),
        Just(Bson::ObjectId(ObjectId::from_bytes([7; 12]))),
        Just(Bson::Null),
    ];
    let name = || select(vec!["a", "b", "0", "1", "б", "date", "_id", "and"]);
    let value = leaf.prop_recursive(4, 30, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Bson::Array),
            vec((name(), inner), 0..4)
                .prop_map(|members| Bson::Document(members.into_iter().map(|(name, v)| (name.to_owned(), v)).collect())),
        ]
    });
    vec((name(), value), 0..6).prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Texts near to filters: the pieces of one in any order and number, with anything between them.
fn near_filters() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => select(vec![
            "a", "a.b", "$a", "=", "!=", "<=", "≤", "<>", "contains", "in", "between", "exists", "matches", "and", "or", "not", "(", ")", "[", "]",
            ",", "\"", "'", "`", "\\", "5", "-", "true", "null", "2016-05-08", "{", "}", ":", "\"rules\":", "\"condition\":\"and\"", "\"field\":",
            "\"operator\":\"in\"", "\"value\":", "\"not\":true",
        ]).prop_map(str::to_owned),
        2 => filters().prop_map(|filter| filter.to_string()),
        1 => "\\PC{0,4}",
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.join(" "))
}

/// Rule sets as query builders send them.
fn rule_sets() -> impl Strategy<Value = String> {
    let rule = (paths(), select(vec!["equal", "not_in", "in", "between", "is_null", "exists", "contains", "<"]), values()).prop_map(
        |(field, operator, value)| {
            let value = match value {
                Value::Text(text) => serde_json::json!(text),
                Value::Number(number) => serde_json::json!(number),
                Value::List(list) => serde_json::json!(vec![serde_json::json!(1); list.len()]),
                _ => serde_json::Value::Null,
            };
            serde_json::json!({ "field": field, "operator": operator, "value": value })
        },
    );
    let set = rule.prop_recursive(6, 30, 3, |inner| {
        (select(vec!["and", "OR"]), vec(inner, 0..4), any::<bool>())
            .prop_map(|(condition, rules, not)| serde_json::json!({ "condition": condition, "rules": rules, "not": not }))
    });
    set.prop_map(|set| set.to_string())
}

proptest! {
    #[test]
    fn a_written_filter_reads_back(filter in filters()) {
        let text = filter.to_string();
        prop_assert_eq!(text.parse::<Filter>(), Ok(filter), "{}", text);
    }

    #[test]
    fn a_read_filter_reads_back(text in prop_oneof![near_filters(), rule_sets()]) {
        fuzzing::reads_back(&text);
    }

    #[test]
    fn a_filter_means_what_the_naive_reading_says(filter in filters(), documents in vec(documents(), 1..4)) {
        for document in documents {
            let raw = RawDocumentBuf::try_from(&document).unwrap();
            prop_assert_eq!(filter.accepts(&raw), naive::accepts(&filter, &document), "{} on {}", filter, document);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,80}") {
        fuzzing::reads_back(&text);
    }
}

#[test]
fn filters_at_every_bound_read_back() {
    let set = |depth: usize, not: bool| {
        let open = format!(r#"{{"condition":"or","not":{not},"rules":[{{"field":"b","operator":"=","value":1}},"#);
        format!("{}{}{}", open.repeat(depth), r#"{"field":"a","operator":"not_in","value":[]}"#, "]}".repeat(depth))
    };
    let text = |open: &str, depth: usize, close: &str| format!("{}a = 1{}", open.repeat(depth), close.repeat(depth));
    let mut n_read = 0;
    for depth in 0..80 {
        for text in [
            set(depth, false),
            set(depth, true),
            text("not ", depth, ""),
            text("(", depth, ")"),
            text("not (", depth, ")"),
            text("b = 1 and (b = 2 or ", depth, ")"),
            text("b = 2 or b = 1 and not (", depth, ")"),
        ] {
            let Ok(filter) = text.parse::<Filter>() else { continue };
            assert_eq!(filter.to_string().parse::<Filter>(), Ok(filter), "{text}");
            n_read += 1;
        }
    }
    assert!(n_read > 7 * 30);
}

/// Deep recursion would end the process, quadratic work would take hours; the suite would show it.
#[test]
fn hostile_text_is_refused_in_time() {
    for piece in [
        "(",
        "[",
        "not ",
        "not(",
        "a = 1 and ",
        "a = 1 or (",
        "\"",
        "`",
        "``",
        "\\",
        "a.",
        "{\"rules\":[",
        "{\"a\":",
        "a in (",
        "a between 1 and ",
        "'a' ",
        "≤",
        "a matches \"((((((((((a{9}){9}){9}){9}){9}){9}){9}){9}){9}){9}\" or ",
    ] {
        let text = piece.repeat(50_000);
        assert!(text.parse::<Filter>().is_err(), "{piece}");
        assert!(format!("{{{text}").parse::<Filter>().is_err(), "{piece}");
    }
}
