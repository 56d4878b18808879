//! What every store promises of groups of unknown errors: how they are kept, counted, decided of and shown.

use bson::{DateTime, rawdoc};
use loghelper::{
    domain::{GroupId, GroupRule, GroupState, KnownErrorId, LogError, Method, StatusCode, Verdict},
    store::{GroupDecision, SharedStore, VerdictChange},
};

use crate::{
    contract::{all, put},
    support::{ALog, a_log, a_log_error, file_id, mongodb, sqlite},
};

contract! {
    an_explained_group_tells_all_its_logs_once,
    verdicts_change_only_from_what_they_were,
    rules_about_groups_and_marks_are_kept,
    counts_are_counted_not_added,
    the_log_that_is_shown_of_a_group_is_one_of_it,
    groups_stay_as_they_were_found,
}

fn group_id() -> GroupId {
    GroupId::from_content(&[b"boom"])
}

fn unknown_verdict() -> bson::RawDocumentBuf {
    rawdoc! { "known_error_id": null, "group_id": group_id().0, "method": null, "score": 0.0 }
}

fn a_group() -> LogError {
    a_log_error(group_id(), "boom <*>")
}

fn with_error(id: &'static str, second: i64) -> ALog {
    ALog { verdict: Some(unknown_verdict()), ..a_log(id, Some((second, second)), Some((second + 100, second))) }
}

async fn an_explained_group_tells_all_its_logs_once(store: SharedStore) {
    put(&store, &[with_error("a", 1), with_error("b", 2), a_log("c", Some((9, 9)), None)]).await;
    let known = KnownErrorId("ke".into());
    let verdict = Verdict { known_error_id: Some(known.clone()), group_id: Some(group_id()), method: Some(Method::Approved), score: 1.0 };
    assert_eq!(store.update_verdicts(&group_id(), &verdict).await.unwrap(), 2);
    assert_eq!(store.update_verdicts(&group_id(), &verdict).await.unwrap(), 0);
    assert_eq!(all(&store, "verdict.known_error_id = ke").await.len(), 2);
    // A replay does not make them unknown again.
    put(&store, &[with_error("a", 1)]).await;
    assert_eq!(all(&store, "verdict.known_error_id = ke").await.len(), 2);
    let states = store.count_states().await.unwrap();
    assert_eq!((states[0].normal, states[0].known, states[0].unknown), (1, 2, 0));
}

async fn verdicts_change_only_from_what_they_were(store: SharedStore) {
    put(&store, &[with_error("a", 1), with_error("b", 2)]).await;
    let ids: Vec<_> = all(&store, "").await.iter().map(|log| loghelper::domain::LogId(log.get_object_id("_id").unwrap())).collect();
    let known = |name: &str| Some(KnownErrorId(name.into()));
    let verdict = Verdict { known_error_id: known("ke"), group_id: Some(group_id()), method: Some(Method::Exact), score: 0.9 };
    let change = |log, was| VerdictChange { log, was, verdict: verdict.clone() };
    assert_eq!(store.change_verdicts(&[change(ids[0], None), change(ids[1], known("other"))]).await.unwrap(), 1);
    assert_eq!(store.change_verdicts(&[change(ids[0], None)]).await.unwrap(), 0);
    assert_eq!(store.find_log(&ids[0]).await.unwrap().unwrap().verdict, Some(verdict.clone()));
    let moved = Verdict { group_id: Some(GroupId::from_content(&[b"into"])), ..verdict.clone() };
    let change = VerdictChange { log: ids[0], was: known("ke"), verdict: moved };
    assert_eq!(store.change_verdicts(&[change]).await.unwrap(), 1);
    assert_eq!(all(&store, &format!("verdict.group_id = {}", GroupId::from_content(&[b"into"]))).await.len(), 1);
}

async fn rules_about_groups_and_marks_are_kept(store: SharedStore) {
    let rule = |text: &str, at: i64| GroupRule::new(text.into(), "olena", DateTime::from_millis(at));
    for rule in [rule("b", 1), rule("a", 2), rule("b", 3)] {
        store.insert_group_rule(&rule).await.unwrap();
    }
    assert_eq!(store.list_group_rules().await.unwrap(), [rule("b", 1), rule("a", 2)]);
    assert!(store.delete_group_rule(&rule("a", 2).id).await.unwrap());
    assert!(!store.delete_group_rule(&rule("a", 2).id).await.unwrap());
    assert_eq!(store.mark("judged").await.unwrap(), 0);
    store.set_mark("judged", 7).await.unwrap();
    assert_eq!(store.mark("judged").await.unwrap(), 7);
}

