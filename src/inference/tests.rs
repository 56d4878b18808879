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
        let verdict = bank.classify(&Query { text, code, meaning: None });
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
fn anything_may_stand_in_the_place_of_a_placeholder() {
    let index = index([
        rule("blocked", "Рахунок {account} заблоковано за рішенням {authority}"),
        rule("limit", "Payment of <amount> exceeds the limit of ***"),
        rule("user", "Login of user %s refused: %s"),
        rule("paid", "Payment of <amount> accepted"),
        rule("rate", "Курс {currency}"),
    ]);
    for (text, expected) in [
        ("Рахунок 26001234567890 заблоковано за рішенням суду", Some("blocked")),
        ("Рахунок UA21 3223 заблоковано за рішенням Печерського районного суду м. Києва", Some("blocked")),
        ("рахунок клієнта заблоковано за рішенням 17", Some("blocked")),
        ("Payment of 100.50 UAH exceeds the limit of 50", Some("limit")),
        ("Payment of one hundred hryvnias exceeds the limit of fifty\n at Limits.check(Limits.java:7)", Some("limit")),
        ("Login of user petro.vasylenko refused: password expired", Some("user")),
        ("Login of user Петро refused: another session is open", Some("user")),
        ("Payment of 7 accepted", Some("paid")),
        ("Payment of 7 rejected", None),
        ("Login of user petro", None),
        ("Курс 840", Some("rate")),
        ("Курс акцій банку впав", None),
    ] {
        let verdict = index.classify(&Query::new(text));
        assert_eq!(
            verdict.known().map(|best| (best.id.as_str(), best.method)),
            expected.map(|id| (id, Method::Template)),
            "{text}: {verdict:#?}"
        );
    }
}

