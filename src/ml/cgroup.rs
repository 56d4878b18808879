//! What the control groups of this process leave it of memory. A limit holds for a group and all below it: the process's own group is
//! looked at, and each one above it.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

/// What the files of a hierarchy are called.
#[derive(Debug, PartialEq, Eq)]
struct Names {
    folder: &'static str,
    /// The limit, and where a group begins to be slowed down.
    limits: &'static [&'static str],
    used: &'static str,
    /// Pages of files that nobody reads now.
    idle: &'static str,
}

const VERSION_2: Names =
    Names { folder: "/sys/fs/cgroup", limits: &["memory.max", "memory.high"], used: "memory.current", idle: "inactive_file" };
const VERSION_1: Names = Names {
    folder: "/sys/fs/cgroup/memory",
    limits: &["memory.limit_in_bytes"],
    used: "memory.usage_in_bytes",
    idle: "total_inactive_file",
};

/// Bytes that are left; nothing where no group bounds them, or where the system has none.
pub(super) fn left() -> Option<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    own.lines().filter_map(hierarchy).filter_map(|(names, path)| left_of(Path::new(names.folder), path, names)).min()
}

/// The hierarchy of a line and the path of the process in it, where memory may be bounded there.
fn hierarchy(line: &str) -> Option<(&'static Names, &Path)> {
    let (_, line) = line.split_once(':')?;
    let (controllers, path) = line.split_once(':')?;
    match controllers {
        "" => Some((&VERSION_2, Path::new(path))),
        _ if controllers.split(',').any(|name| name == "memory") => Some((&VERSION_1, Path::new(path))),
        _ => None,
    }
}

/// The smallest rest of the groups from this one up. In a container the folder may show less than the path says: what is not there
/// bounds nothing.
fn left_of(root: &Path, own: &Path, names: &Names) -> Option<u64> {
    let inner: PathBuf = own.components().filter(|part| matches!(part, Component::Normal(_))).collect();
    inner.ancestors().filter_map(|group| rest(&root.join(group), names)).min()
}

/// What one group has left.
fn rest(group: &Path, names: &Names) -> Option<u64> {
    let number = |name: &str| fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
    let limit = names.limits.iter().filter_map(|name| number(name)).min()?;
    // They are given back before anything fails: those of a model just fetched, for one.
    let stat = fs::read_to_string(group.join("memory.stat")).ok();
    let idle = stat.and_then(|stat| of_stat(&stat, names.idle)).unwrap_or_default();
    Some(limit.saturating_sub(number(names.used)?.saturating_sub(idle)))
}

fn of_stat(stat: &str, name: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group with these files.
    fn group(folder: &Path, files: &[(&str, &str)]) {
        fs::create_dir_all(folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
    }

    #[test]
    fn the_smallest_rest_on_the_way_up_counts() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        group(root, &[("memory.stat", "anon 1\n")]);
        group(&root.join("system.slice"), &[("memory.max", "1000\n"), ("memory.high", "max\n"), ("memory.current", "300\n")]);
        group(&root.join("system.slice/a"), &[("memory.max", "max\n"), ("memory.current", "200\n")]);
        group(&root.join("system.slice/a/b"), &[("memory.max", "900"), ("memory.high", "800"), ("memory.current", "200")]);
        let stat = "anon 100\ninactive_file 150\nactive_file 7\n";
        group(&root.join("cached"), &[("memory.max", "400"), ("memory.current", "350"), ("memory.stat", stat)]);
        group(&root.join("over"), &[("memory.max", "100"), ("memory.current", "120")]);
        group(&root.join("odd"), &[("memory.max", "a lot"), ("memory.current", "-1")]);
        for (own, left) in [
            ("/", None),
            ("/system.slice", Some(700)),
            ("/system.slice/a", Some(700)),
            ("/system.slice/a/b", Some(600)),
            ("/system.slice/a/gone", Some(700)),
            ("/../../system.slice/a/b", Some(600)),
            ("/cached", Some(200)),
            ("/over", Some(0)),
            ("/odd", None),
            ("/none", None),
        ] {
            assert_eq!(left_of(root, Path::new(own), &VERSION_2), left, "{own}");
        }
    }

    #[test]
    fn the_first_version_has_other_names() {
        let folder = tempfile::tempdir().unwrap();
        let stat = "inactive_file 1\ntotal_inactive_file 50\n";
        let files = [("memory.limit_in_bytes", "9223372036854771712"), ("memory.usage_in_bytes", "1000"), ("memory.stat", stat)];
        group(folder.path(), &files);
        group(&folder.path().join("a"), &[("memory.limit_in_bytes", "500"), ("memory.usage_in_bytes", "100"), ("memory.stat", stat)]);
        assert_eq!(left_of(folder.path(), Path::new("/a/gone"), &VERSION_1), Some(450));
        assert_eq!(left_of(folder.path(), Path::new("/"), &VERSION_1), Some(9_223_372_036_854_770_762));
    }

    #[test]
    fn a_line_says_where_the_process_is() {
        for (line, expected) in [
            ("0::/user.slice/a", Some((&VERSION_2, Path::new("/user.slice/a")))),
            ("12:memory:/a:b", Some((&VERSION_1, Path::new("/a:b")))),
            ("12:cpu,memory:/a", Some((&VERSION_1, Path::new("/a")))),
            ("3:cpu:/b", None),
            ("1:name=systemd:/", None),
            ("", None),
        ] {
            assert_eq!(hierarchy(line), expected, "{line}");
        }
    }
}
