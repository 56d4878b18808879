//! What every store promises of subscriptions, notices, messages on their way and agents.

use bson::DateTime;
use loghelper::{
    domain::{
        AgentReport, BranchCode, Channel, Delivery, DeliveryId, DeliveryState, HookSecret, KnownErrorId, Notice, Often, Subject,
        Subscription, SubscriptionId, Tongue,
    },
    store::{Error, SharedStore},
};

use crate::support::{mongodb, sqlite};

contract! {
    a_target_is_subscribed_once_and_its_place_moves_from_where_it_was,
    a_subscription_is_changed_by_who_saw_its_version_and_keeps_its_place,
    notices_have_places_without_gaps_and_are_noted_once,
    notices_of_processes_that_race_share_no_place,
    the_latest_notice_of_a_subject_is_found,
    a_delivery_is_taken_by_one_and_again_when_that_one_died,
    only_the_holder_settles_a_delivery,
    deliveries_that_are_settled_or_unwanted_go,
    agents_of_a_branch_are_bounded,
}

fn at(ms: i64) -> DateTime {
    DateTime::from_millis(ms)
}

fn branch(code: &str) -> BranchCode {
    code.parse().unwrap()
}

fn subscription(code: &str, address: &str) -> Subscription {
    let channel = Channel::mail(address).unwrap();
    Subscription {
        id: Subscription::id_for(&branch(code), &channel),
        branch: branch(code),
        channel,
        often: Often::Hourly,
        language: Tongue::Ukrainian,
        known: true,
        unknown: false,
        created_by: "olena".into(),
        created_at: at(5),
        told: 0,
        told_at: at(5),
        version: 0,
    }
}

fn known(name: &str) -> Subject {
    Subject::Known(KnownErrorId(name.into()))
}

fn notice(code: &str, name: &str, nth: i64) -> Notice {
    Notice::new(&branch(code), known(name), nth, 0, at(1))
}

fn delivery(name: &str, due: i64) -> Delivery {
    Delivery {
        id: DeliveryId::from_content(&[name.as_bytes()]),
        subscription: SubscriptionId::from_content(&[b"s"]),
        branch: branch("K01"),
        target: "a@b.ua".into(),
        to: 1,
        news: Vec::new(),
        state: DeliveryState::Waiting,
        attempts: 0,
        due: Some(at(due)),
        lease: None,
        created_at: at(due),
        settled_at: None,
        fault: None,
    }
}

async fn a_target_is_subscribed_once_and_its_place_moves_from_where_it_was(store: SharedStore) {
    let (one, other) = (subscription("K01", "a@b.ua"), subscription("A02", "a@b.ua"));
    store.insert_subscription(&one).await.unwrap();
    store.insert_subscription(&other).await.unwrap();
    assert!(matches!(store.insert_subscription(&one).await, Err(Error::Conflict { .. })));
    assert_eq!(store.list_subscriptions(None, 10).await.unwrap(), [other.clone(), one.clone()]);
    assert_eq!(store.list_subscriptions(Some(&branch("K01")), 10).await.unwrap(), std::slice::from_ref(&one));
    assert_eq!(store.list_subscriptions(None, 1).await.unwrap().len(), 1);
    assert!(store.advance_subscription(&one.id, 0, 7, at(9)).await.unwrap());
    assert!(!store.advance_subscription(&one.id, 0, 8, at(10)).await.unwrap());
    let moved = Subscription { told: 7, told_at: at(9), ..one.clone() };
    assert_eq!(store.find_subscription(&one.id).await.unwrap(), Some(moved));
    assert!(store.delete_subscription(&one.id).await.unwrap() && !store.delete_subscription(&one.id).await.unwrap());
    assert_eq!(store.find_subscription(&one.id).await.unwrap(), None);
    assert!(!store.advance_subscription(&one.id, 7, 8, at(10)).await.unwrap());
}

