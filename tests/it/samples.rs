//! The sample logs against their own truth: what was planted in the files is what the whole program stores and recognises.

use std::{collections::BTreeMap, fs};

use serde_json::Value;

use crate::support::{SEED, ndjson, ok, samples};

/// The sum of a figure over all files.
fn total(truths: &[&Value], name: &str) -> i64 {
    truths.iter().filter_map(|truth| truth[name].as_i64()).sum()
}

/// The sums of a table of figures over all files.
fn tally(truths: &[&Value], name: &str) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for (key, n) in truths.iter().filter_map(|truth| truth[name].as_object()).flatten() {
        *sums.entry(key.clone()).or_default() += n.as_i64().unwrap();
    }
    sums
}

#[test]
fn what_was_planted_is_stored_and_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    ok(data, &["kb", "import", SEED]);
    let paths = samples(4000, data);
    let document: Value = serde_json::from_str(&fs::read_to_string(paths[0].with_file_name("truth.json")).unwrap()).unwrap();
    for path in &paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        let branch = name.split('-').nth(1).unwrap();
        let summary = &ndjson(&ok(data, &["ingest", "--branch", branch, "--json", path.to_str().unwrap()]))[0];
        assert_eq!(summary["errors"], document[name]["errors"], "{name}: {summary}");
    }
    let truths: Vec<&Value> = document.as_object().unwrap().values().collect();
    let logs = ndjson(&ok(data, &["query", ""]));
    let n_logs = total(&truths, "complete") + total(&truths, "request_only") + total(&truths, "response_only") - total(&truths, "late");
    assert_eq!(logs.len() as i64, n_logs);

    let (mut found, mut methods) = (BTreeMap::<String, i64>::new(), BTreeMap::<String, i64>::new());
    let mut n_unknown = 0;
    for verdict in logs.iter().map(|log| &log["verdict"]).filter(|verdict| verdict.is_object()) {
        match verdict["known_error_id"].as_str() {
            Some(id) => {
                *found.entry(id.to_owned()).or_default() += 1;
                *methods.entry(verdict["method"].as_str().unwrap().to_owned()).or_default() += 1;
            }
            None => n_unknown += 1,
        }
    }
    let planted = tally(&truths, "known");
    let n_right: i64 = planted.iter().map(|(id, n)| found.get(id).copied().unwrap_or(0).min(*n)).sum();
    let n_planted: i64 = planted.values().sum();
    assert!(n_right as f64 >= 0.98 * n_planted as f64, "{n_right} of {n_planted}\n{planted:?}\n{found:?}");
    assert!(n_unknown >= tally(&truths, "unknown").values().sum::<i64>(), "an unknown error was taken for a known one");
    assert_eq!(methods.into_keys().collect::<Vec<_>>(), ["code", "exact", "keyword", "template"]);
    let groups = ndjson(&ok(data, &["errors", "list", "--limit", "1000"]));
    assert_eq!(groups.len(), tally(&truths, "unknown").len(), "each unknown message is one group");
}
