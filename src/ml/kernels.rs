//! Two steps of a layer that the tensor library would do in many passes over memory, done in one: softmax over the tokens that may be
//! seen, and the gate of the feed-forward half. On other devices than the processor they are put together from the library's own.

use candle_core::{CpuStorage, DType, InplaceOp1, InplaceOp2, Layout, Tensor};
use candle_nn::ops;
use rayon::prelude::*;

use super::error::Error;

/// Numbers below which threads cost more than they save.
const SERIAL: usize = 1 << 14;

/// Numbers that are summed side by side.
const LANES: usize = 32;

/// Softmax of scores (`heads × (queries of each head that shares) × keys`), in place: the query of position `p` sees keys `0..=p`.
/// The first query of a head stands at position `offset`.
pub(super) fn causal_softmax(scores: Tensor, scale: f32, n_queries: usize, offset: usize) -> Result<Tensor, Error> {
    if scores.device().is_cpu() {
        scores.inplace_op1(&CausalSoftmax { scale, n_queries, offset })?;
        return Ok(scores);
    }
    let scores = (scores * f64::from(scale))?;
    if n_queries == 1 {
        return Ok(ops::softmax_last_dim(&scores)?);
    }
    let (n_heads, n_rows, n_keys) = scores.dims3()?;
    let seen = |query: usize| (0..n_keys).map(move |key| if key <= offset + query { 0.0 } else { f32::NEG_INFINITY });
    let mask: Vec<f32> = (0..n_queries).flat_map(seen).collect();
    let mask = Tensor::from_vec(mask, (n_queries, n_keys), scores.device())?.to_dtype(DType::F32)?;
    let rows = scores.reshape((n_heads * n_rows / n_queries, n_queries, n_keys))?.broadcast_add(&mask)?;
    Ok(ops::softmax_last_dim(&rows)?.reshape((n_heads, n_rows, n_keys))?)
}

/// `silu(gate) × up`.
pub(super) fn gated(gate: Tensor, up: &Tensor) -> Result<Tensor, Error> {
    if gate.device().is_cpu() && gate.is_contiguous() && up.is_contiguous() {
        gate.inplace_op2(up, &Gated)?;
        return Ok(gate);
    }
    Ok((gate.silu()? * up)?)
}

struct CausalSoftmax {
    scale: f32,
    n_queries: usize,
    offset: usize,
}

impl CausalSoftmax {
    fn row(&self, index: usize, row: &mut [f32]) {
        let seen = (self.offset + index % self.n_queries + 1).min(row.len());
        let (seen, unseen) = row.split_at_mut(seen);
        unseen.fill(0.0);
        softmax(seen, self.scale);
    }
}

impl InplaceOp1 for CausalSoftmax {
    fn name(&self) -> &'static str {
        "causal-softmax"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> candle_core::Result<()> {
        let width = layout.dims().last().copied().unwrap_or(1).max(1);
        let numbers = whole(storage, layout)?;
        if numbers.len() < SERIAL {
            numbers.chunks_mut(width).enumerate().for_each(|(index, row)| self.row(index, row));
        } else {
            numbers.par_chunks_mut(width).enumerate().for_each(|(index, row)| self.row(index, row));
        }
        Ok(())
    }
}

struct Gated;

impl InplaceOp2 for Gated {
    fn name(&self) -> &'static str {
        "gated"
    }

    fn cpu_fwd(&self, gate: &mut CpuStorage, gate_layout: &Layout, up: &CpuStorage, up_layout: &Layout) -> candle_core::Result<()> {
        let Some((start, end)) = up_layout.contiguous_offsets() else { candle_core::bail!("not contiguous") };
        let Some(up) = up.as_slice::<f32>()?.get(start..end) else { candle_core::bail!("out of bounds") };
        let gate = whole(gate, gate_layout)?;
        let gate_all = |gate: &mut [f32], up: &[f32]| {
            for (gate, up) in gate.iter_mut().zip(up) {
                *gate = *gate / (1.0 + exp(-*gate)) * up;
            }
        };
        if gate.len() < SERIAL {
            gate_all(gate, up);
        } else {
            gate.par_chunks_mut(SERIAL).zip(up.par_chunks(SERIAL)).for_each(|(gate, up)| gate_all(gate, up));
        }
        Ok(())
    }
}

