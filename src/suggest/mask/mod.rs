//! Masking before a prompt: what must not reach a model is replaced by a placeholder, ⟦CARD_1⟧, that says what it was.
//!
//! Equal values have equal placeholders, so that a model can still see that two places say the same. Placeholders of data (cards,
//! accounts, people) are put back by [`Mask::unmask`] in what an analyst is shown; secrets (passwords, tokens) are kept nowhere and stay
//! masked for ever. Each finder reads a text once; a place that two of them found is masked as one.

mod cards;
mod contacts;
mod iban;
mod named;
mod placeholders;
mod spans;
mod tokens;
mod values;
mod words;

pub use placeholders::Mask;
pub use spans::Kind;
pub use words::WordsError;

use placeholders::Placeholders;
use spans::Span;
use words::Words;

/// Finds and masks.
#[derive(Debug, Clone)]
pub struct Masker {
    words: Words,
}

/// Texts of one piece of evidence, masked.
#[derive(Debug, Clone, PartialEq)]
pub struct Masked {
    /// The texts, in the order they were given.
    pub texts: Vec<String>,
    /// What the placeholders stand for.
    pub mask: Mask,
}

impl Masker {
    /// Masks what has the form of something to be masked, and these words whole: names of people, of the bank's products.
    ///
    /// # Errors
    /// When there are more words than can be looked for at once.
    pub fn new(words: &[String]) -> Result<Self, WordsError> {
        Ok(Self { words: Words::new(words)? })
    }

    /// Masks texts that belong together.
    pub fn mask(&self, texts: &[&str]) -> Masked {
        let mut found: Vec<Vec<Span>> = texts.iter().map(|text| self.find(text)).collect();
        // A secret that one place names is no longer one if another place says it without naming it.
        let secrets = values::secrets(texts, &found);
        for (text, spans) in texts.iter().zip(&mut found) {
            values::find(text, &secrets, spans);
        }
        let mut placeholders = Placeholders::default();
        let texts = texts.iter().zip(found).map(|(text, spans)| placeholders.replace(text, &spans::merged(spans))).collect();
        Masked { texts, mask: placeholders.finish() }
    }

    fn find(&self, text: &str) -> Vec<Span> {
        let mut spans = Vec::new();
        named::find(text, &mut spans);
        tokens::find(text, &mut spans);
        cards::find(text, &mut spans);
        iban::find(text, &mut spans);
        contacts::find(text, &mut spans);
        self.words.find(text, &mut spans);
        placeholders::find(text, &mut spans);
        spans
    }
}

#[cfg(test)]
mod tests;
