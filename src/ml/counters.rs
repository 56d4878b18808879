//! What the model has done so far, for `/metrics`.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::suggest::{Figures, Usage};

/// Seconds over which the speed is taken, about.
const WINDOW: f64 = 30.0;

/// Counts since the start.
#[derive(Debug, Default)]
pub(super) struct Counters {
    replies: AtomicU64,
    failed: AtomicU64,
    unwanted: AtomicU64,
    refused: AtomicU64,
    restarts: AtomicU64,
    prompt_tokens: AtomicU64,
    reused_tokens: AtomicU64,
    reply_tokens: AtomicU64,
    prefill_micros: AtomicU64,
    decode_micros: AtomicU64,
    bytes: AtomicU64,
    pace: Mutex<Pace>,
}

/// Tokens and the time they took; what is long ago weighs less.
#[derive(Debug, Default)]
struct Pace {
    tokens: f64,
    seconds: f64,
}

impl Pace {
    fn add(&mut self, tokens: usize, took: Duration) {
        self.tokens += tokens as f64;
        self.seconds += took.as_secs_f64();
        if self.seconds > WINDOW {
            let share = WINDOW / 2.0 / self.seconds;
            (self.tokens, self.seconds) = (self.tokens * share, self.seconds * share);
        }
    }

    fn per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.tokens / self.seconds } else { 0.0 }
    }
}

impl Counters {
    pub(super) fn replied(&self, usage: &Usage) {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.replies.fetch_add(1, Relaxed);
        self.prompt_tokens.fetch_add(u64::from(usage.prompt_tokens), Relaxed);
        self.reused_tokens.fetch_add(u64::from(usage.reused_tokens), Relaxed);
        self.reply_tokens.fetch_add(u64::from(usage.reply_tokens), Relaxed);
        self.prefill_micros.fetch_add(micros(usage.prefill), Relaxed);
        self.decode_micros.fetch_add(micros(usage.decode), Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    pub(super) fn unwanted(&self) {
        self.unwanted.fetch_add(1, Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(super) fn restarted(&self) {
        self.restarts.fetch_add(1, Relaxed);
    }

    /// A round wrote so many tokens; the model takes so much memory now.
    pub(super) fn round(&self, n_tokens: usize, took: Duration, bytes: u64) {
        self.bytes.store(bytes, Relaxed);
        if n_tokens > 0 {
            self.pace.lock().unwrap_or_else(PoisonError::into_inner).add(n_tokens, took);
        }
    }

    pub(super) fn figures(&self, waiting: usize) -> Figures {
        Figures {
            waiting: waiting as u64,
            replies: self.replies.load(Relaxed),
            failed: self.failed.load(Relaxed),
            unwanted: self.unwanted.load(Relaxed),
            refused: self.refused.load(Relaxed),
            restarts: self.restarts.load(Relaxed),
            prompt_tokens: self.prompt_tokens.load(Relaxed),
            reused_tokens: self.reused_tokens.load(Relaxed),
            reply_tokens: self.reply_tokens.load(Relaxed),
            prefill_micros: self.prefill_micros.load(Relaxed),
            decode_micros: self.decode_micros.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            tokens_per_second: self.pace.lock().unwrap_or_else(PoisonError::into_inner).per_second(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_is_that_of_the_last_rounds() {
        let counters = Counters::default();
        assert_eq!(counters.figures(0).tokens_per_second, 0.0);
        (0..60).for_each(|_| counters.round(1, Duration::from_secs(1), 7));
        assert!((counters.figures(0).tokens_per_second - 1.0).abs() < 1e-9);
        (0..600).for_each(|_| counters.round(8, Duration::from_secs(1), 7));
        assert!((counters.figures(0).tokens_per_second - 8.0).abs() < 0.1);
        assert_eq!(counters.figures(0).bytes, 7);
    }
}
