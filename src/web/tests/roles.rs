//! Who may do what: every address of the router in every role.

use std::collections::BTreeSet;

use super::{super::routes, *};
use crate::domain::{QueryConfig, ViewKind};

/// 200.
const SHOWN: u16 = 200;
/// 303: done, the browser is sent on.
const DONE: u16 = 303;
/// 303 to the page where one signs in.
const SIGN_IN: u16 = 0;
/// 401: name or password is wrong.
const WRONG: u16 = 401;
/// 403.
const FORBIDDEN: u16 = 403;
/// 404: there is none, or none for this person.
const NONE: u16 = 404;

/// The people of the table: nobody, an operator of the branch whose Logs are asked for, one of another branch, and those who see all.
const PEOPLE: [(&str, Role, &[&str]); 5] = [
    ("own", Role::BranchOperator, &["K01"]),
    ("other", Role::BranchOperator, &["L02"]),
    ("programmer", Role::ProgrammerDeveloper, &[]),
    ("analyst", Role::ExpertAnalyst, &[]),
    ("administrator", Role::SystemAdministrator, &[]),
];

/// Anonymous, own operator, other operator, programmer, analyst, administrator.
type Expected = [u16; 6];

const ANYBODY: Expected = [SHOWN; 6];
const SIGNED_IN: Expected = [SIGN_IN, SHOWN, SHOWN, SHOWN, SHOWN, SHOWN];
const OF_BRANCH: Expected = [SIGN_IN, SHOWN, NONE, SHOWN, SHOWN, SHOWN];
const READERS: Expected = [SIGN_IN, FORBIDDEN, FORBIDDEN, SHOWN, SHOWN, SHOWN];
const ANALYSTS_SEE: Expected = [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, SHOWN, SHOWN];
/// 422: the form names no other group, or none at all.
const ANALYSTS_TRY: Expected = [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, 422, 422];
const ANALYSTS_DO: Expected = [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, DONE, DONE];

const ADMINISTRATORS: Expected = [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, SHOWN];
const ADMINISTRATORS_DO: Expected = [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, DONE];
/// 422: the form names no role.
const ADMINISTRATORS_TRY: Expected = [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, 422];
const TRIED: Expected = [SIGN_IN, 422, 422, 422, 422, 422];
/// There is none of their own.
const NONE_OF_OWN: Expected = [SIGN_IN, NONE, NONE, NONE, NONE, NONE];

