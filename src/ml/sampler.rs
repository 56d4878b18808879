//! The choice of the next token: the heaviest, or by chance among the heaviest few, the same for the same seed.

use candle_core::{Device, Tensor};
use candle_transformers::generation::{LogitsProcessor, Sampling};

use super::error::Error;

/// Drafts shall say the likely thing, not the surprising one.
const TEMPERATURE: f64 = 0.3;

/// Tokens among which chance chooses.
const HEAVIEST: usize = 20;

/// Chooses: by chance, or the heaviest where there is none.
pub(super) struct Sampler(Option<LogitsProcessor>);

impl Sampler {
    /// With seed 0 always the heaviest; otherwise by chance.
    pub(super) fn new(seed: u64) -> Self {
        let sampling = Sampling::All { temperature: TEMPERATURE };
        Self((seed != 0).then(|| LogitsProcessor::from_sampling(seed, sampling)))
    }

    /// One token; never one whose weight is minus infinity.
    pub(super) fn choose(&mut self, logits: &[f32]) -> Result<u32, Error> {
        if logits.iter().any(|logit| logit.is_nan()) {
            return Err(Error::NotANumber);
        }
        // The few are found first: the library would turn all hundred thousand into shares and put them in order.
        let heaviest = heaviest(logits);
        if !heaviest.iter().any(|(_, weight)| weight.is_finite()) {
            return Err(Error::NotANumber);
        }
        let place = match &mut self.0 {
            Some(chance) => {
                let weights: Vec<f32> = heaviest.iter().map(|(_, weight)| *weight).collect();
                let n_weights = weights.len();
                chance.sample(&Tensor::from_vec(weights, n_weights, &Device::Cpu)?)? as usize
            }
            None => 0,
        };
        heaviest.get(place).map(|(token, _)| *token).ok_or(Error::NotANumber)
    }
}

/// The heaviest few, heaviest first, of equals the first; none whose weight is minus infinity.
fn heaviest(logits: &[f32]) -> Vec<(u32, f32)> {
    let mut found: Vec<(u32, f32)> = Vec::with_capacity(HEAVIEST + 1);
    let mut bound = f32::NEG_INFINITY;
    for (token, logit) in (0..).zip(logits) {
        if *logit > bound {
            let place = found.partition_point(|(_, other)| other >= logit);
            found.insert(place, (token, *logit));
            found.truncate(HEAVIEST);
            bound = found.get(HEAVIEST - 1).map_or(bound, |(_, least)| *least);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logits(n: usize) -> Vec<f32> {
        (0..n).map(|place| ((place * 7919) % 1009) as f32 / 100.0).collect()
    }

    #[test]
    fn the_heaviest_are_found_heaviest_first_and_of_equals_the_first() {
        for n in [1, 19, 20, 21, 5000] {
            let logits = logits(n);
            let mut wanted: Vec<(u32, f32)> = (0..).zip(logits.iter().copied()).collect();
            wanted.sort_by(|(_, one), (_, other)| other.total_cmp(one));
            wanted.truncate(HEAVIEST);
            assert_eq!(heaviest(&logits), wanted);
        }
    }

    #[test]
    fn the_same_seed_chooses_the_same_and_none_that_is_forbidden() {
        let mut logits = logits(5000);
        assert_eq!(Sampler::new(0).choose(&logits).unwrap(), heaviest(&logits)[0].0);
        let chosen = |seed| -> Vec<u32> {
            let mut sampler = Sampler::new(seed);
            (0..50).map(|_| sampler.choose(&logits).unwrap()).collect()
        };
        assert_eq!(chosen(7), chosen(7));
        assert!(chosen(7) != chosen(8) && chosen(7).iter().all(|token| heaviest(&logits).iter().any(|(few, _)| few == token)));
        logits.iter_mut().enumerate().filter(|(place, _)| *place != 3).for_each(|(_, logit)| *logit = f32::NEG_INFINITY);
        assert!([0, 7].into_iter().all(|seed| Sampler::new(seed).choose(&logits).unwrap() == 3));
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        for logits in [vec![], vec![f32::NEG_INFINITY; 30], vec![1.0, f32::NAN], vec![f32::INFINITY]] {
            assert!(matches!(Sampler::new(7).choose(&logits), Err(Error::NotANumber)), "{logits:?}");
        }
    }
}
