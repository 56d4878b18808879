//! What holds for all answers.

use bson::{Bson, Document, doc};
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::detect::{Settings, name};

/// Any value, with members of these names.
fn value(names: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = Bson> {
    let words =
        prop::sample::select(vec!["", " ", "0", "000", "OK", "true", "false", "ERROR", "none", "Рахунок не знайдено", "E-17", "success"]);
    let leaf = prop_oneof![
        Just(Bson::Null),
        any::<bool>().prop_map(Bson::Boolean),
        (-2..3_i32).prop_map(Bson::Int32),
        any::<i64>().prop_map(Bson::Int64),
        any::<f64>().prop_map(Bson::Double),
        words.prop_map(|word| Bson::String(word.to_owned())),
        "\\PC{0,8}".prop_map(Bson::String),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Bson::Array),
            vec((names.clone(), inner), 0..6).prop_map(|members| Bson::Document(members.into_iter().collect())),
        ]
    })
}

/// An answer, with members of these names.
fn answer(names: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = Document> {
    vec((names.clone(), value(names)), 0..8).prop_map(|members| members.into_iter().collect())
}

/// Every name that the rules look for.
fn known_names() -> Vec<String> {
    let rules = Settings::default();
    [rules.errors, rules.error_texts, rules.error_codes, rules.success, rules.failure, rules.status].concat()
}

/// Names of errors in their variants, names of what is beside them, and others.
fn suspicious_names() -> impl Strategy<Value = String> + Clone {
    let rules = Settings::default();
    let beside = [rules.scopes, rules.texts, rules.codes, rules.message, rules.code, rules.detail, rules.states].concat();
    let names = [known_names(), beside, vec!["RESULT".to_owned(), "id".to_owned()]].concat();
    let capitals = |name: String| name.split('_').map(|part| part[..1].to_uppercase() + &part[1..]).collect::<String>();
    let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
    (prop::sample::select(names), 0..3).prop_map(move |(name, way)| match way {
        0 => name,
        1 => capitals(name),
        _ => name.to_uppercase(),
    })
}

fn find_in(answer: &Document) -> Option<Fault> {
    find(&Rules::default(), Some(&RawDocumentBuf::try_from(answer).unwrap()))
}

proptest! {
    #[test]
    fn an_answer_without_a_name_of_errors_is_no_error(answer in answer("[a-zA-Z_]{1,9}|message|code|description|reason|data".prop_filter("a known name", |name| {
        !known_names().iter().any(|known| name::same(known, name))
    }))) {
        prop_assert_eq!(find_in(&answer), None);
    }

    #[test]
    fn an_error_has_a_text_and_is_found_again(answer in answer(suspicious_names())) {
        if let Some(fault) = find_in(&answer) {
            prop_assert!(!fault.message.trim().is_empty());
            prop_assert_eq!(find_in(&answer), Some(fault));
        }
    }
}

#[test]
fn depth_is_bounded() {
    for name in ["error", "message", "RESULT", "status"] {
        let mut deep = doc! { "message": "deep" };
        // Built from the inside out as bytes: a tree this deep could not even be dropped.
        let mut raw = RawDocumentBuf::try_from(&deep).unwrap();
        for _ in 0..3000 {
            let mut outer = RawDocumentBuf::new();
            outer.append(bson::raw::CString::try_from(name).unwrap(), raw);
            raw = outer;
        }
        let mut answer = raw.clone();
        answer.append(bson::cstr!("error"), bson::rawdoc! { "message": "m", "data": raw });
        _ = find(&Rules::default(), Some(&answer));
        deep = doc! { "error": { "error": { "error": deep } } };
        assert_eq!(find_in(&deep).unwrap().message, "deep");
    }
}
