//! The JSON API over real connections.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::*;
use crate::{
    api::{self, Access},
    domain::TokenScope,
    usecase::{
        people::{self, Membership},
        tokens::{self, NewToken},
    },
};

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

/// People of the table in [`super::roles`]'s order, but for anonymous: name, role, branches.
const PEOPLE: [(&str, Role, &[&str]); 5] = [
    ("own", Role::BranchOperator, &["K01"]),
    ("other", Role::BranchOperator, &["L02"]),
    ("programmer", Role::ProgrammerDeveloper, &[]),
    ("analyst", Role::ExpertAnalyst, &[]),
    ("administrator", Role::SystemAdministrator, &[]),
];

impl Hostile {
    /// The address with the ids of this store.
    fn api_path(&self, path: &str) -> String {
        let id = match path.split('/').nth(3).unwrap_or_default() {
            "files" => self.file.to_string(),
            "errors" => self.unknown.to_string(),
            "quarantine" => self.a_piece(),
            "branches" if path.contains("keys") => self.a_key(),
            "known-errors" => self.known.to_string(),
            _ => self.log.to_string(),
        };
        path.replace("{id}", &id).replace("{suggestion}", &id).replace("{code}", "K01").replace("{name}", "own")
    }

    fn api(&self, headers: &[(&str, &str)], method: &str, path: &str) -> Answer {
        let headers = [headers, &[("Content-Type", "application/json")]].concat();
        http::exchange(&self.pages.address, &http::request(method, path, &headers, b"{}"))
    }

    /// A person's token with these scopes.
    fn token(&self, name: &str, scopes: &[TokenScope]) -> String {
        let pages = &self.pages;
        let new = NewToken { name: "test".to_owned(), scopes: scopes.to_vec(), days: 1 };
        pages.runtime.block_on(async {
            let user = pages.services.store.find_user(name).await.unwrap().unwrap();
            tokens::create(&pages.services, &user, new, DateTime::now()).await.unwrap().0
        })
    }
}

#[test]
fn every_address_admits_whom_the_list_says_by_cookie_and_by_token() {
    let hostile = Hostile::new();
    for (name, role, branches) in PEOPLE {
        let cookie = hostile.pages.sign_in(name, role, branches);
        let all = format!("Bearer {}", hostile.token(name, &TokenScope::ALL));
        let tokens = TokenScope::ALL.map(|scope| (scope, format!("Bearer {}", hostile.token(name, &[scope]))));
        for address in api::ALL {
            let (method, path) = (address.method.as_str(), hostile.api_path(address.path));
            let status = |headers: &[(&str, &str)]| hostile.api(headers, method, &path).status;
            let context = format!("{method} {path} as {name}");
            let (needed, scope) = match address.access {
                Access::Person(needed, scope) => (needed, Some(scope)),
                Access::Session(needed) => (needed, None),
                Access::Public | Access::IngestionKey | Access::Loopback => continue,
            };
            let admitted = |status: u16| status != 401 && status != 403;
            assert_eq!(status(&[]), 401, "{context}");
            assert_eq!(status(&[("Authorization", "Bearer lh_none")]), 401, "{context}");
            assert_eq!(admitted(status(&[("Authorization", &all)])), role >= needed && scope.is_some(), "{context} with a token");
            for (own, token) in &tokens {
                assert_eq!(admitted(status(&[("Authorization", token)])), role >= needed && scope == Some(*own), "{context}: {own:?}");
            }
            let is_safe = method == "GET";
            assert_eq!(admitted(status(&[("Cookie", &cookie)])), role >= needed && is_safe, "{context} by cookie");
            let shown = status(&[("Cookie", &cookie), ("x-csrf-token", CSRF)]);
            assert_eq!(admitted(shown), role >= needed, "{context} by cookie with the session's token");
            let elsewhere = status(&[("Cookie", &cookie), ("x-csrf-token", CSRF), ("Sec-Fetch-Site", "cross-site")]);
            assert_eq!(admitted(elsewhere), role >= needed && is_safe, "{context} from another site");
        }
    }
}

