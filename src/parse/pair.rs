//! Requests meet their responses: by server and message id, first come first served; without a message id by session and order.
//!
//! Responses may come first. Memory is bounded: when the halves that wait take too much, the oldest go to disk and are joined
//! at the end, so that the result depends on the bytes alone, not on their order.

use std::{
    collections::{HashMap, VecDeque},
    io,
};

use super::{
    Options,
    encode::PairedLog,
    half::{Half, Recent},
    header::Side,
    spill::Spill,
};
use crate::domain::{BranchCode, LogFileId, PAIRING_WINDOW_MS, Problem, ProblemKind};

/// At most this many waiting halves of one client without message id are looked through.
const MAX_SCAN: usize = 512;

/// Halves that wait.
#[derive(Default)]
struct Waiting {
    by_key: HashMap<String, VecDeque<Half>>,
    /// Keys in order of arrival, with the place of the half; those that met their partner stay until passed.
    order: VecDeque<(String, i64)>,
    bytes: usize,
}

/// Joins halves.
pub(super) struct Pairer {
    branch: BranchCode,
    log_file_id: LogFileId,
    limit: usize,
    waiting: Waiting,
    spill: Option<Spill>,
    recent: Recent,
}

impl Pairer {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            branch: options.branch.clone(),
            log_file_id: options.log_file_id,
            limit: options.limits.pending_bytes,
            waiting: Waiting::default(),
            spill: None,
            recent: Recent::default(),
        }
    }

    /// Takes a half; the Log, when it completes one or can never be completed.
    pub(super) fn add(&mut self, half: Half) -> io::Result<Option<PairedLog>> {
        let Some(key) = half.key() else { return Ok(Some(self.log(half, None))) };
        match self.waiting.meet(&key, half) {
            Ok((first, second)) => Ok(Some(self.log(first, Some(second)))),
            Err(half) => {
                self.waiting.add(key, half);
                while self.waiting.bytes > self.limit {
                    let Some((key, half)) = self.waiting.pop_oldest() else { break };
                    let spill = match &mut self.spill {
                        Some(spill) => spill,
                        none => none.insert(Spill::new()?),
                    };
                    spill.write(&key, &half)?;
                }
                Ok(None)
            }
        }
    }

    /// Joins what was put on disk and hands out all that is left, in order of appearance within each part.
    pub(super) fn finish<E: From<io::Error>>(mut self, sink: &mut dyn FnMut(PairedLog) -> Result<(), E>) -> Result<(), E> {
        let Some(mut spill) = self.spill.take() else {
            return self.drain(sink);
        };
        while let Some((key, half)) = self.waiting.pop_oldest() {
            spill.write(&key, &half)?;
        }
        for part in spill.into_parts()? {
            let mut halves = part.read()?;
            halves.sort_by_key(|half| half.seq);
            for half in halves {
                let Some(key) = half.key() else { continue };
                match self.waiting.meet(&key, half) {
                    Ok((first, second)) => {
                        let log = self.log(first, Some(second));
                        sink(log)?;
                    }
                    Err(half) => self.waiting.add(key, half),
                }
            }
            self.drain(sink)?;
        }
        Ok(())
    }

    fn drain<E>(&mut self, sink: &mut dyn FnMut(PairedLog) -> Result<(), E>) -> Result<(), E> {
        while let Some((_, half)) = self.waiting.pop_oldest() {
            let log = self.log(half, None);
            sink(log)?;
        }
        Ok(())
    }

    fn log(&mut self, first: Half, second: Option<Half>) -> PairedLog {
        let by_order = second.is_some() && first.message_id.is_none();
        let (request, response) = match first.side {
            Side::Request => (Some(first), second),
            Side::Response => (second, Some(first)),
        };
        let mut log = PairedLog::join(&self.branch, self.log_file_id, request, response, &mut |key| self.recent.seen(key));
        if by_order {
            let offset = log.problems.first().map_or(0, |problem| problem.offset);
            let text = "no message id: request and response were paired by session and order".to_owned();
            log.problems.push(Problem { offset, kind: ProblemKind::PairedByOrder, text });
        }
        log
    }
}

impl Waiting {
    /// The partner of a half, if it waits; else the half back. In order of their arrival.
    fn meet(&mut self, key: &str, half: Half) -> Result<(Half, Half), Half> {
        let Some(queue) = self.by_key.get_mut(key) else { return Err(half) };
        let Some(index) = queue.iter().take(MAX_SCAN).position(|waiting| fits(waiting, &half)) else { return Err(half) };
        let Some(waiting) = queue.remove(index) else { return Err(half) };
        self.bytes = self.bytes.saturating_sub(waiting.size());
        if queue.is_empty() {
            self.by_key.remove(key);
        }
        Ok((waiting, half))
    }

    fn add(&mut self, key: String, half: Half) {
        self.bytes += half.size();
        self.order.push_back((key.clone(), half.seq));
        // Those that met their partner are passed over sometimes, so that the list stays as long as what waits.
        if self.order.len() > 4096 && self.order.len() > 4 * (self.by_key.len() + 1) {
            let by_key = &self.by_key;
            self.order
                .retain(|(key, seq)| by_key.get(key).is_some_and(|queue| queue.iter().any(|half| half.seq == *seq)) || *seq == half.seq);
        }
        self.by_key.entry(key).or_default().push_back(half);
    }

    fn pop_oldest(&mut self) -> Option<(String, Half)> {
        while let Some((key, seq)) = self.order.pop_front() {
            let Some(queue) = self.by_key.get_mut(&key) else { continue };
            let Some(index) = queue.iter().position(|half| half.seq == seq) else { continue };
            let half = queue.remove(index)?;
            if queue.is_empty() {
                self.by_key.remove(&key);
            }
            self.bytes = self.bytes.saturating_sub(half.size());
            return Some((key, half));
        }
        None
    }
}

/// Whether two halves under one key are of one exchange: opposite sides, sessions that do not contradict, dates within the window.
fn fits(waiting: &Half, half: &Half) -> bool {
    if waiting.side == half.side {
        return false;
    }
    if half.message_id.is_none()
        && let (Some(a), Some(b)) = (&waiting.session, &half.session)
        && a != b
    {
        return false;
    }
    let (request, response) = if half.side == Side::Response { (waiting, half) } else { (half, waiting) };
    match (request.date, response.date) {
        (Some(asked), Some(answered)) => (-60_000..=PAIRING_WINDOW_MS).contains(&(answered.timestamp_millis() - asked.timestamp_millis())),
        _ => true,
    }
}
