//! What each branch sent to this server on each day: a record of the kind that files have, written whole with every batch. Only this
//! server writes it, so that its numbers need no adding up in the store.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use bson::DateTime;

use super::Posted;
use crate::domain::{BranchCode, FileOutcome, FileState, Ledger, LogFile, LogFileId, ParseCounts};

/// What one post adds.
#[derive(Debug, Clone, Default)]
pub(super) struct Brought {
    pub(super) size_bytes: i64,
    pub(super) counts: ParseCounts,
    pub(super) format: String,
    pub(super) encoding: &'static str,
    pub(super) posted: Posted,
    /// Messages that were lost on their way.
    pub(super) lost: i64,
}

/// Streams of one sender on one day, at most, as long as the day lasts: whenever the store does not say what it took, the next begins.
const MOST: u32 = 16;

/// Somebody has posts in hand that are to be written to a stream.
#[derive(Clone)]
pub(super) struct Held {
    _held: Arc<()>,
}

/// The streams of this server.
pub(super) struct Streams {
    /// Tells this server's streams from those of others and from those before its start.
    instance: [u8; 8],
    open: HashMap<LogFileId, LogFile>,
    /// Those that were closed of late: what was read before and is written afterwards goes on with them, as nothing may begin anew what is
    /// counted already.
    closed: HashMap<LogFileId, LogFile>,
    /// Those whose records may say less than was stored. Only what was read before is written to them; then they are counted.
    doubted: HashMap<LogFileId, LogFile>,
    /// How many streams a sender had on a day before the one that it has now, by the id of the first.
    before: HashMap<LogFileId, (i64, u32)>,
    held: HashMap<LogFileId, Weak<()>>,
}

