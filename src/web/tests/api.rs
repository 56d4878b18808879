//! The JSON API over real connections.

use serde_json::Value;

use super::*;

/// An answer's body as JSON.
fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}{}", answer.head, answer.body))
}

#[test]
fn every_answer_bears_an_id_and_failures_have_one_shape() {
    let pages = Pages::empty(|_| ());
    for (method, path, status, code) in [
        ("GET", "/api/v1", 200, None),
        ("GET", "/api/v1/nothing", 404, Some("not_found")),
        ("POST", "/api/v1", 405, Some("method_not_allowed")),
    ] {
        let answer = http::exchange(&pages.address, &http::request(method, path, &[("x-request-id", "given-1")], b""));
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("x-request-id"), "given-1");
        assert_eq!(json(&answer).get("code").and_then(Value::as_str), code);
        assert!(code.is_none() || json(&answer)["request_id"] == "given-1", "{}", answer.body);
        assert!(status != 405 || answer.header("Allow") == "GET");
    }
    assert_eq!(pages.get("", "/").header("x-request-id").len(), 16);
}
