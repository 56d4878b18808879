//! What every store promises of the knowledge base's history: versions, feedback, use.

use std::sync::Arc;

use bson::{DateTime, rawdoc};
use loghelper::{
    domain::{Answer, Change, Feedback, KnownError, KnownErrorId, KnownErrorVersion, LifeCycle, Tenure},
    store::{DayCount, SharedStore},
};

use crate::support::{ALog, a_log, mongodb, sqlite};

contract! {
    a_number_is_given_to_one_version_and_stays_as_it_is,
    versions_are_listed_from_the_latest_on,
    a_person_is_counted_once_an_answer,
    days_are_counted_from_the_logs_within_bounds,
    counts_of_all_known_errors_come_at_once,
    a_change_is_pending_until_its_version_is_settled,
}

fn id() -> KnownErrorId {
    KnownErrorId("ke".into())
}

fn answer(position: i32, text: &str) -> Answer {
    Answer {
        id: Answer::id_for(&id(), text),
        known_error_id: id(),
        position,
        text: text.into(),
        text_uk: None,
        n_worked: 0,
        n_failed: 0,
        author: "a".into(),
        created_at: DateTime::from_millis(1),
    }
}

fn entry(version: i64) -> KnownError {
    let now = DateTime::from_millis(1);
    KnownError {
        id: id(),
        title: format!("Title {version}"),
        title_uk: None,
        text: "boom".into(),
        keywords: vec![],
        keywords_any: vec![],
        keywords_all: vec![],
        keywords_none: vec![],
        code: None,
        regex: None,
        conditions: None,
        status: None,
        state: LifeCycle::Fixed,
        tenure: Tenure { owner: Some("olena".into()), fixed_at: Some(now), ..Tenure::default() },
        version,
        rejudge_pending: true,
        from_group: None,
        approved_by: "a".into(),
        approved_at: now,
        updated_at: now,
        count: 0,
        last_seen: None,
    }
}

fn version(number: i64, by: &str) -> KnownErrorVersion {
    KnownErrorVersion::of(entry(number), vec![answer(0, "first")], Change::Edited, by, DateTime::from_millis(number))
}

/// Stores an error of the known error at each of these seconds.
async fn errors_at(store: &SharedStore, seconds: &[i64]) {
    const IDS: [&str; 4] = ["a", "b", "c", "d"];
    let log = |(id, second): (&&'static str, &i64)| {
        let verdict = rawdoc! { "known_error_id": "ke", "group_id": null, "method": "exact", "score": 0.9 };
        ALog { verdict: Some(verdict), ..a_log(id, Some((*second, *second)), None) }.encoded()
    };
    let logs: Arc<[_]> = IDS.iter().zip(seconds).map(log).collect();
    store.insert_logs(&logs).await.unwrap();
}

async fn a_number_is_given_to_one_version_and_stays_as_it_is(store: SharedStore) {
    assert_eq!(store.insert_known_error_versions(&[version(1, "olena")]).await.unwrap(), [true]);
    let both = [version(1, "petro"), version(2, "petro")];
    assert_eq!(store.insert_known_error_versions(&both).await.unwrap(), [false, true]);
    assert_eq!(store.find_known_error_version(&id(), 1).await.unwrap(), Some(version(1, "olena")));
    assert_eq!(store.find_known_error_version(&id(), 3).await.unwrap(), None);
    assert!(store.insert_known_error_versions(&[]).await.unwrap().is_empty());
}

async fn versions_are_listed_from_the_latest_on(store: SharedStore) {
    let three: Vec<_> = (1..=3).map(|number| version(number, "olena")).collect();
    store.insert_known_error_versions(&three).await.unwrap();
    for (before, limit, expected) in [(None, 9, vec![3, 2, 1]), (None, 2, vec![3, 2]), (Some(3), 9, vec![2, 1]), (Some(1), 9, vec![])] {
        let found = store.list_known_error_versions(&id(), before, limit).await.unwrap();
        assert_eq!(found.iter().map(|version| version.number).collect::<Vec<_>>(), expected);
    }
    assert!(store.list_known_error_versions(&KnownErrorId("k".into()), None, 9).await.unwrap().is_empty());
}

