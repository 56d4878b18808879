//! What branches send over real connections: who may, what is taken, what is answered, what is counted.

use std::io::Write;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::*;
use crate::{domain::FileState, query::Filter, store::LogPage, usecase::ingest_keys::NewKeyError};

/// Requests and answers of the exchanges with these numbers; every third fails.
pub(super) fn records(numbers: impl Iterator<Item = u32>, request: bool, response: bool) -> String {
    let mut text = String::new();
    for n in numbers {
        let second = n % 60;
        if request {
            text.push_str(&format!(
                "=> BarsScheduler at 5/8/2016 7:17:{second:02} AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\nInput = {{\"method\":\"CloseSession\",\"message_id\":\"M-{n}\"}}\n"
            ));
        }
        if response {
            let body = if n % 3 == 0 { "\"status\":\"ERROR\",\"error\":\"register is closed\"" } else { "\"status\":\"OK\"" };
            text.push_str(&format!(
                "<= BarsScheduler at 5/8/2016 7:17:{second:02} AM: to 10.7.73.12\nOutput = {{{body},\"message_id\":\"M-{n}\"}}\n"
            ));
        }
    }
    text
}

pub(super) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

impl Pages {
    /// A new key of this branch.
    pub(super) fn key(&self, branch: &str) -> String {
        let branch = branch.parse().unwrap();
        self.runtime.block_on(self.services.add_ingest_key(&branch, "test", "olena", DateTime::now())).unwrap().to_string()
    }

    /// Posts a body for branch K01.
    pub(super) fn send(&self, key: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let bearer = format!("Bearer {key}");
        let all = [&[("Authorization", bearer.as_str())], headers].concat();
        http::exchange(&self.address, &http::request("POST", "/api/v1/branches/K01/logs", &all, body))
    }

    pub(super) fn n_logs(&self, filter: &str) -> usize {
        let filter: Filter = filter.parse().unwrap();
        let page = LogPage { filter: &filter, limit: 100_000, after: None, scan_limit: usize::MAX };
        self.runtime.block_on(self.services.store.list_logs(&page)).unwrap().logs.len()
    }
}

pub(super) fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}{}", answer.head, answer.body))
}

/// Received, new, already known, paired, quarantined, errors known, errors unknown.
pub(super) fn counts(answer: &Answer) -> [i64; 7] {
    assert_eq!(answer.status, 200, "{}{}", answer.head, answer.body);
    let answer = json(answer);
    ["received", "new", "already_known", "paired", "quarantined", "errors_known", "errors_unknown"]
        .map(|name| answer[name].as_i64().unwrap())
}

#[test]
fn only_a_key_of_the_branch_lets_in() {
    let pages = Pages::empty(|_| ());
    let (good, other, revoked) = (pages.key("K01"), pages.key("L02"), pages.key("K01"));
    pages.runtime.block_on(pages.services.end_ingest_key(&revoked[..12], DateTime::now())).unwrap();
    let unknown = crate::domain::IngestKey::text("00000000", &"0".repeat(64));
    for (key, status, code) in [
        (good.as_str(), 200, Value::Null),
        ("", 401, "unauthenticated".into()),
        ("lhk_", 401, "unauthenticated".into()),
        (&unknown, 401, "unauthenticated".into()),
        (&revoked, 401, "unauthenticated".into()),
        (&good.replace(['0', '1', '2', '3', '4', '5', '6', '7'], "8"), 401, "unauthenticated".into()),
        (&other, 403, "forbidden".into()),
    ] {
        let answer = pages.send(key, &[], b"");
        assert_eq!((answer.status, json(&answer)["code"].clone()), (status, code), "{key}");
        assert!(status == 200 || json(&answer)["request_id"].is_string());
    }
    // As the password of a branch, as log shippers say it.
    for (user, key, status) in [("K01", &good, 200), ("", &good, 200), ("L02", &good, 403), ("K01", &other, 403), ("K01", &revoked, 401)] {
        let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{key}")));
        let request = http::request("POST", "/api/v1/branches/K01/logs", &[("Authorization", &basic)], b"");
        assert_eq!(http::exchange(&pages.address, &request).status, status, "{user}");
    }
    // A session of a person is no key.
    let cookie = pages.sign_in("administrator", Role::SystemAdministrator, &[]);
    assert_eq!(
        http::exchange(&pages.address, &http::request("POST", "/api/v1/branches/K01/logs", &[("Cookie", &cookie)], b"")).status,
        401
    );
}

