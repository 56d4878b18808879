//! All files that are meant, round after round: found, told apart, read in turn, let go.
//!
//! A file that lost its name (rotation) stays open until it is read to its end and silent. One that was truncated begins anew; what it had
//! is remembered, so that its copy goes on where it was left. A round reads a few batches of each file, so that none waits for a large one.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    fs, io,
    path::PathBuf,
    time::Duration,
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
    buffer: Vec<u8>,
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
        let (files, settled) = (HashMap::new(), HashMap::new());
        Self { patterns, positions, idle, host: host(), files, settled, buffer: Vec::with_capacity(BATCH) }
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
        ids.sort_by_key(|id| self.files.get(id).map(|file| (file.behind_since.unwrap_or(u64::MAX), file.path.clone())));
        let mut more = false;
        for id in ids {
            more |= self.read(id, spool)?;
        }
        Ok(more)
    }

    /// Forgets what is long gone.
    pub(super) fn prune(&mut self) {
        let mut found = Found::new();
        self.patterns.iter().for_each(|pattern| pattern.expand(&mut found));
        let there: HashSet<FileId> = found.keys().filter_map(|path| fs::metadata(path).ok()).map(|data| FileId::of(&data)).collect();
        self.settled.retain(|id, _| there.contains(id));
        let files = &self.files;
        self.positions.prune(unix_now(), |id| there.contains(&id) || files.contains_key(&id));
    }

    /// What is shown of the files that are open.
    pub(super) fn states(&self) -> Vec<FileState> {
        self.files.values().map(Followed::state).collect()
    }

    /// Since when there is text that was not read.
    pub(super) fn behind_since(&self) -> Option<u64> {
        self.files.values().filter_map(|file| file.behind_since).min()
    }

    /// Finds files; those that are not open yet.
    fn look(&mut self) -> Vec<Newcomer> {
        let mut found = Found::new();
        self.patterns.iter().for_each(|pattern| pattern.expand(&mut found));
        self.files.values_mut().for_each(|file| file.listed = false);
        let mut newcomers: HashMap<FileId, Newcomer> = HashMap::new();
        for (path, meant) in found {
            let Some(metadata) = fs::metadata(&path).ok().filter(fs::Metadata::is_file) else { continue };
            let (id, stamp) = (FileId::of(&metadata), Stamp::of(&metadata));
            if let Some(file) = self.files.get_mut(&id) {
                (file.listed, file.path) = (true, path);
            } else if stamp.size > 0 && self.settled.get(&id) != Some(&stamp) {
                // One file may have several names.
                newcomers.entry(id).and_modify(|one| one.meant |= meant).or_insert(Newcomer { path, id, stamp, meant });
            }
        }
        let mut newcomers: Vec<Newcomer> = newcomers.into_values().collect();
        newcomers.sort_by(|a, b| b.stamp.seconds.cmp(&a.stamp.seconds).then_with(|| a.path.cmp(&b.path)));
        newcomers
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
                Ok(Some(file)) => {
                    any = true;
                    self.files.insert(id, file);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, path = %path.display(), "a file cannot be read");
                    self.settled.insert(id, stamp);
                }
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
