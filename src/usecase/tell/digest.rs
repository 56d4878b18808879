//! Notices made into messages, when a subscription's time has come. A message is written down whole before the subscription moves on;
//! who finds it there already moves on to where it ends.

use std::collections::BTreeMap;

use bson::DateTime;

use super::news;
use crate::{
    domain::{Delivery, DeliveryState, Notice, Often, Subject, Subscription},
    notify, store,
    suggest::Masker,
    usecase::Services,
};

/// Notices of one message.
const NOTICES: usize = 100;
/// Messages made for a subscription at a time.
const MESSAGES: usize = 20;

/// Makes the messages that are due; whether there are any.
pub(super) async fn make(services: &Services, subscription: &Subscription, zone: &str, now: DateTime) -> store::Result<bool> {
    if !notify::is_due(subscription.often, subscription.told_at, now, zone, services.config.notify.daily_hour) {
        return Ok(false);
    }
    let store = services.store.as_ref();
    let (mut told, mut made) = (subscription.told, false);
    for _ in 0..MESSAGES {
        let notices = store.list_notices(&subscription.branch, told, NOTICES).await?;
        let Some(last) = notices.last().map(|last| last.seq) else { break };
        let wanted = wanted(subscription, notices);
        let to = if wanted.is_empty() { last } else { deliver(services, subscription, told, last, &wanted, now).await? };
        made |= !wanted.is_empty();
        // Another process may have gone on from here meanwhile.
        if !store.advance_subscription(&subscription.id, told, to, now).await? {
            return Ok(made);
        }
        told = to;
    }
    if told == subscription.told && subscription.often != Often::AtOnce {
        store.advance_subscription(&subscription.id, told, told, now).await?;
    }
    Ok(made)
}

/// What a subscription wants, each subject once, as it is known last.
fn wanted(subscription: &Subscription, notices: Vec<Notice>) -> Vec<Notice> {
    let is_wanted = |notice: &Notice| match notice.subject {
        Subject::Known(_) => subscription.known,
        Subject::Group(_) => subscription.unknown,
    };
    let mut by_key: BTreeMap<String, Notice> = BTreeMap::new();
    for notice in notices.into_iter().filter(is_wanted) {
        by_key.insert(notice.key.clone(), notice);
    }
    let mut wanted: Vec<Notice> = by_key.into_values().collect();
    wanted.sort_by_key(|notice| notice.seq);
    wanted
}

/// Writes the message down that follows a place; the place up to which it goes.
async fn deliver(
    services: &Services,
    subscription: &Subscription,
    after: i64,
    to: i64,
    notices: &[Notice],
    now: DateTime,
) -> store::Result<i64> {
    let masker = Masker::new(&services.config.llm.masked_words);
    let masker = masker.map_err(|error| store::Error::Refused(format!("nothing can be told: {error}")))?;
    let news = news::of(services, notices, subscription.language, &masker).await?;
    if news.is_empty() {
        return Ok(to);
    }
    let delivery = Delivery {
        id: Delivery::id_for(subscription, after),
        subscription: subscription.id,
        branch: subscription.branch.clone(),
        target: subscription.channel.target(),
        to,
        news,
        state: DeliveryState::Waiting,
        attempts: 0,
        due: Some(now),
        lease: None,
        created_at: now,
        settled_at: None,
        fault: None,
    };
    if services.store.insert_delivery(&delivery).await? {
        return Ok(to);
    }
    let earlier = services.store.find_delivery(&delivery.id).await?;
    Ok(earlier.map_or(to, |earlier| earlier.to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Channel, GroupId, KnownErrorId, Tongue};

    #[test]
    fn a_message_has_what_is_wanted_each_once_and_the_latest() {
        let branch = "K01".parse().unwrap();
        let channel = Channel::mail("a@b.ua").unwrap();
        let at = DateTime::from_millis(0);
        let subscription = |known, unknown| Subscription {
            id: Subscription::id_for(&branch, &channel),
            branch: branch.clone(),
            channel: channel.clone(),
            often: Often::Daily,
            language: Tongue::English,
            known,
            unknown,
            created_by: String::new(),
            created_at: at,
            told: 0,
            told_at: at,
            version: 0,
        };
        let (known, group) = (Subject::Known(KnownErrorId("a".into())), Subject::Group(GroupId::from_content(&[b"g"])));
        let notices = [(known.clone(), 0), (group, 0), (known, 1)].into_iter().zip(1..);
        let notices: Vec<Notice> =
            notices.map(|((subject, nth), seq)| Notice { seq, ..Notice::new(&branch, subject, nth, 5, at) }).collect();
        let seqs = |known, unknown| wanted(&subscription(known, unknown), notices.clone()).iter().map(|n| n.seq).collect::<Vec<_>>();
        assert_eq!(seqs(true, true), [2, 3]);
        assert_eq!(seqs(true, false), [3]);
        assert_eq!(seqs(false, true), [2]);
    }
}
