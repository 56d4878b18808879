//! What every store promises of taking a file back.

use std::sync::Arc;

use bson::{DateTime, rawdoc};
use loghelper::{
    domain::{FileOutcome, FileState, GroupId, KnownErrorId, LogFile, ParseCounts},
    store::{Removed, SharedStore},
};

use crate::support::{a_log, file_id, mongodb, sqlite};

contract! {
    a_files_logs_go_in_portions_and_name_what_they_were_counted_in,
    a_files_record_goes_and_no_other,
}

async fn a_files_logs_go_in_portions_and_name_what_they_were_counted_in(store: SharedStore) {
    let group = |name: &str| GroupId::from_content(&[name.as_bytes()]);
    let mut logs = Vec::new();
    for (n, (id, file)) in (0_i64..).zip([("a", "f"), ("b", "f"), ("c", "f"), ("d", "f"), ("e", "f"), ("x", "other")]) {
        let mut log = a_log(id, Some((n, n)), None);
        log.file = file;
        log.verdict = (n != 4).then(|| {
            rawdoc! { "known_error_id": "k", "group_id": group(if n < 3 { "g" } else { "h" }).0, "method": null, "score": 0.5 }
        });
        logs.push(log.encoded());
    }
    store.insert_logs(&Arc::from(logs)).await.unwrap();
    let (mut sizes, mut groups) = (Vec::new(), Vec::new());
    loop {
        let removed = store.delete_logs_of_file(&file_id("f"), 2).await.unwrap();
        if removed.n_logs == 0 {
            assert_eq!(removed, Removed::default());
            break;
        }
        assert!(removed.known.iter().all(|known| *known == KnownErrorId("k".to_owned())));
        sizes.push(removed.n_logs);
        groups.extend(removed.groups);
    }
    assert_eq!(sizes, [2, 2, 1]);
    assert!(groups.contains(&group("g")) && groups.contains(&group("h")));
    assert_eq!(store.count_log_file(&file_id("f")).await.unwrap(), 0);
    assert_eq!(store.count_log_file(&file_id("other")).await.unwrap(), 1);
}

async fn a_files_record_goes_and_no_other(store: SharedStore) {
    for name in ["f", "other"] {
        let file = LogFile {
            id: file_id(name),
            branch: "K1".parse().unwrap(),
            name: name.to_owned(),
            content_hash: name.to_owned(),
            size_bytes: 1,
            format: String::new(),
            encoding: String::new(),
            state: FileState::Deleting,
            message: None,
            uploaded_by: String::new(),
            created_at: DateTime::from_millis(0),
            finished_at: None,
            counts: ParseCounts::default(),
            outcome: FileOutcome::default(),
        };
        store.save_log_file(&file).await.unwrap();
        assert_eq!(store.find_log_file(&file.id).await.unwrap(), Some(file));
    }
    assert!(store.delete_log_file(&file_id("f")).await.unwrap());
    assert!(!store.delete_log_file(&file_id("f")).await.unwrap());
    let left: Vec<String> = store.list_log_files(None, 10).await.unwrap().into_iter().map(|file| file.name).collect();
    assert_eq!(left, ["other"]);
}
