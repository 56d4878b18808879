//! The doors of log shippers over real connections: who may, what their clients are answered, what becomes of what they send.

use serde_json::json;

use super::*;
use crate::api::{self, Access};

impl Pages {
    fn ship(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        http::exchange(&self.address, &http::request("POST", path, headers, body))
    }
}

/// The doors that need a key, their patterns filled.
fn doors() -> Vec<(&'static str, String)> {
    let is_door =
        |address: &&api::Address| address.access == Access::IngestionKey && !address.path.starts_with("/api/") && address.method != "HEAD";
    let with_key = api::ALL.iter().filter(is_door);
    with_key.map(|address| (address.method.as_str(), address.path.replace("{index}", "logs"))).collect()
}

#[test]
fn every_door_needs_the_key_of_the_branch_that_is_named() {
    let pages = Pages::empty(|_| ());
    let key = pages.key("K01");
    let cookie = pages.sign_in("administrator", Role::SystemAdministrator, &[]);
    let basic = |branch: &str, key: &str| {
        let text = format!("{branch}:{key}");
        format!("Basic {}", base64::Engine::encode(&base64::prelude::BASE64_STANDARD, text))
    };
    let bearer = format!("Bearer {key}");
    let revoked = pages.key("K01");
    pages.runtime.block_on(pages.services.end_ingest_key(&revoked[..12], DateTime::now())).unwrap();
    assert!(!doors().is_empty());
    for (method, path) in doors() {
        let status = |headers: &[(&str, &str)]| http::exchange(&pages.address, &http::request(method, &path, headers, b"")).status;
        let admitted = |status: u16| status != 401 && status != 403 && status != 303;
        assert!(admitted(status(&[("Authorization", &bearer)])), "{method} {path}");
        assert!(admitted(status(&[("Authorization", &basic("K01", &key))])), "{method} {path}");
        assert_eq!(status(&[("Authorization", &basic("L02", &key))]), 403, "{method} {path}");
        for headers in [
            ("Authorization", "Bearer lhk_none"),
            ("Authorization", "Basic none"),
            ("Authorization", &basic("K01", &revoked)),
            ("Authorization", &basic("K01", "")),
        ] {
            assert_eq!(status(&[headers]), 401, "{method} {path} {headers:?}");
        }
        if path != "/" {
            assert_eq!([status(&[]), status(&[("Cookie", &cookie)])], [401, 401], "{method} {path}");
        }
    }
}

#[test]
fn loki_clients_are_answered_as_loki_answers() {
    let pages = Pages::empty(|config| config.server.max_upload_bytes = 1 << 20);
    let bearer = format!("Bearer {}", pages.key("K01"));
    let push = |headers: &[(&str, &str)], body: &[u8]| {
        pages.ship("/loki/api/v1/push", &[&[("Authorization", bearer.as_str())], headers].concat(), body)
    };
    let kind = ("Content-Type", "application/json");
    let body = json!({ "streams": [{ "stream": { "job": "bars" }, "values": [
        ["1500000000000000000", "level one", { "trace": "t" }], ["1500000000000000001", "two"], ["no time", "three"], "none", ["5"],
    ] }] });
    let body = body.to_string();
    assert_eq!(push(&[kind, ("X-Scope-OrgID", "K01")], body.as_bytes()).status, 204);
    assert_eq!(push(&[kind], body.as_bytes()).status, 204);
    assert_eq!(pages.n_logs(""), 3);
    assert_eq!(pages.n_logs("request.metadata.trace = t and request.labels.job = bars"), 1);
    // The three entries that are none stand together.
    assert_eq!(pages.runtime.block_on(pages.services.store.list_quarantine_page(None, None, 10)).unwrap().len(), 1);
    let large = vec![b' '; 2 << 20];
    for (headers, body, status) in [
        (vec![kind, ("X-Scope-OrgID", "L02")], body.as_bytes(), 403),
        (vec![kind], b"{\"streams\":", 400),
        (vec![kind], b"{}", 400),
        (vec![], b"no snappy", 400),
        (vec![("Content-Type", "text/plain")], b"", 415),
        (vec![kind, ("Content-Encoding", "br")], b"", 415),
        (vec![kind], &large, 413),
    ] {
        let answer = push(&headers, body);
        assert_eq!(answer.status, status, "{headers:?} {}", answer.body);
        assert!(answer.header("Content-Type").starts_with("text/plain"), "{}", answer.head);
    }
    assert_eq!(pages.get("", "/ready").status, 200);
}

