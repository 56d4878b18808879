//! GELF in several datagrams: `1e 0f`, eight bytes that name the message, the number of the chunk and how many there are.

use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

/// What every chunk begins with.
const MAGIC: [u8; 2] = [0x1E, 0x0F];
/// Chunks of a message.
const MAX_CHUNKS: usize = 128;
/// How long the chunks of a message are waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Messages of which chunks are missing, and bytes of theirs.
const MAX_OPEN: usize = 1024;
const MAX_BYTES: usize = 16 << 20;

/// Messages of which chunks are missing.
#[derive(Default)]
pub struct Chunks {
    open: HashMap<(IpAddr, [u8; 8]), Open>,
    n_bytes: usize,
}

struct Open {
    since: Instant,
    chunks: Vec<Option<Vec<u8>>>,
    n_missing: usize,
    n_bytes: usize,
}

/// What a datagram was.
#[derive(Debug, PartialEq, Eq)]
pub enum Datagram {
    /// A message, or the last missing piece of one.
    Whole(Vec<u8>),
    /// A chunk; others are missing.
    Part,
    /// A chunk that cannot be used.
    Lost,
}

impl Chunks {
    /// Takes a datagram.
    pub fn take(&mut self, sender: IpAddr, datagram: &[u8], now: Instant) -> Datagram {
        let Some((head, chunk)) = datagram.split_first_chunk::<12>().filter(|(head, _)| head.starts_with(&MAGIC)) else {
            return if datagram.starts_with(&MAGIC) { Datagram::Lost } else { Datagram::Whole(datagram.to_vec()) };
        };
        let [_, _, id @ .., number, count] = *head;
        let (number, count) = (usize::from(number), usize::from(count));
        if number >= count || count > MAX_CHUNKS || self.n_bytes + chunk.len() > MAX_BYTES {
            return Datagram::Lost;
        }
        if !self.open.contains_key(&(sender, id)) && self.open.len() >= MAX_OPEN {
            return Datagram::Lost;
        }
        let fresh = || Open { since: now, chunks: vec![None; count], n_missing: count, n_bytes: 0 };
        let open = self.open.entry((sender, id)).or_insert_with(fresh);
        match open.chunks.get_mut(number) {
            Some(place @ None) => *place = Some(chunk.to_vec()),
            // It came twice; or it does not fit those before it.
            Some(Some(_)) => return Datagram::Part,
            None => return Datagram::Lost,
        }
        open.n_missing -= 1;
        open.n_bytes += chunk.len();
        self.n_bytes += chunk.len();
        if open.n_missing > 0 {
            return Datagram::Part;
        }
        let Some(open) = self.open.remove(&(sender, id)) else { return Datagram::Lost };
        self.n_bytes -= open.n_bytes;
        Datagram::Whole(open.chunks.into_iter().flatten().flatten().collect())
    }

    /// Lets go of messages that are waited for no longer; how many.
    pub fn expire(&mut self, now: Instant) -> usize {
        let before = self.open.len();
        self.open.retain(|_, open| {
            let waits = now.duration_since(open.since) < PATIENCE;
            self.n_bytes -= if waits { 0 } else { open.n_bytes };
            waits
        });
        before - self.open.len()
    }

    /// Messages of which chunks are missing, and bytes of theirs.
    #[cfg(any(test, fuzzing))]
    pub(in crate::parse) fn held(&self) -> (usize, usize) {
        (self.open.len(), self.n_bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parse::fuzzing::shipped::nothing_is_held;

    const SENDER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn chunk(id: u8, number: u8, count: u8, text: &str) -> Vec<u8> {
        [&MAGIC[..], &[id; 8], &[number, count], text.as_bytes()].concat()
    }

    #[test]
    fn chunks_meet_in_any_order_and_those_that_wait_in_vain_are_counted() {
        let (mut chunks, now) = (Chunks::default(), Instant::now());
        let whole = |text: &str| Datagram::Whole(text.as_bytes().to_vec());
        for (datagram, expected) in [
            (b"{}".to_vec(), whole("{}")),
            (chunk(1, 1, 2, "b"), Datagram::Part),
            (chunk(2, 0, 2, "x"), Datagram::Part),
            (chunk(1, 1, 2, "b"), Datagram::Part),
            (chunk(1, 0, 2, "a"), whole("ab")),
            (chunk(3, 0, 1, "alone"), whole("alone")),
            (chunk(4, 2, 2, "beyond"), Datagram::Lost),
            (chunk(4, 0, 129, "too many"), Datagram::Lost),
            (chunk(4, 0, 0, "none"), Datagram::Lost),
            (chunk(2, 5, 9, "of another"), Datagram::Lost),
            (MAGIC.to_vec(), Datagram::Lost),
        ] {
            assert_eq!(chunks.take(SENDER, &datagram, now), expected, "{datagram:?}");
        }
        assert_eq!((chunks.expire(now), chunks.n_bytes), (0, 1));
        assert_eq!((chunks.expire(now + PATIENCE), chunks.n_bytes), (1, 0));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let (mut chunks, now) = (Chunks::default(), Instant::now());
        let text = "x".repeat(60_000);
        for n in 0..5000_u32 {
            let mut datagram = chunk(0, (n % 128) as u8, 128, &text);
            datagram[2..6].copy_from_slice(&(n / 100).to_le_bytes());
            chunks.take(SENDER, &datagram, now);
        }
        assert!(chunks.n_bytes <= MAX_BYTES && chunks.open.len() <= MAX_OPEN);
    }

    proptest! {
        #[test]
        fn no_datagram_does_harm(datagrams: Vec<(u8, Vec<u8>)>) {
            let (mut chunks, now) = (Chunks::default(), Instant::now());
            for (id, bytes) in datagrams {
                chunks.take(SENDER, &[&MAGIC[..], &[id % 2; 8], &bytes].concat(), now);
            }
            nothing_is_held(chunks, now);
        }
    }
}
