//! What must hold for any rule and any error: the tests of this room call it with what chance brings, and the program in `fuzz/` with what
//! opens new ways through the code. It panics where what it promises does not hold.

use regex::RegexBuilder;

use super::{Index, Keywords, Query, Rule, expressions::Expressions};
use crate::domain::KnownErrorId;

/// A decoder: its name, what must hold for any input, and inputs to begin with.
pub type Target = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

/// All decoders of the room.
pub const TARGETS: [Target; 1] = [("rules", rules, seeds)];

/// What an expression may become; that of a rule may become as large.
const MAX_BYTES: usize = 1 << 20;

/// A rule: its expression, its text, a key word and a code; and texts that are asked about. The sign for that parts them.
fn rules(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut parts = text.split('\u{1e}');
    let [expression, stated, keyword, code] = [(); 4].map(|()| parts.next().unwrap_or_default());
    let asked: Vec<&str> = parts.chain([stated]).collect();
    nothing_that_matches_is_left_out(expression, &asked);
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let rule = |id: &str, regex: Option<String>| Rule {
        keywords: Keywords { any: some(keyword).into_iter().collect(), ..Keywords::default() },
        code: some(code),
        regex,
        ..Rule::from_text(KnownErrorId(id.into()), stated)
    };
    let mut index = Index::new();
    let _ = index.upsert(rule("with", some(expression)));
    let _ = index.upsert(rule("without", None));
    let _ = index.upsert(Rule::from_text(KnownErrorId("other".into()), "Рахунок <*> не знайдено: code 5"));
    for text in asked {
        for code in [None, Some("5")] {
            is_answered(&index, &Query { text, code, meaning: None });
        }
    }
}

/// Each answer has a score, is given again, and is the same for whoever asks for it alone.
pub(super) fn is_answered(index: &Index, query: &Query<'_>) {
    let verdict = index.classify(query);
    assert!(verdict.ranking().all(|found| (0.0..=1.0).contains(&found.score)));
    assert_eq!(verdict, index.classify(query));
    let first = verdict.ranking().next().map(|found| (&found.id, found.method, found.score, verdict.known().is_some()));
    let alone = index.recognise(query, &|_| true);
    assert_eq!(alone.map(|found| (found.id, found.method, found.score, found.is_known)), first);
    index.text_key(query.text, query.code);
}

/// An expression is tried on every text that it matches.
pub(super) fn nothing_that_matches_is_left_out(expression: &str, texts: &[&str]) {
    let Ok(regex) = RegexBuilder::new(expression).size_limit(MAX_BYTES).build() else { return };
    let mut expressions = Expressions::default();
    expressions.insert(0, expression);
    for text in texts {
        assert!(!regex.is_match(text) || expressions.candidates(text) == [0], "{expression} {text}");
        assert!(!regex.is_match(text) || expressions.may_match(text), "{expression} {text}");
    }
    expressions.remove(0);
    assert!(texts.iter().all(|text| expressions.candidates(text).is_empty()));
}

fn seeds() -> Vec<Vec<u8>> {
    [
        r"(?i)code\s*=\s*77\b|рахунок \d+ заблоковано@payment %s failed: 5@declined@E-1@CODE = 77@Рахунок 5 заблоковано@payment x failed: 7",
        r"^(error|failure): .* gateway$@Session {id} is closed@session@5@error: no gateway@Session 12ab is closed@session",
        r"(?x) [a-z]{2,5} # x@Рахунок 26001 не знайдено@@@рахунок 26002 не знайдено",
        r"(?:timed out)|(?:no answer)|(?i)kelvin@***@@@it timed out@KELVIN",
    ]
    .map(|text| text.replace('@', "\u{1e}").into_bytes())
    .into()
}

#[cfg(test)]
#[test]
fn what_is_promised_holds_for_all_inputs_to_begin_with() {
    for seed in seeds() {
        for n in (0..seed.len()).step_by(7) {
            rules(&seed[..n]);
        }
        rules(&seed);
    }
}
