//! What other rooms say, in the reader's language: why an error was recognised, what is wrong with a draft or a filter.

use super::session::Frame;
use crate::{
    domain::KnownErrorId,
    query::{FilterError, PathError},
    usecase::{
        approve::{DraftError, RuleError},
        diagnose::{Reason, Why},
        known_csv::RowFault,
        people::{self, PeopleError},
        tokens::{self, TokenError},
    },
};

/// Why an error is taken for a known one.
pub(super) fn why(frame: &Frame, why: &Why) -> String {
    let percent = |share: f64| format!("{:.0}", share * 100.0);
    let listed = |words: &[String]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let reason = match why {
        Why::Explained(by) => return frame.say("reason.explained", &[("by", by)]),
        Why::Text(reason) => reason,
        Why::Against(reason, other) => &against(reason, frame.either(&other.title, &other.title_uk)),
    };
    match reason {
        Reason::SameText => frame.t("reason.same_text"),
        Reason::Pattern(regex) => frame.say("reason.pattern", &[("regex", regex)]),
        Reason::SameCode(code) => frame.say("reason.same_code", &[("code", code)]),
        Reason::SameWords { variables } if variables.is_empty() => frame.t("reason.same_words"),
        Reason::SameWords { variables } => frame.say("reason.same_words.values", &[("values", &listed(variables))]),
        Reason::KeyWords(words) => {
            let words: Vec<_> = words.iter().map(|(word, weight)| format!("`{word}` ({} %)", percent(*weight))).collect();
            frame.say("reason.key_words", &[("words", &words.join(", "))])
        }
        Reason::Meaning { cosine, shared } if shared.is_empty() => frame.say("reason.meaning", &[("cosine", &percent(*cosine))]),
        Reason::Meaning { cosine, shared } => {
            frame.say("reason.meaning.words", &[("cosine", &percent(*cosine)), ("words", &listed(shared))])
        }
        Reason::Phrase(phrase) => frame.say("reason.phrase", &[("phrase", phrase)]),
        Reason::StatusPhrase(phrase) => frame.say("reason.status_phrase", &[("phrase", phrase)]),
        Reason::Typo { written, read_as } => frame.say("reason.typo", &[("written", written), ("read_as", read_as)]),
        Reason::Described(words) => frame.say("reason.described", &[("words", &listed(words))]),
        Reason::Foreign(words) => frame.say("reason.foreign", &[("words", &listed(words))]),
        Reason::Condition => frame.t("reason.condition"),
        Reason::MoreSpecific { id } => frame.say("reason.more_specific", &[("id", id.as_str())]),
        Reason::RunnerUp { id, by } => frame.say("reason.runner_up", &[("id", id.as_str()), ("by", &percent(*by))]),
        Reason::BelowThreshold { score, threshold } => {
            frame.say("reason.below_threshold", &[("score", &percent(*score)), ("threshold", &percent(*threshold))])
        }
        Reason::NothingShared => frame.t("reason.nothing_shared"),
        Reason::NoText => frame.t("reason.no_text"),
    }
}

/// The same reason with the other's title where its id stood.
fn against(reason: &Reason, title: &str) -> Reason {
    let id = KnownErrorId(title.to_owned());
    match reason {
        Reason::RunnerUp { by, .. } => Reason::RunnerUp { id, by: *by },
        Reason::MoreSpecific { .. } => Reason::MoreSpecific { id },
        other => other.clone(),
    }
}

/// Why a row of a table is not taken.
pub(super) fn row(frame: &Frame, fault: &RowFault) -> String {
    match fault {
        RowFault::NoHead => frame.t("import.row.head"),
        RowFault::Column(name) => frame.say("import.row.column", &[("name", name)]),
        RowFault::TooMany => frame.t("import.row.many"),
        RowFault::Unclosed => frame.t("import.row.unclosed"),
        RowFault::State(word) => frame.say("import.row.state", &[("word", word)]),
        RowFault::Status(code) => frame.say("import.row.status", &[("code", code)]),
        RowFault::Twice(line) => frame.say("import.row.twice", &[("line", &line.to_string())]),
        RowFault::Rule(error) => draft(frame, error),
    }
}

/// What stands in the way of inviting or changing a person.
pub(super) fn person(frame: &Frame, error: &PeopleError) -> String {
    match error {
        PeopleError::Name => frame.t("people.error.name"),
        PeopleError::NameTaken => frame.t("people.error.taken"),
        PeopleError::NoBranch => frame.t("people.error.no_branch"),
        PeopleError::UnknownBranch(code) => frame.say("people.error.unknown_branch", &[("code", code.as_str())]),
        PeopleError::Password => frame.say("people.error.password", &[("n", &people::MIN_PASSWORD.to_string())]),
        PeopleError::WrongPassword => frame.t("people.error.wrong_password"),
        PeopleError::LastAdministrator => frame.t("people.error.last"),
        PeopleError::NotFound | PeopleError::Store(_) | PeopleError::Secret(_) => error.to_string(),
    }
}

