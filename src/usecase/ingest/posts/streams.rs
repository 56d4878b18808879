//! What each branch sent to this server on each day: a record of the kind that files have, written whole with every batch. Only this
//! server writes it, so that its numbers need no adding up in the store.

use std::collections::HashMap;

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

/// The streams of this server.
pub(super) struct Streams {
    /// Tells this server's streams from those of others and from those before its start.
    instance: [u8; 8],
    open: HashMap<LogFileId, LogFile>,
    /// Those that were closed of late: what was read before and is written afterwards goes on with them, as nothing may begin anew what is
    /// counted already.
    closed: HashMap<LogFileId, LogFile>,
}

impl Streams {
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        let mut instance = [0; 8];
        getrandom::fill(&mut instance)?;
        Ok(Self { instance, open: HashMap::new(), closed: HashMap::new() })
    }

    /// What a branch's programs send with one key on a day.
    pub(super) fn id(&self, branch: &BranchCode, sender: &str, day: i64) -> LogFileId {
        LogFileId::from_content(&[branch.as_str().as_bytes(), b"posts", sender.as_bytes(), &day.to_le_bytes(), &self.instance])
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
        for (id, branch, sender) in posts.filter(|(id, ..)| !self.open.contains_key(id)) {
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
            let file = grown.entry(id).or_insert_with(|| match self.open.get(&id) {
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
        files.iter().for_each(|file| _ = self.closed.remove(&file.id));
        self.open.extend(files.into_iter().map(|file| (file.id, file)));
    }

    /// The record of this stream, also of one that was closed of late.
    pub(super) fn find(&self, id: &LogFileId) -> Option<LogFile> {
        self.open.get(id).or_else(|| self.closed.get(id)).cloned()
    }

    /// The records of the days that fit.
    pub(super) fn list(&self, fits: impl Fn(i64) -> bool) -> Vec<LogFile> {
        self.open.values().filter(|file| fits(Ledger::day_of(file.created_at))).cloned().collect()
    }

    /// Keeps a record that was closed.
    pub(super) fn close(&mut self, file: LogFile) {
        self.open.remove(&file.id);
        self.closed.insert(file.id, file);
    }

    /// Forgets closed records of the days before this one.
    pub(super) fn forget_before(&mut self, day: i64) {
        self.closed.retain(|_, file| Ledger::day_of(file.created_at) >= day);
    }

    /// The record of a stream that is not open.
    fn begin(&self, id: LogFileId, branch: &BranchCode, sender: &str, day: i64, now: DateTime) -> LogFile {
        match self.closed.get(&id) {
            Some(closed) => LogFile { state: FileState::Processing, ..closed.clone() },
            None => begin(id, branch, sender, day, now),
        }
    }
}

fn begin(id: LogFileId, branch: &BranchCode, sender: &str, day: i64, now: DateTime) -> LogFile {
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
