//! All files that are meant, round after round: found, told apart, read in turn, let go.
//!
//! A file that lost its name (rotation) stays open until it is read to its end and silent. One that was truncated begins anew; what it had
//! is remembered, so that its copy goes on where it was left. A round reads a few batches of each file, so that none waits for a large one.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{
    followed::{BATCH, Change, Followed},
    identity::{FileId, Stamp},
    pattern::{Found, Pattern},
    placing::{Place, place},
    position::Positions,
    report::host,
    source::Source,
    spool::{Entry, Spool},
    state::FileState,
    unix_now,
};

/// Files open at a time; the others wait until some of these are read.
const MAX_OPEN: usize = 256;
/// Compressed files open at a time: each takes memory for what it unpacks.
const MAX_PACKED: usize = 4;
/// Batches of one file in a round.
const IN_TURN: usize = 4;
/// How long a file without a name must be silent before it is let go.
const LET_GO: Duration = Duration::from_secs(30);
/// How long a file that could not be opened is left alone.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// What a batch is larger by than its text, at worst.
const OVERHEAD: u64 = 64 << 10;

/// Why a round ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The spool has no room.
    Full,
    /// The spool cannot be written.
    Disk(io::Error),
}

/// What is followed.
pub(super) struct Follower {
    patterns: Vec<Pattern>,
    positions: Positions,
    idle: Duration,
    /// This machine's name.
    host: String,
    files: HashMap<FileId, Followed>,
    /// Files that have nothing to read while they are as they were.
    settled: HashMap<FileId, Stamp>,
    /// Files that could not be opened.
    closed: HashMap<FileId, Closed>,
    /// Folders and files that could not be looked at in the last round.
    unseen: Vec<FileState>,
    buffer: Vec<u8>,
}

/// A file that could not be opened, and why.
struct Closed {
    state: FileState,
    tried: Instant,
}

/// A file that was found and is not open.
struct Newcomer {
    path: PathBuf,
    id: FileId,
    stamp: Stamp,
    meant: bool,
}

impl Follower {
    /// Follows what these patterns mean, from these positions on.
    pub(super) fn new(patterns: Vec<Pattern>, positions: Positions, idle: Duration) -> Self {
        let (files, settled, closed) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { patterns, positions, idle, host: host(), files, settled, closed, unseen: Vec::new(), buffer: Vec::with_capacity(BATCH) }
    }

    /// Looks at all files once and keeps what they have; whether there is more to read at once.
    pub(super) fn round(&mut self, spool: &Spool) -> Result<bool, Stop> {
        let newcomers = self.look();
        self.refresh();
        let outcome = self.positions.save().map_err(Stop::Disk).and_then(|()| self.read_all(spool));
        self.let_go();
        // What appears while nothing can be kept is opened all the same: rotation takes its name, but not the open file.
        let more = self.admit(newcomers);
        let saved = self.positions.save().map_err(Stop::Disk);
        Ok(outcome? | more | saved.map(|()| false)?)
    }

    /// Reads all files in turn; whether there is more to read at once.
    fn read_all(&mut self, spool: &Spool) -> Result<bool, Stop> {
        let mut ids: Vec<FileId> = self.files.keys().copied().collect();
        // Those that wait longest first.
        ids.sort_by_key(|id| self.files.get(id).map(|file| (file.behind_since().unwrap_or(u64::MAX), file.path.clone())));
        let mut more = false;
        for id in ids {
            more |= self.read(id, spool)?;
        }
        Ok(more)
    }

    /// Forgets what is long gone.
    pub(super) fn prune(&mut self) {
        let mut found = Found::default();
        self.patterns.iter().for_each(|pattern| pattern.expand(&mut found));
        let there: HashSet<FileId> = found.files.keys().filter_map(|path| fs::metadata(path).ok()).map(|data| FileId::of(&data)).collect();
        self.settled.retain(|id, _| there.contains(id));
        let files = &self.files;
        self.positions.prune(unix_now(), |id| there.contains(&id) || files.contains_key(&id));
    }