/// What stands in the way of a token.
pub(super) fn token(frame: &Frame, error: &TokenError) -> String {
    match error {
        TokenError::Name => frame.t("token.error.name"),
        TokenError::NoScope => frame.t("token.error.scope"),
        TokenError::Days => frame.say("token.error.days", &[("n", &tokens::MAX_DAYS.to_string())]),
        TokenError::TooMany => frame.say("token.error.many", &[("n", &tokens::MAX_TOKENS.to_string())]),
        TokenError::Store(_) | TokenError::Secret(_) => error.to_string(),
    }
}

/// What cannot stand in a draft.
pub(super) fn draft(frame: &Frame, error: &DraftError) -> String {
    match error {
        DraftError::NoAnswer => frame.t("draft.no_answer"),
        DraftError::TooLong { field, limit } => {
            frame.say("draft.too_long", &[("field", &frame.t(&format!("draft.field.{field}"))), ("limit", &limit.to_string())])
        }
        DraftError::NoStatus => frame.t("group.status.missing"),
        DraftError::UnknownStatus(code) => frame.say("draft.unknown_status", &[("code", &code.to_string())]),
        DraftError::RetiredStatus(code) => frame.say("draft.retired_status", &[("code", &code.to_string())]),
        DraftError::BadCode => frame.t("draft.bad_code"),
        DraftError::CodeTaken { code, title } => frame.say("draft.code_taken", &[("code", &code.to_string()), ("title", title)]),
        DraftError::NoStatusTitle => frame.t("draft.no_status_title"),
        DraftError::UnknownParent(code) => frame.say("draft.unknown_parent", &[("code", &code.to_string())]),
        DraftError::TextTaken { title } => frame.say("draft.text_taken", &[("title", title)]),
        DraftError::Validity => frame.t("draft.validity"),
        DraftError::Rule(RuleError::Empty { .. }) => frame.t("draft.no_text"),
        DraftError::Rule(RuleError::Identifier { keyword, .. }) => frame.say("draft.identifier", &[("keyword", keyword)]),
        DraftError::Rule(RuleError::Regex { source, .. }) => frame.say("draft.regex", &[("reason", &source.to_string())]),
        DraftError::Condition(error) => frame.say("draft.condition", &[("reason", &filter(frame, error))]),
    }
}

/// Why a text is no filter.
pub(super) fn filter(frame: &Frame, error: &FilterError) -> String {
    match error {
        FilterError::Unclosed { at } => frame.say("filter.unclosed", &[("at", &at.to_string())]),
        FilterError::Unexpected { at, found, wanted } => {
            frame.say("filter.unexpected", &[("at", &at.to_string()), ("found", found), ("wanted", &self::wanted(frame, wanted))])
        }
        FilterError::Ended { wanted } => frame.say("filter.ended", &[("wanted", &self::wanted(frame, wanted))]),
        FilterError::Path(PathError::EmptyStep(path)) => frame.say("filter.empty_step", &[("path", path)]),
        FilterError::Path(PathError::Operator(path)) => frame.say("filter.operator_step", &[("path", path)]),
        FilterError::Path(PathError::TooLong) => frame.t("filter.long_path"),
        FilterError::Regex { pattern, reason } => frame.say("filter.regex", &[("pattern", pattern), ("reason", reason)]),
        FilterError::Type { operator, value } => frame.say("filter.type", &[("operator", operator), ("value", value)]),
        FilterError::TooLarge => frame.t("filter.too_large"),
        FilterError::RuleSet(reason) => frame.say("filter.rule_set", &[("reason", reason)]),
    }
}

