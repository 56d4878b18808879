//! Which refusals of strangers are noted in the audit log: one of a source and kind a minute, so that nobody fills the log by knocking.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long a source's further refusals of a kind are not noted.
const PAUSE: Duration = Duration::from_secs(60);
/// Sources remembered; of a flood of more, those that come later are not noted until the pause is over.
const MAX_SOURCES: usize = 1000;

/// What strangers are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A token or key that is not valid, or that of another branch.
    Secret,
    /// Signing in too often.
    SignIn,
}

/// When a refusal of a source was noted last.
#[derive(Default)]
pub struct Refusals {
    noted: Mutex<HashMap<(Kind, Option<IpAddr>), Instant>>,
}

impl Refusals {
    /// Whether a refusal is to be noted; it counts as noted then.
    pub fn take(&self, kind: Kind, address: Option<&str>, now: Instant) -> bool {
        let source = address.and_then(|address| address.parse().ok()).map(network);
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = |at: &Instant| now.saturating_duration_since(*at) < PAUSE;
        if noted.get(&(kind, source)).is_some_and(rests) {
            return false;
        }
        if noted.len() >= MAX_SOURCES {
            noted.retain(|_, at| rests(at));
            if noted.len() >= MAX_SOURCES {
                return false;
            }
        }
        noted.insert((kind, source), now);
        true
    }
}

/// The network of an address: whoever has one IPv6 address has all of its /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(long) => IpAddr::V6((u128::from(long) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_noted_once_a_minute_and_kind() {
        let (refusals, begin) = (Refusals::default(), Instant::now());
        for (kind, address, after, expected) in [
            (Kind::Secret, Some("10.0.0.1"), 0, true),
            (Kind::Secret, Some("10.0.0.1"), 59, false),
            (Kind::SignIn, Some("10.0.0.1"), 59, true),
            (Kind::Secret, Some("10.0.0.2"), 59, true),
            (Kind::Secret, Some("10.0.0.1"), 60, true),
            (Kind::Secret, Some("2001:db8::1"), 60, true),
            (Kind::Secret, Some("2001:db8::2:3"), 61, false),
            (Kind::Secret, Some("2001:db8:0:1::1"), 61, true),
            (Kind::Secret, None, 61, true),
            (Kind::Secret, Some("nonsense"), 62, false),
        ] {
            assert_eq!(refusals.take(kind, address, begin + Duration::from_secs(after)), expected, "{kind:?} {address:?} {after}");
        }
    }

    #[test]
    fn a_flood_of_sources_takes_bounded_memory() {
        let (refusals, begin) = (Refusals::default(), Instant::now());
        let take = |n: u32, at| refusals.take(Kind::Secret, Some(&std::net::Ipv4Addr::from(n).to_string()), at);
        assert_eq!((0..2 * MAX_SOURCES as u32).filter(|n| take(*n, begin)).count(), MAX_SOURCES);
        assert!(take(u32::MAX, begin + PAUSE));
    }
}
