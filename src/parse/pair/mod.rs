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
use xxhash_rust::xxh3::xxh3_128;

use super::half::Half;
use crate::domain::Side;

/// By what halves find each other: XXH3 (128 bits) of server and message id (or client).
pub(super) type Key = [u8; 16];

/// Halves that make a Log.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pair {
    pub request: Option<Box<Half>>,
    pub response: Option<Box<Half>>,
}

impl Pair {
    /// A half that stays alone.
    fn single(half: Box<Half>) -> Self {
        match half.side {
            Side::Request => Self { request: Some(half), response: None },
            Side::Response => Self { request: None, response: Some(half) },
        }
    }

    fn of(one: Box<Half>, other: Box<Half>) -> Self {
        match one.side {
            Side::Request => Self { request: Some(one), response: Some(other) },
            Side::Response => Self { request: Some(other), response: Some(one) },
        }
    }
}

/// Pairs the halves of one file.
pub(super) struct Pairing {
    open: OpenHalves,
    spill: Option<Spill>,
    pending_bytes: usize,
    done: VecDeque<Pair>,
    /// What a key is the digest of; kept for its memory.
    text: Vec<u8>,
    ended: bool,
}

impl Pairing {
    pub(super) fn new(pending_bytes: usize) -> Self {
        Self { open: OpenHalves::default(), spill: None, pending_bytes, done: VecDeque::new(), text: Vec::new(), ended: false }
    }

    /// Takes the next half of the file.
    ///
    /// # Errors
    /// When halves that wait cannot be written to disk.
    pub(super) fn add(&mut self, half: Box<Half>) -> io::Result<()> {
        let Some(key) = self.key(&half) else {
            self.done.push_back(Pair::single(half));
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
        self.done.extend(self.open.drain().into_iter().map(|(_, half)| Pair::single(half)));
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

    fn key(&mut self, half: &Half) -> Option<Key> {
        let (kind, id) = match &half.message_id {
            Some(message_id) => (0, message_id),
            None => (1, half.client()?),
        };
        self.text.clear();
        self.text.push(kind);
        self.text.extend_from_slice(half.origin.server().as_bytes());
        self.text.push(0xFF);
        self.text.extend_from_slice(id.as_bytes());
        Some(xxh3_128(&self.text).to_le_bytes())
    }
}
