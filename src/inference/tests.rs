//! The engine as a whole: what is known, what is not, and that neither order nor nonsense changes it.

use proptest::prelude::*;

use super::*;
use crate::domain::{KnownErrorId, Method};

fn id(text: &str) -> KnownErrorId {
    KnownErrorId(text.to_owned())
}

fn rule(name: &str, text: &str) -> Rule {
    Rule::from_text(id(name), text)
}

fn index(rules: impl IntoIterator<Item = Rule>) -> Index {
    let mut index = Index::new();
    for rule in rules {
        index.upsert(rule).unwrap();
    }
    index
}

fn bank() -> Index {
    index([
        rule("funds", "Недостатньо коштів на рахунку 2600123"),
        rule("locked", "Документ 17 заблоковано користувачем \"anna\""),
        rule("session", "Session 1234 expired, please sign in again"),
        rule("timeout", "Connection to the payment gateway timed out after 30 seconds"),
        rule("table", "ORA-00942: table or view does not exist"),
        rule("signature", "Помилка перевірки електронного підпису документа"),
        Rule { keywords: Keywords { any: vec!["курс валюти".into()], ..Keywords::default() }, ..rule("rate", "") },
        Rule {
            keywords: Keywords { all: vec!["SWIFT".into(), "timeout".into()], none: vec!["test".into()], ..Keywords::default() },
            ..rule("swift", "")
        },
        Rule { regex: Some(r"(?i)code\s*=\s*77\b".into()), ..rule("regex", "") },
        Rule { code: Some("E-5".into()), ..rule("code", "") },
    ])
}

#[test]
fn each_stage_recognises_its_own() {
    let bank = bank();
    for (text, code, expected) in [
        ("недостатньо коштів, на рахунку 2600123!", None, Some(("funds", Method::Exact))),
        ("Недостатньо коштів на рахунку 2600999", None, Some(("funds", Method::Template))),
        ("Недостатньо коштів на paxyнкy 2600999", None, Some(("funds", Method::Template))),
        ("Документ 99 заблоковано користувачем \"petro\"", None, Some(("locked", Method::Template))),
        ("На рахунках 2600 недостатньо коштiв", None, Some(("funds", Method::Keyword))),
        ("Conection to the payment gateway timed out after 5 seconds", None, Some(("timeout", Method::Keyword))),
        ("Помилки перевірки електронних підписів документів", None, Some(("signature", Method::Template))),
        ("Pomylka perevirky elektronnoho pidpysu dokumenta", None, Some(("signature", Method::Template))),
        ("Не знайдено курсу валюти 840", None, Some(("rate", Method::Keyword))),
        ("timeout while waiting for SWIFT", None, Some(("swift", Method::Keyword))),
        ("timeout while waiting for SWIFT test", None, None),
        ("something with Code = 77 inside", None, Some(("regex", Method::Regex))),
        ("що завгодно", Some("e-5"), Some(("code", Method::Code))),
        ("ORA-00943: table or view does not exist", None, None),
        ("Printer is out of paper", None, None),
        ("", None, None),
    ] {
        let verdict = bank.classify(&Query { text, code });
        let found = verdict.known().map(|best| (best.id.as_str(), best.method));
        assert_eq!(found, expected, "{text}: {verdict:#?}");
    }
}

#[test]
fn the_first_line_is_the_message_and_the_rest_are_details() {
    let index =
        index([rule("pool", "Cannot get a connection from the pool\n at Pool.take(Pool.java:17)\n at Scheduler.run(Scheduler.java:40)")]);
    for text in [
        "Cannot get a connection from the pool",
        "Cannot get a connection from the pool\n at Client.call(Client.java:2)",
        "Cannot get a connection from the pool | note: the pool holds 8",
    ] {
        assert!(index.classify(&Query::new(text)).known().is_some(), "{text}");
    }
}

#[test]
fn an_equal_rule_whose_condition_holds_wins_and_says_so() {
    let index = index([rule("a-general", "no money 1"), Rule { conditional: true, ..rule("b-special", "no money 1") }]);
    for text in ["No money 1", "no money 5"] {
        let query = Query::new(text);
        let special = index.classify(&query);
        let best = special.known().unwrap();
        assert_eq!(best.id, id("b-special"));
        assert!(best.reasons.contains(&Reason::Condition));
        assert_eq!(index.classify_where(&query, &|_| false).known().unwrap().id, id("a-general"));
    }
}

