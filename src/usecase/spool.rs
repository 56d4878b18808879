//! Files on their way in: each is held by whoever made it as long as it lives, and the system lets go of it when that process dies, however it
//! dies. What nobody holds was left behind.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
    time::Duration,
};

use tempfile::NamedTempFile;

/// How names of files begin that are held.
const HELD: &str = "held-";
/// What is not held, or lies where nobody can tell, was left behind when it is this old.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);

/// A file in a spool folder, which is made; it goes when the value is dropped.
///
/// # Errors
/// When the disk says so.
pub(crate) fn file_in(folder: &Path) -> io::Result<NamedTempFile> {
    fs::create_dir_all(folder)?;
    loop {
        let file = tempfile::Builder::new().prefix(HELD).tempfile_in(folder)?;
        // Some network disks know no locks: there its age says whether it was left.
        _ = file.as_file().lock();
        // Somebody who sweeps may have been faster.
        if file.as_file().metadata()?.nlink() > 0 {
            return Ok(file);
        }
    }
}

/// Removes what killed servers left in a spool folder; others may be at work in it.
pub(crate) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let is_held = entry.file_name().to_str().is_some_and(|name| name.starts_with(HELD));
        let removed = match is_held.then(|| take(&path)) {
            Some(Taken::Free(file)) => fs::remove_file(&path).map(|()| drop(file)),
            Some(Taken::Held) => Ok(()),
            None | Some(Taken::Unknown) if is_old(&entry) => fs::remove_file(&path),
            None | Some(Taken::Unknown) => Ok(()),
        };
        if let Err(error) = removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }) {
            tracing::warn!(%error, "what a killed server left in the spool folder cannot be removed");
        }
    }
}

/// Whose a file is.
enum Taken {
    /// Nobody's; it is held here now.
    Free(File),
    /// Somebody holds it.
    Held,
    /// It cannot be told.
    Unknown,
}

fn take(path: &Path) -> Taken {
    let Ok(file) = OpenOptions::new().write(true).open(path) else { return Taken::Unknown };
    match file.try_lock() {
        Ok(()) => Taken::Free(file),
        Err(TryLockError::WouldBlock) => Taken::Held,
        Err(TryLockError::Error(_)) => Taken::Unknown,
    }
}

fn is_old(entry: &fs::DirEntry) -> bool {
    let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
    age.is_some_and(|age| age > LEFT_BEHIND)
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::atomic::{AtomicBool, Ordering},
        time::SystemTime,
    };

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_killed_server_left_is_swept_at_once_and_what_somebody_holds_is_not() {
        let folder = tempfile::tempdir().unwrap();
        // As the system leaves it when its process is killed: there, and held by nobody.
        let left = file_in(folder.path()).unwrap().keep().unwrap();
        drop(left.0);
        let mut held = file_in(folder.path()).unwrap();
        held.write_all(b"x").unwrap();
        for (name, age_hours) in [("old", 30), ("new", 1)] {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age_hours * 3600)).unwrap();
        }
        assert_eq!(names(folder.path()).len(), 4);
        sweep(folder.path());
        let own = held.path().file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(names(folder.path()), [own, "new".to_owned()]);
        drop(held);
        sweep(folder.path());
        assert_eq!(names(folder.path()), ["new"]);
        sweep(&folder.path().join("no such folder"));
    }

    #[test]
    fn whoever_sweeps_while_files_are_made_takes_none_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    sweep(folder.path());
                }
            });
            for _ in 0..500 {
                let file = file_in(folder.path()).unwrap();
                assert!(file.path().exists());
            }
            is_done.store(true, Ordering::Relaxed);
        });
        assert_eq!(names(folder.path()).len(), 0);
    }
}