#[test]
fn a_rotated_key_and_the_new_one_are_both_taken_for_a_while() {
    let pages = Pages::empty(|_| ());
    let old = pages.key("K01");
    let rotate = |overlap| pages.runtime.block_on(pages.services.rotate_ingest_key(&old[..12], "olena", overlap, DateTime::now()));
    let new = rotate(Duration::from_secs(3600)).unwrap().unwrap().to_string();
    assert_eq!([pages.send(&old, &[], b"").status, pages.send(&new, &[], b"").status], [200, 200]);
    let newest = rotate(Duration::ZERO).unwrap().unwrap().to_string();
    assert_eq!([pages.send(&old, &[], b"").status, pages.send(&newest, &[], b"").status], [401, 200]);
    // Who was shut out stays so, and nobody is let in for ever.
    assert!(matches!(rotate(Duration::ZERO), Err(NewKeyError::Ended)));
    let year_and_more = Duration::from_secs(10_000 * 3600);
    let rotated = pages.runtime.block_on(pages.services.rotate_ingest_key(&new[..12], "olena", year_and_more, DateTime::now()));
    assert!(matches!(rotated, Err(NewKeyError::Overlap)));
}

#[test]
fn envelopes_that_cannot_be_opened_are_refused_and_nothing_is_kept() {
    let pages = Pages::empty(|config| config.server.max_upload_bytes = 100 << 20);
    let key = pages.key("K01");
    let whole = gzip(records(0..5000, true, true).as_bytes());
    let bomb = zstd::encode_all(vec![b'x'; 80 << 20].as_slice(), 3).unwrap();
    let twice = gzip(&gzip(records(0..10, true, true).as_bytes()));
    let long = "k".repeat(300);
    for (headers, body, status, code) in [
        (("Content-Type", "image/png"), b"x".as_slice(), 415, "unsupported_media_type"),
        (("Content-Type", "multipart/form-data; boundary=b"), b"x", 415, "unsupported_media_type"),
        (("Content-Encoding", "br"), b"x", 415, "unsupported_media_type"),
        (("Content-Encoding", "gzip"), b"no gzip", 400, "malformed"),
        (("Content-Encoding", "gzip"), &whole[..whole.len() / 2], 400, "malformed"),
        (("Content-Encoding", "zstd"), &whole, 400, "malformed"),
        (("Content-Encoding", "zstd"), &bomb, 413, "too_large"),
        (("Content-Encoding", "identity"), &bomb, 413, "too_large"),
        (("Content-Encoding", "gzip"), &twice, 400, "malformed"),
        (("Idempotency-Key", &long), b"x", 400, "malformed"),
    ] {
        let answer = pages.send(&key, &[headers], body);
        assert_eq!((answer.status, json(&answer)["code"].as_str()), (status, Some(code)), "{headers:?}: {}", answer.body);
    }
    assert_eq!((pages.n_logs(""), std::fs::read_dir(pages.services.spool_dir()).map_or(0, Iterator::count)), (0, 0));
}

#[test]
fn bodies_of_every_kind_and_size_are_counted_and_a_replay_changes_nothing() {
    let pages = Pages::empty(|_| ());
    let key = pages.key("K01");
    let text = |from: u32, n: u32| records(from..from + n, true, true).into_bytes();
    let line = |n: u32| format!("{{\"time\":\"2024-01-01T00:00:{:02}Z\",\"level\":\"INFO\",\"message\":\"m {n}\"}}", n % 60);
    let lines = |from: u32, n: u32, between: &str| (from..from + n).map(line).collect::<Vec<_>>().join(between);
    let zstd = |bytes: Vec<u8>| zstd::encode_all(bytes.as_slice(), 3).unwrap();
    let json_type = ("Content-Type", "application/json");
    // Headers, body, records, Logs.
    type Case<'a> = (Vec<(&'a str, &'a str)>, Vec<u8>, i64, i64);
    let cases: Vec<Case<'_>> = vec![
        (vec![("Content-Type", "text/plain")], text(0, 10), 20, 10),
        (vec![], text(100, 1000), 2000, 1000),
        (vec![("Content-Encoding", "gzip")], gzip(&text(2000, 10)), 20, 10),
        (vec![("Content-Encoding", "gzip")], gzip(&text(3000, 6000)), 12_000, 6000),
        (vec![("Content-Type", "application/gzip")], gzip(&text(10_000, 10)), 20, 10),
        (vec![("Content-Encoding", "zstd")], zstd(text(11_000, 3000)), 6000, 3000),
        (vec![("Content-Encoding", "identity")], gzip(&text(15_000, 10)), 20, 10),
        (vec![("Content-Type", "application/x-ndjson")], lines(0, 10, "\n").into_bytes(), 10, 10),
        (vec![json_type], format!("[{}]", lines(10, 10, ",")).into_bytes(), 10, 10),
        (vec![json_type], format!("[{}]", lines(20, 2000, ",\n")).into_bytes(), 2000, 2000),
        (vec![json_type], line(5000).replace(',', ",\n").into_bytes(), 1, 1),
        (vec![], Vec::new(), 0, 0),
    ];
    let mut n_logs = 0;
    for (headers, body, n_records, n) in &cases {
        let first = counts(&pages.send(&key, headers, body));
        assert_eq!((first[0], first[1], first[2], first[3], first[4]), (*n_records, *n, 0, 0, 0), "{headers:?} {}", body.len());
        n_logs += n;
        let again = counts(&pages.send(&key, headers, body));
        assert_eq!((again[0], again[1], again[2], again[3]), (*n_records, 0, *n, 0), "{headers:?} {}", body.len());
    }
    assert_eq!(pages.n_logs("") as i64, n_logs);
    assert_eq!(std::fs::read_dir(pages.services.spool_dir()).map_or(0, Iterator::count), 0);
    let answer = pages.send(&key, &[("Idempotency-Key", "post-1")], b"");
    assert_eq!(answer.header("Idempotency-Key"), "post-1");
}

