//! Drafts that nobody asked for: written ahead within the budget, in the language of the house, and again where more is known.

use super::{
    suggest::{Act, Fake, GOOD, with_model},
    *,
};
use crate::{
    domain::{LogError, Suggestion, SuggestionState},
    usecase::suggest,
};

#[test]
fn a_draft_is_kept_in_each_language_and_shown_to_who_reads_it() {
    const UKRAINIAN: &str = r#"{"verdict":"draft","cause":"Шлюз не відповідає.","steps":["Зачекайте."],"cites":["K1"],"confidence":40}"#;
    const ENGLISH: &str = r#"{"verdict":"draft","cause":"The gateway is silent.","steps":["Wait."],"cites":["K1"],"confidence":40}"#;
    let (pages, fake, group) = with_model(vec![Act::Reply(UKRAINIAN), Act::Reply(ENGLISH)]);
    let mut config = (*pages.services.config).clone();
    (config.llm.drafts_per_day, config.llm.language) = (1, crate::config::DraftLanguage::Uk);
    let services = pages.runtime.block_on(Services::open(pages.services.store.clone(), Arc::new(config))).unwrap();
    let services = Arc::new(services);
    services.drafts.use_backend(fake.clone());
    let drafter = pages.runtime.spawn(suggest::run(services));
    pages.draft_that_there_is(&group);
    let ahead = pages.draft_that(&group, |draft| draft.state == SuggestionState::Done);
    drafter.abort();
    assert_eq!((ahead.language.as_str(), ahead.asked_by.as_str()), ("uk", ""));
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let path = format!("/errors/{}", group.id);
    let page = pages.get(&analyst, &path).body;
    assert!(page.contains("Шлюз не відповідає.") && page.contains("lang=\"uk\"") && page.contains("another language"), "{page}");
    pages.done(&analyst, &format!("{path}/suggestion"), &[]);
    pages.draft_that(&group, |draft| draft.language == "en" && draft.state == SuggestionState::Done);
    let page = pages.get(&analyst, &path).body;
    assert!(page.contains("The gateway is silent.") && !page.contains("another language"), "{page}");
    let kept = pages.runtime.block_on(pages.services.store.list_suggestions(&group.id, 9)).unwrap();
    assert!(kept.iter().filter(|draft| draft.state == SuggestionState::Done).count() == 2, "{kept:?}");
}

/// A process that drafts ahead, so many a day.
fn drafting_ahead(pages: &Pages, fake: &Arc<Fake>, drafts_per_day: u32) -> tokio::task::JoinHandle<()> {
    let mut config = (*pages.services.config).clone();
    config.llm.drafts_per_day = drafts_per_day;
    let services = pages.runtime.block_on(Services::open(pages.services.store.clone(), Arc::new(config))).unwrap();
    let services = Arc::new(services);
    services.drafts.use_backend(fake.clone());
    pages.runtime.spawn(suggest::run(services))
}

#[test]
fn what_nobody_asked_for_is_drafted_ahead_once_and_within_the_budget() {
    let (pages, fake, group) = with_model(vec![Act::Reply(GOOD)]);
    let drafter = drafting_ahead(&pages, &fake, 1);
    let draft = pages.draft_that_there_is(&group);
    assert_eq!((draft.asked_by.as_str(), draft.urgent), ("", false));
    pages.draft_that(&group, |draft| draft.state == SuggestionState::Done);
    drafter.abort();
}

#[test]
fn what_is_drafted_ahead_is_drafted_again_where_more_is_known() {
    let (pages, fake, group) = with_model(vec![Act::Reply(GOOD), Act::Reply(GOOD)]);
    let drafter = drafting_ahead(&pages, &fake, 2);
    let first = pages.draft_that_there_is(&group);
    let first = pages.draft_that(&group, |draft| draft.id == first.id && draft.state == SuggestionState::Done);
    drafter.abort();
    let (store, known) = (&pages.services.store, &first.sources[0].id);
    let mut answers = pages.runtime.block_on(store.list_answers(Some(known))).unwrap();
    answers[0].text = "Restart the register.".to_owned();
    let entry = pages.services.knowledge.entry(known).unwrap();
    pages.runtime.block_on(store.save_known_errors(&[(entry, answers)])).unwrap();
    let drafter = drafting_ahead(&pages, &fake, 2);
    let second = pages.draft_that(&group, |draft| draft.id != first.id && draft.state == SuggestionState::Done);
    drafter.abort();
    assert!(second.fingerprint != first.fingerprint && !second.urgent);
    assert!(fake.prompts.lock().unwrap()[1].user.contains("Restart the register."));
}

#[test]
fn what_was_drafted_ahead_and_turned_down_is_drafted_again_for_each_reason() {
    let (pages, fake, group) = with_model(vec![Act::Reply(GOOD), Act::Reply(GOOD)]);
    let drafter = drafting_ahead(&pages, &fake, 9);
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    pages.draft_that_there_is(&group);
    let first = pages.draft_that(&group, |draft| draft.state == SuggestionState::Done);
    let path = format!("/errors/{}/suggestion/reject", group.id);
    pages.done(&analyst, &path, &[("of", &first.id.to_string()), ("reason", "too vague")]);
    drafter.abort();
    let drafter = drafting_ahead(&pages, &fake, 9);
    let second = pages.draft_that(&group, |draft| draft.id != first.id && draft.state == SuggestionState::Done);
    drafter.abort();
    assert!(!second.urgent && fake.prompts.lock().unwrap()[1].user.contains("reason: too vague"));
}

impl Pages {
    /// Waits until there is a draft for the group.
    fn draft_that_there_is(&self, group: &LogError) -> Suggestion {
        for _ in 0..500 {
            let found = self.runtime.block_on(self.services.store.list_suggestions(&group.id, 1)).unwrap();
            if let Some(found) = found.into_iter().next() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("nobody drafts ahead");
    }
}
