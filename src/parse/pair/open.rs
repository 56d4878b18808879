//! Halves that wait in memory, by key and by age.

use std::collections::{VecDeque, hash_map::Entry};

use rustc_hash::FxHashMap;

use super::{Key, Pair};
use crate::{
    domain::{PAIRING_WINDOW_MS, Side},
    parse::half::Half,
};

/// Open halves of one key; beyond that the oldest is given up, so that no key can take all memory.
const OPEN_PER_KEY: usize = 4096;
/// The same in bytes.
const OPEN_BYTES_PER_KEY: usize = 32 << 20;
/// Open halves that are compared with a new one, so that many of one key do not make it slow.
const COMPARED: usize = 64;
/// A response may be this much earlier than its request, for clocks differ (milliseconds).
const SKEW_MS: i64 = 60_000;

/// What became of a half.
pub(super) enum Placed {
    Waits,
    Paired(Pair),
    /// It waits, and the oldest of its key does so no longer.
    GivenUp(Pair),
}

/// The open halves.
#[derive(Default)]
pub(super) struct OpenHalves {
    by_key: FxHashMap<Key, Waiting>,
    /// Keys in the order in which they were opened, each with the number of the half that opened it; a key whose halves
    /// are gone may still be named.
    ages: VecDeque<(u64, Key)>,
    size_bytes: usize,
}

/// The open halves of one key, oldest first; most keys have one. Never empty while it is in the table.
#[derive(Default)]
struct Waiting {
    first: Option<Box<Half>>,
    more: VecDeque<Box<Half>>,
    size_bytes: usize,
    opened_by: u64,
}

impl OpenHalves {
    pub(super) fn contains(&self, key: &Key) -> bool {
        self.by_key.contains_key(key)
    }

    /// About how much memory the open halves take.
    pub(super) fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Pairs a half with the oldest one that fits, or lets it wait.
    pub(super) fn place(&mut self, key: Key, half: Box<Half>) -> Placed {
        let size = entry_size(&half);
        match self.by_key.entry(key) {
            Entry::Vacant(entry) => {
                self.ages.push_back((half.offset, key));
                let opened_by = half.offset;
                entry.insert(Waiting { first: Some(half), more: VecDeque::new(), size_bytes: size, opened_by });
                self.size_bytes += size;
                self.forget_stale_ages();
                Placed::Waits
            }
            Entry::Occupied(mut entry) => {
                let waiting = entry.get_mut();
                let place = waiting.halves().take(COMPARED).position(|other| belong(&half, other));
                if let Some(other) = place.and_then(|place| waiting.take(place)) {
                    if waiting.first.is_none() {
                        entry.remove();
                    }
                    self.size_bytes -= entry_size(&other);
                    return Placed::Paired(Pair::of(half, other));
                }
                waiting.more.push_back(half);
                waiting.size_bytes += size;
                self.size_bytes += size;
                if waiting.more.len() < OPEN_PER_KEY && waiting.size_bytes <= OPEN_BYTES_PER_KEY {
                    return Placed::Waits;
                }
                let Some(oldest) = waiting.take(0) else { return Placed::Waits };
                self.size_bytes -= entry_size(&oldest);
                Placed::GivenUp(Pair::single(oldest))
            }
        }
    }

    /// The halves of the key that was opened first.
    pub(super) fn take_oldest(&mut self) -> Option<(Key, impl Iterator<Item = Box<Half>>)> {
        loop {
            let (opened_by, key) = self.ages.pop_front()?;
            if let Entry::Occupied(entry) = self.by_key.entry(key)
                && entry.get().opened_by == opened_by
            {
                let waiting = entry.remove();
                self.size_bytes -= waiting.size_bytes;
                return Some((key, waiting.first.into_iter().chain(waiting.more)));
            }
        }
    }

    /// All that is left, in the order of the file.
    pub(super) fn drain(&mut self) -> Vec<(Key, Box<Half>)> {
        let all = std::mem::take(&mut self.by_key).into_iter();
        let mut all: Vec<_> =
            all.flat_map(|(key, waiting)| waiting.first.into_iter().chain(waiting.more).map(move |half| (key, half))).collect();
        all.sort_unstable_by_key(|(_, half)| half.offset);
        self.ages.clear();
        self.size_bytes = 0;
        all
    }

    /// Keeps the list of ages in proportion to the open keys.
    fn forget_stale_ages(&mut self) {
        if self.ages.len() > 1024 && self.ages.len() > 4 * self.by_key.len() {
            self.ages.retain(|(opened_by, key)| self.by_key.get(key).is_some_and(|waiting| waiting.opened_by == *opened_by));
        }
    }
}

impl Waiting {
    fn halves(&self) -> impl Iterator<Item = &Half> {
        self.first.iter().chain(&self.more).map(|half| &**half)
    }

    fn take(&mut self, place: usize) -> Option<Box<Half>> {
        let half = match place {
            0 => std::mem::replace(&mut self.first, self.more.pop_front()),
            _ => self.more.remove(place - 1),
        }?;
        self.size_bytes -= entry_size(&half);
        Some(half)
    }
}

/// Memory of a half and its places in the tables.
fn entry_size(half: &Half) -> usize {
    const TABLES: usize = 2 * (size_of::<Key>() + size_of::<Waiting>()) + size_of::<(u64, Key)>();
    half.size() + TABLES
}

/// Whether two halves can be one exchange: opposite sides, and dates that do not forbid it.
fn belong(one: &Half, other: &Half) -> bool {
    let (request, response) = match (one.side, other.side) {
        (Side::Request, Side::Response) => (one, other),
        (Side::Response, Side::Request) => (other, one),
        _ => return false,
    };
    if one.message_id.is_none()
        && let (Some(session), Some(other)) = (&one.session, &other.session)
        && session != other
    {
        return false;
    }
    match (request.date, response.date) {
        (Some(asked), Some(answered)) => (-SKEW_MS..=PAIRING_WINDOW_MS).contains(&(answered - asked)),
        _ => true,
    }
}