async fn a_subscription_is_changed_by_who_saw_its_version_and_keeps_its_place(store: SharedStore) {
    let made = subscription("K01", "a@b.ua");
    store.insert_subscription(&made).await.unwrap();
    let other = subscription("K01", "x@b.ua");
    store.insert_subscription(&other).await.unwrap();
    let channel = Channel::Webhook { url: "https://x.ua/".parse().unwrap(), secret: HookSecret::of("5e") };
    let wanted = Subscription { channel, often: Often::Daily, language: Tongue::English, unknown: true, version: 1, ..made.clone() };
    // The teller goes on in between: what was read before must not take that back.
    assert!(store.advance_subscription(&made.id, 0, 7, at(9)).await.unwrap());
    assert!(!store.update_subscription(&wanted, 1).await.unwrap());
    assert!(store.update_subscription(&wanted, 0).await.unwrap());
    assert!(!store.update_subscription(&Subscription { often: Often::AtOnce, ..wanted.clone() }, 0).await.unwrap());
    let kept = Subscription { told: 7, told_at: at(9), ..wanted.clone() };
    assert_eq!(store.list_subscriptions(Some(&branch("K01")), 10).await.unwrap(), [kept, other]);
    let again = Subscription { known: false, version: 2, ..wanted };
    assert!(store.update_subscription(&again, 1).await.unwrap());
    assert!(store.advance_subscription(&made.id, 7, 8, at(10)).await.unwrap());
    let found = store.find_subscription(&made.id).await.unwrap().unwrap();
    assert_eq!((found.known, found.version, found.told), (false, 2, 8));
    store.delete_subscription(&made.id).await.unwrap();
    assert!(!store.update_subscription(&again, 2).await.unwrap());
    assert_eq!(store.find_subscription(&made.id).await.unwrap(), None);
}

async fn notices_have_places_without_gaps_and_are_noted_once(store: SharedStore) {
    let k01 = branch("K01");
    assert_eq!(store.last_notice(&k01).await.unwrap(), 0);
    store.insert_notices(&k01, &[]).await.unwrap();
    store.insert_notices(&k01, &[notice("K01", "b", 0), notice("K01", "a", 0)]).await.unwrap();
    store.insert_notices(&branch("A02"), &[notice("A02", "a", 0)]).await.unwrap();
    store
        .insert_notices(&k01, &[notice("K01", "a", 0), notice("K01", "c", 0), notice("K01", "b", 0), notice("K01", "a", 1)])
        .await
        .unwrap();
    let found = store.list_notices(&k01, 0, 10).await.unwrap();
    let found: Vec<_> = found.iter().map(|notice| (notice.seq, notice.key.as_str(), notice.nth)).collect();
    assert_eq!(found, [(1, "known b", 0), (2, "known a", 0), (3, "known c", 0), (4, "known a", 1)]);
    assert_eq!(store.last_notice(&k01).await.unwrap(), 4);
    assert_eq!(store.list_notices(&k01, 2, 1).await.unwrap()[0].seq, 3);
    assert_eq!(store.list_notices(&branch("A02"), 0, 10).await.unwrap()[0].seq, 1);
}

