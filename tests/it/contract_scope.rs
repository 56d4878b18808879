//! What every store promises of reading within a scope: whatever is of another branch is not found, by whichever method it is asked for.

use std::sync::Arc;

use bson::{DateTime, RawBsonRef, RawDocumentBuf, rawdoc, spec::BinarySubtype};
use loghelper::{
    domain::{
        Branch, BranchCode, DateOrder, EncodedLog, FileOutcome, FileState, KnownErrorId, Log, LogFile, LogId, ParseCounts, ProblemKind,
        PropertyDelta, PropertySide, PropertyType, Quarantined,
    },
    query::Filter,
    store::{LogPage, Scope, ScopedStore, SharedStore},
};

use crate::{
    contract_notices::report,
    contract_workplace::group,
    support::{ALog, a_log, file_id, mongodb, sqlite},
};

contract! {
    logs_of_other_branches_are_not_found,
    files_and_what_could_not_be_read_of_other_branches_are_not_found,
    branches_agents_and_groups_of_others_are_not_found,
    figures_are_those_of_the_branches_that_are_seen,
}

fn code(branch: &str) -> BranchCode {
    branch.parse().unwrap()
}

/// The store as those see it who see all, one branch each, both by name, and none.
fn views(store: &SharedStore) -> [(&'static [&'static str], ScopedStore); 5] {
    let all: (&[&str], _) = (&["K1", "K2"], ScopedStore::new(store.clone(), Scope::All));
    let some = |codes: &'static [&'static str]| {
        let branches = codes.iter().map(|branch| code(branch)).collect();
        (codes, ScopedStore::new(store.clone(), Scope::Branches(branches)))
    };
    [all, some(&["K1"]), some(&["K2"]), some(&["K1", "K2"]), some(&[])]
}

/// The Log as another branch would have sent it.
fn of_branch(log: &ALog, branch: &str) -> EncodedLog {
    let mut moved = RawDocumentBuf::new();
    for (name, value) in log.encoded().document().iter().flatten() {
        let value = if name.as_str() == "branch" { RawBsonRef::String(branch) } else { value };
        moved.append(name, value);
    }
    EncodedLog::from_document(moved).unwrap()
}