async fn a_person_is_counted_once_an_answer(store: SharedStore) {
    store.save_known_errors(&[(entry(1), vec![answer(0, "first"), answer(1, "second")])]).await.unwrap();
    let before = store.knowledge_version().await.unwrap();
    let said = |text: &str, user: &str, worked| Feedback::new(answer(0, text).id, id(), user, worked, DateTime::from_millis(5));
    for feedback in
        [said("first", "olena", false), said("first", "olena", true), said("first", "petro", true), said("second", "olena", false)]
    {
        store.save_feedback(&feedback).await.unwrap();
    }
    store.recount_answers(&id()).await.unwrap();
    let counts = |answers: Vec<Answer>| answers.iter().map(|answer| (answer.n_worked, answer.n_failed)).collect::<Vec<_>>();
    assert_eq!(counts(store.list_answers(Some(&id())).await.unwrap()), [(2, 0), (0, 1)]);
    assert_eq!(store.list_feedback(&id(), Some("olena")).await.unwrap().len(), 2);
    assert_eq!(store.list_feedback(&id(), None).await.unwrap().len(), 3);
    assert_eq!(store.knowledge_version().await.unwrap(), before);
}

async fn days_are_counted_from_the_logs_within_bounds(store: SharedStore) {
    let day = 86_400;
    errors_at(&store, &[10 * day, 10 * day + 5, 11 * day, 13 * day]).await;
    let counted = |from: i64, to: i64, limit| {
        let (store, moment) = (store.clone(), |day: i64| DateTime::from_millis(day * 86_400_000));
        async move { store.count_known_error_days(&id(), None, moment(from), moment(to), limit).await.unwrap() }
    };
    let days = |usage: &[DayCount]| usage.iter().map(|day| (day.day, day.branch.as_str().to_owned(), day.count)).collect::<Vec<_>>();
    let all = counted(10, 13, 10).await;
    assert_eq!((days(&all.days), all.incomplete), (vec![(10, "K1".to_owned(), 2), (11, "K1".to_owned(), 1)], false));
    let newest = counted(0, 20, 2).await;
    assert!(newest.incomplete && newest.days.iter().all(|day| day.day > 10 || day.count == 1));
    assert!(counted(14, 20, 10).await.days.is_empty());
}

async fn counts_of_all_known_errors_come_at_once(store: SharedStore) {
    store.save_known_errors(&[(entry(1), vec![])]).await.unwrap();
    errors_at(&store, &[7, 9]).await;
    store.recount_known_errors(&[id()]).await.unwrap();
    let counts = store.list_known_error_counts().await.unwrap();
    assert_eq!(counts.iter().map(|known| (known.id.as_str(), known.count)).collect::<Vec<_>>(), [("ke", 2)]);
    assert_eq!(counts[0].last_seen, Some(DateTime::from_millis(9000)));
    assert!(store.find_known_error(&id()).await.unwrap().unwrap().regressed());
}

async fn a_change_is_pending_until_its_version_is_settled(store: SharedStore) {
    store.save_known_errors(&[(entry(2), vec![])]).await.unwrap();
    let before = store.knowledge_version().await.unwrap();
    assert_eq!(store.list_pending_known_errors().await.unwrap(), [id()]);
    store.settle_known_error(&id(), 1).await.unwrap();
    assert_eq!(store.list_pending_known_errors().await.unwrap(), [id()]);
    store.settle_known_error(&id(), 2).await.unwrap();
    assert!(store.list_pending_known_errors().await.unwrap().is_empty());
    let entry = store.find_known_error(&id()).await.unwrap().unwrap();
    assert_eq!((entry.rejudge_pending, entry.tenure.owner.as_deref()), (false, Some("olena")));
    assert_eq!(store.knowledge_version().await.unwrap(), before);
}