#[test]
fn halves_meet_across_requests_in_either_order() {
    let pages = Pages::empty(|_| ());
    let key = pages.key("K01");
    let send = |text: String| counts(&pages.send(&key, &[], text.as_bytes()));
    assert_eq!(send(records(0..10, true, false))[..4], [10, 10, 0, 0]);
    assert_eq!(send(records(20..30, false, true))[..4], [10, 10, 0, 0]);
    assert_eq!(send(records(0..10, false, true))[..4], [10, 0, 0, 10]);
    assert_eq!(send(records(20..30, true, false))[..4], [10, 0, 0, 10]);
    assert_eq!(send(records(0..10, true, true))[..4], [20, 0, 10, 0]);
    assert_eq!((pages.n_logs("state = complete"), pages.n_logs("")), (20, 20));
}

#[test]
fn what_cannot_be_read_is_kept_and_spoils_no_neighbour() {
    let pages = Pages::empty(|_| ());
    let key = pages.key("K01");
    let (before, after) = (records(0..500, true, true), records(500..1000, true, true));
    for bad in
        [b"no record at all\n".to_vec(), b"\xFF\xFE\x00 bytes\n".to_vec(), b"=> Bars at 99/99/9999: from\nInput = {\"a\":\n".to_vec()]
    {
        let body = [before.as_bytes(), &bad, after.as_bytes()].concat();
        let counted = counts(&pages.send(&key, &[], &body));
        assert!(counted[0] >= 2000 && counted[1] + counted[2] >= 1000, "{counted:?}");
    }
    assert_eq!(pages.n_logs("state = complete"), 1000);
    let garbage = counts(&pages.send(&key, &[], b"neither this\nnor that\n"));
    assert_eq!((garbage[0], garbage[1], garbage[4] > 0), (0, 0, true));
    let long = [b"x".repeat(3 << 20), before.into_bytes()].concat();
    assert_eq!(counts(&pages.send(&key, &[], &long))[1..3], [0, 500]);
    let broken = "[{\"message\":\"one\"},\n{\"message\":\"open},\n{\"message\":\"two\"}]";
    let counted = counts(&pages.send(&key, &[("Content-Type", "application/json")], broken.as_bytes()));
    assert_eq!((counted[1], counted[4]), (2, 1));
}