impl Streams {
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        let mut instance = [0; 8];
        getrandom::fill(&mut instance)?;
        let (open, closed, doubted) = (HashMap::new(), HashMap::new(), HashMap::new());
        Ok(Self { instance, open, closed, doubted, before: HashMap::new(), held: HashMap::new() })
    }

    /// What a branch's programs send with one key on a day, from now on.
    pub(super) fn id(&self, branch: &BranchCode, sender: &str, day: i64) -> LogFileId {
        let first = self.nth(branch, sender, day, 0);
        self.before.get(&first).map_or(first, |(_, n)| self.nth(branch, sender, day, *n))
    }

    /// The same, for whoever has posts in hand for a while: as long as he holds it, what he writes is not counted in the store.
    pub(super) fn hold(&mut self, branch: &BranchCode, sender: &str, day: i64) -> (LogFileId, Held) {
        let id = self.id(branch, sender, day);
        let held = self.held.get(&id).and_then(Weak::upgrade).unwrap_or_default();
        self.held.insert(id, Arc::downgrade(&held));
        (id, Held { _held: held })
    }

    fn nth(&self, branch: &BranchCode, sender: &str, day: i64, n: u32) -> LogFileId {
        let (day, nth) = (day.to_le_bytes(), n.to_le_bytes());
        let parts: [&[u8]; 6] = [branch.as_str().as_bytes(), b"posts", sender.as_bytes(), &day, &self.instance, &nth];
        LogFileId::from_content(if n == 0 { &parts[..5] } else { &parts })
    }

    /// Records of streams that are new, as they begin, and of those that were closed, open again: what is to be written before their first
    /// Logs, so that whoever finds these knows where they are counted.
    pub(super) fn begun<'a>(
        &self,
        day: i64,
        now: DateTime,
        posts: impl Iterator<Item = (LogFileId, &'a BranchCode, &'a str)>,
    ) -> Vec<LogFile> {
        let mut begun: HashMap<LogFileId, LogFile> = HashMap::new();
        for (id, branch, sender) in posts.filter(|(id, ..)| self.current(id).is_none()) {
            begun.entry(id).or_insert_with(|| LogFile { finished_at: Some(now), ..self.begin(id, branch, sender, day, now) });
        }
        begun.into_values().collect()
    }

    /// The records as they are with what these posts brought, each to its stream; nothing is kept until it is written.
    pub(super) fn grown<'a>(
        &self,
        day: i64,
        now: DateTime,
        posts: impl Iterator<Item = (LogFileId, (&'a BranchCode, &'a str), &'a Brought)>,
    ) -> Vec<LogFile> {
        let mut grown: HashMap<LogFileId, LogFile> = HashMap::new();
        for (id, (branch, sender), brought) in posts {
            let file = grown.entry(id).or_insert_with(|| match self.current(&id) {
                Some(known) => known.clone(),
                None => self.begin(id, branch, sender, day, now),
            });
            add(file, brought);
            // It was counted anew after it was closed, and is not at its end all the same.
            file.state = FileState::Processing;
            file.finished_at = Some(now);
        }
        grown.into_values().collect()
    }

    /// Keeps records that were written.
    pub(super) fn keep(&mut self, files: Vec<LogFile>) {
        for file in files {
            self.closed.remove(&file.id);
            let place = if self.doubted.contains_key(&file.id) { &mut self.doubted } else { &mut self.open };
            place.insert(file.id, file);
        }
    }

    /// The record of this stream, also of one that was closed of late.
    pub(super) fn find(&self, id: &LogFileId) -> Option<LogFile> {
        self.current(id).or_else(|| self.closed.get(id)).cloned()
    }

    /// The record of a stream that is not closed.
    fn current(&self, id: &LogFileId) -> Option<&LogFile> {
        self.open.get(id).or_else(|| self.doubted.get(id))
    }

    /// Has a stream be counted in the store, and its sender's next posts begin another. False where it takes posts for the rest of its day
    /// all the same, as the sender had very many.
    pub(super) fn doubt(&mut self, id: &LogFileId, today: i64) -> bool {
        let Some(file) = self.open.get(id).or_else(|| self.closed.get(id)) else { return true };
        let day = Ledger::day_of(file.created_at);
        if self.id(&file.branch, &file.uploaded_by, day) == *id {
            let first = self.nth(&file.branch, &file.uploaded_by, day, 0);
            let before = self.before.get(&first).map_or(0, |(_, n)| *n);
            if before + 1 >= MOST && day >= today {
                return false;
            }
            self.before.insert(first, (day, before + 1));
        }
        let file = self.open.remove(id).or_else(|| self.closed.remove(id));
        self.doubted.extend(file.map(|file| (*id, file)));
        true
    }

    /// Those that are to be counted and that nothing will be written to any more.
    pub(super) fn countable(&self) -> Vec<LogFile> {
        let is_held = |id| self.held.get(id).is_some_and(|held| held.strong_count() > 0);
        self.doubted.values().filter(|file| !is_held(&file.id)).cloned().collect()
    }

    /// The records of the days that fit, but of those that are to be counted.
    pub(super) fn list(&self, fits: impl Fn(i64) -> bool) -> Vec<LogFile> {
        self.open.values().filter(|file| fits(Ledger::day_of(file.created_at))).cloned().collect()
    }

    /// Keeps a record that was closed.
    pub(super) fn close(&mut self, file: LogFile) {
        self.open.remove(&file.id);
        self.doubted.remove(&file.id);
        self.closed.insert(file.id, file);
    }

    /// Forgets what is closed of the days before this one.
    pub(super) fn forget_before(&mut self, day: i64) {
        self.closed.retain(|_, file| Ledger::day_of(file.created_at) >= day);
        self.before.retain(|_, (of, _)| *of >= day);
        self.held.retain(|_, held| held.strong_count() > 0);
    }

    /// The record of a stream that is not open.
    fn begin(&self, id: LogFileId, branch: &BranchCode, sender: &str, day: i64, now: DateTime) -> LogFile {
        match self.closed.get(&id) {
            Some(closed) => LogFile { state: FileState::Processing, ..closed.clone() },
            None => begin(id, branch, sender, day, now),
        }
    }
}

/// The record of a stream to which nothing was written.
pub(super) fn begin(id: LogFileId, branch: &BranchCode, sender: &str, day: i64, now: DateTime) -> LogFile {
    let date = jiff::Timestamp::from_millisecond(Ledger::begin_of(day).timestamp_millis()).unwrap_or_default();
    LogFile {
        id,
        branch: branch.clone(),
        name: date.strftime("posts %Y-%m-%d").to_string(),
        content_hash: String::new(),
        size_bytes: 0,
        format: String::new(),
        encoding: String::new(),
        state: FileState::Processing,
        message: None,
        uploaded_by: sender.to_owned(),
        created_at: now,
        finished_at: None,
        counts: ParseCounts::default(),
        outcome: FileOutcome::default(),
        stretch: None,
    }
}

