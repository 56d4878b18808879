//! What this process had written since it began, for whoever watches it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::suggest::{Fault, Usage};

/// Counts, each only growing.
#[derive(Debug, Default)]
pub struct Counters {
    replies: AtomicU64,
    faults: AtomicU64,
    prompt_tokens: AtomicU64,
    reused_tokens: AtomicU64,
    reply_tokens: AtomicU64,
    prefill_micros: AtomicU64,
    decode_micros: AtomicU64,
}

impl Counters {
    /// Counts a reply, or that there was none.
    pub(super) fn note(&self, reply: &Result<(String, Usage), Fault>) {
        let Ok((_, usage)) = reply else {
            self.faults.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let micros = |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        for (counter, n) in [
            (&self.replies, 1),
            (&self.prompt_tokens, u64::from(usage.prompt_tokens)),
            (&self.reused_tokens, u64::from(usage.reused_tokens)),
            (&self.reply_tokens, u64::from(usage.reply_tokens)),
            (&self.prefill_micros, micros(usage.prefill)),
            (&self.decode_micros, micros(usage.decode)),
        ] {
            counter.fetch_add(n, Ordering::Relaxed);
        }
    }

    /// The counts under their names, times in seconds.
    pub fn read(&self) -> [(&'static str, &'static str, f64); 7] {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
        [
            ("replies", "Replies of the model.", read(&self.replies)),
            ("faults", "Requests to the model without a whole reply.", read(&self.faults)),
            ("prompt_tokens", "Tokens of prompts.", read(&self.prompt_tokens)),
            ("reused_tokens", "Tokens of prompts whose work was kept.", read(&self.reused_tokens)),
            ("reply_tokens", "Tokens written.", read(&self.reply_tokens)),
            ("prefill_seconds", "Time for reading prompts.", read(&self.prefill_micros) / 1e6),
            ("decode_seconds", "Time for writing.", read(&self.decode_micros) / 1e6),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn replies_and_faults_are_counted() {
        let counters = Counters::default();
        let usage = Usage { prompt_tokens: 7, reply_tokens: 3, decode: Duration::from_millis(500), ..Usage::default() };
        for reply in [Ok((String::new(), usage)), Ok((String::new(), usage)), Err(Fault::Deadline)] {
            counters.note(&reply);
        }
        let found = counters.read();
        let of = |name| found.iter().find(|(of, ..)| *of == name).map(|(.., n)| *n);
        assert_eq!((of("replies"), of("faults"), of("prompt_tokens")), (Some(2.0), Some(1.0), Some(14.0)));
        assert_eq!((of("reply_tokens"), of("decode_seconds")), (Some(6.0), Some(1.0)));
    }
}
