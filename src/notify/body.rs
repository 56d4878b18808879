//! A letter as plain text, and as JSON for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use super::letter::Letter;
use crate::domain::{News, Subject};

/// A letter as text.
pub(super) fn text(letter: &Letter<'_>) -> String {
    let words = letter.words;
    let mut out = String::new();
    if letter.is_test() {
        out.push_str(words.test_about);
        out.push('\n');
    } else {
        line(&mut out, &format!("{} {} ({})", words.about, letter.branch, letter.moment(letter.created_at)));
        let mut n = 0;
        for (known, title, about) in [(true, words.known_title, ""), (false, words.unknown_title, words.unknown_about)] {
            if letter.part(known).next().is_none() {
                continue;
            }
            line(&mut out, &format!("\n{title}\n{}", "-".repeat(title.chars().count())));
            if !about.is_empty() {
                line(&mut out, about);
            }
            for news in letter.part(known) {
                n += 1;
                item(&mut out, letter, n, news);
            }
        }
    }
    line(&mut out, &format!("\n-- \n{}", words.why));
    out
}

fn item(out: &mut String, letter: &Letter<'_>, n: usize, news: &News) {
    let words = letter.words;
    line(out, &format!("\n{n}. {}", one_line(&news.title)));
    if let (Some(code), title) = (news.status, news.status_title.as_deref().unwrap_or_default()) {
        line(out, &format!("   {}: {code} {}", words.status, one_line(title)));
    }
    if let Some(per_hour) = news.per_hour {
        line(out, &format!("   {}: {per_hour}", words.per_hour));
    }
    line(out, &format!("   {}: {}", words.noticed, letter.moment(news.at)));
    if !news.answers.is_empty() {
        line(out, &format!("   {}:", words.answers));
        for answer in &news.answers {
            line(out, &format!("   * {}", answer.replace("\r\n", "\n").replace('\n', "\n     ")));
        }
    }
    if let Some(link) = letter.link(news) {
        line(out, &format!("   {}: {link}", words.more));
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a text does not fail.
    let _ = writeln!(out, "{text}");
}

/// A text without its line ends.
pub(super) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A letter for a program.
pub(super) fn json(letter: &Letter<'_>) -> Value {
    let news = |news: &News| {
        let (known, group) = match &news.subject {
            Subject::Known(id) => (Some(id.to_string()), None),
            Subject::Group(id) => (None, Some(id.to_string())),
        };
        json!({
            "known_error_id": known, "group_id": group, "title": news.title, "status": news.status, "status_title": news.status_title,
            "answers": news.answers, "logs_in_last_hour": news.per_hour, "more_frequent": news.per_hour.is_some(),
            "noticed_at": rfc3339(news.at), "url": letter.link(news),
        })
    };
    json!({
        "id": letter.id, "kind": if letter.is_test() { "test" } else { "news" }, "branch": letter.branch, "language": letter.language,
        "created_at": rfc3339(letter.created_at), "news": letter.news.iter().map(news).collect::<Vec<_>>(),
    })
}

fn rfc3339(at: bson::DateTime) -> Option<String> {
    at.try_to_rfc3339_string().ok()
}

#[cfg(test)]
mod tests {
    use super::{super::letter::tests::*, *};
    use crate::{config::NotifyConfig, domain::Tongue};

    #[test]
    fn a_letter_says_what_failed_its_status_and_what_to_do() {
        let (config, delivery) = (NotifyConfig::default(), a_delivery());
        let text = text(&Letter::new(&config, &a_subscription(Tongue::Ukrainian), &delivery));
        for expected in [
            "Що не спрацювало у відділенні K01 (2016-05-08 07:17 UTC)",
            "1. База <b>недоступна</b>\n   Статус: 10 Сховище\n",
            "   Що робити:\n   * Зачекайте & повторіть.\n",
            "   Помилка почастішала. Випадків за останню годину: 120\n",
            "3. <script>alert(1)</script> Bcc: a@b.ua\n",
        ] {
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn programs_get_the_same_under_names() {
        let (config, delivery) = (NotifyConfig::default(), a_delivery());
        let json = json(&Letter::new(&config, &a_subscription(Tongue::English), &delivery));
        assert_eq!((&json["kind"], &json["branch"], &json["id"]), (&"news".into(), &"K01".into(), &delivery.id.to_string().into()));
        assert_eq!(json["news"][0]["answers"][0], "Зачекайте & повторіть.");
        assert_eq!((&json["news"][1]["more_frequent"], &json["news"][1]["logs_in_last_hour"]), (&true.into(), &120.into()));
        assert!(json["news"][2]["known_error_id"].is_null());
    }
}
