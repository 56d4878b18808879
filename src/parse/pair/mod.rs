//! Requests and responses find each other.
//!
//! The key is server and message id; without a message id it is server and client, and the Log says so. Within a key the
//! oldest open half of the other side is taken, if the dates allow it, whichever side came first. Halves that wait longer
//! than memory allows go to disk by key and are paired after the end of the file by the same rules in the same order,
//! so that what becomes of a file depends on its bytes alone.

mod bloom;
mod codec;
mod open;
mod spill;

use std::{collections::VecDeque, io};

use open::{OpenHalves, Placed};
use spill::Spill;

use super::{half::Half, scan::header::Side};
use crate::domain::{BranchCode, LogId, log_id};

/// By what halves find each other: 96 bits of BLAKE3 over branch, server and message id (or client).
pub(super) type Key = [u8; 12];

/// Halves that make a Log.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pair {
    /// The key, where there is one.
    pub key: Option<Key>,
    pub request: Option<Box<Half>>,
    pub response: Option<Box<Half>>,
}

impl Pair {
    /// A half that stays alone.
    fn single(key: Option<Key>, half: Box<Half>) -> Self {
        match half.side {
            Side::Request => Self { key, request: Some(half), response: None },
            Side::Response => Self { key, request: None, response: Some(half) },
        }
    }

    fn of(key: Key, one: Box<Half>, other: Box<Half>) -> Self {
        match one.side {
            Side::Request => Self { key: Some(key), request: Some(one), response: Some(other) },
            Side::Response => Self { key: Some(key), request: Some(other), response: Some(one) },
        }
    }
}

/// Pairs the halves of one file.
pub(super) struct Pairing {
    branch: BranchCode,
    open: OpenHalves,
    spill: Option<Spill>,
    pending_bytes: usize,
    done: VecDeque<Pair>,
    ended: bool,
}

impl Pairing {
    pub(super) fn new(branch: BranchCode, pending_bytes: usize) -> Self {
        Self { branch, open: OpenHalves::default(), spill: None, pending_bytes, done: VecDeque::new(), ended: false }
    }

    /// Takes the next half of the file.
    ///
    /// # Errors
    /// When halves that wait cannot be written to disk.
    pub(super) fn add(&mut self, half: Box<Half>) -> io::Result<()> {
        let Some(key) = self.key(&half) else {
            self.done.push_back(Pair::single(None, half));
            return Ok(());
        };
        // Once a key has halves on disk, all later ones must follow them, or the order within the key would be lost.
        if let Some(spill) = &mut self.spill
            && !self.open.contains(&key)
            && spill.may_have(&key)
        {
            return spill.add(&key, &half);
        }
        match self.open.place(key, half) {
            Placed::Waits => {}
            Placed::Paired(pair) | Placed::GivenUp(pair) => self.done.push_back(pair),
        }
        if self.open.size_bytes() > self.pending_bytes {
            self.make_room()?;
        }
        Ok(())
    }

    /// A Log that is complete, or that will not become so.
    pub(super) fn take(&mut self) -> Option<Pair> {
        self.done.pop_front()
    }

    /// After the last half: call until it gives nothing, taking what is done in between.
    ///
    /// # Errors
    /// When halves on disk cannot be read back.
    pub(super) fn finish(&mut self) -> io::Result<bool> {
        if !self.ended {
            self.ended = true;
            self.give_up_open();
            return Ok(true);
        }
        let Some(spill) = &mut self.spill else { return Ok(false) };
        let Some(mut partition) = spill.next_partition() else { return Ok(false) };
        while let Some((key, half)) = partition.next()? {
            match self.open.place(key, half) {
                Placed::Waits => {}
                Placed::Paired(pair) | Placed::GivenUp(pair) => self.done.push_back(pair),
            }
        }
        self.give_up_open();
        Ok(true)
    }

    fn give_up_open(&mut self) {
        self.done.extend(self.open.drain().into_iter().map(|(key, half)| Pair::single(Some(key), half)));
    }

    /// Moves the keys that wait longest to disk until a quarter of the room is free.
    fn make_room(&mut self) -> io::Result<()> {
        let spill = match &mut self.spill {
            Some(spill) => spill,
            none => none.insert(Spill::new()?),
        };
        while self.open.size_bytes() > self.pending_bytes / 4 * 3 {
            let Some((key, halves)) = self.open.take_oldest() else { break };
            for half in halves {
                spill.add(&key, &half)?;
            }
        }
        Ok(())
    }

    fn key(&self, half: &Half) -> Option<Key> {
        if let Some(message_id) = &half.message_id {
            return Some(log_id(self.branch.as_str(), &half.server, message_id).bytes());
        }
        // Answers seldom repeat the session of their request: the client's address brings both together, and sessions that
        // contradict each other keep them apart. A damaged half may have lost its ids: it stands alone.
        let client = half.ip.as_ref().or(half.session.as_ref()).filter(|_| !half.lost_its_body())?;
        Some(LogId::from_content(&[b"client", self.branch.as_str().as_bytes(), half.server.as_bytes(), client.as_bytes()]).bytes())
    }
}
