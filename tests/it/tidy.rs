//! Rules of the house that the compiler does not check: which room may import which.

use std::{fs, path::Path};

/// Each room and what it may use of the crate.
const ROOMS: [(&str, &[&str]); 18] = [
    ("agent", &["agent"]),
    ("domain", &["domain"]),
    ("query", &["query", "domain"]),
    ("parse", &["parse", "domain"]),
    ("detect", &["detect", "domain"]),
    ("inference", &["inference", "domain"]),
    ("review", &["review", "domain", "inference", "query"]),
    ("sample", &["sample", "domain", "parse", "detect"]),
    ("suggest", &["suggest", "domain", "inference"]),
    ("ml", &["ml", "config", "domain", "inference", "suggest"]),
    ("notify", &["notify", "config", "domain"]),
    ("store", &["store", "domain", "query"]),
    ("config", &["config", "detect", "parse"]),
    ("usecase", &["usecase", "config", "detect", "domain", "inference", "notify", "parse", "query", "review", "store", "suggest"]),
    ("api", &["api", "config", "domain", "parse", "query", "store", "suggest", "usecase"]),
    ("web", &["web", "api", "domain", "parse", "query", "store", "suggest", "usecase"]),
    (
        "cli",
        &[
            "cli",
            "agent",
            "app",
            "config",
            "detect",
            "domain",
            "inference",
            "ml",
            "parse",
            "query",
            "sample",
            "store",
            "suggest",
            "usecase",
            "web",
        ],
    ),
    ("app", &["app", "config", "ml", "store", "suggest", "usecase"]),
];

/// Crates that only these rooms may use.
const OWNED: [(&str, &[&str]); 8] = [
    ("actix_web", &["web", "api"]),
    ("askama", &["web"]),
    ("rusqlite", &["store/sqlite"]),
    ("mongodb", &["store/mongo"]),
    ("lettre", &["notify"]),
    ("candle_core", &["ml"]),
    ("candle_nn", &["ml"]),
    ("candle_transformers", &["ml"]),
];

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap().to_str().unwrap().to_owned();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

fn all() -> Vec<(String, String)> {
    let mut found = Vec::new();
    sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
    assert!(found.len() > 50);
    found
}

#[test]
fn imports_run_one_way() {
    let used = regex::Regex::new(r"crate::\{?\s*([a-z_]+)|(?m)^    ([a-z_]+)(?:::|,$)").unwrap();
    for (name, text) in all() {
        let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| name == format!("{room}.rs") || name.starts_with(&format!("{room}/")))
        else {
            continue;
        };
        let text = text.split("#[cfg(test)]").next().unwrap();
        if name.ends_with("tests.rs") || name.contains("/tests/") {
            continue;
        }
        let rooms: Vec<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
        for import in text.split("use crate::").skip(1) {
            let import = import.split(';').next().unwrap();
            let heads: Vec<&str> = match import.strip_prefix('{') {
                None => import.split("::").take(1).collect(),
                Some(list) => used.captures_iter(list).filter_map(|found| found.get(2)).map(|head| head.as_str()).collect(),
            };
            for head in heads.into_iter().filter(|head| rooms.contains(head)) {
                assert!(allowed.contains(&head), "src/{name} may not use `{head}`");
            }
        }
    }
}

#[test]
fn each_driver_stays_in_its_room() {
    for (name, text) in all() {
        for (driver, rooms) in OWNED {
            if text.contains(&format!("use {driver}")) || text.contains(&format!("{driver}::")) {
                assert!(rooms.iter().any(|room| name.starts_with(room)), "src/{name} may not use `{driver}`");
            }
        }
    }
}

#[test]
fn code_has_no_loose_ends() {
    for (name, text) in all() {
        for word in ["TO".to_owned() + "DO", "FIX".to_owned() + "ME", "dbg".to_owned() + "!", "unimplemented".to_owned() + "!"] {
            assert!(!text.contains(&word), "src/{name} has a `{word}`");
        }
    }
}

/// What belongs to branches; whoever reads it for a person does so within what that person sees.
const OF_BRANCHES: &str = "find_log|list_logs|list_later_logs|list_moments|count_states|find_log_file|list_log_files|list_log_file_page|list_log_files_since|\
    tally_log_file|count_log_file|list_quarantined|count_quarantined|list_quarantine_page|find_quarantined|find_branch|list_branches|\
    list_agent_reports|list_log_queries|count_known_error_days|count_by_status";

#[test]
fn doors_read_what_belongs_to_branches_within_a_scope() {
    let call = regex::Regex::new(&format!(r"([A-Za-z_().&]+?)\s*\.(?:{OF_BRANCHES})\(")).unwrap();
    for (name, text) in all() {
        let is_door = name.starts_with("web/") || name.starts_with("api/");
        if !is_door || name.contains("/tests") || name.starts_with("api/ingest/") {
            continue;
        }
        let text = text.split("#[cfg(test)]").next().unwrap();
        for found in call.captures_iter(text) {
            let receiver = found.get(1).unwrap().as_str();
            let is_scoped = receiver.ends_with("reads") || receiver.ends_with("reads(&services)") || receiver.ends_with("reads(services)");
            assert!(is_scoped || receiver.ends_with("only(&branch)"), "src/{name} asks `{receiver}`, not the store within a scope");
        }
    }
}

#[test]
fn each_shape_of_the_api_has_a_name_of_its_own() {
    // The document of the API knows a shape by its name: of two that share one, the second would be described as the first.
    let declared = regex::Regex::new(r"(?m)^    /// .*\n    ([A-Z][A-Za-z]+) \{$").unwrap();
    let mut seen = std::collections::BTreeMap::new();
    for (name, text) in all().into_iter().filter(|(name, _)| name.starts_with("api/")) {
        for found in declared.captures_iter(text.split("#[cfg(test)]").next().unwrap()) {
            let shape = found[1].trim_end_matches("Shape").to_owned();
            if let Some(other) = seen.insert(shape.clone(), name.clone()) {
                panic!("src/{name} and src/{other} both declare `{shape}`");
            }
        }
    }
    assert!(seen.len() > 50);
}