const TABLE: &[(&str, &str, Expected)] = &[
    ("GET", "/healthz", ANYBODY),
    ("GET", "/readyz", ANYBODY),
    ("GET", "/static/{name}", ANYBODY),
    ("GET", "/sign-in", ANYBODY),
    ("POST", "/sign-in", [WRONG; 6]),
    ("POST", "/sign-out", [SIGN_IN, DONE, DONE, DONE, DONE, DONE]),
    ("POST", "/preferences", [DONE; 6]),
    ("GET", "/", SIGNED_IN),
    ("GET", "/upload", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, SHOWN, SHOWN]),
    ("POST", "/upload", ANALYSTS_DO),
    ("GET", "/uploads/{token}", [SIGN_IN, NONE, NONE, NONE, DONE, NONE]),
    ("GET", "/uploads/{token}/progress", [SIGN_IN, NONE, NONE, NONE, SHOWN, NONE]),
    ("GET", "/files", SIGNED_IN),
    ("GET", "/files/{id}", OF_BRANCH),
    ("GET", "/branches", SIGNED_IN),
    ("GET", "/branches/{code}", OF_BRANCH),
    ("POST", "/branches/{code}/keys", ADMINISTRATORS),
    ("POST", "/branches/{code}/keys/{id}/rotate", ADMINISTRATORS),
    ("POST", "/branches/{code}/keys/{id}/revoke", ADMINISTRATORS_DO),
    ("GET", "/branches/{code}/subscriptions", ADMINISTRATORS),
    ("POST", "/branches/{code}/subscriptions", ADMINISTRATORS_TRY),
    ("GET", "/branches/{code}/subscriptions/{id}", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NONE]),
    ("POST", "/branches/{code}/subscriptions/{id}", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NONE]),
    ("POST", "/branches/{code}/subscriptions/{id}/remove", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NONE]),
    ("POST", "/branches/{code}/subscriptions/{id}/test", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NONE]),
    ("GET", "/quarantine", READERS),
    ("GET", "/quarantine/{id}", READERS),
    ("POST", "/quarantine/{id}/replay", ANALYSTS_DO),
    ("GET", "/errors", READERS),
    ("POST", "/errors/bulk", ANALYSTS_TRY),
    ("POST", "/errors/bulk/apply", ANALYSTS_TRY),
    ("GET", "/errors/bulk/{id}/undo", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NONE, NONE]),
    ("POST", "/errors/bulk/{id}/undo", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NONE, NONE]),
    ("GET", "/errors/views/{id}/count", [SIGN_IN, FORBIDDEN, FORBIDDEN, SHOWN, NONE, NONE]),
    ("POST", "/errors/views", [SIGN_IN, FORBIDDEN, FORBIDDEN, DONE, DONE, DONE]),
    ("POST", "/errors/views/{id}/rename", [SIGN_IN, FORBIDDEN, FORBIDDEN, DONE, NONE, NONE]),
    ("POST", "/errors/views/{id}/delete", [SIGN_IN, FORBIDDEN, FORBIDDEN, DONE, NONE, NONE]),
    ("GET", "/errors/rules", READERS),
    ("GET", "/errors/rules/{id}/withdraw", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NONE, NONE]),
    ("POST", "/errors/rules/{id}/withdraw", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NONE, NONE]),
    ("GET", "/errors/{id}", READERS),
    ("GET", "/errors/{id}/next", [SIGN_IN, FORBIDDEN, FORBIDDEN, DONE, DONE, DONE]),
    ("GET", "/errors/{id}/around", READERS),
    // 422: there is nobody of that name.
    ("POST", "/errors/{id}/assign", ANALYSTS_TRY),
    ("POST", "/errors/{id}/reopen", ANALYSTS_DO),
    ("POST", "/errors/{id}/comment", [SIGN_IN, FORBIDDEN, FORBIDDEN, DONE, DONE, DONE]),
    ("POST", "/errors/{id}/approve", ANALYSTS_DO),
    ("POST", "/errors/{id}/preview", ANALYSTS_SEE),
    ("GET", "/errors/{id}/merge", ANALYSTS_SEE),
    ("GET", "/errors/{id}/split", ANALYSTS_SEE),
    ("POST", "/errors/{id}/merge", ANALYSTS_TRY),
    ("POST", "/errors/{id}/split", ANALYSTS_DO),
    ("POST", "/errors/{id}/ignore", ANALYSTS_DO),
    ("GET", "/errors/{id}/suggestion", READERS),
    // Which one is not said.
    ("GET", "/errors/{id}/suggestion/stream", [SIGN_IN, FORBIDDEN, FORBIDDEN, NONE, NONE, NONE]),
    ("GET", "/errors/{id}/suggestion/prompt", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NONE]),
    ("POST", "/errors/{id}/suggestion", ANALYSTS_DO),
    ("POST", "/errors/{id}/suggestion/cancel", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NONE, NONE]),
    ("POST", "/errors/{id}/suggestion/reject", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NONE, NONE]),
    ("GET", "/ask", [SIGN_IN, NONE, NONE, NONE, NONE, NONE]),
    ("POST", "/ask", [SIGN_IN, NONE, NONE, NONE, NONE, NONE]),
    ("POST", "/ask/stream", [SIGN_IN, NONE, NONE, NONE, NONE, NONE]),
    ("GET", "/efficiency", READERS),
    ("GET", "/pinned", SIGNED_IN),
    ("GET", "/known", SIGNED_IN),
    ("GET", "/known/{id}/edit", ANALYSTS_SEE),
    ("POST", "/known/{id}/edit", ANALYSTS_TRY),
    ("POST", "/known/{id}/preview", ANALYSTS_SEE),
    // 422: the form names a version that is not the latest.
    ("POST", "/known/{id}/life", [SIGN_IN, FORBIDDEN, FORBIDDEN, 422, 422, 422]),
    ("POST", "/known/{id}/feedback", [SIGN_IN, NONE, NONE, NONE, NONE, NONE]),
    ("GET", "/known/{id}/versions", READERS),
    ("POST", "/known/{id}/restore", ANALYSTS_TRY),
    ("GET", "/known/{id:.*}", SIGNED_IN),
    ("GET", "/knowledge/new", ANALYSTS_SEE),
    ("POST", "/knowledge/new", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, DONE, 422]),
    ("POST", "/knowledge/preview", ANALYSTS_SEE),
    ("GET", "/knowledge/duplicates", ANALYSTS_SEE),
    ("POST", "/knowledge/merge", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NONE, NONE]),
    ("GET", "/knowledge/import", ANALYSTS_SEE),
    ("POST", "/knowledge/import", ANALYSTS_TRY),
    ("POST", "/knowledge/import/check", ANALYSTS_TRY),
    ("GET", "/knowledge/export/{format}", READERS),
    ("GET", "/statuses", SIGNED_IN),
    ("GET", "/statuses/{code}", ANALYSTS_SEE),
    ("POST", "/statuses/{code}", ANALYSTS_TRY),
    ("GET", "/statuses/{code}/merge", ANALYSTS_TRY),
    ("POST", "/statuses/{code}/merge", ANALYSTS_TRY),
    ("GET", "/logs", SIGNED_IN),
    ("GET", "/logs/asking", SIGNED_IN),
    ("GET", "/logs/tail", SIGNED_IN),
    ("GET", "/logs/tail/rows", SIGNED_IN),
    ("GET", "/logs/export/{format}", SIGNED_IN),
    ("GET", "/logs/saved/{id}/count", [SIGN_IN, SHOWN, NONE, NONE, NONE, NONE]),
    ("POST", "/logs/save", [SIGN_IN, DONE, DONE, DONE, DONE, DONE]),
    ("POST", "/logs/saved/{id}/rename", [SIGN_IN, DONE, NONE, NONE, NONE, NONE]),
    ("POST", "/logs/saved/{id}/delete", [SIGN_IN, DONE, NONE, NONE, NONE, NONE]),
    ("GET", "/logs/{id}", OF_BRANCH),
    ("GET", "/logs/{id}/json", OF_BRANCH),
    ("GET", "/people", ADMINISTRATORS),
    ("POST", "/people/invite", ADMINISTRATORS_TRY),
    ("POST", "/people/invitations/{id}/withdraw", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, NONE]),
    ("GET", "/people/{person}", ADMINISTRATORS),
    ("POST", "/people/{person}", ADMINISTRATORS_TRY),
    ("GET", "/join/{token}", [NONE; 6]),
    ("POST", "/join/{token}", [NONE; 6]),
    ("GET", "/account", SIGNED_IN),
    ("POST", "/account/keys", [SIGN_IN, DONE, DONE, DONE, DONE, DONE]),
    ("POST", "/account/password", TRIED),
    ("POST", "/account/sessions/{id}/end", NONE_OF_OWN),
    ("POST", "/account/tokens", TRIED),
    ("POST", "/account/tokens/{id}/revoke", NONE_OF_OWN),
    ("GET", "/audit", ADMINISTRATORS),
    ("GET", "/docs/api", SIGNED_IN),
    ("GET", "/files/{id}/reprocess", ANALYSTS_SEE),
    ("POST", "/files/{id}/reprocess", ANALYSTS_DO),
    ("GET", "/files/{id}/delete", ANALYSTS_SEE),
    // Last: what the file brought is gone afterwards.
    ("POST", "/files/{id}/delete", [SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, DONE, NONE]),
];

