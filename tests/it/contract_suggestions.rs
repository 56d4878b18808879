//! What every store promises of suggestions: one an attempt, one drafter each, what came of them.

use bson::DateTime;
use loghelper::{
    domain::{Cited, DAY_MS, DraftCost, GroupId, KnownErrorId, Proposal, Suggestion, SuggestionState},
    store::{SharedStore, SuggestionPlace, SuggestionQueue, SuggestionTally},
};

use crate::support::{mongodb, sqlite};

contract! {
    an_attempt_is_kept_once,
    a_suggestion_is_taken_by_one_drafter_only,
    what_a_dead_drafter_held_is_taken_again,
    a_drafter_keeps_its_lease_until_it_is_cancelled,
    people_go_before_what_is_made_ahead,
    suggestions_of_a_state_are_read_page_by_page,
    a_suggestion_changes_only_from_what_it_was,
    what_came_of_suggestions_is_counted_by_day,
}

fn at(millis: i64) -> DateTime {
    DateTime::from_millis(millis)
}

fn group(name: &str) -> GroupId {
    GroupId::from_content(&[name.as_bytes()])
}

/// Asked for by Olena, or by nobody.
fn asked(name: &str, by: &str, millis: i64) -> Suggestion {
    Suggestion::asked(group(name), "evidence", "en", 0, by, at(millis))
}

async fn in_state(store: &SharedStore, state: SuggestionState) -> Vec<Suggestion> {
    store.list_suggestions_in(&SuggestionQueue { state, after: None, limit: 100 }).await.unwrap()
}

async fn an_attempt_is_kept_once(store: SharedStore) {
    let first = asked("a", "olena", 10);
    assert!(store.insert_suggestion(&first).await.unwrap());
    assert!(!store.insert_suggestion(&Suggestion { asked_by: "petro".into(), ..first.clone() }).await.unwrap());
    let second = Suggestion::asked(first.group, "evidence", "en", 1, "petro", at(20));
    assert!(store.insert_suggestion(&second).await.unwrap());
    assert_eq!(store.find_suggestion(&first.id).await.unwrap(), Some(first.clone()));
    assert_eq!(store.find_suggestion(&asked("b", "olena", 10).id).await.unwrap(), None);
    assert_eq!(store.list_suggestions(&first.group, 5).await.unwrap(), [second.clone(), first]);
    assert_eq!(store.list_suggestions(&group("a"), 1).await.unwrap(), [second]);
}

async fn a_suggestion_is_taken_by_one_drafter_only(store: SharedStore) {
    for n in 0..8 {
        store.insert_suggestion(&asked(&n.to_string(), "olena", n)).await.unwrap();
    }
    let mut drafters = tokio::task::JoinSet::new();
    for n in 0..16 {
        let store = store.clone();
        drafters.spawn(async move { store.take_suggestion(&format!("drafter {n}"), true, at(100), at(200)).await.unwrap() });
    }
    let mut taken: Vec<_> = drafters.join_all().await.into_iter().flatten().collect();
    taken.sort_by_key(|taken| taken.asked_at);
    taken.dedup_by_key(|taken| taken.id);
    assert_eq!(taken.len(), 8);
    assert!(taken.iter().all(|taken| taken.state == SuggestionState::Drafting && taken.n_begun == 1));
    assert_eq!(in_state(&store, SuggestionState::Drafting).await, taken);
}

async fn what_a_dead_drafter_held_is_taken_again(store: SharedStore) {
    let suggestion = asked("a", "olena", 10);
    store.insert_suggestion(&suggestion).await.unwrap();
    store.take_suggestion("first", true, at(100), at(200)).await.unwrap().unwrap();
    assert!(store.touch_suggestion(&suggestion.id, "first", at(300), "half a dra").await.unwrap());
    assert_eq!(store.take_suggestion("second", true, at(250), at(350)).await.unwrap(), None);
    let again = store.take_suggestion("second", true, at(301), at(400)).await.unwrap().unwrap();
    assert_eq!((again.id, again.n_begun, again.so_far.as_str()), (suggestion.id, 2, ""));
    assert!(!store.touch_suggestion(&suggestion.id, "first", at(500), "half").await.unwrap());
    let done = again.settled(SuggestionState::Done, "", at(310));
    assert!(!store.update_suggestion(&done, SuggestionState::Drafting, Some("first")).await.unwrap());
    assert!(store.update_suggestion(&done, SuggestionState::Drafting, Some("second")).await.unwrap());
    assert_eq!(store.take_suggestion("third", true, at(9000), at(9900)).await.unwrap(), None);
}

