//! The knowledge base changes while its errors lie in the store: editing, leading on, taking back, merging.

use bson::{DateTime, rawdoc};
use loghelper::{
    config::Config,
    domain::{Change, Feedback, KnownError, KnownErrorId, LifeCycle, LogId, Method, Role, StatusCode, Verdict},
    store::{SharedStore, VerdictChange},
    usecase::{
        Services,
        approve::{self, Approval, StatusChoice, Ways},
        duplicates::{self, Seen},
        knowledge_base::{self, Document, Step},
        preview::{ALWAYS, Draft, on_trial, preview, since},
        rejudge_known,
        revise::{self, Reviewer, ReviseError, Revision},
    },
};

use crate::support::{ALog, a_log, mongodb, sqlite};

/// Runs each case on every store.
macro_rules! on_both_stores {
    ($($case:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $case() {
                let (store, folder) = super::sqlite().await;
                super::$case(super::services(store, folder.path()).await).await;
            })*
        }

        mod on_mongodb {
            $(#[tokio::test]
            async fn $case() {
                let Some(store) = super::mongodb().await else { return };
                let folder = tempfile::tempdir().unwrap();
                super::$case(super::services(store, folder.path()).await).await;
            })*
        }
    };
}

on_both_stores! {
    an_edit_loses_and_gains_logs_and_says_how_many,
    what_a_preview_counts_from_other_known_errors_an_edit_takes,
    a_preview_of_all_days_counts_errors_without_a_date,
    a_preview_knows_which_condition_asks_for_more,
    words_each_of_which_is_enough_are_kept_and_decide,
    an_explained_group_takes_what_other_known_errors_had_of_it,
    two_who_edit_at_once_are_told,
    a_change_that_was_cut_off_is_made_good,
    answers_order_the_nearest_and_make_nothing_known,
    every_version_can_be_taken_back,
    a_known_error_is_recognised_only_in_force_and_within_its_validity,
    merged_ones_are_one,
    an_import_says_what_it_changes_and_changes_that,
}

const NOW: DateTime = DateTime::from_millis(1_000_000);

async fn services(store: SharedStore, folder: &std::path::Path) -> Services {
    let services = Services::open(store, Config::in_dir(folder).into()).await.unwrap();
    let text = r#"{"statuses": [{"code": 5, "title": "Documents"}], "known_errors": [
        {"id": "boom", "text": "boom", "status": 5, "answers": [{"text": "Wait."}, {"text": "Ask."}]},
        {"id": "bang", "text": "Register of payments is closed", "status": 5, "answers": [{"text": "Open it."}]}]}"#;
    let document: Document = serde_json::from_str(text).unwrap();
    knowledge_base::import(&services, &document, "import", NOW).await.unwrap();
    services.knowledge.refresh(services.store.as_ref()).await.unwrap();
    services
}

fn boom() -> KnownErrorId {
    KnownErrorId("boom".into())
}

/// Stores Logs whose error is `boom`, at these seconds, as this known error's.
async fn errors_at(services: &Services, seconds: &[i64]) {
    const IDS: [&str; 4] = ["a", "b", "c", "d"];
    let log = |(id, second): (&&'static str, &i64)| {
        let verdict = rawdoc! { "known_error_id": "boom", "group_id": null, "method": "exact", "score": 0.9 };
        ALog { verdict: Some(verdict), ..a_log(id, Some((*second, *second)), None) }.encoded()
    };
    let logs: std::sync::Arc<[_]> = IDS.iter().zip(seconds).map(log).collect();
    services.store.insert_logs(&logs).await.unwrap();
}

async fn revision(services: &Services, change: impl FnOnce(&mut Revision)) -> Revision {
    let (entry, answers) = revise::load(services.store.as_ref(), &boom()).await.unwrap().unwrap();
    let mut revision = Revision::of(&entry, &answers);
    change(&mut revision);
    revision
}