impl Hostile {
    /// The address with the ids of this store.
    fn filled(&self, path: &str, token: &str) -> String {
        let id = match path.split('/').nth(1).unwrap_or_default() {
            "files" => self.file.to_string(),
            "branches" => self.a_key(),
            "quarantine" => self.a_piece(),
            "errors" if path.ends_with("approve") => self.explained.to_string(),
            "errors" if path.contains("views") => ViewKind::Errors.id_for("programmer", "mine", 0).to_string(),
            "errors" => self.unknown.to_string(),
            "known" => self.known.to_string(),
            "logs" if path.contains("saved") => QueryConfig::id_for("own", "mine").to_string(),
            _ => self.log.to_string(),
        };
        let path = path
            .replace("{name}", "style.css")
            .replace("{token}", token)
            .replace("{format}", "csv")
            .replace("{code}", if path.starts_with("/statuses") { "10" } else { "K01" })
            .replace("{person}", "own");
        path.replace("{id:.*}", &id).replace("{id}", &id)
    }

    /// A new key of the branch.
    pub(super) fn a_key(&self) -> String {
        let branch = "K01".parse().unwrap();
        let made = self.pages.services.add_ingest_key(&branch, "<script>alert(30)</script>", "olena", DateTime::now());
        self.pages.runtime.block_on(made).unwrap().key.id
    }