#[test]
fn known_errors_are_answered_each_once_and_told_to_the_branch_once() {
    let pages = Pages::empty(|_| ());
    let key = pages.key("K01");
    let first = counts(&pages.send(&key, &[], records(0..30, true, true).as_bytes()));
    assert_eq!((first[5], first[6]), (0, 10));
    let group = pages.runtime.block_on(pages.services.store.list_log_errors(None, 10)).unwrap().remove(0);
    let approval = Approval {
        group: group.id,
        status: StatusChoice::New(crate::domain::StatusError::new(StatusCode(10), "Register")),
        title: "Register is closed".to_owned(),
        text: group.message,
        keywords: Vec::new(),
        answers: vec!["Open the register.".to_owned()],
        ways: Ways::default(),
        by: "olena".to_owned(),
    };
    pages.runtime.block_on(approve(&pages.services, approval, DateTime::now())).unwrap();
    let answer = pages.send(&key, &[], records(30..60, true, true).as_bytes());
    assert_eq!((counts(&answer)[5], counts(&answer)[6]), (10, 0));
    let advice = json(&answer)["advice"].clone();
    assert_eq!((advice.as_array().unwrap().len(), &advice[0]["answers"][0]["text"]), (1, &"Open the register.".into()));
    let ask = |since: &str, key: &str| {
        let bearer = format!("Bearer {key}");
        let path = format!("/api/v1/branches/K01/advice{since}");
        http::exchange(&pages.address, &http::request("GET", &path, &[("Authorization", &bearer)], b""))
    };
    let told = json(&ask("", &key));
    assert_eq!((told["advice"].as_array().unwrap().len(), &told["next"], &told["more"]), (1, &"1".into(), &false.into()));
    assert_eq!(json(&ask("?since=1", &key))["advice"].as_array().unwrap().len(), 0);
    // A place that was never given, as after a store was restored, is no reason to hear nothing for ever.
    assert_eq!(json(&ask("?since=999", &key))["next"], "1");
    assert_eq!([ask("?since=x", &key).status, ask("", &pages.key("L02")).status, ask("", "").status], [400, 403, 401]);
}

#[test]
fn errors_of_a_large_post_are_counted_soon_and_then_its_record_is_closed() {
    let pages = Pages::empty(|_| ());
    let key = pages.key("K01");
    let large = records(0..3000, true, true);
    assert_eq!(counts(&pages.send(&key, &[], large.as_bytes()))[1], 3000);
    // Sent again in the moment between, it is known all the same.
    assert_eq!(counts(&pages.send(&key, &[], large.as_bytes()))[1..3], [0, 3000]);
    let store = &pages.services.store;
    let begun = std::time::Instant::now();
    let settled = || {
        let groups = pages.runtime.block_on(store.list_log_errors(None, 10)).unwrap();
        let files = pages.runtime.block_on(store.list_log_files(None, 10)).unwrap();
        let posted = files.iter().find(|file| !file.is_stream()).unwrap().clone();
        (groups.iter().map(|group| group.count).sum::<i64>(), posted.state, posted.outcome.errors_unknown)
    };
    while settled() != (1000, FileState::Done, 1000) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", settled());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_ledger_counts_what_was_sent_and_survives_a_replay() {
    let pages = Pages::empty(|_| ());
    let key = pages.key("K01");
    for body in [records(0..30, true, false), records(0..30, false, true), records(0..30, true, true)] {
        pages.send(&key, &[], body.as_bytes());
    }
    pages.send(&key, &[], b"garbage\n");
    let large = records(1000..3000, true, true);
    pages.send(&key, &[], large.as_bytes());
    pages.send(&key, &[], large.as_bytes());
    let ledger = || {
        let ledger = pages.runtime.block_on(pages.services.store.sum_ledger(None, DateTime::from_millis(0))).unwrap();
        ledger.days.into_values().fold(crate::domain::LedgerCounts::default(), |mut sum, day| {
            sum.add(&day);
            sum
        })
    };
    while ledger().quarantined == 0 {
        std::thread::sleep(Duration::from_millis(50));
    }
    let counts = ledger();
    assert_eq!((counts.received, counts.parsed, counts.duplicate), (120 + 8000, 90 + 4000, 30 + 2000));
    assert_eq!((counts.paired, counts.quarantined), (30 + 2000, 1));
    assert_eq!(pages.n_logs("") as i64, counts.parsed - counts.duplicate - 30);
    assert!(pages.runtime.block_on(pages.services.store.list_ingest_keys(None)).unwrap()[0].last_used_at.is_some());
}