#[test]
fn clients_of_elasticsearch_are_answered_as_it_answers_and_browsers_see_the_overview() {
    let pages = Pages::empty(|_| ());
    let basic = format!("Bearer {}", pages.key("K01"));
    let ask = |method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]| {
        http::exchange(&pages.address, &http::request(method, path, headers, body))
    };
    assert_eq!(ask("GET", "/", &[], b"").header("Location"), "/sign-in?next=%2F");
    for path in ["/", "/_license", "/_cluster/health", "/_cat/health"] {
        let answer = ask("GET", path, &[("Authorization", &basic)], b"");
        assert_eq!((answer.status, answer.header("X-Elastic-Product")), (200, "Elasticsearch"), "{path}");
    }
    let unknown = ask("GET", "/", &[("Authorization", "Basic eDp5")], b"");
    let said: serde_json::Value = serde_json::from_str(&unknown.body).unwrap();
    assert_eq!((unknown.status, &said["error"]["type"], &said["status"]), (401, &"security_exception".into(), &401.into()));
    let bulk =
        |path: &str, body: &str| ask("POST", path, &[("Authorization", &basic), ("Content-Type", "application/x-ndjson")], body.as_bytes());
    let body = "{\"index\":{}}\n{\"@timestamp\":\"2024-01-01T00:00:00Z\",\"message\":\"a\"}\n{\"create\":{\"_id\":\"7\"}}\n{\"message\":\n{\"delete\":{\"_id\":\"7\"}}\n";
    for _ in 0..2 {
        let answer = bulk("/bars/_bulk", body);
        let said: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        let items: Vec<_> = said["items"].as_array().unwrap().iter().map(|item| item.as_object().unwrap().iter().next().unwrap()).collect();
        let statuses: Vec<_> = items.iter().map(|(action, item)| (action.as_str(), item["status"].as_i64().unwrap())).collect();
        assert_eq!((answer.status, &said["errors"]), (200, &true.into()));
        assert_eq!(statuses, [("index", 201), ("create", 201), ("delete", 400)]);
    }
    assert_eq!((pages.n_logs(""), pages.n_logs("request.elastic.index = bars")), (1, 1));
    for (body, status) in [("", 200), ("{\"message\":\"no action\"}\n", 400)] {
        assert_eq!(bulk("/_bulk", body).status, status, "{body}");
    }
}

#[test]
fn failures_of_otlp_are_statuses_in_the_form_of_the_request_and_none_that_passes_is_final() {
    let pages = Pages::empty(|config| config.ingest.branch_bytes_per_minute = 100);
    let bearer = format!("Bearer {}", pages.key("K01"));
    let send = |headers: &[(&str, &str)], body: &[u8]| pages.ship("/v1/logs", headers, body);
    let (protobuf, json) = (("Content-Type", "application/x-protobuf"), ("Content-Type", "application/json; charset=utf-8"));
    let key = ("Authorization", bearer.as_str());
    let taken = send(&[key, protobuf], b"");
    assert_eq!((taken.status, taken.header("Content-Type"), taken.body.as_str()), (200, "application/x-protobuf", ""));
    let taken = send(&[key, json], b"{}");
    assert_eq!((taken.status, taken.header("Content-Type"), taken.body.as_str()), (200, "application/json", "{}"));
    let zeros = zstd::encode_all(vec![0; 40 << 20].as_slice(), 3).unwrap();
    for (headers, body, status, code) in [
        (vec![key, json], b"{".as_slice(), 400, 3),
        (vec![key, protobuf], b"{}", 400, 3),
        (vec![key, ("Content-Type", "text/plain")], b"", 415, 3),
        (vec![json], b"{}", 401, 16),
        (vec![key, json, ("Content-Encoding", "gzip")], b"none", 400, 3),
        (vec![key, json, ("Content-Encoding", "zstd")], &zeros, 413, 8),
        // What was sent before was more than the branch may send in a minute.
        (vec![key, json], b"{}", 429, 8),
        (vec![key, protobuf], b"", 429, 8),
    ] {
        let answer = send(&headers, body);
        let is_json = headers.contains(&json);
        let said = if is_json {
            serde_json::from_str::<serde_json::Value>(&answer.body).unwrap()["code"].as_i64()
        } else {
            answer.body.as_bytes().get(1).copied().map(i64::from)
        };
        assert_eq!((answer.status, said), (status, Some(code)), "{headers:?} {}", answer.body);
        assert_eq!(answer.header("Retry-After").is_empty(), status != 429);
    }
}