    /// What is shown of the files that are open.
    pub(super) fn states(&self) -> Vec<FileState> {
        self.files.values().map(Followed::state).collect()
    }

    /// What is shown of what cannot be followed: files that cannot be opened, folders that cannot be listed, files that are not there.
    pub(super) fn troubles(&self) -> Vec<FileState> {
        self.closed.values().map(|closed| &closed.state).chain(&self.unseen).cloned().collect()
    }

    /// Since when there is text that was not read.
    pub(super) fn behind_since(&self) -> Option<u64> {
        self.files.values().filter_map(Followed::behind_since).min()
    }

    /// Finds files; those that are not open yet.
    fn look(&mut self) -> Vec<Newcomer> {
        let mut found = Found::default();
        self.patterns.iter().for_each(|pattern| pattern.expand(&mut found));
        let Found { files, mut troubles } = found;
        self.files.values_mut().for_each(|file| file.listed = false);
        let mut newcomers: HashMap<FileId, Newcomer> = HashMap::new();
        let mut still_closed = HashSet::new();
        for (path, meant) in files {
            let metadata = match fs::metadata(&path) {
                Ok(metadata) if metadata.is_file() => metadata,
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    troubles.insert(path, error.to_string());
                    continue;
                }
                // It is no file, or gone by now.
                _ => continue,
            };
            let (id, stamp) = (FileId::of(&metadata), Stamp::of(&metadata));
            if let Some(closed) = self.closed.get_mut(&id) {
                still_closed.insert(id);
                closed.state = FileState { path: path.display().to_string(), ..closed.state.clone() }.of_size(stamp.size);
                if closed.tried.elapsed() < TRY_AGAIN {
                    continue;
                }
            }
            if let Some(file) = self.files.get_mut(&id) {
                (file.listed, file.path) = (true, path);
            } else if stamp.size > 0 && self.settled.get(&id) != Some(&stamp) {
                // One file may have several names.
                newcomers.entry(id).and_modify(|one| one.meant |= meant).or_insert(Newcomer { path, id, stamp, meant });
            }
        }
        self.closed.retain(|id, _| still_closed.contains(id));
        self.note_unseen(troubles);
        let mut newcomers: Vec<Newcomer> = newcomers.into_values().collect();
        newcomers.sort_by(|a, b| b.stamp.seconds.cmp(&a.stamp.seconds).then_with(|| a.path.cmp(&b.path)));
        newcomers
    }

    /// Takes note of what cannot be looked at; it is logged when it begins.
    fn note_unseen(&mut self, troubles: BTreeMap<PathBuf, String>) {
        let unseen = troubles.into_iter().map(|(path, why)| unreadable(path.display().to_string(), why));
        let unseen: Vec<FileState> = unseen.collect();
        for new in unseen.iter().filter(|state| !self.unseen.contains(state)) {
            tracing::warn!(path = ?new.path, "cannot be looked at: {}", new.trouble.as_deref().unwrap_or_default());
        }
        self.unseen = unseen;
    }

    /// Takes note of a file that cannot be opened; it is tried again, and logged when it begins or becomes another trouble.
    fn note_closed(&mut self, id: FileId, path: &Path, stamp: Stamp, error: &io::Error) {
        let position = self.positions.get(id);
        let offset = position.map_or(0, |position| position.offset);
        if offset == stamp.size || position.is_some_and(|position| position.finished == Some(stamp)) {
            // There is nothing in it that was not read.
            self.settled.insert(id, stamp);
            return;
        }
        let state = FileState { offset, ..unreadable(path.display().to_string(), error.to_string()) }.of_size(stamp.size);
        if self.closed.get(&id).is_none_or(|before| before.state.trouble != state.trouble) {
            tracing::warn!(%error, path = ?state.path, "a file cannot be read");
        }
        self.closed.insert(id, Closed { state, tried: Instant::now() });
    }

    /// Looks at what the open files became; those with other content begin anew.
    fn refresh(&mut self) {
        let mut replaced = Vec::new();
        for (id, file) in &mut self.files {
            match file.refresh() {
                Ok(Change::Grown) => {}
                Ok(Change::Replaced) => replaced.push(*id),
                Err(error) => file.trouble = Some(error.to_string()),
            }
        }
        for id in replaced {
            let Some(file) = self.files.remove(&id) else { continue };
            if file.is_packed() {
                // It is found again, and known by what was read of it.
                continue;
            }
            self.positions.retire(id);
            self.files.insert(id, file.anew());
        }
    }

    /// Keeps a few batches of a file; whether it has more. The disk is waited for once for all of them.
    fn read(&mut self, id: FileId, spool: &Spool) -> Result<bool, Stop> {
        let mut written = Vec::new();
        let outcome = self.read_batches(id, spool, &mut written);
        if written.is_empty() {
            return outcome;
        }
        let saved = spool.sync().and_then(|()| {
            let last = written.last().map_or(0, |entry| entry.sequence);
            if let Some(file) = self.files.get(&id) {
                self.positions.cover(last, file.position.clone());
            }
            self.positions.save()
        });
        // They may go even if their position could not be noted: they bear it themselves, and at worst are sent twice.
        written.into_iter().for_each(|entry| spool.announce(entry));
        saved.map_err(Stop::Disk)?;
        outcome
    }

    fn read_batches(&mut self, id: FileId, spool: &Spool, written: &mut Vec<Entry>) -> Result<bool, Stop> {
        let Some(file) = self.files.get_mut(&id) else { return Ok(false) };
        for _ in 0..IN_TURN {
            let n = match file.next(self.idle, &mut self.buffer) {
                Ok(Some(n)) => n,
                Ok(None) => return Ok(false),
                Err(error) => {
                    file.fail(&error, self.idle);
                    return Ok(false);
                }
            };
            let text = self.buffer.get(..n).unwrap_or_default();
            if !spool.has_room(n as u64 + OVERHEAD, written) {
                return Err(Stop::Full);
            }
            let (position, trace) = file.after(text, &self.host, &self.positions);
            written.push(spool.add(text, &position).map_err(Stop::Disk)?);
            file.commit(position, trace);
        }
        Ok(true)
    }

    /// Closes files that are gone and read, and compressed ones that are read.
    fn let_go(&mut self) {
        let patience = LET_GO.max(self.idle.saturating_mul(2));
        let (settled, positions) = (&mut self.settled, &mut self.positions);
        self.files.retain(|id, file| {
            if file.is_packed() && file.is_read() {
                positions.set(file.position.clone());
                settled.insert(*id, file.stamp);
                return false;
            }
            file.listed || file.quiet() < patience || !(file.is_read() || file.trouble.is_some())
        });
    }

    /// Opens files that were found; whether there is something to read in them.
    fn admit(&mut self, newcomers: Vec<Newcomer>) -> bool {
        self.make_room(newcomers.len());
        let mut any = false;
        for newcomer in newcomers {
            if self.files.len() >= MAX_OPEN {
                break;
            }
            let (path, id, stamp) = (newcomer.path.clone(), newcomer.id, newcomer.stamp);
            match self.open(newcomer) {
                Ok(opened) => {
                    self.closed.remove(&id);
                    if let Some(file) = opened {
                        any = true;
                        self.files.insert(id, file);
                    }
                }
                Err(error) => self.note_closed(id, &path, stamp, &error),
            }
        }
        any
    }

    fn open(&mut self, newcomer: Newcomer) -> io::Result<Option<Followed>> {
        let Newcomer { path, id, stamp, meant } = newcomer;
        let mut source = Source::open(&path)?;
        // Between finding and opening, the name may have gone to another file.
        if FileId::of(&source.metadata()?) != id {
            return Ok(None);
        }
        if source.is_packed() && self.files.values().filter(|file| file.is_packed()).count() >= MAX_PACKED {
            return Ok(None);
        }
        // What was written since the first agent began and bears a rotated name was never seen under its own.
        let meant = meant || u64::try_from(stamp.seconds).is_ok_and(|written| written >= self.positions.since());
        let found = match place(&mut source, id, stamp, &mut self.positions, unix_now())? {
            Place::At(found) => Some(found),
            Place::New if meant => None,
            Place::New => {
                self.settled.insert(id, stamp);
                return Ok(None);
            }
            Place::Later => return Ok(None),
        };
        Ok(Some(Followed::new(path, source, id, stamp, found)))
    }

    /// Closes files that are read, the longest silent first, until so many can be opened.
    fn make_room(&mut self, wanted: usize) {
        let over = (self.files.len() + wanted).saturating_sub(MAX_OPEN);
        if over == 0 {
            return;
        }
        let read = self.files.iter().filter(|(_, file)| file.is_read());
        let mut read: Vec<(Duration, FileId)> = read.map(|(id, file)| (file.quiet(), *id)).collect();
        read.sort_by_key(|(quiet, _)| Reverse(*quiet));
        for (_, id) in read.into_iter().take(over) {
            if let Some(file) = self.files.remove(&id) {
                self.settled.insert(id, file.stamp);
            }
        }
    }
}

