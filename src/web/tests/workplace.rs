//! The analyst's workplace by its other door, the API, and what two people have to do together.

use serde_json::{Value, json};

use super::{triage::log_of, *};
use crate::domain::{GroupState, LifeCycle, StatusError};

impl Pages {
    /// Asks the API as whoever has this cookie; status and body.
    pub(super) fn asks(&self, cookie: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let headers = [("Cookie", cookie), ("x-csrf-token", CSRF), ("Content-Type", "application/json")];
        let answer =
            http::exchange(&self.address, &http::request(method, &format!("/api/v1/{path}"), &headers, body.to_string().as_bytes()));
        (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
    }

    /// A status of this number, below another.
    fn status(&self, code: i32, parent: Option<i32>, keywords: &[&str]) {
        let status = StatusError {
            parent: parent.map(StatusCode),
            keywords: keywords.iter().map(|word| (*word).to_owned()).collect(),
            ..StatusError::new(StatusCode(code), format!("Status {code}"))
        };
        self.runtime.block_on(self.services.store.save_status_error(&status)).unwrap();
    }
}

fn with_groups(change: impl FnOnce(&mut Config)) -> (Pages, String) {
    let pages = Pages::empty(change);
    pages.ingest("a.log", &log_of(8, &["Document 17 is locked by client 5", "Cash desk drawer full", "Cash desk drawer full"]));
    pages.status(10, None, &["drawer"]);
    pages.status(20, None, &["cash"]);
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    (pages, analyst)
}

#[test]
fn many_groups_are_counted_changed_once_and_put_back_by_the_api() {
    let (pages, analyst) = with_groups(|_| ());
    let ids = ["locked", "full"].map(|part| pages.group(part).id.to_string());
    let change = json!({ "groups": ids, "ignore": { "until": { "more": 5 } }, "token": "t" });
    let (status, counted) = pages.asks(&analyst, "POST", "errors/bulk/count", &change);
    assert_eq!((status, &counted["n_logs"], &counted["n_left"]), (200, &json!(3), &json!(0)), "{counted}");
    assert_eq!(pages.group("locked").state, GroupState::Unknown);
    let (_, done) = pages.asks(&analyst, "POST", "errors/bulk", &change);
    assert_eq!(pages.asks(&analyst, "POST", "errors/bulk", &change), (200, done.clone()), "sent twice, made once");
    assert_eq!(["locked", "full"].map(|part| pages.group(part).state), [GroupState::Ignored; 2]);
    let id = done["id"].as_str().unwrap();
    let undone = pages.asks(&analyst, "POST", &format!("errors/bulk/{id}/undo"), &json!({}));
    assert_eq!(undone, (200, json!({ "n_back": 2, "n_left": 0 })));
    assert_eq!(pages.group("locked").state, GroupState::Unknown);
    let nothing = "0".repeat(24);
    let undo = format!("errors/bulk/{nothing}/undo");
    for (path, body, expected) in [
        ("errors/bulk", json!({ "groups": ids }), 422),
        ("errors/bulk", json!({ "groups": [], "reopen": true }), 422),
        ("errors/bulk", json!({ "groups": ids, "reopen": true, "assign": { "to": null } }), 422),
        ("errors/bulk", json!({ "groups": ids, "assign": { "to": "nobody" } }), 422),
        ("errors/bulk", json!({ "groups": ids, "merge": { "into": nothing } }), 422),
        (undo.as_str(), json!({}), 404),
    ] {
        assert_eq!(pages.asks(&analyst, "POST", path, &body).0, expected, "{path} {body}");
    }
}

#[test]
fn a_status_is_merged_as_was_foretold() {
    let (pages, analyst) = with_groups(|_| ());
    pages.status(11, Some(10), &[]);
    let full = pages.group("full").id;
    let explained = json!({ "status": 10, "answers": ["Empty it."] });
    assert_eq!(pages.asks(&analyst, "POST", &format!("errors/{full}/approve"), &explained).0, 200);
    let page = pages.get(&analyst, "/statuses/10/merge?into=20");
    assert!(page.status == 200 && page.body.contains("go over: 1") && page.body.contains("Status 11"), "{}", page.body);
    assert_eq!(pages.get(&analyst, "/statuses/10/merge?into=11").status, 422, "below itself");
    let (_, foretold) = pages.asks(&analyst, "GET", "statuses/10/merge?into=20", &json!({}));
    assert_eq!(
        (&foretold["keywords"], &foretold["children"], &foretold["groups"]),
        (&json!(["drawer"]), &json!([11]), &json!([full.to_string()]))
    );
    assert_eq!(pages.asks(&analyst, "POST", "statuses/10/merge", &json!({ "into": 20 })), (200, foretold));
    assert_eq!(pages.group("full").status, Some(StatusCode(20)));
    let (_, left) = pages.asks(&analyst, "GET", "statuses/10/merge?into=20", &json!({}));
    assert_eq!((&left["known_errors"], &left["groups"], &left["children"]), (&json!([]), &json!([]), &json!([])));
    assert_eq!(pages.asks(&analyst, "POST", "statuses/10/merge", &json!({ "into": 99 })).0, 404);
}

#[test]
fn an_earlier_version_is_taken_back_by_the_api() {
    let (pages, analyst) = with_groups(|_| ());
    let new = json!({ "text": "Printer on fire", "status": 10, "answers": [{ "text": "Run." }] });
    let (_, made) = pages.asks(&analyst, "POST", "known-errors", &new);
    let path = format!("known-errors/{}", made["id"].as_str().unwrap());
    let changed = json!({ "version": 1, "text": "Printer on fire", "title": "Other", "status": 10 });
    assert_eq!(pages.asks(&analyst, "PUT", &path, &changed).0, 200);
    assert_eq!(pages.asks(&analyst, "POST", &format!("{path}/restore"), &json!({ "version": 1, "number": 1 })).0, 409, "seen too long ago");
    assert_eq!(pages.asks(&analyst, "POST", &format!("{path}/restore"), &json!({ "version": 2, "number": 9 })).0, 404);
    let (status, restored) = pages.asks(&analyst, "POST", &format!("{path}/restore"), &json!({ "version": 2, "number": 1 }));
    assert_eq!((status, &restored["title"], &restored["version"]), (200, &made["title"], &json!(3)));
    let (_, listed) = pages.asks(&analyst, "GET", &format!("{path}/versions?limit=2"), &json!({}));
    let listed = listed["versions"].as_array().unwrap();
    assert_eq!((listed.len(), &listed[0]["change"], &listed[0]["number"]), (2, &json!("restored"), &json!(3)));
    assert_eq!(listed[1]["answers"], json!([]));
}

#[test]
fn what_one_person_wrote_another_brings_into_force() {
    let (pages, olena) = with_groups(|config| config.review.four_eyes = true);
    let petro = pages.sign_in("petro", Role::ExpertAnalyst, &[]);
    let group = pages.group("full");
    let shown = pages.get(&olena, &format!("/errors/{}", group.id)).body;
    assert!(shown.contains("Four eyes"), "{shown}");
    let explained = json!({ "status": 10, "answers": ["Empty it."] });
    let (status, made) = pages.asks(&olena, "POST", &format!("errors/{}/approve", group.id), &explained);
    assert_eq!((status, &made["n_logs"]), (200, &json!(0)));
    assert_eq!(pages.group("full").state, GroupState::Unknown);
    let id = made["known_error_id"].as_str().unwrap();
    let (path, page) = (format!("known-errors/{id}"), format!("/known/{id}"));
    let state = |cookie: &str| pages.asks(cookie, "GET", &path, &json!({})).1["state"].clone();
    assert_eq!(state(&olena), json!(LifeCycle::Review));
    assert!(pages.get(&petro, &format!("/errors/{}", group.id)).body.contains("waits for another person"));
    // Whoever wrote it is not offered to approve it, and cannot by any door; the answer says who may.
    let (own, other) = (pages.get(&olena, &page).body, pages.get(&petro, &page).body);
    assert!(!own.contains("value=\"approved\"") && own.contains("petro") && other.contains("value=\"approved\""), "{own}");
    let approve = json!({ "version": 1, "state": "approved" });
    let (status, refused) = pages.asks(&olena, "POST", &format!("{path}/lead"), &approve);
    assert_eq!((status, &refused["details"]["approvers"]), (403, &json!(["petro"])), "{refused}");
    let form = pages.post(&olena, &format!("{page}/life"), &[("csrf", CSRF), ("seen", "1"), ("to", "approved")]);
    assert!(form.status == 422 && form.body.contains("petro"), "{}", form.body);
    let administrator = pages.sign_in("administrator", Role::SystemAdministrator, &[]);
    let (_, entries) = pages.asks(&administrator, "GET", "audit?action=known_error.lead&refused=true", &json!({}));
    assert_eq!(entries["entries"].as_array().map(Vec::len), Some(2), "{entries}");
    assert_eq!(pages.asks(&petro, "POST", &format!("{path}/lead"), &approve).0, 200);
    let known = pages.group("full");
    assert_eq!((known.state, known.known_error_id.map(|known| known.to_string())), (GroupState::Known, Some(id.to_owned())));
    // An edit of what is in force goes back to review, whoever made it; then the other one approves.
    let edit = json!({ "version": 2, "text": group.message, "status": 20, "answers": [{ "text": "Empty it at once." }] });
    assert_eq!(pages.asks(&petro, "PUT", &path, &edit).1["state"], json!(LifeCycle::Review));
    let approve = json!({ "version": 3, "state": "approved" });
    assert_eq!(pages.asks(&petro, "POST", &format!("{path}/lead"), &approve).0, 403);
    assert_eq!(pages.asks(&olena, "POST", &format!("{path}/lead"), &approve).0, 200);
    // What was taken back has an author as well.
    assert_eq!(pages.asks(&olena, "POST", &format!("{path}/restore"), &json!({ "version": 4, "number": 2 })).1["state"], json!("review"));
    assert_eq!(pages.asks(&olena, "POST", &format!("{path}/lead"), &json!({ "version": 5, "state": "approved" })).0, 403);
}

#[test]
fn one_person_alone_approves_where_nothing_else_is_configured() {
    let (pages, analyst) = with_groups(|_| ());
    let new = json!({ "text": "Printer on fire", "status": 10, "answers": [{ "text": "Run." }] });
    let (_, made) = pages.asks(&analyst, "POST", "known-errors", &new);
    let path = format!("known-errors/{}/lead", made["id"].as_str().unwrap());
    for (version, state) in [(1, "review"), (2, "approved")] {
        assert_eq!(pages.asks(&analyst, "POST", &path, &json!({ "version": version, "state": state })).1["state"], json!(state));
    }
}

#[test]
fn a_known_error_new_or_edited_is_tried_on_the_days_asked_for_before_it_is_saved() {
    let (pages, analyst) = with_groups(|_| ());
    let tried = |body: Value| pages.asks(&analyst, "POST", "known-errors/preview", &body);
    let words = json!({ "keywords_any": ["drawer", "vault"] });
    let (status, found) = tried(json!({ "known_error": words }));
    assert_eq!((status, &found["n_errors"], &found["n_unknown"], &found["n_own"]), (200, &json!(3), &json!(2), &json!(0)), "{found}");
    let (_, none) = tried(json!({ "days": 7, "known_error": words }));
    assert_eq!((&none["n_errors"], &none["n_unknown"]), (&json!(0), &json!(0)), "{none}");
    let (_, made) = pages.asks(&analyst, "POST", "known-errors", &words);
    assert_eq!(made["keywords_any"], json!(["drawer", "vault"]), "{made}");
    assert_eq!(pages.asks(&analyst, "POST", "known-errors", &json!({ "keywords_any": ["printer"] })).0, 201);
    let (_, edited) = tried(json!({ "id": made["id"], "known_error": { "text": "Document 17 is locked by client 5" } }));
    assert_eq!((&edited["n_unknown"], &edited["taken"]), (&json!(1), &json!([])), "{edited}");
    for (body, expected) in [
        (json!({ "known_error": { "regex": "(" } }), 422),
        (json!({ "known_error": { "text": "x", "conditions": "branch =" } }), 422),
        (json!({ "id": "nobody", "known_error": { "text": "x" } }), 404),
        (json!({ "days": -1, "known_error": { "text": "x" } }), 422),
        (json!({}), 422),
    ] {
        assert_eq!(tried(body.clone()).0, expected, "{body}");
    }
    let group = format!("errors/{}/preview", pages.group("full").id);
    let looked_at = |body: &Value| pages.asks(&analyst, "POST", &group, body).1["n_errors"].clone();
    assert_eq!((looked_at(&json!({})), looked_at(&json!({ "days": 30 }))), (json!(3), json!(0)));
}

#[test]
fn the_pages_try_a_rule_on_the_days_that_are_chosen() {
    let (pages, analyst) = with_groups(|_| ());
    let group = format!("/errors/{}/preview", pages.group("full").id);
    for (path, about) in [(group.as_str(), "text"), ("/knowledge/preview", "keywords_any")] {
        for (days, n) in [("", "2"), ("30", "0"), ("7", "0"), ("nonsense", "2")] {
            let shown = pages.post(&analyst, path, &[("csrf", CSRF), (about, "Cash desk drawer full"), ("days", days)]).body;
            let caught = shown.split("id=\"preview\"").nth(1).unwrap_or_default();
            assert!(caught.contains(&format!("{n} errors that nobody knew")), "{path} {days}: {caught}");
            assert_eq!(shown.contains("value=\"7\" selected"), days == "7", "{path} {days}");
        }
    }
}
