//! What was refused stands in the audit log: of known people each time, of strangers once a source and minute.

use super::*;
use crate::store::AuditPage;

impl Hostile {
    /// Who was refused what, the latest last.
    fn refused(&self) -> Vec<(String, String)> {
        let page = AuditPage { refused: true, limit: 100, ..AuditPage::default() };
        let entries = self.pages.runtime.block_on(self.pages.services.store.list_audit_entries(&page)).unwrap();
        entries.into_iter().rev().map(|entry| (entry.actor, entry.target)).collect()
    }
}

#[test]
fn reaching_for_another_branchs_things_is_told_as_nothing_and_noted() {
    let hostile = Hostile::new();
    let other = hostile.pages.sign_in("other", Role::BranchOperator, &["L02"]);
    let own = hostile.pages.sign_in("own", Role::BranchOperator, &["K01"]);
    let (log, file) = (hostile.log, hostile.file);
    let paths = [
        format!("/logs/{log}"),
        format!("/logs/{log}/json"),
        format!("/files/{file}"),
        "/branches/K01".to_owned(),
        format!("/api/v1/logs/{log}"),
        format!("/api/v1/logs/{log}/diagnosis"),
        format!("/api/v1/files/{file}"),
        "/api/v1/branches/K01/ledger".to_owned(),
        "/api/v1/branches/K01/agents".to_owned(),
    ];
    for path in &paths {
        assert_eq!(hostile.pages.get(&own, path).status, 200, "{path}");
        assert_eq!(hostile.pages.get(&other, path).status, 404, "{path}");
    }
    // What there is nowhere is no reaching.
    for path in [format!("/logs/{}", LogId(file.0)), format!("/files/{}", LogFileId(log.0)), "/known/none".to_owned()] {
        assert_eq!(hostile.pages.get(&other, &path).status, 404, "{path}");
    }
    let expected: Vec<_> = paths.iter().map(|path| ("other".to_owned(), format!("GET {path}"))).collect();
    assert_eq!(hostile.refused(), expected);
}

#[test]
fn strangers_with_wrong_secrets_are_noted_once_a_minute_and_attempts_to_sign_in_too() {
    let hostile = Hostile::new();
    let ask = |method: &str, path: &str, secret: &str| {
        let headers = [("Authorization", secret), ("Content-Type", "application/json")];
        http::exchange(&hostile.pages.address, &http::request(method, path, &headers, b"{}")).status
    };
    assert_eq!(ask("GET", "/api/v1/me", "Bearer lh_none"), 401);
    assert_eq!(ask("POST", "/api/v1/branches/K01/logs", "Bearer lhk_none"), 401);
    assert_eq!(hostile.pages.get("", "/api/v1/me").status, 401);
    let strangers = vec![("—".to_owned(), "GET /api/v1/me".to_owned())];
    assert_eq!(hostile.refused(), strangers);
    let sign_in = || hostile.pages.post("", "/sign-in", &[("name", "olena"), ("password", "wrong")]).status;
    let statuses: Vec<u16> = (0..11).map(|_| sign_in()).collect();
    assert_eq!((statuses[7], statuses[8], statuses[10]), (401, 429, 429));
    // Eight wrong passwords, and of three attempts too many the first.
    assert_eq!(hostile.refused().into_iter().filter(|(who, _)| who == "olena").count(), 9);
}

#[test]
fn what_people_say_of_answers_is_noted_with_what_they_said_before() {
    let hostile = Hostile::new();
    let own = hostile.pages.sign_in("own", Role::BranchOperator, &["K01"]);
    let pages = &hostile.pages;
    let answers = pages.runtime.block_on(pages.services.store.list_answers(Some(&hostile.known))).unwrap();
    let path = format!("{}/feedback", super::super::known::address(&hostile.known));
    for worked in ["yes", "no"] {
        let said = pages.post(&own, &path, &[("csrf", CSRF), ("answer", &answers[0].id.to_string()), ("worked", worked)]);
        assert_eq!(said.status, 303);
    }
    let page = AuditPage { action: Some(crate::domain::AuditAction::AnswerFeedback), limit: 9, ..AuditPage::default() };
    let entries = pages.runtime.block_on(pages.services.store.list_audit_entries(&page)).unwrap();
    let told = |worked: bool| Some(bson::bson!({ "answer": answers[0].id.0, "worked": worked }));
    let found: Vec<_> = entries.into_iter().map(|entry| (entry.actor, entry.before, entry.after)).collect();
    assert_eq!(found, [("own".to_owned(), told(true), told(false)), ("own".to_owned(), None, told(true))]);
}