#[test]
fn quarantined_bytes_are_shown_escaped_and_read_again_when_they_can_be() {
    let pages = Pages::empty(|_| ());
    let key = pages.key("K01");
    pages.send(&key, &[], b"<script>alert(1)</script>\n");
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let pieces = || pages.runtime.block_on(pages.services.store.list_quarantine_page(None, None, 10)).unwrap();
    let piece = pieces().remove(0);
    let of_another = pages.get(&analyst, "/quarantine?branch=L02").body;
    assert!(of_another.contains("Nothing of this branch is in quarantine.") && !of_another.contains("The quarantine is empty."));
    let shown = pages.get(&analyst, &format!("/quarantine/{}", piece.id));
    assert!(
        shown.body.contains("&#60;script&#62;") && !shown.body.contains("<script>alert") && shown.body.contains("3c 73 63 72"),
        "{}",
        shown.body
    );
    let replay = |id: &str| pages.post(&analyst, &format!("/quarantine/{id}/replay"), &[("csrf", CSRF)]).header("Location").to_owned();
    assert_eq!(replay(&piece.id.to_string()), format!("/quarantine/{}?done=unreadable", piece.id));
    // As if a format had been mended: the bytes are records now.
    let mended = crate::domain::Quarantined {
        id: crate::domain::Quarantined::id_for(&piece.log_file_id, 999),
        raw: bson::Binary { subtype: bson::spec::BinarySubtype::Generic, bytes: records(0..3, true, true).into_bytes() },
        size_bytes: records(0..3, true, true).len() as i64,
        ..piece.clone()
    };
    pages.runtime.block_on(pages.services.store.insert_quarantined(std::slice::from_ref(&mended))).unwrap();
    assert_eq!(replay(&mended.id.to_string()), "/quarantine?done=3");
    assert_eq!((pages.n_logs("state = complete"), pieces().len()), (3, 1));
    let cut =
        crate::domain::Quarantined { id: crate::domain::Quarantined::id_for(&piece.log_file_id, 1000), size_bytes: 1 << 30, ..mended };
    pages.runtime.block_on(pages.services.store.insert_quarantined(std::slice::from_ref(&cut))).unwrap();
    assert_eq!(replay(&cut.id.to_string()), format!("/quarantine/{}?done=cut", cut.id));
}

#[test]
fn lines_that_are_read_again_stand_where_they_stood() {
    let pages = Pages::empty(|_| ());
    let key = pages.key("K01");
    let line = "{\"level\":\"INFO\",\"message\":\"opened\"}\n";
    let send = |body: &str, offset: i64| {
        pages.send(&key, &[("LogHelper-Source", "bars"), ("LogHelper-Offset", &offset.to_string())], body.as_bytes())
    };
    assert_eq!(counts(&send("no record\n", 500))[4], 1);
    let store = &pages.services.store;
    let piece = pages.runtime.block_on(store.list_quarantine_page(None, None, 10)).unwrap().remove(0);
    assert_eq!(piece.stretch, Some(crate::domain::Stretch::of_file("bars", 500)));
    // As if a format had been mended: lines that say the same and stand at two places of a file.
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    for offset in [0, line.len() as i64] {
        let mended = crate::domain::Quarantined {
            id: crate::domain::Quarantined::id_for(&piece.log_file_id, 1000 + offset),
            raw: bson::Binary { subtype: bson::spec::BinarySubtype::Generic, bytes: line.as_bytes().to_vec() },
            size_bytes: line.len() as i64,
            stretch: Some(crate::domain::Stretch::of_file("bars", offset)),
            ..piece.clone()
        };
        pages.runtime.block_on(store.insert_quarantined(std::slice::from_ref(&mended))).unwrap();
        let answer = pages.post(&analyst, &format!("/quarantine/{}/replay", mended.id), &[("csrf", CSRF)]);
        assert_eq!(answer.header("Location"), "/quarantine?done=1");
    }
    assert_eq!(pages.n_logs(""), 2);
    // Their sender, who heard no answer, sends them once more.
    assert_eq!(counts(&send(&line.repeat(2), 0))[1..3], [0, 2]);
}

#[test]
fn clocks_that_are_decades_off_break_no_page() {
    let pages = Pages::empty(|_| ());
    let key = pages.key("K01");
    for date in ["1/1/1901", "5/8/2016", "5/8/2099", "12/30/9999"] {
        let text = records(0..3, true, true).replace("5/8/2016", date).replace("M-", date);
        assert_eq!(counts(&pages.send(&key, &[], text.as_bytes()))[1], 3, "{date}");
    }
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let store = &pages.services.store;
    let begun = std::time::Instant::now();
    let group = loop {
        let group = pages.runtime.block_on(store.list_log_errors(None, 10)).unwrap().into_iter().find(|group| group.count == 4);
        match group {
            Some(group) => break group,
            None => assert!(begun.elapsed() < Duration::from_secs(60), "the errors are not counted"),
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let all = pages.runtime.block_on(store.list_logs(&LogPage { filter: &"".parse().unwrap(), limit: 100, after: None, scan_limit: 100 }));
    let logs = all.unwrap().logs.into_iter().map(|log| format!("/logs/{}", log.get_object_id("_id").unwrap().to_hex()));
    let own = ["/", "/logs", "/errors?state=all", "/branches", "/branches/K01", "/efficiency", "/files"];
    let own = own.into_iter().map(str::to_owned).chain([format!("/errors/{}", group.id), "/api/v1/logs/histogram".to_owned()]);
    for path in own.chain(logs) {
        assert_eq!(pages.get(&analyst, &path).status, 200, "{path}");
    }
}