/// A Log with a known error for each branch, a second apart.
async fn a_log_each(store: &SharedStore) -> [(&'static str, LogId); 2] {
    let known =
        |log: ALog| ALog { verdict: Some(rawdoc! { "known_error_id": "ke", "group_id": null, "method": "exact", "score": 1.0 }), ..log };
    let one = of_branch(&known(a_log("a", Some((1, 1)), Some((2, 2)))), "K1");
    let two = of_branch(&known(ALog { file: "g", ..a_log("b", Some((3, 3)), Some((4, 4))) }), "K2");
    let ids = [("K1", one.id()), ("K2", two.id())];
    let logs: Arc<[EncodedLog]> = vec![one, two].into();
    store.insert_logs(&logs).await.unwrap();
    ids
}

async fn logs_of_other_branches_are_not_found(store: SharedStore) {
    let logs = a_log_each(&store).await;
    for (seen, reads) in views(&store) {
        for (branch, id) in &logs {
            let found = reads.find_log(id).await.unwrap();
            assert_eq!(found.map(|log: Log| log.branch.to_string()), seen.contains(branch).then(|| (*branch).to_owned()), "{seen:?}");
            let alone = reads.only(&code(branch));
            let page = LogPage { filter: &Filter::All, limit: 9, after: None, scan_limit: 9 };
            assert_eq!(alone.list_logs(&page).await.unwrap().logs.len(), usize::from(seen.contains(branch)), "{seen:?}");
        }
        // Whatever a filter says, it widens nothing.
        for filter in ["", "branch = K1 or branch = K2", "not branch = K1 or branch = K1", "verdict.known_error_id = ke"] {
            let filter: Filter = filter.parse().unwrap();
            let page = LogPage { filter: &filter, limit: 9, after: None, scan_limit: 9 };
            let mut newest: Vec<_> = reads.list_logs(&page).await.unwrap().logs;
            newest.reverse();
            assert_eq!(newest, reads.list_later_logs(&page).await.unwrap().logs);
            assert_eq!(newest.iter().map(|log| log.get_str("branch").unwrap()).collect::<Vec<_>>(), seen, "{filter}");
            assert_eq!(reads.list_moments(&page).await.unwrap().moments.len(), seen.len(), "{filter}");
        }
    }
}

fn file(name: &str, branch: &str, at: i64) -> LogFile {
    LogFile {
        id: file_id(name),
        branch: code(branch),
        name: name.into(),
        content_hash: "h".into(),
        size_bytes: 1,
        format: "bars".into(),
        encoding: "UTF-8".into(),
        state: FileState::Done,
        message: None,
        uploaded_by: "a".into(),
        created_at: DateTime::from_millis(at),
        finished_at: None,
        counts: ParseCounts::default(),
        outcome: FileOutcome::default(),
        stretch: None,
    }
}

fn piece(name: &str, branch: &str, at: i64) -> Quarantined {
    Quarantined {
        id: Quarantined::id_for(&file_id(name), at),
        branch: code(branch),
        log_file_id: file_id(name),
        offset: at,
        kind: ProblemKind::Unrecognised,
        reason: "r".into(),
        raw: bson::Binary { subtype: BinarySubtype::Generic, bytes: vec![1] },
        size_bytes: 1,
        created_at: DateTime::from_millis(at),
        stretch: None,
    }
}

async fn files_and_what_could_not_be_read_of_other_branches_are_not_found(store: SharedStore) {
    let files = [("f", "K1", 1), ("g", "K2", 2)];
    let mut pieces = Vec::new();
    for (name, branch, at) in files {
        store.save_log_file(&file(name, branch, at)).await.unwrap();
        pieces.extend([piece(name, branch, at), piece(name, branch, at + 10)]);
    }
    store.insert_quarantined(&pieces).await.unwrap();
    a_log_each(&store).await;
    for (seen, reads) in views(&store) {
        let branches = |files: Vec<LogFile>| files.iter().rev().map(|file| file.branch.to_string()).collect::<Vec<_>>();
        assert_eq!(branches(reads.list_log_files(9).await.unwrap()), seen);
        let ledger = reads.sum_ledger(DateTime::MIN).await.unwrap();
        assert_eq!(ledger.last_seen.keys().map(ToString::to_string).collect::<Vec<_>>(), seen);
        for (name, branch, at) in files {
            let (is_seen, id) = (seen.contains(&branch), file_id(name));
            assert_eq!(reads.find_log_file(&id).await.unwrap().is_some(), is_seen);
            assert_eq!(reads.tally_log_file(&id).await.unwrap().map(|tally| tally.known.len()), is_seen.then_some(1));
            assert_eq!(reads.list_quarantined(&id, 9).await.unwrap().len(), if is_seen { 2 } else { 0 });
            assert_eq!(reads.find_quarantined(&Quarantined::id_for(&id, at)).await.unwrap().is_some(), is_seen);
            let page = reads.list_quarantine_page(Some(&code(branch)), None, 9).await.unwrap();
            assert_eq!(page.len(), if is_seen { 2 } else { 0 });
        }
        let page = reads.list_quarantine_page(None, None, 3).await.unwrap();
        let newest: Vec<_> =
            [12, 11, 2, 1].into_iter().filter(|at| seen.contains(if at % 2 == 0 { &"K2" } else { &"K1" })).take(3).collect();
        assert_eq!(page.iter().map(|piece| piece.offset).collect::<Vec<_>>(), newest, "{seen:?}");
    }
}

async fn branches_agents_and_groups_of_others_are_not_found(store: SharedStore) {
    for branch in ["K1", "K2"] {
        let name = branch.to_owned();
        let (timezone, date_order, created_at) = ("UTC".to_owned(), DateOrder::Detect, DateTime::from_millis(1));
        store.save_branch(&Branch { code: code(branch), name, timezone, encoding: None, date_order, created_at }).await.unwrap();
        store.save_agent_report(&report(branch, "a", 1), 9).await.unwrap();
    }
    let groups = [group(1, &["K1"]), group(2, &["K2"]), group(3, &[])];
    store.insert_log_errors(&groups).await.unwrap();
    for (seen, reads) in views(&store) {
        let branches = reads.list_branches().await.unwrap();
        assert_eq!(branches.iter().map(|branch| branch.code.as_str()).collect::<Vec<_>>(), seen);
        for branch in ["K1", "K2"] {
            assert_eq!(reads.find_branch(&code(branch)).await.unwrap().is_some(), seen.contains(&branch));
            assert_eq!(reads.list_agent_reports(&code(branch)).await.unwrap().len(), usize::from(seen.contains(&branch)));
        }
        let mut texts = reads.list_group_texts(&groups.clone().map(|group| group.id)).await.unwrap();
        texts.sort_by(|a, b| a.template.cmp(&b.template));
        let expected: Vec<&str> = match (reads.scope(), seen) {
            (Scope::All, _) => vec!["failed 1", "failed 2", "failed 3"],
            (_, ["K1"]) => vec!["failed 1"],
            (_, ["K2"]) => vec!["failed 2"],
            (_, seen) => ["failed 1", "failed 2"][..seen.len()].to_vec(),
        };
        assert_eq!(texts.iter().map(|text| text.template.as_str()).collect::<Vec<_>>(), expected, "{seen:?}");
    }
}

async fn figures_are_those_of_the_branches_that_are_seen(store: SharedStore) {
    a_log_each(&store).await;
    let property = PropertyDelta {
        path: "a".into(),
        side: PropertySide::Request,
        types: vec![PropertyType::String],
        examples: vec!["secret".into()],
        count: 7,
    };
    store.add_properties(&file_id("f"), &[property]).await.unwrap();
    for (seen, reads) in views(&store) {
        let sees_all = *reads.scope() == Scope::All;
        let states = reads.count_states().await.unwrap();
        assert_eq!(
            states.iter().map(|state| (state.branch.as_str(), state.known)).collect::<Vec<_>>(),
            seen.iter().map(|branch| (*branch, 1)).collect::<Vec<_>>()
        );
        let (id, to) = (KnownErrorId("ke".into()), DateTime::from_millis(86_400_000));
        let usage = reads.count_known_error_days(&id, DateTime::from_millis(0), to, 9).await.unwrap();
        assert_eq!(
            usage.days.iter().map(|day| (day.branch.as_str(), day.count)).collect::<Vec<_>>(),
            seen.iter().map(|branch| (*branch, 1)).collect::<Vec<_>>()
        );
        assert_eq!(reads.count_by_status().await.unwrap().is_some(), sees_all);
        let properties = reads.list_log_queries().await.unwrap();
        let told: Vec<_> = properties.iter().map(|property| (property.path.as_str(), property.examples.len(), property.count)).collect();
        assert_eq!(told, if sees_all { [("a", 1, 7)] } else { [("a", 0, 0)] });
    }
}
