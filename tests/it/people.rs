//! What every store promises of sessions, tokens, invitations and the audit log.

use bson::DateTime;
use loghelper::{
    domain::{ApiToken, AuditAction, AuditEntry, AuditId, Invitation, Role, Session, TokenScope, Via},
    store::{AuditCursor, AuditPage, Error, SharedStore},
};

use crate::support::{mongodb, sqlite};

contract! {
    a_persons_sessions_end_but_for_one,
    a_token_is_revoked_once_and_its_use_never_goes_back,
    an_invitation_is_taken_once_and_ends,
    the_audit_log_is_read_in_pages_by_any_of_its_filters,
}

fn at(ms: i64) -> DateTime {
    DateTime::from_millis(ms)
}

async fn a_persons_sessions_end_but_for_one(store: SharedStore) {
    for (hash, user, ends) in [("a", "olena", 100), ("b", "olena", 300), ("c", "olena", 200), ("d", "petro", 300)] {
        let session = Session {
            token_hash: hash.to_owned(),
            user: user.to_owned(),
            csrf: String::new(),
            opened_from: "10.0.0.1".to_owned(),
            created_at: at(1),
            expires_at: at(ends),
        };
        store.insert_session(&session).await.unwrap();
    }
    let open = async |user: &str| {
        let found = store.list_sessions(user, at(150)).await.unwrap();
        found.into_iter().map(|session| session.token_hash).collect::<String>()
    };
    assert_eq!((open("olena").await.as_str(), open("petro").await.as_str()), ("bc", "d"));
    assert_eq!(store.delete_sessions("olena", Some("c")).await.unwrap(), 2);
    assert_eq!((open("olena").await.as_str(), open("petro").await.as_str()), ("c", "d"));
    assert_eq!(store.delete_sessions("olena", None).await.unwrap(), 1);
}

async fn a_token_is_revoked_once_and_its_use_never_goes_back(store: SharedStore) {
    let token = |hash: &str, created| ApiToken {
        id: ApiToken::id_for(hash),
        token_hash: hash.to_owned(),
        prefix: "lh_abc".to_owned(),
        name: "nightly".to_owned(),
        user: "olena".to_owned(),
        scopes: vec![TokenScope::Read, TokenScope::Triage],
        created_at: at(created),
        expires_at: at(1000),
        last_used_at: None,
        revoked_at: None,
    };
    let (first, second) = (token("a", 1), token("b", 2));
    store.insert_api_token(&first).await.unwrap();
    store.insert_api_token(&second).await.unwrap();
    assert!(matches!(store.insert_api_token(&first).await, Err(Error::Conflict { .. })));
    assert_eq!(store.list_api_tokens("olena", 10).await.unwrap(), [second.clone(), first.clone()]);
    assert_eq!(store.list_api_tokens("olena", 1).await.unwrap(), [second]);
    assert!(store.list_api_tokens("petro", 10).await.unwrap().is_empty());
    for moment in [50, 40] {
        store.update_api_token_use(&first.id, at(moment)).await.unwrap();
    }
    let revoked = [store.revoke_api_token(&first.id, at(60)).await.unwrap(), store.revoke_api_token(&first.id, at(70)).await.unwrap()];
    let expected = ApiToken { last_used_at: Some(at(50)), revoked_at: Some(at(60)), ..first.clone() };
    assert_eq!((revoked, store.find_api_token(&first.id).await.unwrap()), ([true, false], Some(expected)));
    assert!(!store.revoke_api_token(&ApiToken::id_for("none"), at(1)).await.unwrap());
}