async fn answers_order_the_nearest_and_make_nothing_known(services: Services) {
    let text = "archive form stays grey";
    let nearest = || services.knowledge.classify(text, None, None);
    assert!(nearest().ranking().next().is_none(), "{:?}", nearest());
    let answered = revision(&services, |revision| revision.answers = vec![("Reload the archive, then the form.".into(), None)]).await;
    revise::edit(&services, &boom(), 1, answered, "olena", NOW).await.unwrap();
    let found = nearest();
    assert!(found.known().is_none() && found.ranking().map(|found| &found.id).eq([&boom()]), "{found:?}");
    // Another process, which loads everything at once.
    let other = Services::open(services.store.clone(), services.config.clone()).await.unwrap();
    assert_eq!(other.knowledge.related(text, 3).iter().map(|(id, _)| id).collect::<Vec<_>>(), [&boom()]);
    let plain = revision(&services, |revision| revision.answers = vec![("Wait.".into(), None)]).await;
    revise::edit(&services, &boom(), 2, plain, "olena", NOW).await.unwrap();
    assert!(nearest().ranking().next().is_none());
    other.knowledge.refresh(other.store.as_ref()).await.unwrap();
    assert!(other.knowledge.related(text, 3).is_empty());
}

async fn count(services: &Services, id: &KnownErrorId) -> i64 {
    services.store.find_known_error(id).await.unwrap().unwrap().count
}

async fn an_edit_loses_and_gains_logs_and_says_how_many(services: Services) {
    errors_at(&services, &[1, 2, 3]).await;
    let other = revision(&services, |revision| revision.text = "Teller drawer is locked".into()).await;
    assert_eq!(revise::edit(&services, &boom(), 1, other, "olena", NOW).await.unwrap(), 2);
    rejudge_known::settle(&services, &boom()).await.unwrap();
    let outcome = services.outcome(&boom()).unwrap();
    assert_eq!((outcome.version, outcome.n_gained, outcome.n_lost), (2, 0, 3));
    let groups = services.store.list_log_errors(None, 10).await.unwrap();
    assert_eq!(groups.iter().map(|group| (group.message.as_str(), group.count)).collect::<Vec<_>>(), [("boom", 3)]);
    let again = revision(&services, |revision| revision.text = "boom".into()).await;
    revise::edit(&services, &boom(), 2, again, "olena", NOW).await.unwrap();
    rejudge_known::finish_pending(&services).await.unwrap();
    let outcome = services.outcome(&boom()).unwrap();
    assert_eq!((outcome.n_gained, outcome.n_lost, count(&services, &boom()).await), (3, 0, 3));
    assert!(services.store.list_pending_known_errors().await.unwrap().is_empty());
}

async fn what_a_preview_counts_from_other_known_errors_an_edit_takes(services: Services) {
    let bang = KnownErrorId("bang".into());
    errors_at(&services, &[1, 2, 3]).await;
    // What was `boom` is `bang` by now, as if that had been recognised by this text once.
    let ids: Vec<_> = [("a", 1), ("b", 2), ("c", 3)].map(|(id, n)| a_log(id, Some((n, n)), None).encoded().id()).into();
    let verdict = Verdict { known_error_id: Some(bang.clone()), group_id: None, method: Some(Method::Keyword), score: 0.7 };
    let change = |log: &LogId| VerdictChange { log: *log, was: Some(boom()), verdict: verdict.clone() };
    let changes: Vec<_> = ids.iter().map(change).collect();
    assert_eq!(services.store.change_verdicts(&changes).await.unwrap(), 3);
    services.store.recount_known_errors(&[boom(), bang.clone()]).await.unwrap();
    let counted = async || {
        let entry = services.store.find_known_error(&boom()).await.unwrap().unwrap();
        let preview = preview(&services, &entry, ALWAYS, 100).await.unwrap();
        (preview.n_own, preview.taken, count(&services, &boom()).await, count(&services, &bang).await)
    };
    assert_eq!(counted().await, (0, vec![(bang.clone(), 3)], 0, 3));
    let other = revision(&services, |revision| revision.title = "Boom".into()).await;
    revise::edit(&services, &boom(), 1, other, "olena", NOW).await.unwrap();
    rejudge_known::settle(&services, &boom()).await.unwrap();
    let outcome = services.outcome(&boom()).unwrap();
    assert_eq!((outcome.n_gained, outcome.n_lost), (3, 0));
    assert_eq!(counted().await, (3, vec![], 3, 0));
}