#[test]
fn operators_see_nothing_of_other_branches() {
    let hostile = Hostile::new();
    let cookies =
        [("own", ["K01"]), ("other", ["L02"])].map(|(name, branches)| hostile.pages.sign_in(name, Role::BranchOperator, &branches));
    for address in api::ALL.iter().filter(|address| address.method == "GET") {
        if !matches!(address.access, Access::Person(Role::BranchOperator, _) | Access::Session(Role::BranchOperator)) {
            continue;
        }
        let path = hostile.api_path(address.path);
        let [own, other] = [0, 1].map(|index| hostile.pages.get(&cookies[index], &path));
        let is_of_branch = ["logs/{", "files/{", "branches/{"].iter().any(|of| address.path.contains(of));
        assert_eq!((own.status, other.status), if is_of_branch { (200, 404) } else { (own.status, own.status) }, "{path}");
        for secret in ["K01".to_owned(), hostile.log.to_string(), hostile.file.to_string()] {
            assert!(!other.body.contains(&secret), "{path} tells of {secret}: {}", other.body);
        }
    }
    // A question about another branch's Log is one about nothing.
    let question = format!("{{\"about\":\"log\",\"id\":\"{}\",\"question\":\"why?\"}}", hostile.log);
    let ask = |cookie: &str| {
        let headers = [("Cookie", cookie), ("x-csrf-token", CSRF), ("Content-Type", "application/json")];
        http::exchange(&hostile.pages.address, &http::request("POST", "/api/v1/ask", &headers, question.as_bytes())).status
    };
    assert_eq!((ask(&cookies[0]) == 404, ask(&cookies[1])), (false, 404));
    let filters = ["", "?filter=branch%20%3D%20%22K01%22", "?filter=not%20branch%20%3D%20%22L02%22"];
    let lists = filters.iter().map(|filter| format!("/api/v1/logs{filter}"));
    for path in lists.chain(["files", "branches", "properties", "queries"].map(|list| format!("/api/v1/{list}"))) {
        let body = hostile.pages.get(&cookies[1], &path).body;
        assert!(!body.contains("K01") && !body.contains(&hostile.log.to_string()), "{path}: {body}");
    }
}

#[test]
fn a_revoked_token_a_disabled_person_and_a_refusal_are_what_they_should_be() {
    let hostile = Hostile::new();
    let pages = &hostile.pages;
    let (_, _) = (pages.sign_in("own", Role::BranchOperator, &["K01"]), pages.sign_in("administrator", Role::SystemAdministrator, &[]));
    let bearer = |name: &str| format!("Bearer {}", hostile.token(name, &TokenScope::ALL));
    let (own, administrator) = (bearer("own"), bearer("administrator"));
    let ask = |token: &str, path: &str| hostile.api(&[("Authorization", token)], "GET", path);
    assert_eq!(ask(&own, "/api/v1/me").status, 200);
    assert_eq!(ask(&own, "/api/v1/users").status, 403);
    let refused = json(&ask(&administrator, "/api/v1/audit?actor=own&refused=true"));
    assert_eq!((&refused["entries"][0]["action"], &refused["entries"][0]["target"]), (&"request".into(), &"GET /api/v1/users".into()));
    pages.runtime.block_on(async {
        let user = pages.services.store.find_user("own").await.unwrap().unwrap();
        let token = tokens::list(&pages.services, &user).await.unwrap().remove(0);
        assert!(token.last_used_at.is_some() && own.contains(&token.prefix));
        assert!(tokens::revoke(&pages.services, &user, &token.id, DateTime::now()).await.unwrap());
    });
    assert_eq!(ask(&own, "/api/v1/me").status, 401);
    let again = bearer("own");
    pages.runtime.block_on(async {
        let membership = Membership { role: Role::ProgrammerDeveloper, branches: Vec::new() };
        people::change(&pages.services, "own", membership.clone(), true).await.unwrap();
        let last = people::change(&pages.services, "administrator", membership, false).await;
        assert!(matches!(last, Err(people::PeopleError::LastAdministrator)));
    });
    assert_eq!(ask(&again, "/api/v1/me").status, 401);
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let hostile = Hostile::new();
    hostile.pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let token = format!("Bearer {}", hostile.token("analyst", &TokenScope::ALL));
    let send = |kind: &str, body: &[u8]| {
        let headers = [("Authorization", token.as_str()), ("Content-Type", kind)];
        http::exchange(&hostile.pages.address, &http::request("POST", "/api/v1/match", &headers, body))
    };
    for (kind, body, status, code) in [
        ("application/json", b"{\"text\":\"Register closed\"}".as_slice(), 200, None),
        ("application/json; charset=utf-8", b"{\"text\":", 400, Some("malformed")),
        ("application/json", b"{\"txt\":\"a\"}", 422, Some("invalid")),
        ("text/plain", b"a", 415, Some("unsupported_media_type")),
        ("application/json", &[b' '; (1 << 20) + 1], 413, Some("too_large")),
    ] {
        let answer = send(kind, body);
        assert_eq!((answer.status, json(&answer).get("code").and_then(Value::as_str)), (status, code), "{}", answer.body);
    }
    let fault = json(&hostile.api(&[("Authorization", &token)], "GET", "/api/v1/logs?filter=branch%20%3D%20%3D"));
    assert_eq!((&fault["code"], &fault["details"]["position"]), (&"invalid".into(), &9.into()), "{fault}");
}