fn add(file: &mut LogFile, brought: &Brought) {
    let Brought { size_bytes, counts, format, encoding, posted, lost } = brought;
    file.size_bytes += size_bytes;
    if !format.is_empty() && (file.format != *format || file.encoding != *encoding) {
        (file.format, file.encoding) = (format.clone(), (*encoding).to_owned());
    }
    let sum = &mut file.counts;
    sum.records += posted.received;
    sum.logs += posted.new + posted.already_known + posted.paired;
    sum.complete += counts.complete;
    sum.request_only += counts.request_only;
    sum.response_only += counts.response_only;
    sum.malformed += counts.malformed;
    sum.foreign_lines += counts.foreign_lines;
    sum.errors += posted.errors_known + posted.errors_unknown;
    sum.bytes += counts.bytes;
    let outcome = &mut file.outcome;
    outcome.new_logs += posted.new;
    outcome.joined_logs += posted.already_known + posted.paired;
    outcome.completed_logs += posted.paired;
    outcome.errors_known += posted.errors_known;
    outcome.errors_unknown += posted.errors_unknown;
    outcome.lost += lost;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(streams: &mut Streams, id: LogFileId, day: i64, n: i64) -> LogFile {
        let (branch, now) = ("K1".parse().unwrap(), Ledger::begin_of(day));
        let begun = streams.begun(day, now, [(id, &branch, "test")].into_iter());
        streams.keep(begun);
        let brought = Brought { posted: Posted { new: n, ..Posted::default() }, ..Brought::default() };
        let grown = streams.grown(day, now, [(id, (&branch, "test"), &brought)].into_iter());
        streams.keep(grown);
        streams.find(&id).unwrap()
    }

    #[test]
    fn a_stream_in_doubt_takes_what_was_read_before_and_is_counted_afterwards() {
        let (mut streams, branch) = (Streams::new().unwrap(), "K1".parse().unwrap());
        let (id, held) = streams.hold(&branch, "test", 7);
        write(&mut streams, id, 7, 1);
        assert!(streams.doubt(&id, 7));
        let next = streams.id(&branch, "test", 7);
        assert_ne!(next, id);
        write(&mut streams, next, 7, 1);
        // A batch that was being read meanwhile.
        assert_eq!(write(&mut streams, id, 7, 1).outcome.new_logs, 2);
        assert_eq!(streams.countable(), []);
        drop(held);
        let countable = streams.countable();
        assert_eq!(countable.iter().map(|file| (file.id, file.outcome.new_logs)).collect::<Vec<_>>(), [(id, 2)]);
        // Whoever closes streams leaves it alone until it is counted.
        assert_eq!(streams.list(|_| true).iter().map(|file| file.id).collect::<Vec<_>>(), [next]);
        streams.close(countable.into_iter().next().unwrap());
        assert_eq!((streams.countable(), streams.id(&branch, "test", 7)), (vec![], next));
        assert!(streams.find(&id).is_some());
    }

    #[test]
    fn a_sender_has_few_streams_however_often_the_store_does_not_say_what_it_took() {
        let (mut streams, branch) = (Streams::new().unwrap(), "K1".parse().unwrap());
        let mut ids = std::collections::HashSet::new();
        for _ in 0..100 {
            let id = streams.id(&branch, "test", 7);
            write(&mut streams, id, 7, 1);
            ids.insert(id);
            assert_eq!(streams.doubt(&id, 7), ids.len() < MOST as usize);
        }
        assert_eq!(ids.len(), MOST as usize);
        // It is counted when its day is over.
        assert_eq!(streams.countable().len(), MOST as usize - 1);
        assert!(streams.doubt(&streams.id(&branch, "test", 7), 8));
        assert_eq!(streams.countable().len(), MOST as usize);
        streams.forget_before(8);
        assert!(streams.before.is_empty());
    }
}
