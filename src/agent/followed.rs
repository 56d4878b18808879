//! One file that is followed: what of it goes next, and what it became.

use std::{
    io,
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{
    cut::{self, Charset, Patience},
    growth::Growth,
    identity::{FileId, Origin, Stamp, Trace},
    placing::Found,
    position::{Position, Positions},
    source::Source,
    state::FileState,
    unix_now,
};

/// Text of one batch, unless a record is longer.
pub(super) const BATCH: usize = 2 << 20;
/// A record that is longer is torn.
const MAX_RECORD: usize = 16 << 20;
/// How much longer than for whole lines the file must be silent before half a line goes.
const HALF_LINE: u32 = 6;

/// What became of a file since it was looked at last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing, or it grew.
    Grown,
    /// It has other content: it was truncated, or written anew.
    Replaced,
}

/// A file that is open.
pub(super) struct Followed {
    pub(super) path: PathBuf,
    pub(super) position: Position,
    /// As it was seen last.
    pub(super) stamp: Stamp,
    /// Whether its name was found in the last round.
    pub(super) listed: bool,
    pub(super) trouble: Option<String>,
    growth: Growth,
    source: Source,
    trace: Trace,
    changed: Instant,
    /// Nothing could go when it was so, with this patience.
    held: Option<(Stamp, Patience)>,
}

impl Followed {
    /// A file from its beginning, or from where its content was left.
    pub(super) fn new(path: PathBuf, source: Source, id: FileId, stamp: Stamp, found: Option<Found>) -> Self {
        let found = found.unwrap_or_else(|| Found { offset: 0, trace: Trace::default(), records: false, finished: None, origin: None });
        let Found { offset, trace, records, finished, origin } = found;
        let position =
            Position { id, path: path.display().to_string(), offset, print: trace.print(), records, seen_at: unix_now(), finished, origin };
        let mut followed = Self {
            path,
            position,
            stamp,
            listed: true,
            trouble: None,
            growth: Growth::default(),
            source,
            trace,
            changed: Instant::now(),
            held: None,
        };
        followed.note_lag();
        followed
    }

    /// The same open file from its beginning: its content is another.
    pub(super) fn anew(self) -> Self {
        let Self { path, source, stamp, listed, position, .. } = self;
        Self { listed, ..Self::new(path, source, position.id, stamp, None) }
    }

    /// Takes note of what is wrong with it; it is tried again when it changes, or more may go.
    pub(super) fn fail(&mut self, error: &io::Error, idle: Duration) {
        self.trouble = Some(error.to_string());
        self.held = Some((self.stamp, self.patience(idle)));
    }

    /// Looks at what it became. A compressed file that changed is another one.
    pub(super) fn refresh(&mut self) -> io::Result<Change> {
        let stamp = Stamp::of(&self.source.metadata()?);
        if stamp == self.stamp {
            return Ok(Change::Grown);
        }
        (self.stamp, self.changed) = (stamp, Instant::now());
        let is_same = !self.source.is_packed() && {
            let trace = self.source.trace_at(self.position.offset)?;
            trace.is_some_and(|trace| trace.print() == self.position.print)
        };
        self.note_lag();
        Ok(if is_same { Change::Grown } else { Change::Replaced })
    }

    /// Reads what goes next into the buffer; how much of the buffer goes, if anything.
    pub(super) fn next(&mut self, idle: Duration, buffer: &mut Vec<u8>) -> io::Result<Option<usize>> {
        if self.is_read() || self.held == Some((self.stamp, self.patience(idle))) {
            return Ok(None);
        }
        let mut max = BATCH;
        loop {
            let is_end = self.source.read(self.position.offset, max, buffer)?;
            self.trouble = None;
            let is_all = buffer.len() < max;
            let charset = self.charset(buffer);
            self.position.records = self.position.records || cut::has_header(buffer, charset);
            let patience = match is_all {
                true if is_end => Patience::All,
                true => self.patience(idle),
                false => Patience::Records,
            };
            match cut::cut(buffer, charset, self.position.records, patience) {
                0 if is_end => {
                    self.position.finished = Some(self.stamp);
                    return Ok(None);
                }
                0 if is_all => {
                    self.held = Some((self.stamp, patience));
                    return Ok(None);
                }
                0 if max < MAX_RECORD => max *= 2,
                0 => {
                    let lines = cut::cut(buffer, charset, false, Patience::Lines);
                    return Ok(Some(if lines > 0 { lines } else { cut::cut(buffer, charset, false, Patience::All) }));
                }
                n => return Ok(Some(n)),
            }
        }
    }

    /// The position and what is remembered when this text was read.
    pub(super) fn after(&self, text: &[u8], host: &str, positions: &Positions) -> (Position, Trace) {
        let mut trace = self.trace.clone();
        trace.push(text);
        let mut position = self.position.clone();
        position.offset += text.len() as u64;
        position.origin.get_or_insert_with(|| positions.origin(Origin::begin(host, &self.path, trace.head())));
        (position.print, position.seen_at, position.path) = (trace.print(), unix_now(), self.path.display().to_string());
        (position, trace)
    }

    /// Goes on from there: what was read is kept on disk.
    pub(super) fn commit(&mut self, position: Position, trace: Trace) {
        (self.position, self.trace) = (position, trace);
        self.note_lag();
    }

    /// Whether all that it has was read.
    pub(super) fn is_read(&self) -> bool {
        if self.source.is_packed() { self.position.finished == Some(self.stamp) } else { self.stamp.size <= self.position.offset }
    }

    /// Whether it is compressed.
    pub(super) fn is_packed(&self) -> bool {
        self.source.is_packed()
    }

    /// How long nobody wrote to it, as far as was seen.
    pub(super) fn quiet(&self) -> Duration {
        self.changed.elapsed()
    }

    /// What is shown of it.
    pub(super) fn state(&self) -> FileState {
        let (path, size_bytes, offset) = (self.path.display().to_string(), self.stamp.size, self.position.offset);
        FileState { path, size_bytes, offset, lag_bytes: self.lag(), trouble: self.trouble.clone() }
    }

    /// Bytes not read; of what is compressed, all until it is read.
    fn lag(&self) -> u64 {
        match self.is_packed() {
            true if self.is_read() => 0,
            true => self.stamp.size,
            false => self.stamp.size.saturating_sub(self.position.offset),
        }
    }

    /// Since when there is text in it that was not read.
    pub(super) fn behind_since(&self) -> Option<u64> {
        self.growth.since()
    }

    fn note_lag(&mut self) {
        // What is compressed is read when all of it is.
        let offset = if self.is_packed() { self.stamp.size - self.lag() } else { self.position.offset };
        self.growth.note(self.stamp.size, offset, unix_now());
    }

    /// What the file's first bytes say.
    fn charset(&self, buffer: &[u8]) -> Charset {
        Charset::of(if self.position.offset == 0 { buffer } else { self.trace.head() })
    }

    fn patience(&self, idle: Duration) -> Patience {
        match self.quiet() {
            quiet if quiet >= idle.saturating_mul(HALF_LINE) => Patience::All,
            quiet if quiet >= idle => Patience::Lines,
            _ => Patience::Records,
        }
    }
}
