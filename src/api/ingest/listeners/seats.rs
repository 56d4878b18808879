//! Places for connections: so many in all, and so many of one sender, that none can take the others' places.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections at a time, and those of one address.
const CONNECTIONS: usize = 1024;
const OF_ONE: usize = 64;

/// The places at one address.
pub(super) struct Seats {
    all: Arc<Semaphore>,
    senders: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A place that a connection has, given back when it ends.
pub(super) struct Seat {
    senders: Arc<Mutex<HashMap<IpAddr, usize>>>,
    sender: IpAddr,
    _place: OwnedSemaphorePermit,
}

impl Seats {
    /// All of them, free.
    pub(super) fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(CONNECTIONS)), senders: Arc::default() }
    }

    /// A place for a connection of this sender, if there is one.
    pub(super) fn take(&self, sender: IpAddr) -> Option<Seat> {
        let sender = sender.to_canonical();
        let place = self.all.clone().try_acquire_owned().ok()?;
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = senders.entry(sender).or_default();
        if *taken >= OF_ONE {
            return None;
        }
        *taken += 1;
        Some(Seat { senders: self.senders.clone(), sender, _place: place })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = senders.get_mut(&self.sender) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                senders.remove(&self.sender);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sender_has_its_share_and_all_have_no_more_than_there_are() {
        let seats = Seats::new();
        let of = |n: u8| IpAddr::from([10, 0, 0, n]);
        let mut own: Vec<Seat> = std::iter::from_fn(|| seats.take(of(1))).take(CONNECTIONS).collect();
        assert_eq!(own.len(), OF_ONE);
        // The same sender in the other form of its address.
        assert!(seats.take("::ffff:10.0.0.1".parse().unwrap()).is_none());
        own.pop();
        assert!(seats.take(of(1)).is_some());
        let others: Vec<Seat> =
            (2..=u8::MAX).flat_map(|n| std::iter::from_fn(move || Some(n)).take(OF_ONE)).map_while(|n| seats.take(of(n))).collect();
        assert_eq!(own.len() + others.len(), CONNECTIONS);
        drop((own, others));
        assert!(seats.senders.lock().unwrap().is_empty());
        assert!(seats.take(of(1)).is_some());
    }
}