async fn a_preview_of_all_days_counts_errors_without_a_date(services: Services) {
    errors_at(&services, &[10 * 86_400, 20 * 86_400]).await;
    let verdict = rawdoc! { "known_error_id": "boom", "group_id": null, "method": "exact", "score": 0.9 };
    let undated = ALog { verdict: Some(verdict), ..a_log("u", Some((9, 9)), None) }.without_date();
    services.store.insert_logs(&[undated].into()).await.unwrap();
    let entry = services.store.find_known_error(&boom()).await.unwrap().unwrap();
    let now = DateTime::from_millis(21 * 86_400_000);
    for (days, n) in [(None, 3), (Some(30), 2), (Some(7), 1)] {
        let found = preview(&services, &entry, since(days, now), 100).await.unwrap();
        assert_eq!((found.n_errors, found.n_own), (n, n), "{days:?}");
    }
}

async fn a_preview_knows_which_condition_asks_for_more(services: Services) {
    errors_at(&services, &[1, 2]).await;
    let one_fact = revision(&services, |revision| revision.conditions = Some("branch = K1".into())).await;
    revise::edit(&services, &boom(), 1, one_fact, "olena", NOW).await.unwrap();
    for (conditions, n) in [("branch = K1 and server = S", 2), ("branch = K1 and server = T", 0), ("branch = K1 or server = S", 0)] {
        let draft = Draft { text: "boom".into(), ..Draft::default() };
        let rival = KnownError { id: KnownErrorId("rival".into()), conditions: Some(conditions.into()), ..on_trial(draft, NOW) };
        let found = preview(&services, &rival, ALWAYS, 100).await.unwrap();
        assert_eq!(found.taken.iter().map(|(_, n)| n).sum::<u64>(), n, "{conditions}");
    }
}

async fn words_each_of_which_is_enough_are_kept_and_decide(services: Services) {
    let words = ["acquirer".to_owned(), "шлюз".to_owned()];
    let change = revision(&services, |revision| {
        revision.text = String::new();
        revision.keywords_any = words.to_vec();
    });
    revise::edit(&services, &boom(), 1, change.await, "olena", NOW).await.unwrap();
    services.knowledge.refresh(services.store.as_ref()).await.unwrap();
    let known = |text: &str| services.knowledge.classify(text, None, None).known().map(|best| best.id.clone());
    assert_eq!((known("no answer of the acquirer"), known("немає відповіді шлюзу"), known("boom")), (Some(boom()), Some(boom()), None));
    let document = knowledge_base::export(services.store.as_ref()).await.unwrap();
    let text = serde_json::to_string(&document).unwrap();
    let again: Document = serde_json::from_str(&text).unwrap();
    let entry = again.known_errors.iter().find(|entry| entry.id.as_deref() == Some("boom")).unwrap();
    assert_eq!(entry.keywords_any, words);
    revise::restore(&services, &boom(), 2, 1, "olena", NOW).await.unwrap();
    let (entry, _) = revise::load(services.store.as_ref(), &boom()).await.unwrap().unwrap();
    assert!(entry.keywords_any.is_empty());
}

