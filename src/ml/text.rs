//! One reply under way: what of its prompt is read, the grammar and the chance that go with it, what was written so far.

use std::time::{Duration, Instant};

use super::{
    bytes::Utf8Stream,
    error::Error,
    grammar::Grammar,
    sampler::Sampler,
    vocabulary::Vocabulary,
    writer::{Step, Stop},
};
use crate::suggest::{Fault, Usage};

/// A reply under way, in one of the model's texts.
pub(super) struct Text {
    pub(super) stream: usize,
    prompt: Vec<u32>,
    n_reused: usize,
    /// Tokens of the prompt that were read.
    n_read: usize,
    /// Chosen, and not read yet.
    pub(super) next: Option<u32>,
    grammar: Option<Grammar>,
    sampler: Sampler,
    bytes: Utf8Stream,
    n_written: usize,
    max_tokens: usize,
    begun: Instant,
    /// Time from the beginning to the end of the prompt.
    prefill: Duration,
}

impl Text {
    /// A reply to these tokens, of which the first were read before.
    pub(super) fn new(stream: usize, prompt: Vec<u32>, n_reused: usize, grammar: Option<Grammar>, seed: u64, max_tokens: usize) -> Self {
        Self {
            stream,
            n_read: n_reused,
            n_reused,
            prompt,
            next: None,
            grammar,
            sampler: Sampler::new(seed),
            bytes: Utf8Stream::default(),
            n_written: 0,
            max_tokens,
            begun: Instant::now(),
            prefill: Duration::ZERO,
        }
    }

    /// Tokens of the prompt that are to be read next, so many at most; none where all of it is read.
    pub(super) fn unread(&self, at_most: usize) -> &[u32] {
        let rest = self.prompt.get(self.n_read..).unwrap_or_default();
        rest.get(..at_most).unwrap_or(rest)
    }

    /// Whether all of the prompt was read.
    pub(super) fn is_read(&self) -> bool {
        self.n_read >= self.prompt.len()
    }

    /// So many tokens more of the prompt were read.
    pub(super) fn has_read(&mut self, n_tokens: usize) {
        self.n_read += n_tokens;
        if self.is_read() {
            self.prefill = self.begun.elapsed();
        }
    }

    /// Chooses the next token by these weights.
    pub(super) fn choose(&mut self, mut logits: Vec<f32>, vocabulary: &Vocabulary) -> Result<Step, Stop> {
        if let Some(grammar) = &mut self.grammar {
            grammar.restrict(&mut logits)?;
        }
        let token = self.sampler.choose(&logits)?;
        self.n_written += 1;
        if vocabulary.is_end(token) {
            return Ok(Step::Whole(String::new(), self.usage()));
        }
        let said = self.bytes.push(vocabulary.bytes(token));
        if let Some(grammar) = &mut self.grammar {
            grammar.accept(token)?;
            if grammar.is_done() {
                return Ok(Step::Whole(said, self.usage()));
            }
        }
        if self.n_written < self.max_tokens {
            self.next = Some(token);
            return Ok(Step::Said(said));
        }
        match self.grammar {
            Some(_) => Err(Stop::Fault(Fault::Broken(format!("the reply is not whole after {} tokens", self.max_tokens)))),
            None => Ok(Step::Whole(said, self.usage())),
        }
    }

    fn usage(&self) -> Usage {
        Usage {
            prompt_tokens: count(self.prompt.len()),
            reused_tokens: count(self.n_reused),
            reply_tokens: count(self.n_written),
            prefill: self.prefill,
            decode: self.begun.elapsed().saturating_sub(self.prefill),
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Fault(match error {
            Error::TooLong { tokens, limit } => Fault::TooLong { tokens, limit },
            error => Fault::Broken(error.chain()),
        })
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
