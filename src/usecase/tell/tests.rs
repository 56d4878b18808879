//! From Logs to messages, on a store of its own and by a clock of its own.

use std::{path::Path, sync::Arc};

use bson::DateTime;

use super::*;
use crate::{
    config::Config,
    domain::{Delivery, HOUR_MS, News, Often, Subject, Tongue},
    parse::FormatChoice,
    store::{AdminStore, SharedStore, sqlite::SqliteStore},
    usecase::IngestRequest,
};

/// Half past seven on the day of the logs.
const HALF_PAST: i64 = 1_462_692_600_000;

struct House {
    services: Services,
    folder: tempfile::TempDir,
    n_files: u32,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("test.db"), Duration::from_secs(5)).unwrap();
        store.migrate().await.unwrap();
        let store: SharedStore = Arc::new(store);
        let mut config = Config::in_dir(folder.path());
        config.notify.smtp.host = "127.0.0.1".to_owned();
        Self { services: Services::open(store, Arc::new(config)).await.unwrap(), folder, n_files: 0 }
    }

    /// A branch has so many exchanges that failed so, all at 7:17 in the morning.
    async fn fail(&mut self, branch: &str, error: &str, n: u32) {
        self.n_files += 1;
        let mut text = String::new();
        for n in 0..n {
            let id = format!("{branch}-{}-{n}", self.n_files);
            text.push_str(&format!(
                "=> Bars at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\nInput = {{\"method\":\"A\",\"message_id\":\"{id}\"}}\n\
                 <= Bars at 5/8/2016 7:17:46 AM: to 10.7.73.12\nOutput = {{\"status\":\"ERROR\",\"error\":\"{error}\",\"message_id\":\"{id}\",\"current_timestamp\":\"2016-05-08T07:17:46\"}}\n"
            ));
        }
        let path = self.folder.path().join(format!("{}.log", self.n_files));
        std::fs::write(&path, text).unwrap();
        self.ingest(branch, &path).await;
    }

    async fn ingest(&self, branch: &str, path: &Path) {
        let (branch, path) = (branch.parse().unwrap(), path.to_owned());
        let request = IngestRequest { branch, name: "a.log".into(), path, format: FormatChoice::Auto, uploaded_by: "olena".into() };
        self.services.ingest_file(request, Arc::new(|_| ())).await.unwrap();
    }

    async fn subscribe(&self, branch: &str, often: Often, at: i64) {
        let wish = Wish { target: Target::Mail("a@b.ua".into()), often, language: Tongue::English, known: true, unknown: true };
        self.services.subscribe(&branch.parse().unwrap(), wish, "olena", DateTime::from_millis(at)).await.unwrap();
    }

    /// Looks at this moment, with fresh eyes; all news of the branch since its first message.
    async fn look(&self, branch: &str, at: i64) -> Vec<News> {
        Watch::default().look(&self.services, DateTime::from_millis(at)).await.unwrap();
        self.deliveries(branch).await.into_iter().rev().flat_map(|delivery| delivery.news).collect()
    }

    async fn deliveries(&self, branch: &str) -> Vec<Delivery> {
        self.services.store.list_deliveries(&branch.parse().unwrap(), 100).await.unwrap()
    }
}

fn told(news: &[News]) -> Vec<(&str, Option<i64>)> {
    news.iter().map(|news| (news.title.as_str(), news.per_hour)).collect()
}

