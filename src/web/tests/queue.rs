//! The queue's views and facets over real connections.

use super::{triage::log_of, *};
use crate::domain::ViewKind;

fn with_groups() -> (Pages, String) {
    let pages = Pages::empty(|_| ());
    pages.ingest("a.log", &log_of(8, &["Document 17 is locked by client 5", "Cash desk drawer full", "Cash desk drawer full"]));
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    (pages, analyst)
}

#[test]
fn a_view_is_saved_changed_renamed_and_removed() {
    let (pages, analyst) = with_groups();
    let other = pages.sign_in("other", Role::SystemAdministrator, &[]);
    let save = |fields: &[(&str, &str)]| pages.done(&analyst, "/errors/views", &[&[("name", "mine")], fields].concat());
    let address = save(&[("query", "sort=last&state=unknown&search=cash+desk"), ("pinned", "1")]);
    let id = ViewKind::Errors.id_for("analyst", "mine", 0);
    assert_eq!(address, format!("/errors?view={id}"));
    let page = pages.get(&analyst, &address).body;
    assert!(page.contains("value=\"cash desk\"") && !page.contains("Document") && !page.contains("class=\"changed\""), "{page}");
    assert!(pages.get(&analyst, &format!("/errors/views/{id}/count")).body.contains("\"count\":1"));
    // Another tab of it is a change; so is nothing at all.
    for query in ["state=all&search=cash+desk&sort=last", "state=unknown"] {
        assert!(pages.get(&analyst, &format!("/errors?{query}&view={id}")).body.contains("class=\"changed\""), "{query}");
    }
    assert!(!pages.get(&analyst, &format!("/errors?sort=last&search=cash%20desk&view={id}")).body.contains("class=\"changed\""));
    // Nobody else sees or changes it.
    assert_eq!(pages.get(&other, &address).status, 404);
    for deed in ["rename", "delete"] {
        assert_eq!(pages.post(&other, &format!("/errors/views/{id}/{deed}"), &[("csrf", CSRF), ("name", "x")]).status, 404, "{deed}");
    }
    // Renamed, it keeps its address; the old name is free.
    assert_eq!(
        pages.done(&analyst, &format!("/errors/views/{id}/rename"), &[("name", " <b>\u{43f}\u{430}\u{43d}\u{456}\u{43a}\u{430}</b> ")]),
        address
    );
    let again = save(&[("query", "state=all"), ("shared", "1")]);
    assert_ne!(again, address);
    let taken = pages.post(&analyst, &format!("/errors/views/{id}/rename"), &[("csrf", CSRF), ("name", "mine")]);
    assert_eq!(taken.status, 422);
    let page = pages.get(&analyst, &address).body;
    assert!(page.contains("&#60;b&#62;\u{43f}\u{430}\u{43d}\u{456}\u{43a}\u{430}") && page.contains("value=\"cash desk\""), "{page}");
    // What is shared is seen and not changed.
    assert_eq!(pages.get(&other, &again).status, 200);
    let shared = again.split('=').nth(1).unwrap();
    assert_eq!(pages.post(&other, &format!("/errors/views/{shared}/delete"), &[("csrf", CSRF)]).status, 404);
    assert_eq!(pages.done(&analyst, &format!("/errors/views/{id}/delete"), &[]), "/errors");
    assert_eq!(pages.get(&analyst, &address).status, 404);
    assert_eq!(pages.post(&analyst, "/errors/views", &[("csrf", CSRF), ("name", " ")]).status, 422);
}

#[test]
fn an_errors_page_leads_back_to_its_queue_and_on_to_the_next_error() {
    let (pages, analyst) = with_groups();
    let [locked, drawer] = ["locked", "drawer"].map(|part| pages.group(part).id.to_string());
    let on = |cookie: &str, id: &str| pages.get(cookie, &format!("/errors/{id}/next")).header("Location").to_owned();
    assert_eq!([on(&analyst, &drawer), on(&analyst, &locked)], [format!("/errors/{locked}"), "/errors".to_owned()]);
    let queue = "/errors?search=cash%20desk&sort=last";
    let listed = pages.get(&analyst, queue);
    let kept = listed.header("Set-Cookie").split(';').next().unwrap();
    let cookie = format!("{analyst}; {kept}");
    assert_eq!(on(&cookie, &drawer), queue);
    let page = pages.get(&cookie, &format!("/errors/{drawer}")).body;
    assert!(page.contains("href=\"/errors?search=cash%20desk&#38;sort=last\" data-key=\"u\""), "{page}");
}

#[test]
fn facets_lead_to_a_value_and_away_from_it() {
    let (pages, analyst) = with_groups();
    let page = pages.get(&analyst, "/errors").body;
    assert!(page.contains("/errors?method=A\"") && page.contains("/errors?not_method=A\"") && page.contains("/errors?not_branch=K01\""));
    let only = pages.get(&analyst, "/errors?method=A&not_branch=K02").body;
    assert!(only.contains("Cash desk") && only.contains("Method: A") && only.contains("Branch: not K02"), "{only}");
    for query in ["method=B", "not_method=A", "not_branch=K01", "branch=K01&not_assignee=-", "method=%00%3Cscript%3Ealert(1)"] {
        let page = pages.get(&analyst, &format!("/errors?{query}"));
        assert!(page.status == 200 && !page.body.contains("Cash desk") && !page.body.contains("<script>alert"), "{query}");
    }
}

#[test]
fn whoever_wants_no_single_keys_is_told_so_and_gets_none() {
    let (pages, analyst) = with_groups();
    let is_off = || pages.get(&analyst, "/errors").body.contains("data-off");
    assert!(!is_off());
    pages.done(&analyst, "/account/keys", &[("off", "1")]);
    assert!(is_off() && pages.get(&analyst, "/account").body.contains("name=\"off\" value=\"1\" checked"));
    pages.done(&analyst, "/account/keys", &[]);
    assert!(!is_off());
}

#[test]
fn the_queue_is_narrowed_by_any_property_of_logs() {
    let (pages, analyst) = with_groups();
    let shown = pages.get(&analyst, "/errors?by=request.method");
    assert!(
        shown.body.contains("/errors?logs=request.method%20%3D%20%22A%22&amp;by=request.method")
            || shown.body.contains("/errors?logs=request.method%20%3D%20%22A%22&#38;by=request.method"),
        "{}",
        shown.body
    );
    let rows = |query: &str| pages.get(&analyst, &format!("/errors?{query}")).body.matches("data-row").count();
    assert_eq!(rows("logs=request.method%20%3D%20%22A%22"), 2);
    assert_eq!(rows("logs=error.message%20contains%20drawer"), 1);
    assert_eq!(rows("logs=not%20request.method%20%3D%20%22A%22"), 0);
    assert_eq!(rows("logs=%3D%3D&by=.."), 2, "what cannot be read is not asked for");
    assert!(pages.get(&analyst, "/logs?filter=request.method%20%3D%20A").body.contains("/errors?logs=request.method%20%3D%20"));
    let asks = |path: &str| pages.asks(&analyst, "GET", path, &serde_json::Value::Null);
    assert_eq!(asks("errors?logs=error.message%20contains%20drawer").1["errors"].as_array().unwrap().len(), 1);
    assert_eq!(asks("errors?logs=%3D").0, 422);
    assert_eq!(asks("errors/facets?by=request.method").1["values"], serde_json::json!([{ "value": "A", "count": 2 }]));
}
