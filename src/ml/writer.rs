//! A model with all it takes to write: prompts are read piece by piece, and the next token of all texts under way is written at once,
//! since that reads the weights only once. What the model has read stays read: of a prompt that begins like a text it holds, only the
//! rest is read.

use super::{
    chat::Chat,
    error::Error,
    grammar::Grammars,
    network::{Piece, TextModel},
    text::Text,
    vocabulary::Vocabulary,
};
use crate::suggest::{Fault, Prompt, Usage};

/// Tokens of a prompt read at once. Between two pieces a reply can be given up.
pub(super) const PIECE: usize = 128;
/// The same while other texts are written, which wait that long for their next token.
const PIECE_BESIDE: usize = 32;
/// Tokens in common with a text under way that are worth a copy of what was read of them.
const WORTH_A_COPY: usize = 16;

/// Why a reply ends before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// Nobody wants it any more.
    Unwanted,
    /// It failed.
    Fault(Fault),
}

/// What came of a token.
#[derive(Debug)]
pub(super) enum Step {
    /// The text that it adds; blank where a character is not whole yet.
    Said(String),
    /// The same, and the reply is whole.
    Whole(String, Usage),
}

/// The model and what was read in each of its texts.
pub(super) struct Writer {
    model: Box<dyn TextModel>,
    vocabulary: Vocabulary,
    grammars: Grammars,
    chat: Chat,
    contexts: Vec<Vec<u32>>,
}

impl Writer {
    pub(super) fn new(model: Box<dyn TextModel>, vocabulary: Vocabulary, chat: Chat) -> Result<Self, Error> {
        let contexts = vec![Vec::new(); model.n_streams()];
        Ok(Self { grammars: Grammars::new(&vocabulary)?, model, vocabulary, chat, contexts })
    }

    /// Texts that can be under way at once.
    pub(super) fn n_streams(&self) -> usize {
        self.contexts.len()
    }

    /// About how many bytes of memory the model takes.
    pub(super) fn bytes(&self) -> u64 {
        self.model.bytes()
    }

    /// Begins a reply beside those under way.
    pub(super) fn begin(&mut self, prompt: &Prompt, seed: u64, under_way: &[usize]) -> Result<Text, Stop> {
        let tokens = self.chat.tokens(&self.vocabulary, &prompt.system, &prompt.user)?;
        let limit = self.model.limit();
        let max_tokens = (prompt.max_tokens as usize).clamp(1, limit.max(2) - 1);
        if tokens.is_empty() || tokens.len() + max_tokens > limit {
            return Err(Error::TooLong { tokens: tokens.len(), limit: limit.saturating_sub(max_tokens) }.into());
        }
        let grammar = match &prompt.schema {
            Some(schema) => Some(self.grammars.of(schema)?),
            None => None,
        };
        let (stream, n_reused) = self.place(&tokens, under_way)?;
        Ok(Text::new(stream, tokens, n_reused, grammar, seed, max_tokens))
    }

    /// Reads on in a prompt.
    pub(super) fn read_on(&mut self, text: &mut Text, alone: bool) -> Result<(), Error> {
        let piece = text.unread(if alone { PIECE } else { PIECE_BESIDE });
        let n_tokens = piece.len();
        self.read(&[Piece { stream: text.stream, tokens: piece }])?;
        text.has_read(n_tokens);
        Ok(())
    }

    /// The next token of each of these texts, whose prompts are read; in their order.
    pub(super) fn write(&mut self, texts: &mut [&mut Text]) -> Result<Vec<Result<Step, Stop>>, Error> {
        let pieces: Vec<Piece> = texts
            .iter()
            .filter_map(|text| Some(Piece { stream: text.stream, tokens: text.next.as_slice() }).filter(|piece| !piece.tokens.is_empty()))
            .collect();
        self.read(&pieces)?;
        let streams: Vec<usize> = texts.iter().map(|text| text.stream).collect();
        let logits = self.model.weigh(&streams)?;
        Ok(texts.iter_mut().zip(logits).map(|(text, logits)| text.choose(logits, &self.vocabulary)).collect())
    }

    /// The text in which a reply to these tokens is written, and how many of them it has read: a free one that begins alike, or has
    /// taken that over from one under way. One token at least is read anew, as it is the last one that says what comes next.
    fn place(&mut self, tokens: &[u32], under_way: &[usize]) -> Result<(usize, usize), Stop> {
        let common = |stream: usize| {
            let context = self.contexts.get(stream).map_or(&[][..], Vec::as_slice);
            let same = context.iter().zip(tokens).take_while(|(old, new)| old == new).count();
            same.min(tokens.len().saturating_sub(1)).min(self.model.n_read(stream))
        };
        let longest = |of: &dyn Fn(&usize) -> bool| {
            // Of equals the first.
            (0..self.contexts.len()).rev().filter(of).map(|stream| (common(stream), stream)).max_by_key(|(n, _)| *n)
        };
        let free = longest(&|stream| !under_way.contains(stream));
        let Some((n_free, stream)) = free else { return Err(Stop::Fault(Fault::Overloaded(under_way.len()))) };
        let busy = longest(&|stream| under_way.contains(stream)).filter(|(n, _)| *n >= n_free + WORTH_A_COPY);
        let Some(context) = self.contexts.get_mut(stream) else { return Ok((stream, 0)) };
        let kept = match busy {
            Some((n, from)) => {
                context.clear();
                self.model.adopt(stream, from, n)?;
                context.extend(tokens.iter().take(n));
                n
            }
            None => {
                context.truncate(n_free);
                self.model.truncate(stream, n_free);
                n_free
            }
        };
        Ok((stream, kept))
    }

    fn read(&mut self, pieces: &[Piece]) -> Result<(), Error> {
        self.model.read(pieces)?;
        for piece in pieces {
            if let Some(context) = self.contexts.get_mut(piece.stream) {
                context.extend_from_slice(piece.tokens);
            }
        }
        Ok(())
    }
}