#[test]
fn a_large_batch_is_taken_whole_and_once_whatever_the_protocol() {
    let pages = Pages::empty(|_| ());
    let bearer = format!("Bearer {}", pages.key("K01"));
    let times = || (0..20_000_u64).map(|n| 1_500_000_000_000_000_000 + n * 1_000_000_000);
    let text = "a line of a log that is long enough to be one of many";
    let loki =
        json!({ "streams": [{ "stream": { "job": "a" }, "values": times().map(|n| json!([n.to_string(), text])).collect::<Vec<_>>() }] });
    let records: Vec<_> = times().map(|n| json!({ "timeUnixNano": n.to_string(), "body": { "stringValue": text } })).collect();
    let otlp = json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": records }] }] });
    let bulk: String = times().map(|n| format!("{{\"index\":{{}}}}\n{{\"ts\":{},\"message\":\"{text}\"}}\n", n / 1_000_000)).collect();
    let gelf: String =
        times().map(|n| format!("{{\"timestamp\":{},\"short_message\":\"{text}\",\"host\":\"h\"}}\n", n / 1_000_000_000)).collect();
    let kind = ("Content-Type", "application/json");
    let mut n_logs = 0;
    for (path, body, status) in
        [("/loki/api/v1/push", loki.to_string(), 204), ("/v1/logs", otlp.to_string(), 200), ("/_bulk", bulk, 200), ("/gelf", gelf, 202)]
    {
        n_logs += 20_000;
        for body in [body.clone().into_bytes(), zstd::encode_all(body.as_bytes(), 3).unwrap()] {
            let coding = if body.starts_with(b"{") { "" } else { "zstd" };
            let answer = pages.ship(path, &[("Authorization", &bearer), kind, ("Content-Encoding", coding)], &body);
            assert_eq!((answer.status, pages.n_logs("branch = K01")), (status, n_logs), "{path} {coding}");
        }
    }
    assert_eq!(std::fs::read_dir(pages.services.spool_dir()).map_or(0, Iterator::count), 0);
}

#[test]
fn bodies_of_shippers_that_cannot_be_run_here_are_taken() {
    let pages = Pages::empty(|_| ());
    let key = pages.key("K01");
    let text = format!("K01:{key}");
    let basic = format!("Basic {}", base64::Engine::encode(&base64::prelude::BASE64_STANDARD, text));
    let bearer = format!("Bearer {key}");
    let (protobuf, gzip) = (("Content-Type", "application/x-protobuf"), ("Content-Encoding", "gzip"));
    let json = ("Content-Type", "application/vnd.elasticsearch+x-ndjson; compatible-with=8");
    let (basic, bearer, tenant) = (("Authorization", basic.as_str()), ("Authorization", bearer.as_str()), ("X-Scope-OrgID", "K01"));
    for (n, (name, path, headers, status)) in (1_usize..).zip([
        ("alloy", "/loki/api/v1/push", vec![basic, tenant, protobuf], 204),
        ("vector", "/loki/api/v1/push", vec![basic, tenant, protobuf, ("Content-Encoding", "snappy")], 204),
        ("otel-collector", "/v1/logs", vec![bearer, protobuf, gzip], 200),
        ("fluent-bit", "/v1/logs", vec![bearer, protobuf, gzip], 200),
        ("filebeat", "/_bulk?filter_path=errors,items.*.error,items.*.status", vec![basic, json, gzip], 200),
        (
            "logstash",
            "/_bulk?filter_path=errors,items.*.error,items.*.status",
            vec![basic, ("Content-Type", "application/json"), gzip],
            200,
        ),
    ]) {
        let fixture = format!("{}/tests/fixtures/shippers/{name}.bin", env!("CARGO_MANIFEST_DIR"));
        let answer = pages.ship(path, &headers, &std::fs::read(fixture).unwrap());
        assert_eq!((answer.status, pages.n_logs("")), (status, 2 * n), "{name} {}", answer.body);
        assert_eq!(pages.n_logs("error.message = \"vault is closed\" and state = complete"), n, "{name}");
        assert_eq!(pages.n_logs("error.message contains \"register is closed: Київ\""), n, "{name}");
    }
}
