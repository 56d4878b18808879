//! What pages offer to choose from, and what they refuse when it is chosen all the same.

use super::{triage::log_of, *};
use crate::domain::{FileState, GroupState, StatusError, Until};

const FULL: &str = "Cash desk drawer full";

impl Pages {
    /// A status of this number.
    fn has_status(&self, code: i32, retired: bool) {
        let status = StatusError { retired, ..StatusError::new(StatusCode(code), format!("Status {code}")) };
        self.runtime.block_on(self.services.store.save_status_error(&status)).unwrap();
    }
}

fn with_one_group() -> (Pages, String) {
    let pages = Pages::empty(|_| ());
    pages.ingest("a.log", &log_of(8, &[FULL]));
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    (pages, analyst)
}

#[test]
fn a_status_that_is_out_of_use_is_neither_offered_nor_taken() {
    let (pages, analyst) = with_one_group();
    pages.has_status(10, false);
    pages.has_status(20, true);
    let page = format!("/errors/{}", pages.group("full").id);
    for path in [page.as_str(), "/knowledge/new", "/statuses/new", "/statuses/10"] {
        let shown = pages.get(&analyst, path).body;
        assert!(!shown.contains("<option value=\"20\"") && shown.contains("<option"), "{path}");
    }
    assert!(pages.get(&analyst, &page).body.contains("<option value=\"10\""));
    let send = |path: &str, fields: &[(&str, &str)]| {
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", CSRF)]).collect();
        pages.post(&analyst, path, &fields).status
    };
    let told = [("title", "Full"), ("text", FULL), ("answers", "Empty it.")];
    for (chosen, expected) in [
        (vec![("status", "20")], 422),
        (vec![("new_code", "30"), ("new_title", "New"), ("new_parent", "20")], 422),
        (vec![("status", "10")], 303),
    ] {
        let fields: Vec<_> = told.into_iter().chain(chosen.clone()).collect();
        assert_eq!(send(&format!("{page}/approve"), &fields), expected, "{chosen:?}");
    }
    assert_eq!(send("/statuses/new", &[("code", "40"), ("title", "New"), ("parent", "20")]), 422);
    assert_eq!(send("/statuses/10/merge", &[("into", "20")]), 422);
    assert_eq!(send("/knowledge/new", &[("title", "T"), ("text", "another text"), ("status", "20"), ("answer", "A")]), 422);
}

#[test]
fn what_ends_a_key_is_asked_for_twice() {
    let (pages, _) = with_one_group();
    let administrator = pages.sign_in("administrator", Role::SystemAdministrator, &[]);
    let branch = "K01".parse().unwrap();
    let made = pages.services.add_ingest_key(&branch, "server", "olena", DateTime::now());
    let id = pages.runtime.block_on(made).unwrap().key.id;
    let page = pages.get(&administrator, "/branches/K01").body;
    for (what, sure) in [("rotate", "Make the new key"), ("revoke", "Revoke it now")] {
        let form = page.find(&format!("/keys/{id}/{what}\"")).unwrap();
        let opened = page[..form].rfind("<details").unwrap();
        assert!(!page[opened..form].contains("</details>"), "{what} does not have to be opened");
        assert!(page[form..].contains(sure), "{what}");
    }
}

#[test]
fn known_errors_that_are_told_apart_stand_side_by_side() {
    let (pages, analyst) = with_one_group();
    let send = |fields: &[(&str, &str)]| {
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", CSRF)]).collect();
        pages.post(&analyst, "/knowledge/new", &fields)
    };
    let nothing = send(&[]);
    assert!(nothing.status == 422 && nothing.body.contains("Give a text or key words"), "{}", nothing.body);
    assert_eq!(send(&[("regex", "(unclosed")]).status, 422);
    // Neither has a text, so nothing that another says is said of them.
    assert_eq!(send(&[("regex", "^drawer [0-9]+$")]).status, 303);
    assert_eq!(send(&[("regex", "^lid [0-9]+$")]).status, 303);
    assert_eq!(send(&[("regex", "^lid [0-9]+$")]).status, 422);
    // One text means another thing where another condition holds.
    let text = ("text", "Cash desk lid open");
    assert_eq!(send(&[text]).status, 303);
    assert_eq!(send(&[text, ("conditions", "branch = K01")]).status, 303);
    assert_eq!(send(&[text, ("conditions", "branch = L02")]).status, 303);
    for taken in [&[text][..], &[text, ("conditions", "branch = K01")]] {
        let refused = send(taken);
        assert!(refused.status == 422 && refused.body.contains("a condition that tells them apart"), "{}", refused.body);
    }
    let known = pages.runtime.block_on(pages.services.store.list_known_errors()).unwrap();
    let named = |title: &str| known.iter().filter(|entry| entry.title == title).count();
    assert_eq!([named("^drawer [0-9]+$"), named("^lid [0-9]+$"), named("Cash desk lid open"), named("")], [1, 1, 3, 0]);
}

