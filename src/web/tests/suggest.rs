//! Drafts over real connections, from the question to the known error: written, followed, called off, turned down, taken.

use std::{
    io::{Read, Write},
    sync::Mutex,
};

use super::*;
pub(super) use crate::suggest::fake::{Act, Fake};
use crate::{
    domain::{LogError, Objection, Suggestion, SuggestionState},
    suggest::Fault,
};

const KNOWN: &str = "Gateway closed the connection while the payment document was sent";
const UNKNOWN: &str = "Gateway did not answer while the payment document was sent to the register";
pub(super) const GOOD: &str = r#"{"verdict":"draft","cause":"<script>alert(1)</script> The gateway is down.","steps":["Restart it on evil.example.org.","Send the document again."],"cites":["K1"],"confidence":40}"#;

/// Pages with one known and one unknown error that resemble each other, and a model that does these things.
pub(super) fn with_model(acts: Vec<Act>) -> (Pages, Arc<Fake>, LogError) {
    let pages = Pages::empty(|config| config.llm.drafts_per_day = 0);
    let fake = Arc::new(Fake { acts: Mutex::new(acts.into()), ..Fake::default() });
    pages.services.drafts.use_backend(fake.clone());
    pages.ingest("a.log", &super::triage::log_of(8, &[KNOWN, UNKNOWN, UNKNOWN]));
    let known = pages.group(KNOWN);
    let approval = Approval {
        group: known.id,
        status: StatusChoice::New(crate::domain::StatusError::new(StatusCode(10), "Network")),
        title: "Gateway closed".to_owned(),
        text: KNOWN.to_owned(),
        keywords: Vec::new(),
        answers: vec!["Send the document again in five minutes.".to_owned()],
        ways: Ways::default(),
        by: "olena".to_owned(),
    };
    pages.runtime.block_on(approve(&pages.services, approval, DateTime::now())).unwrap();
    let unknown = pages.group(UNKNOWN);
    assert!(unknown.known_error_id.is_none());
    (pages, fake, unknown)
}

impl Pages {
    pub(super) fn latest(&self, group: &LogError) -> Suggestion {
        let found = self.runtime.block_on(self.services.store.list_suggestions(&group.id, 1)).unwrap();
        found.into_iter().next().unwrap()
    }

