//! What changed since a file was written whole: lines that are added at the end of another, each on disk before it counts.
//!
//! A journal belongs to one writing of its file, by a mark that both bear: that of an earlier one is none. A line that a crash cut off is none
//! either, and nothing is ever written behind it: whoever opens a journal reads it, and begins a new one.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::durable;

/// A journal that lines are added to.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    n_bytes: u64,
}

/// Its first line.
#[derive(Serialize, Deserialize)]
struct Head {
    mark: u64,
}

impl Journal {
    /// Begins an empty one, in place of what there is.
    pub(super) fn begin(path: &Path, mark: u64) -> io::Result<Self> {
        let mut journal = Self { file: File::create(path)?, n_bytes: 0 };
        journal.add(&Head { mark })?;
        path.parent().map_or(Ok(()), durable::sync_folder)?;
        Ok(journal)
    }

    /// Adds a line; it is on disk when this returns. Where it fails, half of it may be: nothing more may be added then.
    pub(super) fn add(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(line)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()?;
        self.n_bytes += line.len() as u64;
        Ok(())
    }

    /// Its size.
    pub(super) fn n_bytes(&self) -> u64 {
        self.n_bytes
    }
}

/// The lines of the journal with this mark, up to the first that is not whole; none where it has another mark.
pub(super) fn read<L: DeserializeOwned>(path: &Path, mark: u64) -> io::Result<Vec<L>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').map_while(|line| line.strip_suffix(b"\n"));
    let head = lines.next().and_then(|line| serde_json::from_slice::<Head>(line).ok());
    if head.is_none_or(|head| head.mark != mark) {
        return Ok(Vec::new());
    }
    Ok(lines.map_while(|line| serde_json::from_slice(line).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_up_to_the_first_that_is_not_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.journal");
        assert!(read::<u64>(&path, 7).unwrap().is_empty());
        let mut journal = Journal::begin(&path, 7).unwrap();
        for n in 10..13_u64 {
            journal.add(&n).unwrap();
        }
        assert_eq!(journal.n_bytes(), fs::metadata(&path).unwrap().len());
        assert_eq!((read::<u64>(&path, 7).unwrap(), read::<u64>(&path, 8).unwrap()), (vec![10, 11, 12], vec![]));
        let whole = fs::read(&path).unwrap();
        for (end, n) in [(0, 0), (5, 0), (whole.len() - 9, 0), (whole.len() - 6, 1), (whole.len() - 1, 2)] {
            fs::write(&path, &whole[..end]).unwrap();
            assert_eq!(read::<u64>(&path, 7).unwrap().len(), n, "{end}");
        }
        // A page that was never written is zeros.
        fs::write(&path, [&whole[..whole.len() - 3], &[0, 0, b'\n'], b"13\n"].concat()).unwrap();
        assert_eq!(read::<u64>(&path, 7).unwrap(), [10, 11]);
        drop(Journal::begin(&path, 8).unwrap());
        assert!(read::<u64>(&path, 7).unwrap().is_empty());
    }
}