#[test]
fn a_person_joins_once_by_a_link_and_a_new_password_ends_the_other_sessions() {
    let pages = Pages::empty(|_| ());
    let administrator = pages.sign_in("administrator", Role::SystemAdministrator, &[]);
    let fields = [("csrf", CSRF), ("name", "petro"), ("role", "programmer_developer")];
    let answer = pages.post(&administrator, "/people/invite", &fields);
    let link = answer.body.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(pages.get("", &link).body.contains("petro"));
    assert_eq!(pages.post("", &link, &[("password", "short")]).status, 422);
    assert_eq!(pages.post("", &link, &[("password", "long enough to be one")]).header("Location"), "/sign-in");
    assert_eq!(pages.get("", &link).status, 404);
    let sign_in = || {
        let answer = pages.post("", "/sign-in", &[("name", "petro"), ("password", "long enough to be one")]);
        answer.header("Set-Cookie").split(';').next().unwrap_or_default().to_owned()
    };
    let (first, second) = (sign_in(), sign_in());
    let body = pages.get(&first, "/account").body;
    let csrf = body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let change = |old: &str| pages.post(&first, "/account/password", &[("csrf", &csrf), ("old", old), ("new", "another one that is long")]);
    assert_eq!((change("a wrong one").status, pages.get(&second, "/account").status), (422, 200));
    assert_eq!(change("long enough to be one").header("Location"), "/account?changed=1");
    assert_eq!((pages.get(&first, "/account").status, pages.get(&second, "/account").status), (200, 303));
    assert!(pages.get(&administrator, "/audit?action=user.join").body.contains("petro"));
}

#[test]
fn a_known_error_is_begun_reviewed_and_changed_only_from_the_version_that_was_seen() {
    let hostile = Hostile::new();
    hostile.pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let token = format!("Bearer {}", hostile.token("analyst", &TokenScope::ALL));
    let send = |method: &str, path: &str, body: Value| {
        let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
        let path = format!("/api/v1/known-errors{path}");
        let answer = http::exchange(&hostile.pages.address, &http::request(method, &path, &headers, body.to_string().as_bytes()));
        (answer.status, json(&answer))
    };
    let words = |text: &str| serde_json::json!({ "text": text, "answers": [{ "text": "Wait." }] });
    let (status, made) = send("POST", "", words("The vault is ajar"));
    assert_eq!((status, &made["state"], &made["version"]), (201, &"draft".into(), &1.into()), "{made}");
    assert_eq!(send("POST", "", words("The vault is ajar")).0, 422);
    let id = made["id"].as_str().unwrap();
    let lead = |version: i64, state: &str| send("POST", &format!("/{id}/lead"), serde_json::json!({ "version": version, "state": state }));
    for (version, state, status) in [(1, "approved", 409), (1, "review", 200), (1, "approved", 409), (2, "approved", 200)] {
        assert_eq!(lead(version, state).0, status, "{state} from {version}");
    }
    let replace = |version: Option<i64>| {
        let mut body = words("The vault stands open");
        body["version"] = version.into();
        send("PUT", &format!("/{id}"), body)
    };
    assert_eq!(replace(None).0, 422);
    let (status, stale) = replace(Some(2));
    assert_eq!((status, &stale["code"], &stale["details"]["version"]), (409, &"conflict".into(), &3.into()), "{stale}");
    let (status, changed) = replace(Some(3));
    assert_eq!((status, &changed["version"], &changed["text"]), (200, &4.into(), &"The vault stands open".into()));
    hostile.pages.runtime.block_on(async {
        let versions = hostile.pages.services.store.list_known_error_versions(&crate::domain::KnownErrorId(id.to_owned()), None, 10).await;
        assert_eq!(versions.unwrap().len(), 4);
    });
}