async fn notices_of_processes_that_race_share_no_place(store: SharedStore) {
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let store = store.clone();
            // Each has some of its own, and one that all have.
            let notices: Vec<_> = (0..20).map(|n| notice("K01", &format!("{task}-{n}"), 0)).chain([notice("K01", "shared", 0)]).collect();
            tokio::spawn(async move { store.insert_notices(&branch("K01"), &notices).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let places: Vec<i64> = store.list_notices(&branch("K01"), 0, 1000).await.unwrap().iter().map(|notice| notice.seq).collect();
    assert_eq!(places, (1..=161).collect::<Vec<i64>>());
}

async fn the_latest_notice_of_a_subject_is_found(store: SharedStore) {
    let k01 = branch("K01");
    let notices: Vec<_> = (0..12).map(|nth| notice("K01", "a", nth)).chain([notice("K01", "b", 0)]).collect();
    store.insert_notices(&k01, &notices).await.unwrap();
    let mut found = store.find_notices(&k01, &[known("a"), known("b"), known("absent")]).await.unwrap();
    found.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(found.iter().map(|notice| (notice.key.as_str(), notice.nth)).collect::<Vec<_>>(), [("known a", 11), ("known b", 0)]);
    assert!(store.find_notices(&branch("A02"), &[known("a")]).await.unwrap().is_empty());
    assert!(store.find_notices(&k01, &[]).await.unwrap().is_empty());
}

async fn a_delivery_is_taken_by_one_and_again_when_that_one_died(store: SharedStore) {
    for (name, due) in [("later", 50), ("first", 10), ("second", 20)] {
        assert!(store.insert_delivery(&delivery(name, due)).await.unwrap());
        assert!(!store.insert_delivery(&delivery(name, 1)).await.unwrap());
    }
    assert_eq!(store.take_delivery("p", at(9), at(100)).await.unwrap(), None);
    let first = store.take_delivery("p", at(30), at(100)).await.unwrap().unwrap();
    assert_eq!((first.id, first.state, first.attempts, first.due), (delivery("first", 0).id, DeliveryState::Sending, 1, Some(at(100))));
    assert_eq!(store.find_delivery(&first.id).await.unwrap().as_ref(), Some(&first));
    let tasks: Vec<_> = (0..6).map(|n| (store.clone(), format!("q{n}"))).collect();
    let tasks =
        tasks.into_iter().map(|(store, name)| tokio::spawn(async move { store.take_delivery(&name, at(30), at(100)).await.unwrap() }));
    let mut taken = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        taken.extend(task.await.unwrap());
    }
    assert_eq!(taken.iter().map(|delivery| delivery.id).collect::<Vec<_>>(), [delivery("second", 0).id]);
    // The lease of the first ended: whoever had it is taken for dead.
    let again = store.take_delivery("r", at(100), at(200)).await.unwrap().unwrap();
    assert_eq!(again.id, delivery("later", 0).id);
    let again = store.take_delivery("r", at(100), at(200)).await.unwrap().unwrap();
    assert_eq!(again.attempts, 2);
}

async fn only_the_holder_settles_a_delivery(store: SharedStore) {
    store.insert_delivery(&delivery("a", 10)).await.unwrap();
    let taken = store.take_delivery("p", at(10), at(100)).await.unwrap().unwrap();
    let sent = Delivery { state: DeliveryState::Sent, due: None, lease: None, settled_at: Some(at(11)), ..taken };
    assert!(!store.update_delivery(&sent, "q").await.unwrap());
    assert!(store.update_delivery(&sent, "p").await.unwrap());
    assert!(!store.update_delivery(&sent, "p").await.unwrap());
    assert_eq!(store.take_delivery("q", at(1000), at(2000)).await.unwrap(), None);
    assert_eq!(store.find_delivery(&sent.id).await.unwrap(), Some(sent));
}

async fn deliveries_that_are_settled_or_unwanted_go(store: SharedStore) {
    for name in ["a", "b", "c"] {
        store.insert_delivery(&delivery(name, 10)).await.unwrap();
    }
    let taken = store.take_delivery("p", at(10), at(100)).await.unwrap().unwrap();
    let failed = Delivery { state: DeliveryState::Failed, due: None, lease: None, settled_at: Some(at(50)), ..taken };
    store.update_delivery(&failed, "p").await.unwrap();
    assert_eq!(store.delete_waiting_deliveries(&SubscriptionId::from_content(&[b"other"])).await.unwrap(), 0);
    assert_eq!(store.delete_waiting_deliveries(&failed.subscription).await.unwrap(), 2);
    assert_eq!(store.list_deliveries(&branch("K01"), 10).await.unwrap(), [failed]);
    assert_eq!(store.delete_settled_deliveries(at(50)).await.unwrap(), 0);
    assert_eq!(store.delete_settled_deliveries(at(51)).await.unwrap(), 1);
    assert!(store.list_deliveries(&branch("K01"), 10).await.unwrap().is_empty());
}

pub fn report(code: &str, agent: &str, seen_at: i64) -> AgentReport {
    AgentReport {
        id: AgentReport::id_for(&branch(code), agent),
        branch: branch(code),
        agent: agent.into(),
        host: "office".into(),
        version: "1".into(),
        started_at: at(0),
        seen_at: at(seen_at),
        lag_bytes: 1,
        lag_seconds: 2,
        spool_batches: 3,
        spool_bytes: 4,
        spool_max_bytes: 5,
        n_files: 6,
        files: Vec::new(),
        sending: None,
        reading: None,
    }
}

async fn agents_of_a_branch_are_bounded(store: SharedStore) {
    for (agent, seen_at) in [("a", 10), ("b", 20), ("c", 30)] {
        store.save_agent_report(&report("K01", agent, seen_at), 3).await.unwrap();
    }
    store.save_agent_report(&report("A02", "a", 1), 3).await.unwrap();
    store.save_agent_report(&report("K01", "a", 40), 3).await.unwrap();
    store.save_agent_report(&report("K01", "d", 50), 3).await.unwrap();
    let found = store.list_agent_reports(&branch("K01")).await.unwrap();
    assert_eq!(found, [report("K01", "a", 40), report("K01", "c", 30), report("K01", "d", 50)]);
    assert_eq!(store.list_agent_reports(&branch("A02")).await.unwrap().len(), 1);
}
