//! Which files are meant: a file, a folder with all that is in it, or a pattern with `*` and `?` in any part of the path.
//!
//! Files whose names only continue those that are meant (`bars.log.1`, `bars.log-20240501.gz`) are found too, marked as such: they are
//! looked into for what was not read before the rotation; those of the time before the agent are nobody's business.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs, io,
    path::{Component, Path, PathBuf},
};

/// Folders within folders that are looked into.
const MAX_DEPTH: usize = 16;
/// Files that one pattern may name; more are a mistake in the pattern.
const MAX_FILES: usize = 50_000;

/// What a person wants watched.
#[derive(Debug, Clone)]
pub(super) struct Pattern(PathBuf);

/// What patterns name.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files: whether each is meant itself.
    pub(super) files: BTreeMap<PathBuf, bool>,
    /// Folders that cannot be listed and files that are not there, and why.
    pub(super) troubles: BTreeMap<PathBuf, String>,
}

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
                Component::Normal(name) if last => {
                    let n_troubles = found.troubles.len();
                    let n_found: usize = folders.iter().map(|folder| files(folder, name, found)).sum();
                    // Whoever names one file expects it.
                    if n_found == 0 && found.troubles.len() == n_troubles && !is_wild(self.0.as_os_str()) {
                        found.troubles.insert(self.0.clone(), "there is no such file".to_owned());
                    }
                }
                Component::Normal(name) if is_wild(name) => {
                    folders = folders.iter().flat_map(|folder| below(folder, name, found)).collect();
                }
                part => folders.iter_mut().for_each(|folder| folder.push(part)),
            }
        }
    }
}

impl Found {
    fn add(&mut self, path: PathBuf, meant: bool) {
        if self.files.len() < MAX_FILES {
            *self.files.entry(path).or_default() |= meant;
        }
    }

    /// Takes note of what cannot be looked at.
    pub(super) fn trouble(&mut self, path: PathBuf, error: &io::Error) {
        if self.troubles.len() < MAX_FILES {
            self.troubles.insert(path, error.to_string());
        }
    }

    /// What a folder has; what cannot be listed is noted.
    fn list(&mut self, folder: &Path) -> Vec<fs::DirEntry> {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        match fs::read_dir(here) {
            Ok(entries) => entries.flatten().collect(),
            Err(error) => {
                self.trouble(here.to_owned(), &error);
                Vec::new()
            }
        }
    }
}

/// All files of a folder and of those in it; hidden ones are nobody's logs.
fn walk(folder: &Path, depth: usize, found: &mut Found) {
    for entry in found.list(folder) {
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        match entry.file_type() {
            _ if hidden => {}
            Ok(kind) if kind.is_dir() && depth < MAX_DEPTH && entry.file_name() != "lost+found" => walk(&entry.path(), depth + 1, found),
            Ok(kind) if kind.is_file() || kind.is_symlink() => found.add(entry.path(), true),
            _ => {}
        }
    }
}

/// Files of this folder whose names match, or continue what matches; how many.
fn files(folder: &Path, pattern: &OsStr, found: &mut Found) -> usize {
    let mut longer = pattern.as_encoded_bytes().to_vec();
    longer.push(b'*');
    let mut n_found = 0;
    for entry in found.list(folder) {
        let name = entry.file_name();
        let meant = matches(pattern.as_encoded_bytes(), name.as_encoded_bytes());
        if meant || matches(&longer, name.as_encoded_bytes()) {
            found.add(folder.join(name), meant);
            n_found += 1;
        }
    }
    n_found
}

/// Folders in this one whose names match.
fn below(folder: &Path, pattern: &OsStr, found: &mut Found) -> Vec<PathBuf> {
    let entries = found.list(folder).into_iter();
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
            let mut found = Found::default();
            Pattern::new(folder.path().join(pattern)).expand(&mut found);
            let shown: Vec<(PathBuf, bool)> = found.files.into_iter().collect();
            let expected: Vec<(PathBuf, bool)> = expected.into_iter().map(|(path, meant)| (folder.path().join(path), meant)).collect();
            assert_eq!(shown, expected, "{pattern}");
        }
    }

    #[test]
    fn what_is_not_there_or_cannot_be_listed_is_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("empty")).unwrap();
        fs::write(folder.path().join("file"), "x").unwrap();
        for (pattern, expected) in [
            // A folder may be empty, and a pattern may name what comes later.
            ("empty", None),
            ("empty/*.log", None),
            ("file", None),
            ("?", None),
            ("empty/bars.log", Some("empty/bars.log")),
            ("missing", Some("missing")),
            ("missing/*.log", Some("missing")),
            ("file/*.log", Some("file")),
        ] {
            let mut found = Found::default();
            Pattern::new(folder.path().join(pattern)).expand(&mut found);
            let told: Vec<PathBuf> = found.troubles.into_keys().collect();
            assert_eq!(told, expected.map(|path| folder.path().join(path)).into_iter().collect::<Vec<_>>(), "{pattern}");
        }
    }
}
