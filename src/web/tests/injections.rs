//! The corpus of hostile messages, `tests/fixtures/injections.json`, through the pages: each as an error of a log, and what a model that
//! obeys it would reply as a draft.

use serde::Deserialize;

use super::{
    hostile::is_inert,
    suggest::{Act, with_model},
    *,
};
use crate::domain::{Cited, GroupState, SuggestionState};

#[derive(Deserialize)]
struct Injection {
    name: String,
    text: String,
    #[serde(default)]
    reply: Option<String>,
}

fn injections() -> Vec<Injection> {
    serde_json::from_str(include_str!("../../../tests/fixtures/injections.json")).unwrap()
}

/// Fails where what a model wrote is markup, or anything that is not seen as it is. Messages of logs are shown as they came.
fn is_plain(path: &str, body: &str) {
    is_inert(path, body);
    let unseen = |c: char| {
        (c.is_control() && !c.is_whitespace())
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
    };
    let found = body.find(unseen).map(|at| body[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect::<String>());
    assert_eq!(found, None, "{path}");
}

#[test]
fn hostile_messages_are_text_wherever_an_error_is_shown() {
    let pages = Pages::empty(|config| config.llm.drafts_per_day = 0);
    let escaped: Vec<String> = injections().iter().map(|injection| serde_json::to_string(&injection.text).unwrap()).collect();
    let messages: Vec<&str> = escaped.iter().map(|text| &text[1..text.len() - 1]).collect();
    pages.ingest("hostile.log", &super::triage::log_of(8, &messages));
    let administrator = pages.sign_in("administrator", Role::SystemAdministrator, &[]);
    let queue = crate::store::Queue { state: Some(GroupState::Unknown), limit: 100, ..crate::store::Queue::default() };
    let groups = pages.runtime.block_on(pages.services.store.list_queue(&queue)).unwrap();
    assert!(groups.len() >= 30, "{} groups", groups.len());
    let mut paths = vec!["/".to_owned(), "/errors?state=unknown".to_owned(), "/logs".to_owned()];
    for group in &groups {
        let (id, log) = (&group.id, &group.example_log_id);
        paths.extend([format!("/errors/{id}"), format!("/errors/{id}/suggestion"), format!("/errors/{id}/around"), format!("/logs/{log}")]);
        paths.push(format!("/ask?about=error&id={id}"));
    }
    for path in &paths {
        let answer = pages.get(&administrator, path);
        assert_eq!(answer.status, 200, "{path}");
        is_inert(path, &answer.body);
    }
}

#[test]
fn what_an_obedient_model_writes_changes_no_state_and_is_shown_as_text() {
    let replies: Vec<(String, String)> = injections().into_iter().filter_map(|one| Some((one.name, one.reply?))).collect();
    let (pages, fake, group) = with_model(Vec::new());
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let administrator = pages.sign_in("administrator", Role::SystemAdministrator, &[]);
    let path = format!("/errors/{}", group.id);
    let known = pages.services.knowledge.len();
    for (name, reply) in replies {
        fake.acts.lock().unwrap().push_back(Act::Reply(reply.leak()));
        pages.done(&analyst, &format!("{path}/suggestion"), &[("context", &name)]);
        let draft = pages.draft_that(&group, |draft| !draft.state.is_open() && draft.context == name);
        assert!(matches!(draft.state, SuggestionState::Done | SuggestionState::Failed), "{name}: {draft:?}");
        let cites = draft.proposal.iter().flat_map(|proposal| &proposal.cites);
        let shown = |cited: &Cited| match cited {
            Cited::KnownError(id) => pages.services.knowledge.entry(id).is_some(),
            Cited::Log(id) => *id == group.example_log_id,
        };
        assert!(cites.into_iter().all(shown), "{name}: {draft:?}");
        for path in [path.clone(), format!("{path}/suggestion"), format!("{path}?draft=1"), "/".to_owned()] {
            let answer = pages.get(&analyst, &path);
            assert_eq!(answer.status, 200, "{path}");
            is_plain(&format!("{name} at {path}"), &answer.body);
        }
        let prompt = pages.get(&administrator, &format!("{path}/suggestion/prompt?of={}", draft.id));
        is_plain(&format!("{name} in the prompt"), &prompt.body);
        let is = pages.runtime.block_on(pages.services.store.find_log_error(&group.id)).unwrap().unwrap();
        assert_eq!((is.state, is.known_error_id, pages.services.knowledge.len()), (GroupState::Unknown, None, known), "{name}");
    }
}