/// What the parser would have liked to see; symbols are the same in every language.
fn wanted(frame: &Frame, wanted: &str) -> String {
    let key = format!("filter.wanted.{}", wanted.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
    match frame.t(&key) {
        missing if missing == key => wanted.to_owned(),
        message => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{KnownErrorId, StatusCode},
        query::Filter,
        review::{Draft, on_trial},
        web::i18n::Language,
    };

    fn in_both(say: impl Fn(&Frame) -> String) -> [String; 2] {
        [Language::English, Language::Ukrainian].map(|language| say(&Frame { language, ..Frame::default() }))
    }

    /// Both are said, in different words, with nothing left open.
    fn check([english, ukrainian]: [String; 2], original: &str) {
        assert_ne!(english, ukrainian, "{original}");
        for text in [&english, &ukrainian] {
            assert!(!text.is_empty() && !text.contains(['{', '}']), "{original}: {text}");
        }
        assert!(ukrainian.chars().any(|c| ('а'..='я').contains(&c)), "{original}: {ukrainian}");
    }

    #[test]
    fn every_reason_is_said_in_both_languages() {
        let (word, id) = ("gateway".to_owned(), KnownErrorId("k2".to_owned()));
        let reasons = [
            Reason::SameText,
            Reason::Pattern(word.clone()),
            Reason::SameCode(word.clone()),
            Reason::SameWords { variables: vec![] },
            Reason::SameWords { variables: vec![word.clone()] },
            Reason::KeyWords(vec![(word.clone(), 0.61)]),
            Reason::Meaning { cosine: 0.8, shared: vec![] },
            Reason::Meaning { cosine: 0.8, shared: vec![word.clone()] },
            Reason::Phrase(word.clone()),
            Reason::StatusPhrase(word.clone()),
            Reason::Typo { written: word.clone(), read_as: word.clone() },
            Reason::Described(vec![word.clone()]),
            Reason::Foreign(vec![word.clone()]),
            Reason::Condition,
            Reason::MoreSpecific { id: id.clone() },
            Reason::RunnerUp { id, by: 0.25 },
            Reason::BelowThreshold { score: 0.4, threshold: 0.5 },
            Reason::NothingShared,
            Reason::NoText,
        ];
        for reason in reasons.map(Why::Text).into_iter().chain([Why::Explained(word)]) {
            check(in_both(|frame| why(frame, &reason)), &format!("{reason:?}"));
        }
    }

    #[test]
    fn another_known_error_is_named_by_its_title_in_the_readers_language() {
        let other = on_trial(Draft { title: "Drawer".into(), ..Draft::default() }, bson::DateTime::from_millis(0));
        let other = Box::new(crate::domain::KnownError { title_uk: Some("Шухляда".into()), ..other });
        let id = other.id.clone();
        for reason in [Reason::RunnerUp { id: id.clone(), by: 0.25 }, Reason::MoreSpecific { id: id.clone() }] {
            let [english, ukrainian] = in_both(|frame| why(frame, &Why::Against(reason.clone(), other.clone())));
            assert!(english.contains("`Drawer`") && ukrainian.contains("`Шухляда`"), "{english} {ukrainian}");
            assert!(!english.contains(id.as_str()), "{english}");
        }
    }

    #[test]
    fn every_fault_of_a_draft_is_said_in_both_languages() {
        let (title, code) = ("Gateway".to_owned(), StatusCode(7));
        let id = KnownErrorId("k2".to_owned());
        let faults = [
            DraftError::NoAnswer,
            DraftError::TooLong { field: "title", limit: 300 },
            DraftError::TooLong { field: "text", limit: 300 },
            DraftError::TooLong { field: "keywords", limit: 300 },
            DraftError::TooLong { field: "answers", limit: 300 },
            DraftError::NoStatus,
            DraftError::UnknownStatus(code),
            DraftError::RetiredStatus(code),
            DraftError::BadCode,
            DraftError::CodeTaken { code, title: title.clone() },
            DraftError::NoStatusTitle,
            DraftError::UnknownParent(code),
            DraftError::TextTaken { title: title.clone() },
            DraftError::Validity,
            DraftError::Rule(RuleError::Empty { id: id.clone() }),
            DraftError::Rule(RuleError::Identifier { id, keyword: title }),
            DraftError::Condition("branch =".parse::<Filter>().unwrap_err()),
        ];
        for fault in faults {
            check(in_both(|frame| draft(frame, &fault)), &format!("{fault:?}"));
        }
    }

    #[test]
    fn every_fault_of_a_filter_is_said_in_both_languages() {
        for text in [
            "branch = \"K01",
            "branch ~ 1",
            "branch",
            "branch =",
            "= 1",
            "branch = 1 branch",
            "(branch = 1",
            "branch in 1",
            "branch in (1 2)",
            "a between 1 2",
            "a..b exists",
            "`$where` exists",
            "a matches \"(\"",
            "a > true",
            "{\"condition\": 5}",
            &format!("{}a exists", "not ".repeat(100)),
            &format!("{} exists", "a.".repeat(100) + "b"),
        ] {
            let error = text.parse::<Filter>().unwrap_err();
            check(in_both(|frame| filter(frame, &error)), &format!("{text}: {error:?}"));
            if let FilterError::Unexpected { wanted: what, .. } | FilterError::Ended { wanted: what } = &error
                && what.contains(' ')
            {
                check(in_both(|frame| wanted(frame, what)), what);
            }
        }
    }
}