/// The numbers of a tensor that lies in one piece.
fn whole<'s>(storage: &'s mut CpuStorage, layout: &Layout) -> candle_core::Result<&'s mut [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else { candle_core::bail!("not contiguous") };
    let CpuStorage::F32(numbers) = storage else { candle_core::bail!("numbers of 32 bits are wanted") };
    match numbers.get_mut(start..end) {
        Some(numbers) => Ok(numbers),
        None => candle_core::bail!("out of bounds"),
    }
}

/// Softmax of scaled scores, in place.
#[inline(always)]
pub(super) fn softmax(scores: &mut [f32], scale: f32) {
    let highest = highest(scores);
    for score in scores.iter_mut() {
        *score = exp((*score - highest) * scale);
    }
    let share = 1.0 / sum(scores);
    for score in scores {
        *score *= share;
    }
}

/// The highest score, in several lanes at once.
#[inline(always)]
fn highest(scores: &[f32]) -> f32 {
    let higher = |one: f32, other: f32| if other > one { other } else { one };
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in scores.chunks(LANES) {
        for (lane, score) in lanes.iter_mut().zip(chunk) {
            *lane = higher(*lane, *score);
        }
    }
    lanes.into_iter().fold(f32::NEG_INFINITY, higher)
}

/// The sum, in several lanes at once.
#[inline(always)]
fn sum(numbers: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (whole, rest) = numbers.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, number) in lanes.iter_mut().zip(chunk) {
            *lane += number;
        }
    }
    of_lanes(lanes) + rest.iter().sum::<f32>()
}

/// The sum of lanes, by halves.
#[inline(always)]
fn of_lanes(mut lanes: [f32; LANES]) -> f32 {
    let mut n_left = LANES / 2;
    while n_left > 0 {
        for lane in 0..n_left {
            lanes[lane] += lanes[lane + n_left];
        }
        n_left /= 2;
    }
    lanes[0]
}

/// The exponential, to about one part in ten million, in a form that the compiler does for several numbers at once.
/// `2^n · e^r` with `|r| ≤ ln 2 / 2`, and the series of `e^r` to the sixth power.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Adding this rounds to a whole number, which then stands in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let series = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0))))));
    series * f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23))
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn the_exponential_is_true_to_one_part_in_a_million() {
        for step in -8_700..=8_700 {
            let x = step as f32 / 100.0;
            let wanted = f64::from(x).exp();
            assert!((f64::from(exp(x)) / wanted - 1.0).abs() < 1e-6, "{x}");
        }
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn softmax_sees_what_came_before_and_sums_to_one() {
        let scores: Vec<f32> = (0..2 * 6 * 5).map(|i| (i % 7) as f32 / 3.0).collect();
        let scores = Tensor::from_vec(scores, (2, 6, 5), &Device::Cpu).unwrap();
        // Two heads share each key head: three queries each, the first at position 2.
        let found = causal_softmax(scores, 0.5, 3, 2).unwrap().to_vec3::<f32>().unwrap();
        for row in found.iter().flat_map(|head| head.iter().enumerate()) {
            let seen = 3 + row.0 % 3;
            assert!((row.1.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            assert!(row.1.iter().skip(seen).all(|p| *p == 0.0) && row.1.iter().take(seen).all(|p| *p > 0.0), "{row:?}");
        }
    }

    #[test]
    fn the_gate_agrees_with_the_library() {
        let numbers = |n: usize| -> Vec<f32> { (0..n).map(|i| (i as f32 * 0.37).sin() * 9.0).collect() };
        for n in [7, SERIAL + 3] {
            let gate = Tensor::from_vec(numbers(n), n, &Device::Cpu).unwrap();
            let up = Tensor::from_vec(numbers(n), n, &Device::Cpu).unwrap();
            let wanted = (gate.silu().unwrap() * &up).unwrap().to_vec1::<f32>().unwrap();
            let found = gated(gate, &up).unwrap().to_vec1::<f32>().unwrap();
            assert!(found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-5));
        }
    }
}
