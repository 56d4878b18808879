//! What every store promises of reading many Logs: what came of them, and what came after one.

use std::sync::Arc;

use bson::{RawDocumentBuf, oid::ObjectId, rawdoc};
use loghelper::{
    domain::LogId,
    query::Filter,
    store::{LogCursor, LogPage, Outcome, SharedStore},
};

use crate::support::{a_log, mongodb, sqlite};

contract! {
    what_came_of_logs_is_told_as_they_are_listed,
    a_count_stops_at_its_limits,
    the_newest_of_many_are_those_that_all_begin_with,
    parts_of_logs_are_what_the_logs_say,
    later_logs_come_in_order,
    a_page_is_filled_from_far_behind,
}

/// Ten Logs, every minute one; of each state some.
async fn fill(store: &SharedStore) {
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let mut logs = Vec::new();
    for (n, id) in (0_i64..).zip(ids) {
        let mut log = a_log(id, Some((n, 60 * n)), (n % 4 != 1).then_some((n + 100, 60 * n)));
        let known = if n % 2 == 0 { bson::RawBson::String("k".to_owned()) } else { bson::RawBson::Null };
        log.verdict = (n % 4 >= 2).then(|| rawdoc! { "known_error_id": known, "group_id": null, "method": null, "score": 0.5 });
        log.body = rawdoc! { "method": if n % 3 == 0 { "A" } else { "B" }, "n": n };
        logs.push(log.encoded());
    }
    let undated = a_log("x", Some((500, 0)), Some((501, 0))).without_date();
    logs.push(undated);
    store.insert_logs(&Arc::from(logs)).await.unwrap();
}

fn page(filter: &Filter) -> LogPage<'_> {
    LogPage { filter, limit: 100, after: None, scan_limit: 100 }
}

fn cursor(log: &RawDocumentBuf) -> LogCursor {
    LogCursor { date: log.get_datetime("date").unwrap(), id: LogId(log.get_object_id("_id").unwrap()) }
}

async fn what_came_of_logs_is_told_as_they_are_listed(store: SharedStore) {
    fill(&store).await;
    for text in [
        "",
        "request.method = A",
        "request.n > 3 and request.n < 9",
        "error exists",
        "branch = K1 and error exists",
        "verdict.known_error_id exists",
        "error exists and not verdict.known_error_id exists and date >= 1970-01-01T00:04:00Z",
        "request.method = A and error exists and verdict.known_error_id exists",
        "branch = K1",
        "branch = K1 and not request.n = 2",
        "branch = X",
    ] {
        let filter: Filter = text.parse().unwrap();
        let found = store.list_moments(&page(&filter)).await.unwrap();
        let logs = store.list_logs(&page(&filter)).await.unwrap().logs;
        let outcome = |log: &RawDocumentBuf| match (log.get_document("verdict"), log.get_str("state").unwrap()) {
            (Ok(verdict), _) if verdict.get_str("known_error_id").is_ok() => Outcome::Known,
            (Ok(_), _) => Outcome::Unknown,
            (Err(_), "complete") => Outcome::Normal,
            (Err(_), _) => Outcome::Half,
        };
        let expected: Vec<_> = logs.iter().map(|log| (log.get_datetime("date").ok(), outcome(log))).collect();
        let told: Vec<_> = found.moments.iter().map(|moment| (moment.date, moment.outcome)).collect();
        assert_eq!((told, found.incomplete), (expected, false), "{text}");
    }
}

async fn a_count_stops_at_its_limits(store: SharedStore) {
    fill(&store).await;
    for (text, limit, scan_limit, n, incomplete) in [
        ("", 4, 100, 4, true),
        ("", 11, 100, 11, false),
        ("", 100, 5, 5, true),
        ("", 100, 11, 11, false),
        ("request.n < 2", 100, 5, 0, true),
        ("error exists", 100, 3, 1, true),
        ("error exists", 100, 11, 4, false),
        ("error exists", 3, 100, 3, true),
        ("error exists and not verdict.known_error_id exists", 100, 5, 1, true),
        ("verdict.known_error_id exists", 100, 3, 0, true),
        ("request.n >= 8", 2, 100, 2, true),
        ("request.n contains z", 100, 5, 0, true),
    ] {
        let filter: Filter = text.parse().unwrap();
        let found = store.list_moments(&LogPage { filter: &filter, limit, after: None, scan_limit }).await.unwrap();
        let more = found.incomplete || found.moments.len() == limit && incomplete;
        assert_eq!((found.moments.len(), more), (n, incomplete), "{text} {limit} {scan_limit}");
    }
}

async fn the_newest_of_many_are_those_that_all_begin_with(store: SharedStore) {
    fill(&store).await;
    for text in ["", "branch = K1", "request.method = B", "date >= 1970-01-01T00:02:00Z", "branch = K1 and date < 1970-01-01T00:08:00Z"] {
        let filter: Filter = text.parse().unwrap();
        let all = store.list_moments(&page(&filter)).await.unwrap().moments;
        for limit in 1..all.len() + 2 {
            let found = store.list_moments(&LogPage { limit, ..page(&filter) }).await.unwrap();
            assert_eq!(found.moments, all[..limit.min(all.len())], "{text} {limit}");
            assert_eq!(found.incomplete, limit < all.len(), "{text} {limit}");
        }
    }
}

