//! Lines that say the same, without a moment or an id of their own: of two deliveries they are two, of one that comes again they are
//! known.

use serde_json::{Value, json};

use crate::{
    poster::{Office, records, send},
    support::{Place, mongodb_uri},
};

const LINE: &str = "{\"level\":\"error\",\"message\":\"connection refused\"}\n";

/// An exchange in the branch format that names no id.
const EXCHANGE: &str = "=> S at 5/8/2016 7:17:45 AM: from 10.0.0.1; RequestType = POST;\nInput = {\"method\":\"Ping\"}\n\
    <= S at 5/8/2016 7:17:45 AM: to 10.0.0.1\nOutput = {\"status\":\"OK\"}\n";

impl Office<'_> {
    /// Posts with these headers; status, new and already known Logs.
    fn post(&self, headers: &[(&str, &str)], body: &[u8]) -> (u16, i64, i64) {
        let (status, said) = send(&self.server.address, "/api/v1/branches/K1/logs", &self.key, headers, body).unwrap();
        let said: Value = serde_json::from_str(&said).unwrap();
        (status, said["new"].as_i64().unwrap_or(-1), said["already_known"].as_i64().unwrap_or(-1))
    }

    fn n_logs(&self) -> usize {
        self.place.ok(&["query", "", "--limit", "100000"]).len()
    }
}

fn equal_lines_are_told_apart(place: &Place) {
    let office = Office::new(place);
    let lines = |n: usize| LINE.repeat(n).into_bytes();
    let file = |file: &'static str, offset: &'static str| vec![("LogHelper-Source", file), ("LogHelper-Offset", offset)];
    let named = |key: &'static str| vec![("Idempotency-Key", key)];
    let three: &str = (LINE.len() * 3).to_string().leak();
    let many: &str = (LINE.len() * 2000).to_string().leak();
    let exchange = b"{\"message_id\":\"E-1\",\"request\":{\"method\":\"A\"},\"response\":{\"status\":\"OK\"}}\n".to_vec();
    let exchanges = |n: usize| EXCHANGE.repeat(n).into_bytes();
    let after_two: &str = (EXCHANGE.len() * 2).to_string().leak();
    for (what, headers, body, expected) in [
        ("without a source, the first time", vec![], lines(3), (200, 3, 0)),
        ("without a source, again", vec![], lines(3), (200, 0, 3)),
        ("the first batch of a file", file("a", "0"), lines(3), (200, 3, 0)),
        ("the same batch again", file("a", "0"), lines(3), (200, 0, 3)),
        ("the second batch of the file", file("a", three), lines(3), (200, 3, 0)),
        ("the file of another host", file("b", "0"), lines(3), (200, 3, 0)),
        ("the first file in one batch", file("a", "0"), lines(6), (200, 0, 6)),
        ("and grown since", file("a", "0"), lines(7), (200, 1, 6)),
        ("a delivery", named("k1"), lines(3), (200, 3, 0)),
        ("the delivery again", named("k1"), lines(3), (200, 0, 3)),
        ("another delivery", named("k2"), lines(3), (200, 3, 0)),
        ("a key beside a source", [file("a", "0"), named("k3")].concat(), lines(7), (200, 0, 7)),
        ("a large batch", file("c", "0"), lines(2000), (200, 2000, 0)),
        ("a large batch again", file("c", "0"), lines(2000), (200, 0, 2000)),
        ("the next large batch", file("c", many), lines(2000), (200, 2000, 0)),
        ("a part of the large one", file("c", three), lines(5), (200, 0, 5)),
        ("exchanges with ids", named("k4"), records(0..5, true, true), (200, 5, 0)),
        ("the exchanges in another delivery", named("k5"), records(0..5, true, true), (200, 0, 5)),
        ("an object with an id", named("k6"), exchange.clone(), (200, 1, 0)),
        ("the object in another delivery", named("k7"), exchange, (200, 0, 1)),
        ("records without ids, of a file", file("d", "0"), exchanges(2), (200, 2, 0)),
        ("the same that follow", file("d", after_two), exchanges(2), (200, 2, 0)),
        ("both in one batch", file("d", "0"), exchanges(4), (200, 0, 4)),
        ("records without ids and source", vec![], exchanges(1), (200, 1, 0)),
        ("the same that follow without source", vec![], exchanges(1), (200, 0, 1)),
        ("an offset that is none", file("a", "-1"), lines(1), (400, -1, -1)),
    ] {
        assert_eq!(office.post(&headers, &body), expected, "{what}");
    }
    assert_eq!(office.n_logs(), 3 + 3 + 3 + 3 + 1 + 3 + 3 + 4000 + 5 + 1 + 4 + 1);
}

/// The body of Loki's push: the same line at the same moment from this host.
fn push(host: &str) -> Vec<u8> {
    let stream = json!({ "stream": { "job": "gate", "host": host }, "values": [["1500000000000000000", "connection refused"]] });
    json!({ "streams": [stream] }).to_string().into_bytes()
}

fn equal_lines_of_two_hosts_are_two(place: &Place) {
    let office = Office::new(place);
    for host in ["k01", "k02", "k01"] {
        let headers = [("Content-Type", "application/json")];
        let (status, said) = send(&office.server.address, "/loki/api/v1/push", &office.key, &headers, &push(host)).unwrap();
        assert_eq!(status, 204, "{said}");
    }
    assert_eq!(office.n_logs(), 2);
}

#[test]
fn equal_lines_of_two_deliveries_are_two_in_sqlite() {
    equal_lines_are_told_apart(&Place::new(None));
    equal_lines_of_two_hosts_are_two(&Place::new(None));
}

#[test]
fn equal_lines_of_two_deliveries_are_two_in_mongodb() {
    let Some(uri) = mongodb_uri() else { return };
    equal_lines_are_told_apart(&Place::new(Some(uri.clone())));
    equal_lines_of_two_hosts_are_two(&Place::new(mongodb_uri()));
}