async fn an_explained_group_takes_what_other_known_errors_had_of_it(services: Services) {
    let bang = KnownErrorId("bang".into());
    errors_at(&services, &[1, 2, 3]).await;
    // Nobody knows `boom` any more, but one of the Logs was taken for `bang`.
    let other = revision(&services, |revision| revision.text = "Teller drawer is locked".into()).await;
    revise::edit(&services, &boom(), 1, other, "olena", NOW).await.unwrap();
    rejudge_known::settle(&services, &boom()).await.unwrap();
    let log = a_log("c", Some((3, 3)), None).encoded().id();
    let verdict = Verdict { known_error_id: Some(bang.clone()), group_id: None, method: Some(Method::Keyword), score: 0.7 };
    assert_eq!(services.store.change_verdicts(&[VerdictChange { log, was: None, verdict }]).await.unwrap(), 1);
    services.store.recount_known_errors(std::slice::from_ref(&bang)).await.unwrap();
    let group = services.store.list_log_errors(None, 10).await.unwrap().pop().unwrap();
    let approval = Approval {
        group: group.id,
        status: StatusChoice::Existing(StatusCode(5)),
        title: "Boom".into(),
        text: group.message,
        keywords: Vec::new(),
        answers: vec!["Duck.".into()],
        ways: Ways::default(),
        by: "olena".into(),
    };
    let approved = approve::approve(&services, approval, NOW).await.unwrap();
    assert_eq!((approved.n_logs, count(&services, &bang).await), (2, 1));
    // The server does this a moment later.
    rejudge_known::finish_pending(&services).await.unwrap();
    assert_eq!((count(&services, &approved.known_error_id).await, count(&services, &bang).await), (3, 0));
    assert!(services.store.list_pending_known_errors().await.unwrap().is_empty());
}

async fn two_who_edit_at_once_are_told(services: Services) {
    let title = |title: &'static str| revision(&services, move |revision| revision.title = title.into());
    let (first, second) = (title("First").await, title("Second").await);
    revise::edit(&services, &boom(), 1, first, "olena", NOW).await.unwrap();
    let refused = revise::edit(&services, &boom(), 1, second, "petro", NOW).await.unwrap_err();
    assert!(matches!(refused, ReviseError::Stale { ref by, number: 2 } if by == "olena"), "{refused}");
    assert_eq!(services.store.find_known_error(&boom()).await.unwrap().unwrap().title, "First");
}

async fn a_change_that_was_cut_off_is_made_good(services: Services) {
    let store = services.store.as_ref();
    let mut version = store.find_known_error_version(&boom(), 1).await.unwrap().unwrap();
    (version.entry.version, version.entry.title) = (2, "Cut off".into());
    let version = loghelper::domain::KnownErrorVersion::of(version.entry, version.answers, Change::Edited, "olena", NOW);
    store.insert_known_error_versions(&[version]).await.unwrap();
    let (entry, answers) = revise::load(store, &boom()).await.unwrap().unwrap();
    assert_eq!((entry.title.as_str(), entry.version, answers.len()), ("Cut off", 2, 2));
}

async fn every_version_can_be_taken_back(services: Services) {
    let store = services.store.as_ref();
    let said = Feedback::new(loghelper::domain::Answer::id_for(&boom(), "Ask."), boom(), "olena", true, NOW);
    store.save_feedback(&said).await.unwrap();
    store.recount_answers(&boom()).await.unwrap();
    let shorter = revision(&services, |revision| revision.answers.truncate(1)).await;
    revise::edit(&services, &boom(), 1, shorter, "olena", NOW).await.unwrap();
    assert_eq!(store.list_answers(Some(&boom())).await.unwrap().len(), 1);
    assert_eq!(revise::restore(&services, &boom(), 2, 1, "petro", NOW).await.unwrap(), 3);
    let answers = store.list_answers(Some(&boom())).await.unwrap();
    assert_eq!(answers.iter().map(|answer| (answer.text.as_str(), answer.n_worked)).collect::<Vec<_>>(), [("Wait.", 0), ("Ask.", 1)]);
    let versions = store.list_known_error_versions(&boom(), None, 10).await.unwrap();
    assert_eq!(versions.iter().map(|version| version.change).collect::<Vec<_>>(), [Change::Restored, Change::Edited, Change::Imported]);
    assert_eq!(revise::diff(&versions[2], &versions[1]).iter().map(|field| field.field).collect::<Vec<_>>(), ["answers"]);
    assert!(revise::diff(&versions[2], &versions[0]).is_empty());
}