/// What is shown of what cannot be read.
fn unreadable(path: String, why: String) -> FileState {
    FileState { path, size_bytes: 0, offset: 0, lag_bytes: 0, trouble: Some(why) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_opened_is_told_and_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let (logs, path) = (folder.path().join("logs"), folder.path().join("logs/x.log"));
        fs::create_dir_all(&logs).unwrap();
        fs::write(&path, "2024-05-01 10:00:00 INFO a line\n").unwrap();
        let metadata = fs::metadata(&path).unwrap();
        let (id, stamp) = (FileId::of(&metadata), Stamp::of(&metadata));
        let spool = Spool::open(folder.path(), 1 << 20, 0).unwrap();
        let positions = Positions::load(&folder.path().join("positions.json"), unix_now()).unwrap();
        let mut follower = Follower::new(vec![Pattern::new(logs)], positions, Duration::ZERO);
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        follower.note_closed(id, &path, stamp, &denied());
        follower.round(&spool).unwrap();
        let troubles = follower.troubles();
        assert_eq!((troubles.len(), troubles[0].lag_bytes), (1, stamp.size));
        assert_eq!((troubles[0].path.as_str(), troubles[0].trouble.clone()), (path.to_str().unwrap(), Some(denied().to_string())));
        assert_eq!(follower.states(), []);
        follower.closed.get_mut(&id).unwrap().tried -= TRY_AGAIN;
        follower.round(&spool).unwrap();
        assert_eq!((follower.troubles(), follower.states().len()), (vec![], 1));
        // What was read may be closed: nobody misses it.
        while follower.round(&spool).unwrap() {}
        follower.note_closed(id, &path, stamp, &denied());
        assert_eq!(follower.troubles(), []);
    }

    #[test]
    fn a_folder_that_is_not_there_is_told_until_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        let spool = Spool::open(folder.path(), 1 << 20, 0).unwrap();
        let positions = Positions::load(&folder.path().join("positions.json"), unix_now()).unwrap();
        let mut follower = Follower::new(vec![Pattern::new(logs.clone())], positions, Duration::ZERO);
        follower.round(&spool).unwrap();
        assert_eq!(follower.troubles().into_iter().map(|state| state.path).collect::<Vec<_>>(), [logs.to_str().unwrap()]);
        fs::create_dir(&logs).unwrap();
        follower.round(&spool).unwrap();
        assert_eq!(follower.troubles(), []);
    }
}
