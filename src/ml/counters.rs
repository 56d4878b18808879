//! What the model has done so far, for `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::suggest::Usage;

/// Counts since the start.
#[derive(Debug, Default)]
pub(super) struct Counters {
    replies: AtomicU64,
    failed: AtomicU64,
    unwanted: AtomicU64,
    refused: AtomicU64,
    prompt_tokens: AtomicU64,
    reused_tokens: AtomicU64,
    reply_tokens: AtomicU64,
    prefill_micros: AtomicU64,
    decode_micros: AtomicU64,
}

/// The counts at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Requests that wait or are under way.
    pub waiting: u64,
    /// Whole replies.
    pub replies: u64,
    /// Requests that failed once they were taken in.
    pub failed: u64,
    /// Requests that were given up by who asked.
    pub unwanted: u64,
    /// Requests that were not taken in.
    pub refused: u64,
    /// Tokens of prompts of whole replies.
    pub prompt_tokens: u64,
    /// Of these, tokens whose work was kept.
    pub reused_tokens: u64,
    /// Tokens of whole replies.
    pub reply_tokens: u64,
    /// Time spent on prompts, in microseconds.
    pub prefill_micros: u64,
    /// Time spent on replies, in microseconds.
    pub decode_micros: u64,
}

impl Counters {
    pub(super) fn replied(&self, usage: &Usage) {
        let micros = |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
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

    pub(super) fn figures(&self, waiting: usize) -> Figures {
        Figures {
            waiting: waiting as u64,
            replies: self.replies.load(Relaxed),
            failed: self.failed.load(Relaxed),
            unwanted: self.unwanted.load(Relaxed),
            refused: self.refused.load(Relaxed),
            prompt_tokens: self.prompt_tokens.load(Relaxed),
            reused_tokens: self.reused_tokens.load(Relaxed),
            reply_tokens: self.reply_tokens.load(Relaxed),
            prefill_micros: self.prefill_micros.load(Relaxed),
            decode_micros: self.decode_micros.load(Relaxed),
        }
    }
}
