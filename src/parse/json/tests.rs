//! Hostile JSON: whatever the text, what is written is a document, and what others take is taken. `PROPTEST_CASES` says how often.

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::parse::{
    Limits,
    fuzzing::values::{self, read},
};

/// What JSON is made of, and what it is not.
fn pieces() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u00",
        "\\ud83d",
        "\\ude00",
        "\"a\":",
        "\"message_id\":",
        "\"RESULT\":{",
        "\"binary_data\":",
        "null",
        "true",
        "false",
        "-",
        "0",
        "1",
        "12345678901234567890",
        "1e999",
        "-0.0",
        "1.5E-3",
        "\n",
        " ",
        "\t",
        "\u{feff}",
        "\0",
        "\"\"",
        "\"x\"",
        "ї",
        "\"a\":1,",
        "[[[[",
        "{\"a\":{\"a\":",
        "}}}}",
    ]);
    let piece = prop_oneof![8 => word.prop_map(str::to_owned), 1 => any::<String>()];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A value as others write it.
fn values() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        "[^\u{0}]{0,12}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let key = "[a-c\u{400}-\u{410}\"\\\\]{0,3}";
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            vec((key, inner), 0..6).prop_map(|members| serde_json::Value::Object(members.into_iter().collect()))
        ]
    })
}

proptest! {
    #[test]
    fn no_text_does_harm_and_what_is_written_is_a_document(text in pieces(), bytes in vec(any::<u8>(), 0..30), cut: u8) {
        for text in [text.as_bytes(), &[text.as_bytes(), bytes.as_slice()].concat(), &[bytes.as_slice(), text.as_bytes()].concat()] {
            values::json(&[&[cut], text].concat());
        }
    }

    #[test]
    fn what_others_write_is_taken_to_its_end(value in values(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let mut transcoder = Transcoder::new(&Limits { blanked_keys: Vec::new(), ..Limits::default() });
        let (document, end) = read(&mut transcoder, text.as_bytes()).unwrap();
        prop_assert_eq!(end, text.len());
        if let serde_json::Value::Object(members) = &value {
            prop_assert_eq!(document.keys().collect::<Vec<_>>(), members.keys().collect::<Vec<_>>());
        }
    }
}