async fn a_drafter_keeps_its_lease_until_it_is_cancelled(store: SharedStore) {
    let suggestion = asked("a", "olena", 10);
    store.insert_suggestion(&suggestion).await.unwrap();
    let held = store.take_suggestion("first", true, at(100), at(200)).await.unwrap().unwrap();
    assert!(store.touch_suggestion(&suggestion.id, "first", at(300), "so far").await.unwrap());
    let found = store.find_suggestion(&suggestion.id).await.unwrap().unwrap();
    assert_eq!((found.so_far.as_str(), found.lease.unwrap().until), ("so far", at(300)));
    let cancelled = held.settled(SuggestionState::Cancelled, "", at(150));
    assert!(store.update_suggestion(&cancelled, SuggestionState::Drafting, None).await.unwrap());
    assert!(!store.touch_suggestion(&suggestion.id, "first", at(400), "more").await.unwrap());
    assert_eq!(store.find_suggestion(&suggestion.id).await.unwrap(), Some(cancelled));
}

async fn people_go_before_what_is_made_ahead(store: SharedStore) {
    let (ahead, early, late) = (asked("a", "", 1), asked("b", "olena", 2), asked("c", "petro", 3));
    for suggestion in [&late, &ahead, &early] {
        store.insert_suggestion(suggestion).await.unwrap();
    }
    assert_eq!(in_state(&store, SuggestionState::Queued).await, [early.clone(), late.clone(), ahead.clone()]);
    let next = async |urgent| store.take_suggestion("one", urgent, at(10), at(20)).await.unwrap().map(|taken| taken.id);
    assert_eq!(next(true).await, Some(early.id));
    assert_eq!(next(true).await, Some(late.id));
    assert_eq!(next(true).await, None);
    assert_eq!(next(false).await, Some(ahead.id));
    assert_eq!(store.count_made_ahead(at(0)).await.unwrap(), 1);
    assert_eq!(store.count_made_ahead(at(2)).await.unwrap(), 0);
}

async fn suggestions_of_a_state_are_read_page_by_page(store: SharedStore) {
    // Some at the same moment, of people and of nobody.
    for (n, (by, millis)) in [("", 1), ("olena", 2), ("", 2), ("olena", 2), ("olena", 1), ("", 2), ("olena", 3)].into_iter().enumerate() {
        store.insert_suggestion(&asked(&n.to_string(), by, millis)).await.unwrap();
    }
    let all = in_state(&store, SuggestionState::Queued).await;
    for limit in 1..=all.len() {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.list_suggestions_in(&SuggestionQueue { state: SuggestionState::Queued, after, limit }).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(SuggestionPlace::of(last));
            found.extend(page);
        }
        assert_eq!(found, all, "{limit} at a time");
    }
}

async fn a_suggestion_changes_only_from_what_it_was(store: SharedStore) {
    let suggestion = asked("a", "olena", 10);
    store.insert_suggestion(&suggestion).await.unwrap();
    let proposal = Proposal {
        cause: "Full.".into(),
        steps: vec!["Wait.".into()],
        cites: vec![Cited::KnownError(KnownErrorId("k1".into()))],
        confidence: 0.5,
    };
    let done = Suggestion { proposal: Some(proposal), ..suggestion.clone().settled(SuggestionState::Done, "", at(20)) };
    assert!(!store.update_suggestion(&done, SuggestionState::Drafting, None).await.unwrap());
    assert!(!store.update_suggestion(&done, SuggestionState::Queued, Some("nobody")).await.unwrap());
    assert!(store.update_suggestion(&done, SuggestionState::Queued, None).await.unwrap());
    assert!(!store.update_suggestion(&suggestion, SuggestionState::Queued, None).await.unwrap());
    assert_eq!(store.find_suggestion(&suggestion.id).await.unwrap(), Some(done));
    assert_eq!(store.count_suggestions().await.unwrap(), [(SuggestionState::Done, 1)]);
}

async fn what_came_of_suggestions_is_counted_by_day(store: SharedStore) {
    let cost = DraftCost { prompt_tokens: 9, reply_tokens: 10, prefill_ms: 1, decode_ms: 500 };
    let states = [
        ("a", SuggestionState::Approved, Some(0.0), 3),
        ("b", SuggestionState::Approved, Some(0.25), 3),
        ("c", SuggestionState::Approved, Some(0.5), 3),
        ("d", SuggestionState::Rejected, None, 4),
        ("e", SuggestionState::Queued, None, 4),
        ("f", SuggestionState::Failed, None, 1),
    ];
    for (name, state, edit_distance, day) in states {
        let settled = asked(name, "olena", 5).settled(state, "", at(day * DAY_MS + 7));
        store.insert_suggestion(&Suggestion { edit_distance, cost: Some(cost), ..settled }).await.unwrap();
    }
    let row = |day, state, edited, n| SuggestionTally { day, state, edited, n, reply_tokens: 10 * n, decode_ms: 500 * n };
    let expected = [
        row(3, SuggestionState::Approved, false, 1),
        row(3, SuggestionState::Approved, true, 2),
        row(4, SuggestionState::Rejected, false, 1),
    ];
    assert_eq!(store.tally_suggestions(at(2 * DAY_MS)).await.unwrap(), expected);
}