#[test]
fn of_equal_texts_the_one_with_the_code_wins() {
    let with_code = |name, code: &str| Rule { code: Some(code.into()), ..rule(name, "no money") };
    let index = index([with_code("a", "1"), with_code("b", "2")]);
    let verdict = index.classify(&Query { text: "no money", code: Some("2") });
    assert_eq!(verdict.known().unwrap().id, id("b"));
}

#[test]
fn unusable_rules_are_named_and_change_nothing() {
    let mut index = bank();
    let before = index.len();
    for (rule, message) in [
        (Rule { regex: Some("(".into()), ..rule("funds", "") }, "regular expression of `funds`"),
        (rule("empty", " "), "`empty` has no text"),
        (
            Rule { keywords: Keywords { any: vec!["4111 1111 1111 1111".into()], ..Keywords::default() }, ..rule("card", "x") },
            "`4111 111…` of `card`",
        ),
    ] {
        let error = index.upsert(rule).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    assert_eq!(index.len(), before);
    assert!(index.classify(&Query::new("Недостатньо коштів на рахунку 2600123")).known().is_some());
}

#[test]
fn a_removed_rule_is_forgotten_and_a_replaced_one_replaced() {
    let mut index = bank();
    assert!(index.remove(&id("funds")));
    assert!(!index.remove(&id("funds")));
    assert!(index.classify(&Query::new("Недостатньо коштів на рахунку 1")).known().is_none());
    index.upsert(rule("session", "Сесію завершено")).unwrap();
    assert!(index.classify(&Query::new("Session 7 expired, please sign in again")).known().is_none());
    assert_eq!(index.classify(&Query::new("сесію завершено")).known().unwrap().id, id("session"));
}

#[test]
fn hostile_texts_are_bounded_work() {
    let bank = bank();
    let noise: String = (0..100_000).map(|n| format!("w{} слово{} ", n % 7, n)).collect();
    for text in [noise.as_str(), &"a".repeat(10_000_000), &"\u{200b}".repeat(100_000), &"\"'[{%<=".repeat(50_000)] {
        assert!(bank.classify(&Query::new(text)).known().is_none());
    }
}

/// Texts that share words, values and shapes often enough to be confused.
fn texts() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("payment"),
        Just("платіж"),
        Just("документ"),
        Just("failed"),
        Just("12"),
        Just("77"),
        Just("not"),
        Just("\"x\""),
        Just("=a"),
        Just("<*>")
    ];
    prop::collection::vec(word, 1..6).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn verdicts_do_not_depend_on_the_order_of_adding(texts in prop::collection::vec(texts(), 1..30), query in texts(), turn in 0_usize..30) {
        let rules: Vec<Rule> = texts.iter().enumerate().map(|(n, text)| rule(&format!("k{n}"), text)).collect();
        let mut turned = rules.clone();
        turned.rotate_left(turn % rules.len());
        let mut grown = index(turned.into_iter().rev());
        grown.upsert(rule("gone", "payment failed not")).unwrap();
        grown.remove(&id("gone"));
        prop_assert_eq!(index(rules).classify(&Query::new(&query)), grown.classify(&Query::new(&query)));
    }

    #[test]
    fn an_exact_entry_beats_a_fuzzy_one(texts in prop::collection::vec(texts(), 0..20), query in texts()) {
        let mut index = index(texts.iter().enumerate().map(|(n, text)| rule(&format!("a{n}"), text)));
        index.upsert(rule("z", &query)).unwrap();
        let verdict = index.classify(&Query::new(&query.to_uppercase()));
        prop_assert_eq!(verdict.known().map(|best| best.method), Some(Method::Exact));
    }

    #[test]
    fn arbitrary_text_is_classified(rules in prop::collection::vec(".{1,60}", 0..8), query in ".{0,200}", code in prop::option::of(".{0,5}")) {
        let mut index = Index::new();
        for (n, text) in rules.iter().enumerate() {
            let _ = index.upsert(Rule { keywords: Keywords { any: vec![text.clone()], ..Keywords::default() }, ..rule(&n.to_string(), text) });
        }
        for text in rules.iter().chain([&query]) {
            let verdict = index.classify(&Query { text, code: code.as_deref() });
            prop_assert!(verdict.ranking().all(|found| (0.0..=1.0).contains(&found.score)));
        }
    }
}
