//! What analysts do at their pages, done over the JSON API.

use serde_json::{Value, json};

use super::*;

/// An analyst's browser, asking as programs do.
struct Desk {
    hostile: Hostile,
    cookie: String,
}

impl Desk {
    fn new() -> Self {
        let hostile = Hostile::new();
        let cookie = hostile.pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
        Self { hostile, cookie }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let headers = [("Cookie", self.cookie.as_str()), ("x-csrf-token", CSRF), ("Content-Type", "application/json")];
        let body = body.to_string();
        let answer =
            http::exchange(&self.hostile.pages.address, &http::request(method, &format!("/api/v1/{path}"), &headers, body.as_bytes()));
        (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::Null))
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.hostile.pages.get(&self.cookie, &format!("/api/v1/{path}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }
}

#[test]
fn a_status_is_changed_by_who_saw_what_it_says() {
    let desk = Desk::new();
    let (_, mut status) = desk.ask("POST", "statuses", &json!({ "code": 20, "title": "Open" }));
    let seen = status["mark"].clone();
    status["title"] = "Closed".into();
    status["retired"] = true.into();
    assert_eq!(desk.ask("PUT", "statuses/21", &status).0, 422, "another number");
    let (done, changed) = desk.ask("PUT", "statuses/20", &status);
    assert_eq!((done, &changed["title"], &changed["retired"]), (200, &"Closed".into(), &true.into()));
    assert_ne!(changed["mark"], seen);
    assert_eq!(desk.ask("PUT", "statuses/20", &status).0, 409, "it says something else by now");
    status["mark"] = Value::Null;
    assert_eq!(desk.ask("PUT", "statuses/20", &status).0, 422);
}

#[test]
fn the_knowledge_base_goes_out_and_comes_in() {
    let desk = Desk::new();
    let document = desk.get("knowledge");
    let plan = desk.ask("POST", "knowledge/check", &document);
    assert_eq!((plan.0, &plan.1["n_same"], &plan.1["n_new"], &plan.1["n_changed"]), (200, &2.into(), &0.into(), &0.into()), "{}", plan.1);
    let one = json!({ "known_errors": [{ "text": "The till is closed", "answers": [{ "text": "Open it." }] }] });
    assert_eq!(desk.ask("POST", "knowledge/check", &one).1["n_new"], 1);
    let (done, plan) = desk.ask("POST", "knowledge", &one);
    assert_eq!((done, &plan["changes"][0]["title"]), (200, &"The till is closed".into()), "{plan}");
    assert_eq!(desk.get("knowledge")["known_errors"].as_array().unwrap().len(), 2);
    let (refused, fault) = desk.ask("POST", "knowledge", &json!({ "known_errors": [{ "text": "a", "status": 99 }] }));
    assert!(refused == 422 && !fault["details"]["faults"].as_array().unwrap().is_empty(), "{fault}");
}

#[test]
fn answers_are_judged_and_known_errors_merged() {
    let desk = Desk::new();
    let id = desk.hostile.known.to_string();
    let path = format!("known-errors/{id}");
    let answer = desk.get(&format!("{path}/answers"))["answers"][0]["id"].clone();
    assert_eq!(desk.ask("POST", &format!("{path}/feedback"), &json!({ "answer": answer, "worked": true })).0, 204);
    assert_eq!(desk.get(&format!("{path}/answers"))["answers"][0]["n_worked"], 1);
    let other = json!({ "answer": desk.hostile.log.to_string(), "worked": true });
    assert_eq!(desk.ask("POST", &format!("{path}/feedback"), &other).0, 404);
    assert!(desk.get("known-errors/duplicates")["pairs"].is_array());
    let (made, entry) = desk.ask("POST", "known-errors", &json!({ "text": "The till is closed", "answers": [{ "text": "Open it." }] }));
    assert_eq!(made, 201);
    let into = desk.get(&path)["version"].clone();
    let merge = json!({ "version": entry["version"], "into": id, "into_version": into });
    let (merged, stays) = desk.ask("POST", &format!("known-errors/{}/merge", entry["id"].as_str().unwrap()), &merge);
    assert_eq!((merged, &stays["id"]), (200, &id.as_str().into()), "{stays}");
    assert_eq!(desk.get(&format!("{path}/answers"))["answers"].as_array().unwrap().len(), 2);
    assert_eq!(desk.ask("POST", &format!("known-errors/{}/merge", entry["id"].as_str().unwrap()), &merge).0, 409);
}

#[test]
fn logs_are_seen_around_over_time_and_as_a_file() {
    let desk = Desk::new();
    let log = desk.hostile.log;
    let around = desk.get(&format!("logs/{log}/around?among=branch&limit=3"));
    assert!(!around["before"].as_array().unwrap().is_empty() || !around["after"].as_array().unwrap().is_empty(), "{around}");
    assert!(desk.get(&format!("logs/{log}/around?seconds=60"))["before"].is_array());
    let histogram = desk.get("logs/histogram?filter=branch%20%3D%20%22K01%22");
    let counted = histogram["bars"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|bar| ["normal", "half", "known", "unknown"].map(|kind| bar[kind].as_i64().unwrap()));
    assert!(counted.sum::<i64>() > 0 && histogram["step_seconds"].as_i64() > Some(0));
    let file = |path: &str| desk.hostile.pages.get(&desk.cookie, &format!("/api/v1/logs/export{path}"));
    let lines = file("");
    assert_eq!((lines.status, lines.header("Content-Type")), (200, "application/x-ndjson"));
    // The body comes in chunks, whose lengths stand between the lines.
    let n_lines = lines.body.lines().filter(|line| line.starts_with('{')).count();
    assert_eq!(n_lines, desk.get("logs?limit=500")["logs"].as_array().unwrap().len());
    let table = file("?format=csv&columns=branch,error");
    assert!(table.body.contains("\"branch\",\"error\"\r\n\"K01\","), "{}", table.body);
    assert_eq!(file("?format=csv&columns=..").status, 422);
    assert_eq!(file("?filter=%3D").status, 422);
}

#[test]
fn figures_values_and_views_are_told() {
    let desk = Desk::new();
    let overview = desk.get("overview");
    assert_eq!(
        (&overview["branches"][0]["branch"], overview["top_known"].as_array().map(Vec::len)),
        (&"K01".into(), Some(1)),
        "{overview}"
    );
    assert!(desk.get("efficiency")["weeks"].is_array());
    assert!(desk.get(&format!("errors/{}/values", desk.hostile.unknown))["n_logs"].as_i64() > Some(0));
    let (made, view) = desk.ask("POST", "queries", &json!({ "name": "mine", "filter": "branch = K01" }));
    let path = format!("queries/{}", view["id"].as_str().unwrap());
    assert_eq!((made, desk.ask("PUT", &path, &json!({ "name": "ours" })).1["name"].as_str()), (201, Some("ours")));
    let n = desk.get(&format!("{path}/count"))["count"].as_i64().unwrap();
    let id = view["id"].as_str().unwrap();
    let listed = desk.get(&format!("logs?limit=500&view={id}&filter=not%20branch%20exists%20or%20branch%20exists"));
    assert!(n > 0 && listed["logs"].as_array().map(Vec::len) == usize::try_from(n).ok(), "{listed}");
    assert_eq!(desk.get(&format!("logs/histogram?view={id}"))["counted"].as_i64(), Some(n));
    assert_eq!(desk.ask("GET", &format!("logs?view={}", desk.hostile.log), &Value::Null).0, 422);
    assert_eq!(desk.ask("PUT", &path, &json!({ "name": "" })).0, 422);
    let wrong = json!({ "old": "not the password", "new": "short" });
    assert_eq!(desk.ask("POST", "me/password", &wrong).0, 422);
}