    /// A piece in quarantine that nothing can read.
    pub(super) fn a_piece(&self) -> String {
        let piece = crate::domain::Quarantined {
            id: crate::domain::Quarantined::id_for(&self.file, 777),
            branch: "K01".parse().unwrap(),
            log_file_id: self.file,
            offset: 777,
            kind: crate::domain::ProblemKind::Unrecognised,
            reason: "<script>alert(31)</script>".to_owned(),
            raw: bson::Binary { subtype: bson::spec::BinarySubtype::Generic, bytes: b"<script>alert(32)</script>".to_vec() },
            size_bytes: 26,
            created_at: DateTime::now(),
            stretch: None,
        };
        self.pages.runtime.block_on(self.pages.services.store.insert_quarantined(std::slice::from_ref(&piece))).unwrap();
        piece.id.to_string()
    }

    /// Waits until the work that an answer leads to is done: the next row may be about the same file.
    fn wait_for(&self, cookie: &str, answer: &Answer) {
        let Some(token) = answer.header("Location").strip_prefix("/uploads/") else { return };
        while !self.pages.get(cookie, &format!("/uploads/{token}/progress")).body.contains("\"done\":true") {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn ask(&self, cookie: &str, method: &str, path: &str, csrf: &str) -> Answer {
        let fields = [
            ("csrf", csrf),
            ("name", "mine"),
            ("password", "wrong"),
            ("filter", "error exists"),
            ("status", "10"),
            ("answers", "Wait."),
            ("place", "0"),
            ("value", "none"),
            ("text", "Register closed"),
            ("to", "fixed"),
        ];
        match (method, path) {
            ("GET", _) => self.pages.get(cookie, path),
            (_, "/upload") => {
                let body = http::multipart(&[("csrf", csrf), ("branch", "K01")], b"a log that is none\n");
                let headers = [("Cookie", cookie), ("Content-Type", "multipart/form-data; boundary=b")];
                http::exchange(&self.pages.address, &http::request("POST", path, &headers, &body))
            }
            (_, "/knowledge/import/check") => {
                let body = http::multipart(&[("csrf", csrf)], b"a document that is none");
                let headers = [("Cookie", cookie), ("Content-Type", "multipart/form-data; boundary=b")];
                http::exchange(&self.pages.address, &http::request("POST", path, &headers, &body))
            }
            _ => self.pages.post(cookie, path, &fields),
        }
    }
}

/// Uploads as the analyst and waits until the file is read; the upload's token.
fn uploaded(hostile: &Hostile, cookie: &str) -> String {
    let answer = hostile.ask(cookie, "POST", "/upload", CSRF);
    let token = answer.header("Location").trim_start_matches("/uploads/").to_owned();
    while !hostile.pages.get(cookie, &format!("/uploads/{token}/progress")).body.contains("\"done\":true") {
        std::thread::sleep(Duration::from_millis(20));
    }
    token
}

#[test]
fn the_table_names_every_address_of_the_router() {
    let router: BTreeSet<_> = routes::ALL.iter().map(|address| (address.method.as_str(), address.path)).collect();
    let table: BTreeSet<_> = TABLE.iter().map(|(method, path, _)| (*method, *path)).collect();
    assert_eq!(router, table);
}

#[test]
fn every_address_answers_every_role_as_the_table_says() {
    let hostile = Hostile::new();
    let pages = &hostile.pages;
    let token = uploaded(&hostile, &pages.sign_in("analyst", Role::ExpertAnalyst, &[]));
    let own = pages.sign_in("own", Role::BranchOperator, &["K01"]);
    let programmer = pages.sign_in("programmer", Role::ProgrammerDeveloper, &[]);
    let mut wrong = Vec::new();
    for &(method, path, expected) in TABLE {
        // Each row begins with the views that it may delete.
        hostile.ask(&own, "POST", "/logs/save", CSRF);
        hostile.ask(&programmer, "POST", "/errors/views", CSRF);
        let filled = hostile.filled(path, &token);
        for (index, expected) in expected.into_iter().enumerate() {
            let who = index.checked_sub(1).and_then(|index| PEOPLE.get(index));
            // A new session each time: one of the addresses ends it.
            let cookie = who.map(|(name, role, branches)| pages.sign_in(name, *role, branches)).unwrap_or_default();
            let answer = hostile.ask(&cookie, method, &filled, CSRF);
            hostile.wait_for(&cookie, &answer);
            let to_sign_in = answer.status == 303 && answer.header("Location").starts_with("/sign-in?next=");
            let found = if to_sign_in { SIGN_IN } else { answer.status };
            if found != expected {
                wrong.push(format!("{method} {path} as {:?}: {found}, not {expected}", who.map(|(name, ..)| name)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_form_is_taken_without_the_sessions_token() {
    let hostile = Hostile::new();
    let own = hostile.pages.sign_in("own", Role::SystemAdministrator, &[]);
    for &(method, path, _) in TABLE.iter().filter(|(method, ..)| *method == "POST") {
        let answer = hostile.ask(&own, method, &hostile.filled(path, "none"), "another token");
        // Signing in and preferences need no session: what they do, another site could do by a link.
        let expected = match path {
            "/sign-in" => WRONG,
            "/preferences" => DONE,
            // The link is the token.
            "/join/{token}" => NONE,
            _ => FORBIDDEN,
        };
        assert_eq!(answer.status, expected, "{method} {path}");
    }
}

#[test]
fn operators_see_nothing_of_other_branches_in_lists() {
    let hostile = Hostile::new();
    let other = hostile.pages.sign_in("other", Role::BranchOperator, &["L02"]);
    for path in ["/", "/files", "/branches", "/logs", "/logs?filter=branch%20%3D%20%22K01%22", "/known"] {
        let answer = hostile.pages.get(&other, path);
        assert_eq!(answer.status, 200, "{path}");
        for secret in [hostile.file.to_string(), hostile.log.to_string(), "alert(4)".to_owned(), "alert(8)".to_owned()] {
            assert!(!answer.body.contains(&secret), "{path} tells of {secret}");
        }
    }
}

#[test]
fn an_address_that_there_is_not_says_so_to_everybody() {
    let hostile = Hostile::new();
    let analyst = hostile.pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    for (cookie, menu) in [("", false), (analyst.as_str(), true)] {
        for path in ["/nothing", "/logs/x/y", "/errors/zz", "/known/nobody", "/static/none.js"] {
            let answer = hostile.pages.get(cookie, path);
            let asked_to_sign_in = !menu && answer.status == 303;
            assert!(answer.status == 404 || asked_to_sign_in, "{path}: {}", answer.head);
            assert!(path.starts_with("/static") || asked_to_sign_in || answer.body.contains("<nav") == menu, "{path}");
        }
    }
}
