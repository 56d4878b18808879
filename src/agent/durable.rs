//! Writing so that a file is there whole or not at all, whatever happens in between; and the lock of a folder.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

/// What is not complete ends so.
pub(super) const TEMPORARY: &str = "tmp";
/// Somebody who looks at the lock lets go of it sooner.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// Writes a file for good: its bytes are on disk before it has its name, and its name before this returns.
pub(super) fn write(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    write_bytes(path, parts)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Writes a file whose bytes are on disk before it has its name; the name is there for good when the folder was synced.
pub(super) fn write_bytes(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let temporary = path.with_extension(TEMPORARY);
    let written = write_parts(&temporary, parts).and_then(|file| file.sync_all()).and_then(|()| fs::rename(&temporary, path));
    // On a full disk the half of it must not take the place that the next try needs.
    written.inspect_err(|_| _ = fs::remove_file(&temporary))
}

/// Brings the names of a folder to disk.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Writes a file that readers find whole, and that may be the one before after a loss of power.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension(TEMPORARY);
    write_parts(&temporary, &[bytes])?;
    fs::rename(&temporary, path)
}

fn write_parts(path: &Path, parts: &[&[u8]]) -> io::Result<File> {
    let mut file = File::create(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    Ok(file)
}

/// The lock file of a folder, held while the value lives; `None` where another process has it.
pub(super) fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    let begin = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if begin.elapsed() > LOCK_PATIENCE => return Ok(None),
            Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(50)),
        }
    }
}

/// Whether some process holds the lock.
pub(super) fn is_locked(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("positions.json");
        write(&path, &[b"a", b"b"]).unwrap();
        write(&path, &[b"c"]).unwrap();
        replace(&path, b"d").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"d");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write(&folder.path().join("no/such/folder"), &[b"x"]).is_err());
    }

    #[test]
    fn a_folder_has_one_agent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert!(!is_locked(&path));
        let held = lock(&path).unwrap();
        assert!(held.is_some() && is_locked(&path) && lock(&path).unwrap().is_none());
        drop(held);
        assert!(!is_locked(&path) && lock(&path).unwrap().is_some());
    }
}
