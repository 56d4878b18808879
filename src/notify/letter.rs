//! A letter: what a delivery says, ready to be written as text, HTML or JSON.

use bson::DateTime;

use super::words::Words;
use crate::{
    config::NotifyConfig,
    domain::{Delivery, News, Subject, Subscription, Tongue},
};

/// A message to be written. One without news is a test.
pub(super) struct Letter<'a> {
    /// The same for every attempt.
    pub(super) id: String,
    pub(super) branch: &'a str,
    pub(super) language: Tongue,
    pub(super) words: &'static Words,
    pub(super) created_at: DateTime,
    pub(super) news: &'a [News],
    /// Where this server is reached, without a slash at the end; blank for no links.
    base: &'a str,
}

impl<'a> Letter<'a> {
    pub(super) fn new(config: &'a NotifyConfig, subscription: &Subscription, delivery: &'a Delivery) -> Self {
        Self {
            id: delivery.id.to_string(),
            branch: delivery.branch.as_str(),
            language: subscription.language,
            words: Words::of(subscription.language),
            created_at: delivery.created_at,
            news: &delivery.news,
            base: config.public_url.trim_end_matches('/'),
        }
    }

    pub(super) fn is_test(&self) -> bool {
        self.news.is_empty()
    }

    /// News of known errors, or of those that nobody knows.
    pub(super) fn part(&self, known: bool) -> impl Iterator<Item = &News> + Clone {
        self.news.iter().filter(move |news| matches!(news.subject, Subject::Known(_)) == known)
    }

    /// The subject line: `[K01] known errors: 2, unknown errors: 1`.
    pub(super) fn subject(&self) -> String {
        let words = self.words;
        if self.is_test() {
            return format!("[{}] {}", self.branch, words.test);
        }
        let rising = self.news.iter().filter(|news| news.per_hour.is_some()).count();
        let counts = [(words.known, self.part(true).count()), (words.unknown, self.part(false).count()), (words.rising, rising)];
        let counts = counts.iter().filter(|(_, n)| *n > 0).map(|(word, n)| format!("{word}: {n}"));
        format!("[{}] {}", self.branch, counts.collect::<Vec<_>>().join(", "))
    }

    /// A moment, in UTC.
    pub(super) fn moment(&self, at: DateTime) -> String {
        let moment = jiff::Timestamp::from_millisecond(at.timestamp_millis()).unwrap_or_default();
        moment.strftime("%Y-%m-%d %H:%M UTC").to_string()
    }

    /// Where more is to be read: of a known error its page, of an unknown one the branch's Logs that have it.
    pub(super) fn link(&self, news: &News) -> Option<String> {
        if self.base.is_empty() {
            return None;
        }
        Some(match &news.subject {
            Subject::Known(id) => format!("{}/known/{}", self.base, percent(id.as_str())),
            Subject::Group(id) => {
                let filter = format!("branch = \"{}\" and verdict.group_id = {id}", self.branch);
                format!("{}/logs?filter={}", self.base, percent(&filter))
            }
        })
    }
}

/// A text as a part of an address.
fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::{Channel, DeliveryId, DeliveryState, GroupId, KnownErrorId, Often, StatusCode, SubscriptionId};

    /// A delivery of a known error, one that became more frequent, and an unknown one whose text is hostile.
    pub(crate) fn a_delivery() -> Delivery {
        let known = News {
            subject: Subject::Known(KnownErrorId("db down/1".into())),
            title: "База <b>недоступна</b>".into(),
            status: Some(StatusCode(10)),
            status_title: Some("Сховище".into()),
            answers: vec!["Зачекайте & повторіть.".into()],
            per_hour: None,
            at: DateTime::from_millis(1_462_691_865_000),
        };
        let rising = News { per_hour: Some(120), ..known.clone() };
        let unknown = News {
            subject: Subject::Group(GroupId::from_content(&[b"g"])),
            title: "<script>alert(1)</script>\r\nBcc: a@b.ua".into(),
            status: None,
            status_title: None,
            answers: Vec::new(),
            ..known.clone()
        };
        Delivery {
            id: DeliveryId::from_content(&[b"d"]),
            subscription: SubscriptionId::from_content(&[b"s"]),
            branch: "K01".parse().unwrap(),
            target: "a@b.ua".into(),
            to: 3,
            news: vec![known, rising, unknown],
            state: DeliveryState::Sending,
            attempts: 1,
            due: None,
            lease: None,
            created_at: DateTime::from_millis(1_462_691_865_000),
            settled_at: None,
            fault: None,
        }
    }

    pub(crate) fn a_subscription(language: Tongue) -> Subscription {
        Subscription {
            id: SubscriptionId::from_content(&[b"s"]),
            branch: "K01".parse().unwrap(),
            channel: Channel::mail("a@b.ua").unwrap(),
            often: Often::AtOnce,
            language,
            known: true,
            unknown: true,
            created_by: "olena".into(),
            created_at: DateTime::from_millis(0),
            told: 0,
            told_at: DateTime::from_millis(0),
            version: 0,
        }
    }

    #[test]
    fn subjects_say_what_is_in_it() {
        let (config, delivery) = (NotifyConfig::default(), a_delivery());
        for (language, expected) in [
            (Tongue::English, "[K01] known errors: 2, unknown errors: 1, more frequent: 1"),
            (Tongue::Ukrainian, "[K01] відомі помилки: 2, невідомі помилки: 1, почастішали: 1"),
        ] {
            assert_eq!(Letter::new(&config, &a_subscription(language), &delivery).subject(), expected);
        }
        let test = Delivery { news: Vec::new(), ..delivery };
        assert_eq!(Letter::new(&config, &a_subscription(Tongue::Ukrainian), &test).subject(), "[K01] пробне повідомлення");
    }

    #[test]
    fn links_lead_to_what_the_branch_may_read() {
        let config = NotifyConfig { public_url: "https://logs.bank.ua/".into(), ..NotifyConfig::default() };
        let delivery = a_delivery();
        let letter = Letter::new(&config, &a_subscription(Tongue::English), &delivery);
        let links: Vec<_> = delivery.news.iter().filter_map(|news| letter.link(news)).collect();
        assert_eq!(links[0], "https://logs.bank.ua/known/db%20down%2F1");
        assert!(links[2].starts_with("https://logs.bank.ua/logs?filter=branch%20%3D%20%22K01%22%20and%20verdict.group_id%20%3D%20"));
        let none = NotifyConfig::default();
        assert_eq!(Letter::new(&none, &a_subscription(Tongue::English), &delivery).link(&delivery.news[0]), None);
    }
}