async fn a_known_error_is_recognised_only_in_force_and_within_its_validity(services: Services) {
    errors_at(&services, &[1, 20]).await;
    let bounded = revision(&services, |revision| revision.valid_from = Some(DateTime::from_millis(10_000))).await;
    revise::edit(&services, &boom(), 1, bounded, "olena", NOW).await.unwrap();
    rejudge_known::settle(&services, &boom()).await.unwrap();
    assert_eq!((services.outcome(&boom()).unwrap().n_lost, count(&services, &boom()).await), (1, 1));
    let olena = Reviewer { name: "olena", role: Role::ExpertAnalyst };
    let fixed = (LifeCycle::Fixed, Some(DateTime::from_millis(15_000)));
    revise::lead(&services, &boom(), 2, fixed, olena, NOW).await.unwrap();
    rejudge_known::settle(&services, &boom()).await.unwrap();
    assert!(services.store.find_known_error(&boom()).await.unwrap().unwrap().regressed());
    revise::lead(&services, &boom(), 3, (LifeCycle::Retired, None), olena, NOW).await.unwrap();
    rejudge_known::settle(&services, &boom()).await.unwrap();
    // What was known stays so; what comes is not.
    assert_eq!(count(&services, &boom()).await, 1);
    assert!(services.knowledge.classify("boom", None, None).known().is_none());
}

async fn merged_ones_are_one(services: Services) {
    let store = services.store.as_ref();
    errors_at(&services, &[1, 2]).await;
    let bang = KnownErrorId("bang".into());
    let said = Feedback::new(loghelper::domain::Answer::id_for(&boom(), "Ask."), boom(), "olena", true, NOW);
    store.save_feedback(&said).await.unwrap();
    let (gone, into) = (Seen { id: &boom(), version: 1 }, Seen { id: &bang, version: 1 });
    assert!(duplicates::merge(&services, into, into, "petro", NOW).await.is_err());
    duplicates::merge(&services, gone, into, "petro", NOW).await.unwrap();
    rejudge_known::finish_pending(&services).await.unwrap();
    assert_eq!((count(&services, &boom()).await, count(&services, &bang).await), (0, 2));
    let retired = store.find_known_error(&boom()).await.unwrap().unwrap();
    assert_eq!((retired.state, retired.tenure.merged_into.as_ref()), (LifeCycle::Retired, Some(&bang)));
    let answers = store.list_answers(Some(&bang)).await.unwrap();
    assert_eq!(
        answers.iter().map(|answer| (answer.text.as_str(), answer.n_worked)).collect::<Vec<_>>(),
        [("Open it.", 0), ("Wait.", 0), ("Ask.", 1)]
    );
}

async fn an_import_says_what_it_changes_and_changes_that(services: Services) {
    let store = services.store.as_ref();
    let text = r#"{"statuses": [{"code": 5, "title": "Papers"}, {"code": 6, "title": "New"}], "known_errors": [
        {"id": "boom", "text": "boom", "status": 5, "answers": [{"text": "Wait."}, {"text": "Ask."}]},
        {"id": "bang", "text": "Register is closed", "status": 5, "answers": [{"text": "Open it."}]},
        {"text": "Unheard of", "answers": []}]}"#;
    let document: Document = serde_json::from_str(text).unwrap();
    let plan = knowledge_base::plan(store, &document, NOW).await.unwrap();
    let steps: Vec<_> = plan.known_errors.iter().map(|planned| planned.step.clone()).collect();
    assert_eq!(steps, [Step::Same, Step::Changed(vec!["title", "text"]), Step::New]);
    assert_eq!(plan.statuses.iter().map(|planned| planned.step.clone()).collect::<Vec<_>>(), [Step::Changed(vec!["title"]), Step::New]);
    assert_eq!(knowledge_base::import(&services, &document, "petro", NOW).await.unwrap(), plan);
    for (id, n_versions) in [("boom", 1), ("bang", 2)] {
        assert_eq!(store.list_known_error_versions(&KnownErrorId(id.into()), None, 10).await.unwrap().len(), n_versions, "{id}");
    }
    let again = knowledge_base::plan(store, &document, NOW).await.unwrap();
    assert!(again.known_errors.iter().all(|planned| planned.step == Step::Same));
}