async fn counts_are_counted_not_added(store: SharedStore) {
    store.insert_log_errors(&[a_group()]).await.unwrap();
    put(&store, &[with_error("a", 1), with_error("b", 2)]).await;
    for _ in 0..2 {
        store.recount_log_errors(&[group_id()]).await.unwrap();
        let group = store.find_log_error(&group_id()).await.unwrap().unwrap();
        assert_eq!((group.count, group.branches[0].count), (2, 2));
        assert_eq!(group.first_seen, Some(DateTime::from_millis(1000)));
        assert_eq!(group.last_seen, Some(DateTime::from_millis(2000)));
    }
    let tally = store.tally_log_file(&file_id("f")).await.unwrap();
    assert_eq!((tally.known, tally.unknown), (vec![], vec![(group_id(), 2)]));
    assert_eq!(store.count_log_file(&file_id("f")).await.unwrap(), 2);
}

async fn the_log_that_is_shown_of_a_group_is_one_of_it(store: SharedStore) {
    store.insert_log_errors(&[a_group()]).await.unwrap();
    let shown = async || {
        store.recount_log_errors(&[group_id()]).await.unwrap();
        let id = store.find_log_error(&group_id()).await.unwrap().unwrap().example_log_id;
        (id, store.find_log(&id).await.unwrap().and_then(|log| log.message_id))
    };
    // Its message id was used before, by an exchange without an error; the Log that was met first has another id.
    put(&store, &[a_log("a", Some((8, 8)), Some((9, 9)))]).await;
    let before = shown().await;
    assert_eq!(before.0, a_group().example_log_id, "there is no other");
    put(&store, &[with_error("b", 50)]).await;
    put(&store, &[ALog { request: Some((40, 40)), file: "g", ..with_error("a", 41) }]).await;
    let undated = ALog { file: "g", ..with_error("c", 3) }.without_date();
    store.insert_logs(&std::sync::Arc::from([undated])).await.unwrap();
    let (id, message_id) = shown().await;
    assert!(id != before.0 && message_id.as_deref() == Some("a"), "the earliest that has a date");
    // Its file is taken back.
    store.delete_logs_of_file(&file_id("g"), 100).await.unwrap();
    assert_eq!(shown().await.1.as_deref(), Some("b"));
}

async fn groups_stay_as_they_were_found(store: SharedStore) {
    store.insert_log_errors(&[a_group()]).await.unwrap();
    let decision = GroupDecision {
        state: GroupState::Known,
        status: Some(StatusCode(5)),
        known_error_id: Some(KnownErrorId("ke".into())),
        relabel_pending: true,
    };
    assert!(store.update_log_error(&group_id(), &decision).await.unwrap());
    assert!(!store.update_log_error(&GroupId::from_content(&[b"none"]), &decision).await.unwrap());
    let as_of = |breadth, pattern: &str| LogError { pattern: pattern.into(), breadth, message: "other".into(), ..a_group() };
    // Whoever is behind the others takes nothing back, alone or in one batch.
    store.insert_log_errors(&[as_of(7, "[1]")]).await.unwrap();
    store.insert_log_errors(&[as_of(8, "[2]"), as_of(9, "[null]"), as_of(0, "[3]")]).await.unwrap();
    for behind in [as_of(0, "[4]"), as_of(8, "[5]"), as_of(9, "[6]")] {
        store.insert_log_errors(&[behind]).await.unwrap();
    }
    let at_once = (0..20).map(|n| as_of(10 + n * 7 % 20, "[null]")).collect::<Vec<_>>();
    for done in futures_util::future::join_all(at_once.iter().map(|group| store.insert_log_errors(std::slice::from_ref(group)))).await {
        done.unwrap();
    }
    assert_eq!(store.find_log_error(&group_id()).await.unwrap().unwrap().breadth, 29);
    let group = store.find_log_error(&group_id()).await.unwrap().unwrap();
    assert_eq!((group.pattern.as_str(), group.message.as_str(), group.state), ("[null]", "boom 1", GroupState::Known));
    assert_eq!(store.find_log_errors(&[group_id(), GroupId::from_content(&[b"none"])]).await.unwrap(), [group]);
    assert!(store.find_log_errors(&[]).await.unwrap().is_empty());
    assert_eq!(store.list_pending_log_errors().await.unwrap().len(), 1);
    assert_eq!(store.count_log_errors(GroupState::Known).await.unwrap(), 1);
    assert!(store.list_log_errors(Some(GroupState::Unknown), 10).await.unwrap().is_empty());
}
