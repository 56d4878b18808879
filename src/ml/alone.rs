//! A model that reads one text alone: for measuring, and for tests of the numbers.

use super::{
    error::Error,
    network::{Network, Piece, TextModel},
};

/// A network with its first text.
pub struct Alone(pub Network);

impl Alone {
    /// Tokens read and not forgotten.
    pub fn n_read(&self) -> usize {
        self.0.n_read(0)
    }

    /// Tokens that fit.
    pub fn limit(&self) -> usize {
        self.0.limit()
    }

    /// Forgets all but the first tokens.
    pub fn truncate(&mut self, n_tokens: usize) {
        self.0.truncate(0, n_tokens);
    }

    /// Reads on.
    ///
    /// # Errors
    /// When they do not fit, or the computation fails.
    pub fn read(&mut self, tokens: &[u32]) -> Result<(), Error> {
        self.0.read(&[Piece { stream: 0, tokens }])
    }

    /// Weighs what comes after the token read last.
    ///
    /// # Errors
    /// When nothing was read, or what comes out are no numbers.
    pub fn weigh(&mut self) -> Result<Vec<f32>, Error> {
        let logits = self.0.weigh(&[0])?.pop().unwrap_or_default();
        if logits.iter().any(|logit| logit.is_nan()) { Err(Error::NotANumber) } else { Ok(logits) }
    }
}
