//! The seed's knowledge base and the generator's messages fit each other: what is planted is recognised, and nothing else is.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use super::{
    demo_plans,
    faults::{self, Message, When},
    generate, plans,
    values::Values,
};
use crate::{
    detect,
    domain::{ErrorCode, KnownError, KnownErrorId, LogFileId, Method, StatusCode, StatusError},
    inference::{Index, Query, Rule, THRESHOLD},
    parse::{Options, Piece, parse},
    query::Filter,
    usecase::knowledge_base::{self, Document, KnownErrorEntry},
};

fn seed() -> Document {
    serde_json::from_str(include_str!("../../seed/knowledge_base.json")).unwrap()
}

fn known_error(entry: &KnownErrorEntry) -> KnownError {
    entry.to_documents("test", bson::DateTime::from_millis(0)).0
}

/// The knowledge base as the program matches against it.
struct Base {
    index: Index,
    conditions: BTreeMap<KnownErrorId, Filter>,
}

impl Base {
    fn of_seed() -> Self {
        let document = seed();
        let statuses: BTreeMap<StatusCode, StatusError> =
            document.statuses.iter().map(|status| (status.code, status.to_document())).collect();
        let (mut index, mut conditions) = (Index::new(), BTreeMap::new());
        for known in document.known_errors.iter().map(known_error) {
            index.upsert(Rule::from_known_error(&known, known.status.and_then(|code| statuses.get(&code)))).unwrap();
            conditions.extend(known.conditions.map(|text| (known.id, text.parse().unwrap())));
        }
        Self { index, conditions }
    }
}

/// Some of the texts that a message stands for.
fn texts(message: &Message) -> Vec<String> {
    let text = |seed| {
        let mut text = String::new();
        Values::new(seed).fill(message.text, &mut text);
        text
    };
    (0..12).map(text).collect()
}

#[test]
fn the_seed_can_be_imported_and_is_complete() {
    let document = seed();
    assert_eq!(knowledge_base::check(&document, &[]), Vec::<String>::new());
    let parents: BTreeMap<_, _> = document.statuses.iter().map(|status| (status.code, status.parent)).collect();
    let depth = |code| std::iter::successors(Some(code), |code| parents.get(code).copied().flatten()).count();
    assert_eq!(document.statuses.iter().map(|status| depth(status.code)).max(), Some(3));
    for status in &document.statuses {
        assert!(
            status.title_uk.is_some() && status.colour.is_some() && status.meaning.is_some() && status.meaning_uk.is_some(),
            "{}",
            status.code
        );
    }
    for entry in &document.known_errors {
        let (id, title) = (entry.id.as_deref().unwrap(), entry.title.as_deref().unwrap());
        assert!(!title.is_empty() && entry.title_uk.is_some() && entry.status.is_some(), "{id}");
        assert!((1..=3).contains(&entry.answers.len()) && entry.answers.iter().all(|answer| answer.text_uk.is_some()), "{id}");
    }
    let n_with = |holds: fn(&KnownErrorEntry) -> bool| document.known_errors.iter().filter(|entry| holds(entry)).count();
    assert!(document.known_errors.len() >= 100);
    assert!(n_with(|entry| entry.answers.len() > 1) * 4 >= document.known_errors.len());
    assert!(n_with(|entry| entry.code.is_some()) >= 8 && n_with(|entry| entry.conditions.is_some()) >= 5);
    assert!(n_with(|entry| !entry.keywords_none.is_empty()) >= 5 && n_with(|entry| entry.text.is_empty()) >= 8);
}

#[test]
fn every_known_error_occurs_in_the_generators_messages_and_no_other() {
    let known: BTreeSet<String> = seed().known_errors.into_iter().filter_map(|entry| entry.id).collect();
    let planted: BTreeSet<String> = faults::all().filter_map(|message| message.known).map(|(id, _)| id.to_owned()).collect();
    assert_eq!(planted, known);
}

