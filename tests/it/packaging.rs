//! What the project is packed into: the image has all that a build needs.

use std::{collections::BTreeSet, fs, path::Path};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// What tools look for at the top by themselves, and what the manifest names without a path.
const BY_CONVENTION: [&str; 9] =
    ["Cargo.toml", "Cargo.lock", ".cargo", "rust-toolchain.toml", "build.rs", "askama.toml", "templates", "src", "benches"];

/// The first part of a path.
fn top(path: &str) -> String {
    path.split('/').next().unwrap().to_owned()
}

/// Files that sources have included, from the top of the project.
fn included(folder: &Path, found: &mut BTreeSet<String>) {
    let call = regex::Regex::new(r#"include_(?:str|bytes)!\(\s*"([^"]+)""#).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            included(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            for file in call.captures_iter(&fs::read_to_string(&path).unwrap()).map(|file| file[1].to_owned()) {
                let file = path.parent().unwrap().join(file).canonicalize().unwrap();
                found.insert(top(file.strip_prefix(Path::new(ROOT).canonicalize().unwrap()).unwrap().to_str().unwrap()));
            }
        }
    }
}

#[test]
fn the_image_is_built_of_all_that_a_build_needs() {
    let mut needed: BTreeSet<String> =
        BY_CONVENTION.iter().filter(|name| Path::new(ROOT).join(name).exists()).map(ToString::to_string).collect();
    let manifest = fs::read_to_string(format!("{ROOT}/Cargo.toml")).unwrap();
    let paths = regex::Regex::new(r#"(?m)^path = "([^"]+)""#).unwrap();
    needed.extend(paths.captures_iter(&manifest).map(|path| top(&path[1])));
    included(&Path::new(ROOT).join("src"), &mut needed);
    let recipe = fs::read_to_string(format!("{ROOT}/deploy/Dockerfile")).unwrap();
    let copied: BTreeSet<String> = recipe
        .lines()
        .filter_map(|line| line.strip_prefix("COPY ").filter(|what| !what.starts_with("--from")))
        .flat_map(|what| what.split_whitespace().map(top).collect::<Vec<_>>())
        .collect();
    assert!(needed.contains("migrations") && needed.contains("seed") && needed.contains("tests"), "{needed:?}");
    assert!(needed.is_subset(&copied), "the image lacks {:?}", needed.difference(&copied).collect::<Vec<_>>());
}