#[test]
fn what_is_filled_in_decides_until_when_a_group_is_set_aside() {
    let (pages, analyst) = with_one_group();
    let path = format!("/errors/{}/ignore", pages.group("full").id);
    let send = |fields: &[(&str, &str)]| {
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", CSRF)]).collect();
        pages.post(&analyst, &path, &fields).status
    };
    // As a browser sends the form with `for good` preselected and a number typed.
    assert_eq!(send(&[("until", "always"), ("more", "5"), ("date", "7 May"), ("rate", "")]), 422);
    assert_eq!(pages.group("full").state, GroupState::Unknown);
    assert_eq!(send(&[("until", "always"), ("more", "5"), ("date", ""), ("rate", "")]), 303);
    assert_eq!(pages.group("full").triage.ignored.unwrap().until, Until::More(5));
}

#[test]
fn a_change_of_many_is_taken_back_by_whoever_made_it_or_an_administrator() {
    let (pages, analyst) = with_one_group();
    let id = pages.group("full").id.to_string();
    let [other, administrator] =
        [("other", Role::ExpertAnalyst), ("admin", Role::SystemAdministrator)].map(|(name, role)| pages.sign_in(name, role, &[]));
    for (who, status) in [(&other, 403), (&analyst, 303), (&administrator, 303)] {
        let token = format!("{status}{}", who.len());
        let to = pages.done(&analyst, "/errors/bulk/apply", &[("group", &id), ("do", "ignore"), ("until", "always"), ("token", &token)]);
        let done = to.split("done=").nth(1).unwrap();
        let shown = pages.get(who, &to).body;
        assert_eq!(shown.contains("<button class=\"quiet\">Undo"), status == 303, "{status}");
        let headers = [("Cookie", who.as_str()), ("x-csrf-token", CSRF), ("Content-Type", "application/json")];
        let by_api = http::request("POST", &format!("/api/v1/errors/bulk/{done}/undo"), &headers, b"{}");
        if status == 403 {
            assert_eq!(http::exchange(&pages.address, &by_api).status, 403);
        }
        assert_eq!(pages.post(who, &format!("/errors/bulk/{done}/undo"), &[("csrf", CSRF)]).status, status);
        if status == 403 {
            assert_eq!(pages.group("full").state, GroupState::Ignored);
            pages.done(&analyst, &format!("/errors/bulk/{done}/undo"), &[]);
        }
        assert_eq!(pages.group("full").state, GroupState::Unknown);
    }
}

#[test]
fn all_rows_of_a_page_are_selected_without_script() {
    let (pages, analyst) = with_one_group();
    let n_checked = |path: &str| pages.get(&analyst, path).body.matches("\" checked aria-label").count();
    assert_eq!((n_checked("/errors"), n_checked("/errors?pick=all")), (0, 1));
}

#[test]
fn files_are_found_by_name_branch_and_state_and_leafed_through() {
    let (pages, analyst) = with_one_group();
    let file = pages.runtime.block_on(pages.services.store.list_log_files(None, 1)).unwrap().remove(0);
    let named = |n: u8| crate::domain::LogFile {
        id: LogFileId::from_content(&[&[n]]),
        name: format!("Kyiv \"{n}\".log"),
        branch: if n.is_multiple_of(2) { "K02" } else { "K01" }.parse().unwrap(),
        state: if n == 7 { FileState::Failed } else { FileState::Done },
        ..file.clone()
    };
    let files: Vec<_> = (0..150).map(named).collect();
    for file in &files {
        pages.runtime.block_on(pages.services.store.save_log_file(file)).unwrap();
    }
    let n_rows = |body: &str| body.matches("href=\"/files/").count();
    for (query, n) in [
        ("?search=kyiv%20%227", 11),
        ("?search=nothing", 0),
        ("?branch=K02", 75),
        ("?branch=K02&search=kyiv", 75),
        ("?state=failed", 1),
        ("?state=failed&branch=K02", 0),
        ("?state=none&after=none", 100),
    ] {
        assert_eq!(n_rows(&pages.get(&analyst, &format!("/files{query}")).body), n, "{query}");
    }
    let first = pages.get(&analyst, "/files?search=kyiv").body;
    let next = first.split("href=\"/files?").nth(1).and_then(|rest| rest.split('"').next()).unwrap().replace("&#38;", "&");
    let second = pages.get(&analyst, &format!("/files?{next}")).body;
    assert_eq!((n_rows(&first), n_rows(&second)), (100, 50), "{next}");
    assert!(!second.contains("href=\"/files?"));
    let operator = pages.sign_in("operator", Role::BranchOperator, &["K02"]);
    assert_eq!(n_rows(&pages.get(&operator, "/files").body), 75);
    assert_eq!(n_rows(&pages.get(&operator, "/files?branch=K01").body), 0);
}

#[test]
fn the_link_of_an_invitation_can_be_sent_as_it_stands() {
    let pages = Pages::empty(|_| ());
    let administrator = pages.sign_in("admin", Role::SystemAdministrator, &[]);
    let shown = pages.post(&administrator, "/people/invite", &[("csrf", CSRF), ("name", "petro"), ("role", "expert_analyst")]).body;
    assert!(shown.contains("http://test/join/"), "{shown}");
}
