//! Work in parts on the tensor library's own threads, which wait for the next one awake: a token is hundreds of such works, and a thread
//! that has gone to sleep wakes too late for each.

use std::sync::{Mutex, PoisonError};

use candle_core::utils::barrier_pool;

/// Parts a thread shall have, so that one that is held up leaves some of its own to the others.
const PARTS_A_THREAD: usize = 8;

/// Items of a part, so that each thread has several parts.
pub(super) fn items_a_part(n_items: usize) -> usize {
    n_items.div_ceil((barrier_pool().n_workers() + 1) * PARTS_A_THREAD).max(1)
}

/// Does the parts, each once, in any order; returns when all are done. Not to be called from within such work.
pub(super) fn share<P>(parts: impl Iterator<Item = P> + Send, work: impl Fn(P) + Sync) {
    let parts = Mutex::new(parts);
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    barrier_pool().execute(|_| {
        while let Some(part) = next() {
            work(part);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_done_once() {
        for n in [0, 1, 7, 1000] {
            let mut numbers = vec![0_u32; n];
            share(numbers.chunks_mut(items_a_part(n)).enumerate(), |(index, part)| {
                part.iter_mut().for_each(|number| *number += 1 + index as u32)
            });
            let wanted: Vec<u32> = (0..n).map(|place| 1 + (place / items_a_part(n)) as u32).collect();
            assert_eq!(numbers, wanted);
        }
    }
}
