//! One reply at a time: the prompt read piece by piece, then token for token until the end. What the model has read stays read: of a
//! prompt that begins like the one before, only the rest is read.

use std::time::Instant;

use super::{
    bytes::Utf8Stream,
    chat::Chat,
    error::Error,
    grammar::{Grammar, Grammars},
    network::TextModel,
    sampler::Sampler,
    vocabulary::Vocabulary,
};
use crate::suggest::{Fault, Prompt, Usage};

/// Tokens of a prompt read at once. Between two pieces a reply can be given up.
pub(super) const PIECE: usize = 128;

/// Why a reply ends before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// Nobody wants it any more.
    Unwanted,
    /// It failed.
    Fault(Fault),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Fault(match error {
            Error::TooLong { tokens, limit } => Fault::TooLong { tokens, limit },
            error => Fault::Broken(error.chain()),
        })
    }
}

/// A model with all it takes to write text.
pub(super) struct Writer {
    model: Box<dyn TextModel>,
    vocabulary: Vocabulary,
    grammars: Grammars,
    chat: Chat,
    context: Vec<u32>,
}

impl Writer {
    pub(super) fn new(model: Box<dyn TextModel>, vocabulary: Vocabulary, chat: Chat) -> Result<Self, Error> {
        Ok(Self { grammars: Grammars::new(&vocabulary)?, model, vocabulary, chat, context: Vec::new() })
    }

    /// Writes a reply. `on_text` is called after each piece of the prompt and each token, and says whether to go on.
    pub(super) fn write(&mut self, prompt: &Prompt, seed: u64, mut on_text: impl FnMut(String) -> Result<(), Stop>) -> Result<Usage, Stop> {
        let begun = Instant::now();
        let tokens = self.chat.tokens(&self.vocabulary, &prompt.system, &prompt.user)?;
        let limit = self.model.limit();
        let max_tokens = (prompt.max_tokens as usize).clamp(1, limit.max(2) - 1);
        if tokens.is_empty() || tokens.len() + max_tokens > limit {
            return Err(Error::TooLong { tokens: tokens.len(), limit: limit.saturating_sub(max_tokens) }.into());
        }
        let mut grammar = match &prompt.schema {
            Some(schema) => Some(self.grammars.of(schema)?),
            None => None,
        };
        let n_reused = self.keep(&tokens);
        for piece in tokens.get(n_reused..).unwrap_or_default().chunks(PIECE) {
            on_text(String::new())?;
            self.read(piece)?;
        }
        let prefill = begun.elapsed();
        let written = Instant::now();
        let n_written = self.decode(grammar.as_mut(), seed, max_tokens, &mut on_text)?;
        Ok(Usage {
            prompt_tokens: count(tokens.len()),
            reused_tokens: count(n_reused),
            reply_tokens: count(n_written),
            prefill,
            decode: written.elapsed(),
        })
    }

    fn decode(
        &mut self,
        mut grammar: Option<&mut Grammar>,
        seed: u64,
        max_tokens: usize,
        on_text: &mut impl FnMut(String) -> Result<(), Stop>,
    ) -> Result<usize, Stop> {
        let mut sampler = Sampler::new(seed);
        let mut stream = Utf8Stream::default();
        for n_written in 1..=max_tokens {
            let mut logits = self.model.weigh()?;
            if let Some(grammar) = &mut grammar {
                grammar.restrict(&mut logits)?;
            }
            let token = sampler.choose(logits)?;
            if self.vocabulary.is_end(token) {
                return Ok(n_written);
            }
            on_text(stream.push(self.vocabulary.bytes(token)))?;
            if let Some(grammar) = &mut grammar {
                grammar.accept(token)?;
                if grammar.is_done() {
                    return Ok(n_written);
                }
            }
            if n_written < max_tokens {
                self.read(&[token])?;
            }
        }
        match grammar {
            Some(_) => Err(Stop::Fault(Fault::Broken(format!("the reply is not whole after {max_tokens} tokens")))),
            None => Ok(max_tokens),
        }
    }

    /// Forgets what the prompt does not begin with; the number of tokens that stay read. One at least is read anew, as it is the last
    /// one that says what comes next.
    fn keep(&mut self, tokens: &[u32]) -> usize {
        let common = self.context.iter().zip(tokens).take_while(|(old, new)| old == new).count();
        let kept = common.min(tokens.len().saturating_sub(1)).min(self.model.n_read());
        self.context.truncate(kept);
        self.model.truncate(kept);
        kept
    }

    fn read(&mut self, tokens: &[u32]) -> Result<(), Error> {
        self.model.read(tokens)?;
        self.context.extend_from_slice(tokens);
        Ok(())
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