#[test]
fn every_planted_message_is_recognised_in_its_own_way() {
    let base = Base::of_seed();
    let mut faults = Vec::new();
    for message in faults::all() {
        let Some((id, by)) = message.known else { continue };
        for text in texts(message) {
            let verdict =
                base.index.classify_where(&Query { text: &text, code: message.code, meaning: None }, &|admitted| admitted.as_str() == id);
            let found = verdict.known().map(|best| (best.id.as_str(), best.method));
            // A variable may have the value that it has in the entry's text.
            let is_exact = by == Method::Template && found == Some((id, Method::Exact));
            if found != Some((id, by)) && !is_exact {
                faults.push(format!("{text}: {found:?}, not {id} by {by:?}"));
                break;
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_unknown_message_is_taken_for_a_known_error() {
    let base = Base::of_seed();
    for message in faults::all().filter(|message| message.known.is_none()) {
        for text in texts(message) {
            let query = Query { text: &text, code: message.code, meaning: None };
            // Where the message occurs in certain exchanges, no entry's condition holds in those.
            let verdict = base.index.classify_where(&query, &|_| message.when == When::Always);
            assert!(verdict.known().is_none(), "{text}: {:?}", verdict.known());
        }
    }
}

#[test]
fn key_words_of_an_entry_catch_no_other_error() {
    let entries: Vec<KnownError> = seed().known_errors.iter().map(known_error).collect();
    let text_of: BTreeMap<&str, &str> = entries.iter().map(|entry| (entry.id.as_str(), entry.text.as_str())).collect();
    let mut index = Index::new();
    for entry in entries.iter().filter(|entry| !entry.keywords.is_empty() || !entry.keywords_all.is_empty()) {
        let rule = Rule::from_known_error(entry, None);
        index.upsert(Rule { text: String::new(), code: None, regex: None, facts: 0, ..rule }).unwrap();
    }
    let planted = faults::all().flat_map(|message| texts(message).into_iter().map(|text| (message.known.map(|(id, _)| id), text)));
    let own = entries.iter().map(|entry| (Some(entry.id.as_str()), entry.text.clone()));
    for (known, text) in planted.chain(own) {
        let verdict = index.classify(&Query::new(&text));
        for caught in verdict.ranking().filter(|caught| caught.score >= THRESHOLD) {
            // Entries of one text are told apart by condition or code.
            let text_of = |id: &str| text_of.get(id).filter(|text| !text.is_empty());
            let is_twin = known.is_some_and(|known| text_of(known).is_some() && text_of(known) == text_of(caught.id.as_str()));
            assert!(known == Some(caught.id.as_str()) || is_twin, "{}: {text}", caught.id);
        }
    }
}

#[test]
fn what_is_planted_in_files_is_recognised_and_nothing_else() {
    let base = Base::of_seed();
    let (mut planted, mut recognised) = (BTreeMap::<String, i64>::new(), BTreeMap::<String, i64>::new());
    let (mut n_unknown, mut n_unknown_found) = (0, 0);
    let mut methods = BTreeSet::new();
    for days in demo_plans().into_iter().chain(plans(6000, 11)) {
        let mut late = Vec::new();
        for plan in days {
            let mut bytes = Vec::new();
            let (truth, over) = generate(&plan, std::mem::take(&mut late), &mut bytes).unwrap();
            late = over;
            truth.known.into_iter().for_each(|(id, n)| *planted.entry(id.to_owned()).or_default() += n);
            n_unknown += truth.unknown.values().sum::<i64>();
            let options = Options::new(plan.branch.parse().unwrap(), LogFileId::from_content(&[]));
            let rules = detect::Rules::default();
            let mut sink = |piece| {
                let Piece::Log(log) = piece else { return Ok::<(), io::Error>(()) };
                let Some(fault) = detect::find(&rules, log.response.as_deref()) else { return Ok(()) };
                let encoded = log.encode(&options.branch, &options.log_file_id, Some(&fault), None).unwrap();
                let code = fault.code.as_ref().map(ErrorCode::to_string);
                let query = Query { text: &fault.message, code: code.as_deref(), meaning: None };
                let holds = |id: &KnownErrorId| base.conditions.get(id).is_none_or(|condition| condition.accepts(encoded.document()));
                match base.index.classify_where(&query, &holds).known() {
                    Some(best) => {
                        *recognised.entry(best.id.to_string()).or_default() += 1;
                        methods.insert(best.method.as_str());
                    }
                    None => n_unknown_found += 1,
                }
                Ok(())
            };
            parse(bytes.as_slice(), &options, &mut sink, &|_| {}).unwrap();
        }
    }
    let n_planted: i64 = planted.values().sum();
    let n_right: i64 = planted.iter().map(|(id, n)| recognised.get(id).copied().unwrap_or(0).min(*n)).sum();
    assert!(n_right as f64 >= 0.98 * n_planted as f64, "{n_right} of {n_planted}: {planted:#?} {recognised:#?}");
    assert!(n_unknown_found >= n_unknown, "{n_unknown_found} unknown ones found of {n_unknown}");
    assert_eq!(methods.into_iter().collect::<Vec<_>>(), ["code", "exact", "keyword", "template"]);
}