#[tokio::test]
async fn an_error_is_told_once_and_again_when_it_becomes_far_more_frequent() {
    let mut house = House::new().await;
    house.fail("K01", "ledger torn", 1).await;
    house.subscribe("K01", Often::AtOnce, HALF_PAST).await;
    assert!(house.look("K01", HALF_PAST).await.is_empty());
    house.fail("K01", "coin stuck", 2).await;
    house.fail("L02", "printer without ink", 2).await;
    let first = house.look("K01", HALF_PAST).await;
    assert_eq!(told(&first), [("coin stuck", None)]);
    assert_eq!(told(&house.look("K01", HALF_PAST).await), [("coin stuck", None)]);
    house.fail("K01", "coin stuck", 17).await;
    assert_eq!(house.look("K01", HALF_PAST).await.len(), 1);
    // Ten times the two of the hour when it was told.
    house.fail("K01", "coin stuck", 1).await;
    let news = house.look("K01", HALF_PAST).await;
    assert_eq!(told(&news), [("coin stuck", None), ("coin stuck", Some(20))]);
    assert!(matches!(news[0].subject, Subject::Group(_)) && news[0].answers.is_empty());
    // An hour later it has become quiet.
    house.fail("K01", "coin stuck", 500).await;
    assert_eq!(house.look("K01", HALF_PAST + HOUR_MS).await.len(), 2);
}

#[tokio::test]
async fn digests_wait_for_their_hour_and_gather_what_it_brought() {
    let mut house = House::new().await;
    house.fail("K01", "ledger torn", 1).await;
    house.subscribe("K01", Often::Hourly, HALF_PAST).await;
    house.fail("K01", "coin stuck", 1).await;
    assert!(house.look("K01", HALF_PAST + 1).await.is_empty());
    house.fail("K01", "printer without ink", 1).await;
    assert!(house.look("K01", HALF_PAST + HOUR_MS / 4).await.is_empty());
    assert_eq!(told(&house.look("K01", HALF_PAST + HOUR_MS / 2).await), [("coin stuck", None), ("printer without ink", None)]);
    assert_eq!(house.deliveries("K01").await.len(), 1);
    house.fail("K01", "door open since noon alarm off", 1).await;
    assert_eq!(house.look("K01", HALF_PAST + HOUR_MS).await.len(), 2);
    assert_eq!(house.look("K01", HALF_PAST + HOUR_MS * 3 / 2).await.len(), 3);
}

#[tokio::test]
async fn two_processes_that_look_at_once_make_one_message() {
    let mut house = House::new().await;
    house.fail("K01", "ledger torn", 1).await;
    house.subscribe("K01", Often::AtOnce, HALF_PAST).await;
    house.fail("K01", "coin stuck", 1).await;
    let (mut one, mut other) = (Watch::default(), Watch::default());
    let now = DateTime::from_millis(HALF_PAST + 1);
    let (one, other) = tokio::join!(one.look(&house.services, now), other.look(&house.services, now));
    one.unwrap();
    other.unwrap();
    let deliveries = house.deliveries("K01").await;
    assert_eq!(deliveries.iter().map(|delivery| delivery.news.len()).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_message_that_was_written_before_a_crash_is_not_written_again() {
    let mut house = House::new().await;
    house.fail("K01", "ledger torn", 1).await;
    house.subscribe("K01", Often::AtOnce, HALF_PAST).await;
    let before = house.services.store.list_subscriptions(None, 1).await.unwrap().remove(0);
    house.fail("K01", "coin stuck", 1).await;
    house.look("K01", HALF_PAST + 1).await;
    // As if the process had died before the subscription moved on; and something new came meanwhile.
    house.services.store.delete_subscription(&before.id).await.unwrap();
    house.services.store.insert_subscription(&before).await.unwrap();
    house.fail("K01", "printer without ink", 1).await;
    assert_eq!(told(&house.look("K01", HALF_PAST + 2).await), [("coin stuck", None), ("printer without ink", None)]);
}

#[tokio::test]
async fn what_is_masked_in_prompts_is_masked_in_messages() {
    let mut house = House::new().await;
    house.fail("K01", "ledger torn", 1).await;
    house.subscribe("K01", Often::AtOnce, HALF_PAST).await;
    house.fail("K01", "card 4111111111111111 of ivan@bank.ua refused", 1).await;
    let news = house.look("K01", HALF_PAST + 1).await;
    assert_eq!(news.len(), 1);
    assert!(news[0].title.contains("refused") && !news[0].title.contains("4111") && !news[0].title.contains("ivan@"), "{news:?}");
}
