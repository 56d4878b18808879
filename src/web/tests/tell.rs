//! Who is told, and what agents say of themselves, over real connections.

use serde_json::json;

use super::*;

impl Pages {
    /// The id of the branch's first subscription.
    fn a_subscription(&self, branch: &str) -> String {
        let code = branch.parse().unwrap();
        self.runtime.block_on(self.services.store.list_subscriptions(Some(&code), 10)).unwrap()[0].id.to_string()
    }

    fn report(&self, branch: &str, key: &str, body: &serde_json::Value) -> Answer {
        let bearer = format!("Bearer {key}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let path = format!("/api/v1/branches/{branch}/agent");
        http::exchange(&self.address, &http::request("POST", &path, &headers, body.to_string().as_bytes()))
    }
}

#[test]
fn subscriptions_are_made_tried_and_removed_and_a_secret_is_shown_once() {
    let pages = Pages::empty(|config| {
        config.notify.webhook_private_hosts = vec!["127.0.0.1".to_owned()];
        config.notify.smtp.host = "127.0.0.1".to_owned();
        config.notify.smtp.port = 9;
    });
    pages.key("K01");
    pages.key("L02");
    let cookie = pages.sign_in("olena", Role::SystemAdministrator, &[]);
    let path = "/branches/K01/subscriptions";
    let add = |kind: &str, target: &str, more: &[(&str, &str)]| {
        let fields = [("csrf", CSRF), ("kind", kind), ("target", target), ("often", "daily"), ("language", "uk")];
        pages.post(&cookie, path, &[&fields, more].concat())
    };
    assert!(pages.get(&cookie, path).body.contains("Nobody is told yet"));
    let known = [("known", "on")];
    for (kind, target, more, said) in [
        ("mail", "nobody", &known[..], "“nobody” is no address of mail."),
        ("mail", " ", &known, "1 to 20 addresses"),
        ("mail", "a@b.ua", &[], "Choose known errors"),
        ("webhook", "ftp://x", &known, "“ftp://x” is no address of the form"),
        ("webhook", "https://elsewhere.ua/<script>", &known, "&lt;script&gt;"),
        ("webhook", "https://elsewhere.ua/", &known, "“elsewhere.ua” is not among the hosts"),
        ("pigeon", "a@b.ua", &known, "choose a way"),
    ] {
        let answer = add(kind, target, more);
        assert_eq!(answer.status, 422, "{target}");
        let body = answer.body.replace("&#38;", "&").replace("&#60;", "&lt;").replace("&#62;", "&gt;");
        assert!(body.contains(said) && !body.contains("<script>"), "{target}: {body}");
    }
    let made = add("webhook", "http://127.0.0.1:9/hook", &known);
    assert_eq!(made.status, 200);
    let secret = made.body.split("lhs_").nth(1).map(|rest| format!("lhs_{}", &rest[..64])).unwrap();
    assert_eq!(add("webhook", "http://127.0.0.1:9/hook", &known).status, 422);
    let shown = pages.get(&cookie, path).body;
    assert!(shown.contains("http://127.0.0.1:9/hook") && !shown.contains(&secret), "{shown}");
    let id = pages.a_subscription("K01");
    // It is there for its own branch alone; and nobody listens.
    for (place, action, status) in
        [("L02", "test", 404), ("K01", "test", 422), ("L02", "remove", 404), ("K01", "remove", 303), ("K01", "remove", 404)]
    {
        let answer = pages.post(&cookie, &format!("/branches/{place}/subscriptions/{id}/{action}"), &[("csrf", CSRF)]);
        assert_eq!(answer.status, status, "{place} {action}");
    }
    assert!(add("mail", "a@b.ua, c@d.ua", &known).body.contains("a@b.ua, c@d.ua"));
    let entries = pages.get(&cookie, "/audit").body;
    assert!(entries.contains("sent a test message") && !entries.contains(&secret));
}

#[test]
fn a_subscription_is_changed_and_keeps_its_secret_unless_a_new_one_is_wanted() {
    let pages = Pages::empty(|config| {
        config.notify.webhook_private_hosts = vec!["127.0.0.1".to_owned()];
        config.notify.smtp.host = "127.0.0.1".to_owned();
    });
    pages.key("K01");
    pages.key("L02");
    let cookie = pages.sign_in("olena", Role::SystemAdministrator, &[]);
    let fields = |kind, target, more: &[(&'static str, &'static str)]| {
        let all = [("csrf", CSRF), ("kind", kind), ("target", target), ("often", "daily"), ("language", "uk"), ("known", "on")];
        [&all, more].concat()
    };
    let path = "/branches/K01/subscriptions";
    pages.post(&cookie, path, &fields("mail", "a@b.ua", &[]));
    let id = pages.a_subscription("K01");
    let place = format!("{path}/{id}");
    let shown = pages.get(&cookie, &place);
    assert!(shown.status == 200 && shown.body.contains("value=\"a@b.ua\"") && shown.body.contains("name=\"version\" value=\"0\""));
    assert_eq!(pages.get(&cookie, &format!("/branches/L02/subscriptions/{id}")).status, 404);
    let edit = |kind, target, more: &[(&'static str, &'static str)]| pages.post(&cookie, &place, &fields(kind, target, more));
    let secret_in = |body: &str| body.split("lhs_").nth(1).map(|rest| rest[..64].to_owned());
    let hook = "http://127.0.0.1:9/";
    // It becomes a webhook, keeps its secret, gets a new one.
    let first = secret_in(&edit("webhook", hook, &[("version", "0")]).body).unwrap();
    let kept = edit("webhook", "http://127.0.0.1:9/other", &[("version", "1"), ("unknown", "on")]);
    assert!(kept.status == 200 && kept.body.contains("/other") && secret_in(&kept.body).is_none(), "{}", kept.body);
    let second = secret_in(&edit("webhook", hook, &[("version", "2"), ("new_secret", "on")]).body).unwrap();
    assert_ne!(first, second);
    let stale = edit("mail", "late@b.ua", &[("version", "2")]);
    assert!(stale.status == 422 && stale.body.contains("in the meantime") && stale.body.contains("name=\"version\" value=\"3\""));
    // What it was made for is free again, what another has is not.
    assert_eq!(pages.post(&cookie, path, &fields("mail", "a@b.ua", &[])).status, 200);
    for (kind, target, version, said) in [
        ("mail", "a@b.ua", "3", "a@b.ua is told already"),
        ("mail", "<i>", "3", "is no address of mail"),
        ("webhook", "https://elsewhere.ua/", "3", "is not among the hosts"),
        ("webhook", hook, "three", "choose a way"),
    ] {
        let answer = edit(kind, target, &[("version", version)]);
        assert!(answer.status == 422 && answer.body.contains(said) && !answer.body.contains("<i>"), "{target}: {}", answer.body);
    }
    let api = format!("/api/v1{place}");
    let body = |version: i64| json!({ "version": version, "way": "webhook", "target": hook, "often": "hourly", "language": "en", "known": true, "unknown": false });
    let put = |body: serde_json::Value| {
        let headers = [("Cookie", cookie.as_str()), ("X-CSRF-Token", CSRF), ("Content-Type", "application/json")];
        http::exchange(&pages.address, &http::request("PUT", &api, &headers, body.to_string().as_bytes()))
    };
    let changed: serde_json::Value = serde_json::from_str(&put(body(3)).body).unwrap();
    assert_eq!(
        (&changed["subscription"]["version"], &changed["subscription"]["often"], &changed["secret"]),
        (&4.into(), &"hourly".into(), &().into())
    );
    let stale = put(body(3));
    assert!(stale.status == 409 && stale.body.contains("\"version\":4"), "{}", stale.body);
    assert_eq!(
        put(json!({ "version": 4, "way": "mail", "target": " ", "often": "daily", "language": "uk", "known": true, "unknown": true }))
            .status,
        422
    );
    let entries = pages.get(&cookie, "/audit").body;
    assert!(entries.contains("changed a subscription") && !entries.contains(&first) && !entries.contains(&second));
}

#[test]
fn agents_say_how_they_are_and_those_who_see_the_branch_read_it() {
    let pages = Pages::empty(|_| ());
    let (key, other) = (pages.key("K01"), pages.key("L02"));
    let own = pages.sign_in("own", Role::BranchOperator, &["K01"]);
    let stranger = pages.sign_in("stranger", Role::BranchOperator, &["L02"]);
    assert!(pages.get(&own, "/branches/K01").body.contains("No agent of this branch"));
    let files: Vec<_> = (0..30).map(|n| json!({ "path": format!("/var/log/<b>{n}"), "lag_bytes": n, "size_bytes": 100 })).collect();
    let said = json!({
        "agent": "a1", "host": "<i>office</i>", "version": "9.9", "started_at": 1_700_000_000, "lag_seconds": 7, "lag_bytes": 8, "n_files": 30,
        "files": files, "spool": { "batches": 2, "bytes": 3, "max_bytes": 4 }, "later": { "than": "us" },
        "sending": { "kind": "refused", "text": "401:\u{1b}revoked", "since": 1_700_000_000 },
    });
    assert_eq!(pages.report("K01", &key, &said).status, 204);
    assert_eq!(pages.report("K01", &key, &json!({ "agent": "a2", "lag_bytes": -5 })).status, 204);
    for (branch, key, body, status) in [
        ("K01", other.as_str(), json!({ "agent": "a" }), 403),
        ("K01", "lhk_none", json!({ "agent": "a" }), 401),
        ("K01", &key, json!({ "agent": "a b" }), 422),
        ("K01", &key, json!({ "agent": "" }), 422),
        ("K01", &key, json!({ "agent": 5 }), 422),
        ("K01", &key, json!([]), 422),
    ] {
        assert_eq!(pages.report(branch, key, &body).status, status, "{body}");
    }
    let page = pages.get(&own, "/branches/K01").body;
    assert!(page.contains("in trouble") && page.contains("401:revoked") && !page.contains("<i>office") && !page.contains("<b>0"), "{page}");
    let listed: serde_json::Value = serde_json::from_str(&pages.get(&own, "/api/v1/branches/K01/agents").body).unwrap();
    let agents = listed["agents"].as_array().unwrap();
    let told: Vec<_> = agents.iter().map(|agent| (agent["agent"].as_str().unwrap(), agent["standing"].as_str().unwrap())).collect();
    assert_eq!(told, [("a1", "troubled"), ("a2", "well")]);
    assert_eq!((agents[0]["files"].as_array().unwrap().len(), &agents[1]["lag_bytes"]), (20, &0.into()));
    assert_eq!(pages.get(&stranger, "/api/v1/branches/K01/agents").status, 404);
}
