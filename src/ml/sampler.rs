//! The choice of the next token: the heaviest, or by chance among the heaviest few, the same for the same seed.

use candle_core::{Device, Tensor};
use candle_transformers::generation::{LogitsProcessor, Sampling};

use super::error::Error;

/// Drafts shall say the likely thing, not the surprising one.
const TEMPERATURE: f64 = 0.3;

/// Tokens among which chance chooses.
const HEAVIEST: usize = 20;

/// Chooses.
pub(super) struct Sampler(LogitsProcessor);

impl Sampler {
    /// With seed 0 always the heaviest; otherwise by chance.
    pub(super) fn new(seed: u64) -> Self {
        let sampling = match seed {
            0 => Sampling::ArgMax,
            _ => Sampling::TopK { k: HEAVIEST, temperature: TEMPERATURE },
        };
        Self(LogitsProcessor::from_sampling(seed, sampling))
    }

    /// One token; never one whose weight is minus infinity.
    pub(super) fn choose(&mut self, logits: Vec<f32>) -> Result<u32, Error> {
        if logits.iter().any(|logit| logit.is_nan()) || !logits.iter().any(|logit| logit.is_finite()) {
            return Err(Error::NotANumber);
        }
        let n_logits = logits.len();
        Ok(self.0.sample(&Tensor::from_vec(logits, n_logits, &Device::Cpu)?)?)
    }
}
