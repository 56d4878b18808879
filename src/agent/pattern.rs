//! Which files are meant: a file, a folder with all that is in it, or a pattern with `*` and `?` in any part of the path.
//!
//! Files whose names only continue those that are meant (`bars.log.1`, `bars.log-20240501.gz`) are found too, marked as such: they are
//! looked into for what was not read before the rotation; those of the time before the agent are nobody's business.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Component, Path, PathBuf},
};

/// Folders within folders that are looked into.
const MAX_DEPTH: usize = 16;
/// Files that one pattern may name; more are a mistake in the pattern.
const MAX_FILES: usize = 50_000;

/// What a person wants watched.
#[derive(Debug, Clone)]
pub(super) struct Pattern(PathBuf);

/// Files found: whether each is meant itself.
pub(super) type Found = BTreeMap<PathBuf, bool>;

impl Pattern {
    /// What this text means.
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Adds the files that are there now.
    pub(super) fn expand(&self, found: &mut Found) {
        if self.0.is_dir() {
            return walk(&self.0, 0, found);
        }
        let mut folders = vec![PathBuf::new()];
        let mut parts = self.0.components().peekable();
        while let Some(part) = parts.next() {
            let last = parts.peek().is_none();
            match part {
                Component::Normal(name) if last => folders.iter().for_each(|folder| files(folder, name, found)),
                Component::Normal(name) if is_wild(name) => folders = folders.iter().flat_map(|folder| below(folder, name)).collect(),
                part => folders.iter_mut().for_each(|folder| folder.push(part)),
            }
        }
    }
}

fn add(found: &mut Found, path: PathBuf, meant: bool) {
    if found.len() < MAX_FILES {
        *found.entry(path).or_default() |= meant;
    }
}

/// All files of a folder and of those in it; hidden ones are nobody's logs.
fn walk(folder: &Path, depth: usize, found: &mut Found) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        match entry.file_type() {
            _ if hidden => {}
            Ok(kind) if kind.is_dir() && depth < MAX_DEPTH => walk(&entry.path(), depth + 1, found),
            Ok(kind) if kind.is_file() || kind.is_symlink() => add(found, entry.path(), true),
            _ => {}
        }
    }
}

fn files(folder: &Path, pattern: &OsStr, found: &mut Found) {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut longer = pattern.as_encoded_bytes().to_vec();
    longer.push(b'*');
    for entry in fs::read_dir(here).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let meant = matches(pattern.as_encoded_bytes(), name.as_encoded_bytes());
        if meant || matches(&longer, name.as_encoded_bytes()) {
            add(found, folder.join(name), meant);
        }
    }
}

/// Folders in this one whose names match.
fn below(folder: &Path, pattern: &OsStr) -> Vec<PathBuf> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = fs::read_dir(here).into_iter().flatten().flatten();
    let named = entries.filter(|entry| matches(pattern.as_encoded_bytes(), entry.file_name().as_encoded_bytes()));
    named.map(|entry| folder.join(entry.file_name())).filter(|path| path.is_dir()).take(MAX_FILES).collect()
}

fn is_wild(name: &OsStr) -> bool {
    name.as_encoded_bytes().iter().any(|byte| matches!(byte, b'*' | b'?'))
}

/// Whether a name has the form of a pattern. Only the last `*` is ever taken back, so the work is at most the product of the lengths.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = name.get(n) {
        match (pattern.get(p), star) {
            (Some(b'*'), _) => {
                star = Some((p, n));
                p += 1;
            }
            (Some(wanted), _) if *wanted == b'?' || wanted == byte => (p, n) = (p + 1, n + 1),
            (_, Some((at, taken))) => {
                star = Some((at, taken + 1));
                (p, n) = (at + 1, taken + 1);
            }
            _ => return false,
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_patterns() {
        for (pattern, name, expected) in [
            ("*.log", "bars.log", true),
            ("*.log", "bars.log.1", false),
            ("bars-????-??-??.log", "bars-2024-05-01.log", true),
            ("bars-????-??-??.log", "bars-2024-5-1.log", false),
            ("*a*b", "xaxbxb", true),
            ("a*a*a*a*a*b", &"a".repeat(2000), false),
            ("*", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn files_folders_and_patterns_are_expanded() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a/x.log", "a/x.log.1", "a/.hidden", "a/deep/y.txt", "b/x.log", "b/z.dat"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        for (pattern, expected) in [
            ("a/x.log", vec![("a/x.log", true), ("a/x.log.1", false)]),
            ("a", vec![("a/deep/y.txt", true), ("a/x.log", true), ("a/x.log.1", true)]),
            ("*/*.log", vec![("a/x.log", true), ("a/x.log.1", false), ("b/x.log", true)]),
            ("?/z*", vec![("b/z.dat", true)]),
            ("missing/*.log", vec![]),
        ] {
            let mut found = Found::new();
            Pattern::new(folder.path().join(pattern)).expand(&mut found);
            let shown: Vec<(PathBuf, bool)> = found.into_iter().collect();
            let expected: Vec<(PathBuf, bool)> = expected.into_iter().map(|(path, meant)| (folder.path().join(path), meant)).collect();
            assert_eq!(shown, expected, "{pattern}");
        }
    }
}