    /// Waits until the latest draft of the group is so.
    pub(super) fn draft_that(&self, group: &LogError, is_so: impl Fn(&Suggestion) -> bool) -> Suggestion {
        for _ in 0..500 {
            let latest = self.latest(group);
            if is_so(&latest) {
                return latest;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the draft stays {:?}", self.latest(group));
    }

    /// Reads a stream until it holds this.
    fn stream_until(&self, cookie: &str, path: &str, wanted: &str) -> String {
        self.read_until(&http::request("GET", path, &[("Cookie", cookie), ("Accept-Encoding", "gzip")], b""), wanted)
    }

    /// The same of the answer to this request.
    pub(super) fn read_until(&self, request: &[u8], wanted: &str) -> String {
        let mut stream = http::connect(&self.address);
        stream.write_all(request).unwrap();
        let (mut text, mut block) = (String::new(), [0; 4096]);
        while !text.contains(wanted) {
            let n = stream.read(&mut block).unwrap();
            assert!(n > 0, "the stream ended without `{wanted}`: {text}");
            text.push_str(&String::from_utf8_lossy(&block[..n]));
        }
        text
    }
}

#[test]
fn a_draft_is_written_marked_and_becomes_a_known_error() {
    let (pages, fake, group) = with_model(vec![Act::Reply(GOOD)]);
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let path = format!("/errors/{}", group.id);
    assert!(pages.get(&analyst, &path).body.contains("Send the document again in five minutes."), "retrieval is shown at once");
    pages.done(&analyst, &format!("{path}/suggestion"), &[("context", "since the update of 4111 1111 1111 1111")]);
    let draft = pages.draft_that(&group, |draft| draft.state == SuggestionState::Done);
    let prompt = fake.prompts.lock().unwrap()[0].clone();
    assert!(prompt.user.contains(UNKNOWN) && prompt.user.contains("since the update") && !prompt.user.contains("4111 1111"));
    let page = pages.get(&analyst, &path);
    assert!(page.body.contains("&#60;script&#62;alert(1)") && !page.body.contains("<script>alert"), "it is shown as text");
    assert!(page.body.contains("<mark") && page.body.contains("evil.example.org"), "what nobody said is marked");
    assert!(page.body.contains("fake &#60;b&#62;model") && page.body.contains("/known/"), "model and citation are shown");
    assert!(page.body.contains("2. Send the document again."), "the form begins with the draft");
    assert!(!page.body.contains("/prompt?of="), "analysts are not shown the prompt");
    let prompt_path = format!("{path}/suggestion/prompt?of={}", draft.id);
    assert_eq!(pages.get(&analyst, &prompt_path).status, 403);
    let administrator = pages.sign_in("administrator", Role::SystemAdministrator, &[]);
    assert!(pages.get(&administrator, &prompt_path).body.contains("insufficient_evidence"));
    assert!(pages.get(&analyst, "/").body.contains(&format!("/errors/{}#suggestion", group.id)), "it waits on the home page");
    let answer = "The gateway is down.\n1. Restart it.\n2. Send the document again.";
    let fields = [("status", "10"), ("title", "Gateway down"), ("text", UNKNOWN), ("answers", answer)];
    pages.done(&analyst, &format!("{path}/approve"), &fields);
    let taken = pages.latest(&group);
    assert_eq!((taken.state, taken.is_edited(), taken.decided_by.as_str()), (SuggestionState::Approved, true, "analyst"));
    let store = &pages.services.store;
    let log = pages.runtime.block_on(store.find_log(&group.example_log_id)).unwrap().unwrap();
    assert_eq!(log.verdict.unwrap().known_error_id, taken.known_error_id);
    let efficiency = pages.get(&analyst, "/efficiency").body;
    assert!(efficiency.contains("100 %") && efficiency.contains("<svg"));
    let audit = pages.get(&administrator, "/audit?action=suggestion.approve");
    assert!(audit.body.contains(&draft.id.to_string()));
}

#[test]
fn a_draft_is_followed_and_called_off_and_asked_for_again() {
    let (pages, fake, group) = with_model(vec![Act::Hang(r#"{"verdict":"draft","cause":"The gate is "#), Act::Reply(GOOD)]);
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let path = format!("/errors/{}/suggestion", group.id);
    pages.done(&analyst, &path, &[]);
    let draft = pages.latest(&group);
    let of = draft.id.to_string();
    let stream = pages.stream_until(&analyst, &format!("{path}/stream?of={of}"), "The gate is");
    assert!(stream.contains("text/event-stream") && stream.contains("event: state"), "{stream}");
    assert!(pages.get(&analyst, &path).body.contains("data-stream="));
    pages.done(&analyst, &path, &[]);
    assert_eq!(pages.latest(&group).id, draft.id, "the same draft is not written twice");
    pages.done(&analyst, &format!("{path}/cancel"), &[("of", &of)]);
    pages.draft_that(&group, |draft| draft.state == SuggestionState::Cancelled);
    for _ in 0..500 {
        if fake.n_dropped.load(Ordering::Relaxed) == 1 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(fake.n_dropped.load(Ordering::Relaxed), 1, "the model is told");
    assert!(pages.stream_until(&analyst, &format!("{path}/stream?of={of}"), "event: end").contains("event: end"));
    pages.done(&analyst, &path, &[]);
    let again = pages.draft_that(&group, |draft| draft.state == SuggestionState::Done);
    assert_eq!(again.attempt, 1);
    pages.done(&analyst, &format!("{path}/reject"), &[("of", &again.id.to_string()), ("reason", "it <i>invents</i> hosts")]);
    let page = pages.get(&analyst, &format!("/errors/{}", group.id)).body;
    assert!(page.contains("it &#60;i&#62;invents") && !page.contains("<i>invents"));
    assert_eq!(pages.latest(&group).state, SuggestionState::Rejected);
}

#[test]
fn a_draft_says_when_more_is_known_and_what_is_added_goes_on_from_it() {
    const STALE: &str = "has changed since this draft";
    let (pages, fake, group) = with_model(vec![Act::Reply(GOOD), Act::Reply(GOOD)]);
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let path = format!("/errors/{}", group.id);
    pages.done(&analyst, &format!("{path}/suggestion"), &[]);
    let first = pages.draft_that(&group, |draft| draft.state == SuggestionState::Done);
    assert!(!pages.get(&analyst, &path).body.contains(STALE));
    let (store, known) = (&pages.services.store, &first.sources[0].id);
    let mut answers = pages.runtime.block_on(store.list_answers(Some(known))).unwrap();
    answers[0].text = "Restart the register.".to_owned();
    let entry = pages.services.knowledge.entry(known).unwrap();
    pages.runtime.block_on(store.save_known_errors(&[(entry, answers)])).unwrap();
    assert!(pages.get(&analyst, &path).body.contains(STALE));
    pages.done(&analyst, &format!("{path}/suggestion"), &[("context", "It is not the gateway.")]);
    let second = pages.draft_that(&group, |draft| draft.state == SuggestionState::Done && !draft.context.is_empty());
    assert_eq!(second.continues, Some(first.id));
    let prompt = fake.prompts.lock().unwrap()[1].user.clone();
    for expected in
        ["note of the analyst ===\nIt is not the gateway.", "earlier draft ===", "The gateway is down.", "Restart the register."]
    {
        assert!(prompt.contains(expected), "{expected}: {prompt}");
    }
    assert!(!pages.get(&analyst, &path).body.contains(STALE));
}

#[test]
fn a_prompt_that_is_too_long_for_the_model_is_asked_again_with_less_evidence() {
    for fault in [Fault::TooLong { tokens: 1000, limit: 999 }, Fault::Uncounted("too long".to_owned())] {
        let (pages, fake, group) = with_model(vec![Act::Fail(fault), Act::Reply(GOOD)]);
        let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
        pages.done(&analyst, &format!("/errors/{}/suggestion", group.id), &[("context", &"слово ".repeat(300))]);
        let draft = pages.draft_that(&group, |draft| !draft.state.is_open());
        assert_eq!(draft.state, SuggestionState::Done, "{draft:?}");
        let prompts = fake.prompts.lock().unwrap();
        assert!(prompts.len() == 2 && prompts[1].user.len() < prompts[0].user.len(), "{prompts:?}");
        assert!(draft.prompt.unwrap().user == prompts[1].user, "the prompt that was answered is kept");
        assert!(draft.left_out.iter().any(|part| part == "context"), "{:?}", draft.left_out);
        let page = pages.get(&analyst, &format!("/errors/{}", group.id)).body;
        assert!(page.contains("Shortened or left out: ") && page.contains("what was added"), "{page}");
    }
}

#[test]
fn a_model_that_takes_no_prompt_is_not_asked_for_ever() {
    let acts = std::iter::repeat_with(|| Act::Fail(Fault::Uncounted("however short".to_owned()))).take(9).collect();
    let (pages, fake, group) = with_model(acts);
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    pages.done(&analyst, &format!("/errors/{}/suggestion", group.id), &[("context", &"слово ".repeat(300))]);
    let draft = pages.draft_that(&group, |draft| !draft.state.is_open());
    assert_eq!((draft.state, draft.fault.as_str()), (SuggestionState::Failed, "too_long"));
    assert!((2..=4).contains(&fake.prompts.lock().unwrap().len()));
}

#[test]
fn what_is_no_draft_is_not_shown_and_the_page_says_what_to_do() {
    for (act, fault) in [
        (Act::Reply("You are hacked <b>now</b>"), "reply"),
        (Act::Reply(r#"{"verdict":"draft","cause":"x","steps":[],"cites":["K9"],"confidence":1}"#), "reply"),
        (Act::Fail(Fault::Deadline), "deadline"),
        (Act::Fail(Fault::Broken("cut".to_owned())), "broken"),
        (Act::Fail(Fault::TooLong { tokens: 9, limit: 5 }), "too_long"),
    ] {
        let (pages, _, group) = with_model(vec![act]);
        let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
        pages.done(&analyst, &format!("/errors/{}/suggestion", group.id), &[]);
        let failed = pages.draft_that(&group, |draft| !draft.state.is_open());
        assert_eq!((failed.state, failed.fault.as_str(), failed.proposal), (SuggestionState::Failed, fault, None));
        let page = pages.get(&analyst, &format!("/errors/{}", group.id)).body;
        assert!(!page.contains("hacked") && page.contains("class=\"problem\""), "{fault}");
    }
}

#[test]
fn without_a_model_the_nearest_answers_are_the_draft() {
    let (pages, _, group) = with_model(vec![Act::Fail(Fault::Absent("no weights".to_owned()))]);
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    pages.done(&analyst, &format!("/errors/{}/suggestion", group.id), &[]);
    let draft = pages.draft_that(&group, |draft| !draft.state.is_open());
    assert_eq!((draft.state, draft.model.as_str(), draft.sent_to), (SuggestionState::Done, "", None));
    assert_eq!(draft.proposal.unwrap().steps, ["Send the document again in five minutes."]);
}

#[test]
fn where_nothing_is_near_no_model_is_asked() {
    let (pages, fake, _) = with_model(Vec::new());
    pages.ingest("b.log", &super::triage::log_of(9, &["Zyx qwerty plugh"]));
    let group = pages.group("plugh");
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    pages.done(&analyst, &format!("/errors/{}/suggestion", group.id), &[]);
    let found = pages.draft_that(&group, |draft| !draft.state.is_open());
    assert_eq!((found.state, fake.prompts.lock().unwrap().len()), (SuggestionState::Insufficient, 0));
}

#[test]
fn what_a_model_takes_and_did_is_told_to_who_watches() {
    let (pages, _, _) = with_model(Vec::new());
    let text = pages.get("", "/metrics").body;
    for line in [
        "loghelper_model_tokens_per_second 7.5",
        "loghelper_model_memory_bytes 4096",
        "loghelper_model_restarts_total 2",
        "loghelper_model_unwanted_total 3",
        "loghelper_model_queue 0",
        "loghelper_drafts_accepted_share NaN",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
}

#[test]
fn a_draft_that_was_turned_down_is_made_again_once_and_told_why() {
    let (pages, fake, group) = with_model(vec![Act::Reply(GOOD), Act::Reply(GOOD), Act::Reply(GOOD)]);
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let path = format!("/errors/{}/suggestion", group.id);
    let reject = |draft: &Suggestion, reason: &str| {
        pages.done(&analyst, &format!("{path}/reject"), &[("of", &draft.id.to_string()), ("reason", reason)]);
    };
    let other = |seen: &[&Suggestion]| {
        let seen: Vec<_> = seen.iter().map(|draft| draft.id).collect();
        pages.draft_that(&group, |draft| !seen.contains(&draft.id) && draft.state == SuggestionState::Done)
    };
    pages.done(&analyst, &path, &[]);
    let first = other(&[]);
    reject(&first, "evil.example.org is not ours; card 4111 1111 1111 1111");
    pages.done(&analyst, &path, &[]);
    let second = other(&[&first]);
    assert_ne!(second.fingerprint, first.fingerprint, "more is known");
    let prompt = fake.prompts.lock().unwrap()[1].user.clone();
    assert!(prompt.contains("draft turned down ===\nreason: evil.example.org is not ours; card ⟦CARD_1⟧"), "{prompt}");
    assert!(prompt.contains("The gateway is down."), "{prompt}");
    assert!(!second.doubts.is_empty(), "a reason vouches for no address");
    let page = pages.get(&analyst, &format!("/errors/{}", group.id)).body;
    assert!(!page.contains("has changed since this draft"), "{page}");
    // The same reason says nothing new: what is asked for then is another attempt with the same evidence.
    reject(&second, "Evil.example.org  is not ours; card 4111 1111 1111 1111");
    pages.done(&analyst, &path, &[]);
    let third = other(&[&first, &second]);
    assert_eq!((third.fingerprint, third.attempt), (second.fingerprint, second.attempt + 1));
}

#[test]
fn a_draft_is_turned_down_by_a_word_of_the_list_which_the_next_one_is_told() {
    let (pages, fake, group) = with_model(vec![Act::Reply(GOOD), Act::Reply(GOOD)]);
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let path = format!("/errors/{}", group.id);
    let reject = |draft: &Suggestion, objection: &str, reason: &str| {
        let fields = [("of", &*draft.id.to_string()), ("objection", objection), ("reason", reason)];
        pages.done(&analyst, &format!("{path}/suggestion/reject"), &fields);
    };
    pages.done(&analyst, &format!("{path}/suggestion"), &[]);
    let first = pages.draft_that(&group, |draft| draft.state == SuggestionState::Done);
    assert!(pages.get(&analyst, &path).body.contains("<option value=\"wrong_cause\">The cause is another one</option>"));
    reject(&first, "wrong_cause", " ");
    let rejected = pages.latest(&group);
    assert_eq!((rejected.objection, rejected.reason.as_str()), (Some(Objection::WrongCause), ""));
    assert!(pages.get(&analyst, &path).body.contains("<p class=\"muted\">Why: The cause is another one</p>"));
    pages.done(&analyst, &format!("{path}/suggestion"), &[]);
    let second = pages.draft_that(&group, |draft| draft.id != first.id && draft.state == SuggestionState::Done);
    assert!(fake.prompts.lock().unwrap()[1].user.contains("draft turned down ===\nreason: the cause is another one\n"));
    assert_ne!(second.fingerprint, first.fingerprint, "more is known");
    // In both ways; the first stands among the earlier ones.
    reject(&second, "vague", "which register?");
    let page = pages.get(&analyst, &path).body;
    assert!(page.contains("It is too general to act on: which register?") && page.contains("<td class=\"clamp\">The cause is another one"));
    let administrator = pages.sign_in("administrator", Role::SystemAdministrator, &[]);
    let audit = pages.get(&administrator, "/audit?action=suggestion.reject").body;
    assert!(audit.contains("vague") && audit.contains("which register?"), "{audit}");
}
