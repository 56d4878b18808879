//! Rules of the house that the compiler does not check: which room may import which.

use std::{collections::BTreeMap, fs, path::Path};

/// Each room and what it may use of the crate.
const ROOMS: [(&str, &[&str]); 18] = [
    ("agent", &["agent", "parse"]),
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
const OWNED: [(&str, &[&str]); 10] = [
    ("actix_web", &["web", "api"]),
    ("askama", &["web"]),
    ("rusqlite", &["store/sqlite"]),
    ("mongodb", &["store/mongo"]),
    ("lettre", &["notify"]),
    ("candle_core", &["ml"]),
    ("candle_nn", &["ml"]),
    ("candle_transformers", &["ml"]),
    ("pulp", &["ml"]),
    ("memmap2", &["ml"]),
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
    let rooms: Vec<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    for (name, text) in all() {
        let room = name.split(['/', '.']).next().unwrap();
        let Some((_, allowed)) = ROOMS.iter().find(|(known, _)| *known == room) else {
            assert!(["lib", "main"].contains(&room), "src/{name} is in no room");
            continue;
        };
        if name.ends_with("tests.rs") || name.contains("/tests/") {
            continue;
        }
        let code = program(&text);
        let mut used = heads(&code, "crate::");
        // What is above the room's own file is the crate.
        if name == format!("{room}.rs") || name == format!("{room}/mod.rs") {
            used.extend(heads(&code, "super::"));
        }
        for head in used.iter().filter(|head| rooms.contains(&head.as_str())) {
            assert!(allowed.contains(&head.as_str()), "src/{name} may not use `{head}`");
        }
    }
}

/// A source without its comments and what is compiled for tests alone.
fn program(text: &str) -> String {
    let mut kept = Vec::new();
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.push(line);
            continue;
        }
        // The item ends on its first line or, as it is formatted, with a brace that stands where it began.
        let indent = line.len() - line.trim_start().len();
        match lines.find(|line| line.ends_with([';', '{', '}'])) {
            Some(begin) if begin.ends_with('{') => drop(lines.find(|line| *line == format!("{}}}", " ".repeat(indent)))),
            _ => {}
        }
    }
    kept.join("\n")
}

/// What stands first in each path behind `root`: in `use`, in a list of it over one line or several, and in the midst of code.
fn heads(code: &str, root: &str) -> Vec<String> {
    let mut found = Vec::new();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    for (at, _) in code.match_indices(root) {
        if code[..at].ends_with(is_name) {
            continue;
        }
        let rest = &code[at + root.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            found.push(rest.split(|c| !is_name(c)).next().unwrap().to_owned());
            continue;
        };
        let (mut depth, mut head) = (0, String::new());
        for c in list.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => found.push(std::mem::take(&mut head)),
                c if depth == 0 => head.push(c),
                _ => {}
            }
        }
        found.push(head);
    }
    found.into_iter().map(|path| path.trim().split(|c| !is_name(c)).next().unwrap().to_owned()).filter(|head| !head.is_empty()).collect()
}

#[test]
fn imports_are_seen_however_they_are_written() {
    for (text, expected) in [
        ("use crate::store::Page;", vec!["store"]),
        ("use crate::{app, store::x};", vec!["app", "store"]),
        ("use crate::{\n    domain::{self, a::{b, c}},\n    usecase,\n};\n", vec!["domain", "usecase"]),
        ("fn f() -> crate::web::Page { crate::api::x() }", vec!["web", "api"]),
        ("/// [`crate::web`]\n// crate::web\nuse mycrate::web;", vec![]),
        ("#[cfg(test)]\nmod tests;\nuse crate::store;", vec!["store"]),
        ("#[cfg(test)]\n#[path = \"x.rs\"]\nmod tests;\nuse crate::store;", vec!["store"]),
        ("use crate::domain;\n#[cfg(test)]\nmod tests {\n    use crate::web;\n}\nuse crate::store;", vec!["domain", "store"]),
    ] {
        assert_eq!(heads(&program(text), "crate::"), expected, "{text}");
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

/// Rooms that `fuzz/` compiles as they are.
const FUZZED: [&str; 5] = ["domain", "query", "parse", "detect", "inference"];

/// The lines of a manifest that say what a program depends on, by name.
fn dependencies(manifest: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(manifest)).unwrap();
    let lines = text.lines().skip_while(|line| *line != "[dependencies]").skip(1).take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| line.split_once(" = ")).map(|(name, what)| (name.to_owned(), what.to_owned())).collect()
}

#[test]
fn what_is_fuzzed_depends_on_what_the_program_depends_on() {
    let (ours, fuzzed) = (dependencies("Cargo.toml"), dependencies("fuzz/Cargo.toml"));
    for (name, what) in fuzzed.iter().filter(|(name, _)| *name != "libfuzzer-sys") {
        assert_eq!(ours.get(name), Some(what), "fuzz/Cargo.toml has another `{name}`");
    }
    for (file, text) in all().iter().filter(|(file, _)| FUZZED.contains(&file.split('/').next().unwrap())) {
        if file.ends_with("tests.rs") || file.contains("/tests/") {
            continue;
        }
        let code = program(text);
        for name in ours.keys().filter(|name| !fuzzed.contains_key(*name)) {
            assert!(
                heads(&code, &format!("{}::", name.replace('-', "_"))).is_empty(),
                "src/{file} uses `{name}`, which fuzz/Cargo.toml lacks"
            );
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
const OF_BRANCHES: &str = "find_log|list_logs|list_later_logs|list_log_parts|list_moments|count_states|find_log_file|list_log_files|list_log_file_page|sum_ledger|\
    tally_log_file|count_log_file|count_brought|list_quarantined|count_quarantined|list_quarantine_page|find_quarantined|find_branch|list_branches|\
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
    let mut seen = BTreeMap::new();
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