#[test]
fn what_is_decided_of_a_group_is_in_its_activity_and_in_the_audit_log() {
    let hostile = Hostile::new();
    hostile.pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let token = format!("Bearer {}", hostile.token("analyst", &TokenScope::ALL));
    let errors = format!("/api/v1/errors/{}", hostile.unknown);
    let send = |method: &str, path: &str, body: &str| {
        let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
        http::exchange(&hostile.pages.address, &http::request(method, path, &headers, body.as_bytes()))
    };
    for (deed, body, status) in [
        ("assign", "{\"to\":\"nobody at all\"}", 422),
        ("assign", "{\"to\":\"analyst\"}", 204),
        ("comment", "{\"text\":\"<b>seen</b>\"}", 204),
        ("ignore", "{\"until\":{\"more\":0}}", 422),
        ("ignore", "{\"until\":{\"more\":5,\"rate\":5}}", 422),
        ("ignore", "{\"until\":{\"more\":5}}", 204),
        ("reopen", "", 204),
    ] {
        let answer = send("POST", &format!("{errors}/{deed}"), body);
        assert_eq!(answer.status, status, "{deed} {body}: {}", answer.body);
    }
    let told = json(&send("GET", &format!("{errors}/activity"), ""));
    let deeds: Vec<_> = told["activities"].as_array().unwrap().iter().map(|one| one["deed"].as_str().unwrap().to_owned()).collect();
    for deed in ["assigned", "comment", "ignored", "reopened"] {
        assert_eq!(deeds.iter().filter(|other| *other == deed).count(), 1, "{deed}: {told}");
    }
    let mine = json(&send("GET", "/api/v1/errors?assignee=analyst&order=last_seen&state=unknown", ""));
    assert_eq!((mine["errors"].as_array().unwrap().len(), &mine["errors"][0]["assignee"]), (1, &"analyst".into()), "{mine}");
    let actions = hostile.pages.runtime.block_on(async {
        let page = crate::store::AuditPage { limit: 100, ..Default::default() };
        hostile.pages.services.store.list_audit_entries(&page).await.unwrap()
    });
    for action in ["error.assign", "error.comment", "error.ignore", "error.reopen"] {
        let entry = actions.iter().find(|entry| entry.action.as_str() == action);
        assert_eq!(entry.map(|entry| entry.actor.as_str()), Some("analyst"), "{action}");
    }
}

#[test]
fn a_branchs_keys_are_made_replaced_and_revoked_and_that_is_noted() {
    let hostile = Hostile::new();
    hostile.pages.sign_in("administrator", Role::SystemAdministrator, &[]);
    let token = format!("Bearer {}", hostile.token("administrator", &TokenScope::ALL));
    let send = |method: &str, path: &str| hostile.api(&[("Authorization", &token)], method, &format!("/api/v1/branches/{path}"));
    assert_eq!(send("POST", "Z99/keys").status, 404);
    let made = json(&send("POST", "K01/keys"));
    let id = made["key"]["id"].as_str().unwrap();
    assert!(made["secret"].as_str().unwrap().starts_with(id), "{made}");
    assert_eq!(send("POST", &format!("L02/keys/{id}/rotate")).status, 404);
    let rotated = json(&send("POST", &format!("K01/keys/{id}/rotate")));
    let next = rotated["key"]["id"].as_str().unwrap();
    assert_eq!(send("DELETE", &format!("K01/keys/{next}")).status, 204);
    let listed = json(&send("GET", "K01/keys"));
    let ends = |id: &str| listed["keys"].as_array().unwrap().iter().find(|key| key["id"] == id).unwrap()["ends_at"].is_string();
    assert!(ends(id) && ends(next) && !listed.to_string().contains("secret"), "{listed}");
    let noted = hostile.pages.runtime.block_on(async {
        let page = crate::store::AuditPage { limit: 100, ..Default::default() };
        hostile.pages.services.store.list_audit_entries(&page).await.unwrap()
    });
    for (action, target) in [("key.add", id), ("key.rotate", id), ("key.revoke", next)] {
        assert!(noted.iter().any(|entry| entry.action.as_str() == action && entry.target == target), "{action}");
    }
    assert!(!format!("{noted:?}").contains(made["secret"].as_str().unwrap()));
}

#[test]
fn the_quarantine_is_leafed_through_and_what_cannot_be_read_stays() {
    let hostile = Hostile::new();
    hostile.pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let token = format!("Bearer {}", hostile.token("analyst", &TokenScope::ALL));
    let piece = hostile.a_piece();
    let send = |method: &str, path: &str| hostile.api(&[("Authorization", &token)], method, &format!("/api/v1/quarantine{path}"));
    let listed = json(&send("GET", "?limit=200"));
    assert!(listed["pieces"].as_array().unwrap().iter().any(|shown| shown["id"] == piece.as_str()), "{listed}");
    assert_eq!(send("GET", "?after=x").status, 422);
    assert_eq!(send("POST", &format!("/{piece}/replay")).status, 409);
    let one = json(&send("GET", &format!("/{piece}")));
    let bytes = BASE64_STANDARD.decode(one["bytes"].as_str().unwrap()).unwrap();
    assert!(String::from_utf8_lossy(&bytes).starts_with(one["text"].as_str().unwrap()) && one["sent_by"].is_string(), "{one}");
}