async fn an_invitation_is_taken_once_and_ends(store: SharedStore) {
    let invitation = |hash: &str, created| Invitation {
        id: Invitation::id_for(hash),
        token_hash: hash.to_owned(),
        name: "petro".to_owned(),
        role: Role::BranchOperator,
        branches: vec!["K01".parse().unwrap()],
        invited_by: "olena".to_owned(),
        created_at: at(created),
        expires_at: at(100 * created),
    };
    let (first, second) = (invitation("a", 1), invitation("b", 2));
    store.insert_invitation(&first).await.unwrap();
    store.insert_invitation(&second).await.unwrap();
    assert_eq!(store.list_invitations(at(50)).await.unwrap(), [second.clone(), first.clone()]);
    assert_eq!(store.list_invitations(at(100)).await.unwrap(), [second]);
    assert_eq!(store.find_invitation(&first.id, at(99)).await.unwrap().as_ref(), Some(&first));
    assert_eq!(store.find_invitation(&first.id, at(100)).await.unwrap(), None);
    assert!(store.delete_invitation(&first.id).await.unwrap() && !store.delete_invitation(&first.id).await.unwrap());
}

fn an_entry(n: u32, actor: &str, action: AuditAction, refused: bool) -> AuditEntry {
    AuditEntry {
        id: AuditId::from_content(&[&n.to_be_bytes()]),
        // Two entries share each moment.
        at: at(i64::from(n / 2)),
        actor: actor.to_owned(),
        via: Via::Session,
        address: None,
        request_id: Some(format!("r{n}")),
        action,
        target: format!("t{}", n % 3),
        refused,
        before: None,
        after: Some(bson::bson!({ "n": i64::from(n) })),
    }
}

async fn the_audit_log_is_read_in_pages_by_any_of_its_filters(store: SharedStore) {
    let mut all = Vec::new();
    for n in 0..12 {
        let actor = if n % 4 == 0 { "petro" } else { "olena" };
        let action = if n % 2 == 0 { AuditAction::SignIn } else { AuditAction::ErrorApprove };
        let entry = an_entry(n, actor, action, n % 6 == 0);
        store.insert_audit_entry(&entry).await.unwrap();
        all.push(entry);
    }
    // Written again with other words, it stays as it was.
    store.insert_audit_entry(&AuditEntry { actor: "nobody".to_owned(), ..all[3].clone() }).await.unwrap();
    all.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.id)));
    let asked = |change: fn(&mut AuditPage)| {
        let mut page = AuditPage { limit: 100, ..AuditPage::default() };
        change(&mut page);
        page
    };
    type Case = (fn(&mut AuditPage), fn(&AuditEntry) -> bool);
    let cases: [Case; 7] = [
        (|_| (), |_| true),
        (|page| page.actor = Some("petro".to_owned()), |entry| entry.actor == "petro"),
        (|page| page.action = Some(AuditAction::SignIn), |entry| entry.action == AuditAction::SignIn),
        (|page| page.target = Some("t1".to_owned()), |entry| entry.target == "t1"),
        (|page| page.refused = true, |entry| entry.refused),
        (
            |page| (page.since, page.until) = (Some(DateTime::from_millis(2)), Some(DateTime::from_millis(4))),
            |entry| (2..4).contains(&entry.at.timestamp_millis()),
        ),
        (|page| (page.actor, page.refused) = (Some("petro".to_owned()), true), |entry| entry.actor == "petro" && entry.refused),
    ];
    for (number, (change, holds)) in cases.into_iter().enumerate() {
        let expected: Vec<_> = all.iter().filter(|entry| holds(entry)).cloned().collect();
        assert_eq!(store.list_audit_entries(&asked(change)).await.unwrap(), expected, "case {number}");
        let (mut leafed, mut page) = (Vec::new(), AuditPage { limit: 1, ..asked(change) });
        while let Some(entry) = store.list_audit_entries(&page).await.unwrap().pop() {
            page.after = Some(AuditCursor { at: entry.at, id: entry.id });
            leafed.push(entry);
        }
        assert_eq!(leafed, expected, "case {number}, entry by entry");
    }
}

#[tokio::test]
async fn sqlite_refuses_to_rewrite_the_audit_log() {
    let (store, folder) = sqlite().await;
    store.insert_audit_entry(&an_entry(1, "olena", AuditAction::SignIn, false)).await.unwrap();
    let connection = rusqlite::Connection::open(folder.path().join("test.db")).unwrap();
    for sql in ["DELETE FROM \"Audit\"", "UPDATE \"Audit\" SET actor = 'petro'"] {
        assert!(connection.execute(sql, []).unwrap_err().to_string().contains("append-only"), "{sql}");
    }
}