#[test]
fn an_equal_rule_whose_condition_holds_wins_and_says_so() {
    let index = index([rule("a-general", "no money 1"), Rule { facts: 1, ..rule("b-special", "no money 1") }]);
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
fn of_equal_texts_the_more_specific_condition_that_holds_wins_and_says_so() {
    let with_facts = |name, facts| Rule { facts, ..rule(name, "no money 1") };
    let index = index([with_facts("a-branch", 1), with_facts("b-branch-and-method", 2), with_facts("c-general", 0)]);
    for (text, method) in [("No money 1", Method::Exact), ("no money 7", Method::Template)] {
        for (holding, expected) in [
            (&["a-branch", "b-branch-and-method"][..], "b-branch-and-method"),
            (&["b-branch-and-method"], "b-branch-and-method"),
            (&["a-branch"], "a-branch"),
            (&[], "c-general"),
        ] {
            let verdict = index.classify_where(&Query::new(text), &|id| holding.contains(&id.as_str()));
            let best = verdict.known().unwrap();
            assert_eq!((best.id.as_str(), best.method), (expected, method), "{holding:?}");
            assert_eq!(best.reasons.contains(&Reason::Condition), !holding.is_empty(), "{:?}", best.reasons);
            assert!(verdict.ranking().all(|found| found.id.as_str() == "c-general" || holding.contains(&found.id.as_str())));
        }
    }
}

#[test]
fn cards_accounts_and_sessions_never_become_key_words() {
    for secret in [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111111111111111",
        "UA213223130000026007233566001",
        "slx4tezudk7yv0di3y8sxyd2",
        "slxctezudkzyv0di3ymysxyd",
        "550e8400-e29b-41d4-a716-446655440000",
    ] {
        let known = index([rule("with", &format!("Payment refused for {secret} by the issuer")), rule("other", "Branch 17 is closed")]);
        let alone = known.classify(&Query::new(secret));
        assert!(alone.ranking().next().is_none(), "{secret} finds an entry: {alone:#?}");
        let beside = known.classify(&Query::new(&format!("Branch ledger unavailable {secret}")));
        let found: Vec<_> = beside.ranking().map(|found| found.id.as_str()).collect();
        assert_eq!(found, ["other"], "{secret}");
        let verdict = known.classify(&Query::new(&format!("Issuer refused payment {secret} today")));
        let reasons = verdict.ranking().flat_map(|found| &found.reasons);
        let named = reasons.filter(|reason| matches!(reason, Reason::KeyWords(_) | Reason::Phrase(_) | Reason::Typo { .. }));
        let named: Vec<String> = named.map(Reason::to_string).collect();
        assert!(!named.is_empty() && named.iter().all(|reason| !reason.contains(&secret[..4])), "{named:?}");
        let keywords = |texts: Vec<String>| Keywords { all: texts, ..Keywords::default() };
        let stated = Rule { keywords: keywords(vec![secret.to_owned()]), ..rule("stated", "x") };
        assert!(matches!(Index::new().upsert(stated), Err(RuleError::Identifier { .. })), "{secret}");
    }
}

#[test]
fn a_short_value_finds_its_entry_among_many_of_the_same_words() {
    let index = index((0..2_000).map(|n| rule(&format!("k{n:04}"), &format!("posting of order {n} failed in ledger {}", n * 7))));
    let verdict = index.classify(&Query::new("posting of the order 1234 was refused in ledger 8638"));
    assert_eq!(verdict.ranking().next().map(|found| found.id.as_str()), Some("k1234"));
}

#[test]
fn of_equal_texts_the_one_with_the_code_wins() {
    let with_code = |name, code: &str| Rule { code: Some(code.into()), ..rule(name, "no money") };
    let index = index([with_code("a", "1"), with_code("b", "2")]);
    let verdict = index.classify(&Query { text: "no money", code: Some("2"), meaning: None });
    assert_eq!(verdict.known().unwrap().id, id("b"));
}

#[test]
fn the_same_text_with_another_code_or_a_forbidden_word_is_not_known() {
    let keywords = |all: &[&str], none: &[&str]| {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Keywords { all: words(all), none: words(none), ..Keywords::default() }
    };
    for (other, expected) in [
        (Rule { code: Some("1".into()), ..rule("k", "no money for the test") }, false),
        (Rule { code: Some("2".into()), ..rule("k", "no money for the test") }, true),
        (Rule { keywords: keywords(&[], &["test"]), ..rule("k", "no money for the test") }, false),
        (Rule { keywords: keywords(&["bank"], &[]), ..rule("k", "no money for the test") }, false),
        (Rule { keywords: keywords(&["money"], &["bank"]), ..rule("k", "no money for the test") }, true),
    ] {
        let asked = |text: &str| {
            let index = index([other.clone()]);
            index.classify(&Query { text, code: Some("2"), meaning: None }).known().is_some()
        };
        assert_eq!(asked("No money for the test!"), expected, "{other:?}");
    }
}

#[test]
fn a_text_and_its_code_are_more_specific_than_the_code_alone_and_say_so() {
    let with_code = |name, text| Rule { code: Some("77".into()), ..rule(name, text) };
    let index = index([with_code("a-code", ""), with_code("b-text", "Connection to the payment gateway timed out after 30 seconds")]);
    let asked = |text: &str| index.classify(&Query { text, code: Some("77"), meaning: None });
    for text in
        ["connection to the payment gateway timed out after 30 seconds", "Conection to the payment gateway timed out after 5 seconds"]
    {
        let verdict = asked(text);
        let best = verdict.known().unwrap();
        assert_eq!(best.id, id("b-text"), "{verdict:#?}");
        assert!(best.reasons.contains(&Reason::MoreSpecific { id: id("a-code") }), "{:?}", best.reasons);
    }
    let other = asked("The printer is on fire");
    assert_eq!(other.known().map(|best| (&best.id, best.method)), Some((&id("a-code"), Method::Code)));
}

#[test]
fn every_verdict_names_the_runner_up_and_by_how_much_it_lost() {
    let code = |name, text| Rule { code: Some("77".into()), ..rule(name, text) };
    let index = index([
        rule("text", "Connection to the payment gateway timed out after 30 seconds"),
        rule("near", "Connection to the payment terminal timed out after 30 seconds"),
        Rule { regex: Some("teller [0-9]+ left".into()), ..rule("regex", "") },
        rule("teller", "the teller has left the office"),
        code("code", ""),
        rule("printer", "The printer has no paper"),
    ]);
    for (text, code, method, runner_up) in [
        ("connection to the payment gateway timed out after 30 seconds", None, Method::Exact, "near"),
        ("Connection to the payment gateway timed out after 5 seconds", None, Method::Template, "near"),
        ("Conection to the payment gateway timed out after 5 seconds", None, Method::Keyword, "near"),
        ("the teller 5 left the office", None, Method::Regex, "teller"),
        ("The printer has much paper", Some("77"), Method::Code, "printer"),
    ] {
        let verdict = index.classify(&Query { text, code, meaning: None });
        let Verdict::Known { best, alternatives } = &verdict else { panic!("{text}: {verdict:#?}") };
        assert_eq!(best.method, method, "{text}");
        let lost = best.reasons.iter().find_map(|reason| match reason {
            Reason::RunnerUp { id, by } => Some((id.as_str(), *by)),
            _ => None,
        });
        let (name, by) = lost.unwrap_or_else(|| panic!("{text}: {:?}", best.reasons));
        assert_eq!(name, runner_up, "{text}");
        assert!((0.0..=1.0).contains(&by) && (best.score - alternatives[0].score - by).abs() < 1e-9, "{text}: {by}");
        assert!(alternatives.windows(2).all(|pair| pair[0].score >= pair[1].score), "{text}");
    }
}

#[test]
fn any_one_of_the_words_that_are_each_enough_decides() {
    let keywords = |any: &[&str], one_of: &[&str], all: &[&str], none: &[&str]| {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Keywords { any: words(any), one_of: words(one_of), all: words(all), none: words(none) }
    };
    for (keywords, text, asked, expected) in [
        (keywords(&[], &["gateway", "acquirer", "шлюз"], &[], &[]), "", "no answer of the acquirer", true),
        (keywords(&[], &["gateway", "acquirer", "шлюз"], &[], &[]), "", "немає відповіді шлюзу", true),
        (keywords(&[], &["gateway", "acquirer", "шлюз"], &[], &[]), "", "no answer", false),
        (keywords(&["gateway", "acquirer", "issuer"], &[], &[], &[]), "", "no answer of the acquirer", false),
        (keywords(&[], &["gateway", "acquirer"], &["timeout"], &[]), "", "acquirer: timeout", true),
        (keywords(&[], &["gateway", "acquirer"], &["timeout"], &[]), "", "timeout of the printer", false),
        (keywords(&[], &["gateway", "acquirer"], &["timeout"], &[]), "", "the acquirer answered", false),
        (keywords(&[], &["gateway", "acquirer"], &[], &["test"]), "", "test of the acquirer", false),
        (keywords(&[], &["gateway", "acquirer"], &[], &[]), "Card is blocked", "answer of an acquirer", true),
        (keywords(&[], &["gateway", "acquirer"], &[], &[]), "Card is blocked", "card is blocked", true),
        (keywords(&["slow", "late", "busy"], &["acquirer"], &[], &[]), "", "answer of an acquirer", true),
        (keywords(&["slow answer"], &["acquirer"], &[], &[]), "", "a slow answer", true),
    ] {
        let index = index([Rule { keywords: keywords.clone(), ..rule("k", text) }, rule("other", "The printer has no paper")]);
        let verdict = index.classify(&Query::new(asked));
        assert_eq!(verdict.known().map(|best| best.id.as_str()), expected.then_some("k"), "{keywords:?} {asked}: {verdict:#?}");
    }
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

/// Rules of every kind: text alone, with a code, key words, a condition or an expression beside it.
fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let code = prop::option::of(prop_oneof![Just("E-1".to_owned()), Just("E-2".to_owned())]);
    let keyword = prop::option::of(prop_oneof![Just("payment failed".to_owned()), Just("платежі".to_owned())]);
    let one = (texts(), code, keyword, 0_usize..3, prop::bool::weighted(0.1));
    prop::collection::vec(one, 1..30).prop_map(|parts| {
        let rules = parts.into_iter().enumerate().map(|(n, (text, code, keyword, facts, has_regex))| Rule {
            code,
            keywords: match n % 2 {
                0 => Keywords { any: keyword.into_iter().collect(), ..Keywords::default() },
                _ => Keywords { one_of: keyword.into_iter().collect(), ..Keywords::default() },
            },
            facts,
            regex: has_regex.then(|| "failed 1.".to_owned()),
            ..rule(&format!("k{n}"), &text)
        });
        rules.collect()
    })
}

/// Whether the condition of an entry holds, as a number says.
fn does_hold(id: &KnownErrorId, holds: u32) -> bool {
    let place: usize = id.as_str().bytes().map(usize::from).sum();
    (holds >> ((id.as_str().len() * 7 + place) % 32)) & 1 == 1
}

/// The words of a text as complete coincidence sees them.
fn plain(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

proptest! {
    #[test]
    fn verdicts_do_not_depend_on_the_order_of_adding(rules in rules(), query in texts(), turn in 0_usize..30, holds in any::<u32>()) {
        let mut turned = rules.clone();
        turned.rotate_left(turn % rules.len());
        let mut grown = index(turned.into_iter().rev());
        grown.upsert(rule("gone", "payment failed not 99")).unwrap();
        grown.remove(&id("gone"));
        grown.upsert(rule("k0", "to be replaced 12")).unwrap();
        grown.upsert(rules[0].clone()).unwrap();
        let known = index(rules);
        let admissible = |id: &KnownErrorId| does_hold(id, holds);
        for code in [None, Some("e-1")] {
            let query = Query { text: &query, code, meaning: None };
            let verdict = known.classify_where(&query, &admissible);
            prop_assert_eq!(&verdict, &grown.classify_where(&query, &admissible));
            prop_assert_eq!(&verdict, &known.classify_where(&query, &admissible), "asked again");
        }
    }

    #[test]
    fn whoever_asks_for_the_answer_alone_is_told_the_same(rules in rules(), query in texts(), holds in any::<u32>()) {
        let index = index(rules);
        let admissible = |id: &KnownErrorId| does_hold(id, holds);
        for code in [None, Some("e-1")] {
            let query = Query { text: &query, code, meaning: None };
            let verdict = index.classify_where(&query, &admissible);
            let first = verdict.ranking().next().map(|found| (found.id.clone(), found.method, found.score, verdict.known().is_some()));
            let recognised = index.recognise(&query, &admissible);
            prop_assert_eq!(recognised.map(|found| (found.id.clone(), found.method, found.score, found.is_known)), first);
        }
    }

    #[test]
    fn an_exact_entry_beats_a_fuzzy_one(rules in rules(), query in texts(), code in prop::option::of("E-[123]"), holds in any::<u32>()) {
        let by_id: std::collections::BTreeMap<_, _> = rules.iter().map(|rule| (rule.id.clone(), rule.clone())).collect();
        let mut index = index(rules);
        index.upsert(rule("z", &query)).unwrap();
        let shouted = query.to_uppercase();
        let verdict = index.classify_where(&Query { text: &shouted, code: code.as_deref(), meaning: None }, &|id| does_hold(id, holds));
        let best = verdict.known().unwrap();
        prop_assert_eq!(best.method, Method::Exact);
        if let Some(rule) = by_id.get(&best.id) {
            prop_assert_eq!(plain(&rule.text), plain(&query), "{} is not the text asked for", best.id);
            prop_assert!(rule.facts == 0 || does_hold(&rule.id, holds), "the condition of {} does not hold", best.id);
            prop_assert!(rule.code.is_none() || code.is_none() || rule.code == code, "{} is of another code", best.id);
        }
    }

    #[test]
    fn arbitrary_text_is_classified(rules in prop::collection::vec(".{1,60}", 0..8), query in ".{0,200}", code in prop::option::of(".{0,5}")) {
        let mut index = Index::new();
        for (n, text) in rules.iter().enumerate() {
            let _ = index.upsert(Rule { keywords: Keywords { any: vec![text.clone()], ..Keywords::default() }, ..rule(&n.to_string(), text) });
        }
        for text in rules.iter().chain([&query]) {
            fuzzing::is_answered(&index, &Query { text, code: code.as_deref(), meaning: None });
        }
    }
}