/// More Logs than are looked at at first: of 150, every fiftieth fits.
async fn a_page_is_filled_from_far_behind(store: SharedStore) {
    let log = |n: i64| {
        // Ids and dates in one order; two Logs of each date.
        let mut log = a_log(Box::leak(format!("{n:03}").into_boxed_str()), Some((n, n / 2)), None);
        log.body = rawdoc! { "n": n % 50, "text": if n % 50 == 0 { "yes" } else { "no" } };
        log.encoded()
    };
    store.insert_logs(&Arc::from((0..150).map(log).collect::<Vec<_>>())).await.unwrap();
    for text in ["request.n = 0", "request.text contains yes", "branch = K1 and request.n < 1 and date >= 1970-01-01T00:00:00Z"] {
        let filter: Filter = text.parse().unwrap();
        for limit in [1, 2] {
            let (mut after, mut n_found) = (None, 0);
            loop {
                let page = LogPage { filter: &filter, limit, after, scan_limit: 1000 };
                let found = store.list_logs(&page).await.unwrap();
                assert!(!found.incomplete && (found.logs.len() == limit || found.next.is_none()), "{text}");
                n_found += found.logs.len();
                after = found.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(n_found, 3, "{text} {limit}");
            let later = store.list_later_logs(&LogPage { filter: &filter, limit, after: None, scan_limit: 1000 }).await.unwrap();
            assert_eq!((later.logs.len(), later.next.is_some()), (limit, true), "{text} {limit}");
        }
        // Where a limit ends the search, it goes on from there.
        let (mut after, mut n_pages, mut n_found) = (None, 0, 0);
        loop {
            let found = store.list_logs(&LogPage { filter: &filter, limit: 9, after, scan_limit: 40 }).await.unwrap();
            (n_pages, n_found) = (n_pages + 1, n_found + found.logs.len());
            assert_eq!(found.incomplete, found.next.is_some(), "{text}");
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!((n_pages, n_found), (4, 3), "{text}");
    }
}

async fn parts_of_logs_are_what_the_logs_say(store: SharedStore) {
    fill(&store).await;
    // One leads through the date, which is wanted anyway, and one through another.
    let paths = ["branch", "request.method", "verdict", "verdict.score", "date.none"];
    for text in ["", "request.method = A", "request.n > 1", "request.method contains A", "branch = X"] {
        let (filter, mut after) = (text.parse().unwrap(), None);
        loop {
            let page = LogPage { limit: 3, after, ..page(&filter) };
            let (whole, parts) = (store.list_logs(&page).await.unwrap(), store.list_log_parts(&page, &paths).await.unwrap());
            let told = |log: &RawDocumentBuf| {
                let inner = |object: &str, name: &str| log.get_document(object).ok()?.get(name).ok()?.map(|value| format!("{value:?}"));
                let own = (log.get_object_id("_id").ok(), log.get_datetime("date").ok(), log.get_str("branch").ok().map(str::to_owned));
                (own, inner("request", "method"), inner("verdict", "score"))
            };
            let all = |found: &[RawDocumentBuf]| found.iter().map(told).collect::<Vec<_>>();
            assert_eq!((all(&parts.logs), parts.next, parts.incomplete), (all(&whole.logs), whole.next, whole.incomplete), "{text}");
            after = whole.next;
            if after.is_none() {
                break;
            }
        }
    }
}

async fn later_logs_come_in_order(store: SharedStore) {
    fill(&store).await;
    for text in ["", "request.method = B", "branch = K1 and request.n contains z", "request.n > 1 and server = S"] {
        let filter: Filter = text.parse().unwrap();
        let mut listed = store.list_logs(&page(&filter)).await.unwrap().logs;
        listed.retain(|log| log.get_datetime("date").is_ok());
        listed.reverse();
        let later = store.list_later_logs(&page(&filter)).await.unwrap();
        assert_eq!((&later.logs, later.next, later.incomplete), (&listed, None, false), "{text}");
        // From any place on, in pages of two.
        let (mut walked, mut after) = (Vec::new(), None);
        loop {
            let found = store.list_later_logs(&LogPage { filter: &filter, limit: 2, after, scan_limit: 100 }).await.unwrap();
            assert!(found.logs.len() <= 2);
            walked.extend(found.logs);
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(walked, listed, "{text}");
        if let Some(last) = listed.last() {
            let beyond = LogPage { after: Some(cursor(last)), ..page(&filter) };
            assert!(store.list_later_logs(&beyond).await.unwrap().logs.is_empty(), "{text}");
        }
    }
    // A scan that ends before anything was found says that there may be more.
    let filter: Filter = "request.n = 9".parse().unwrap();
    let found = store.list_later_logs(&LogPage { filter: &filter, limit: 5, after: None, scan_limit: 3 }).await.unwrap();
    assert!(found.logs.is_empty() && found.incomplete && found.next.is_some());
    // From where it ended one goes on, three at a time, to the one that fits.
    let (mut after, mut walked) = (None, Vec::new());
    loop {
        let found = store.list_later_logs(&LogPage { filter: &filter, limit: 5, after, scan_limit: 3 }).await.unwrap();
        walked.extend(found.logs);
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(walked, store.list_later_logs(&page(&filter)).await.unwrap().logs);
    assert_eq!(walked.len(), 1);
    let nobody = LogCursor { date: bson::DateTime::from_millis(i64::MAX), id: LogId(ObjectId::from_bytes([0; 12])) };
    let beyond = LogPage { after: Some(nobody), ..page(&Filter::All) };
    assert!(store.list_later_logs(&beyond).await.unwrap().logs.is_empty());
}
