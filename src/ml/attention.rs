//! Attention of a few tokens over all that was read before them, as it is when replies are written: each head of keys goes through memory
//! once, where the products of the tensor library copy it first, on one thread.

use candle_core::{CpuStorage, Layout, Storage, Tensor};
use pulp::{Arch, Simd, WithSimd};

use super::{error::Error, kernels, layer::Place, team};

/// Tokens of a text up to which this is the quicker way.
const FEW: usize = 4;

/// Whether so many tokens of a text are better looked at this way. In a program that is not optimised none are: the library is, all the same.
pub(super) fn serves(n_tokens: usize) -> bool {
    let is_optimised = !cfg!(debug_assertions) || cfg!(test);
    is_optimised && n_tokens <= FEW
}

/// What tokens make of what they see (`tokens × heads · width`). `queries` are `heads × tokens × width`, tokens of one place after those
/// of another; `read` are keys and values (`heads × tokens × width`) of each place, those of its tokens among them.
pub(super) fn few(queries: &Tensor, places: &[Place], read: &[(Tensor, Tensor)]) -> Result<Tensor, Error> {
    few_by(Arch::new(), queries, places, read)
}

/// The same by these instructions.
fn few_by(arch: Arch, queries: &Tensor, places: &[Place], read: &[(Tensor, Tensor)]) -> Result<Tensor, Error> {
    let (n_heads, n_tokens, width) = queries.dims3()?;
    let queries = queries.storage_and_layout();
    let read: Vec<_> = read.iter().map(|(keys, values)| (keys.storage_and_layout(), values.storage_and_layout())).collect();
    let mut rows = Vec::with_capacity(n_tokens);
    let mut n_sharing = n_heads;
    for (place, ((keys, keys_layout), (values, values_layout))) in places.iter().zip(&read) {
        let (keys, values) = (Heads::of(keys, keys_layout)?, Heads::of(values, values_layout)?);
        n_sharing = n_heads / keys.n_heads.max(1);
        rows.extend((0..place.n_tokens).map(|token| (keys, values, place.offset + token + 1)));
    }
    let queries = Heads::of(&queries.0, queries.1)?;
    let mut mixed = vec![0.0; n_tokens * n_heads * width];
    let parts = mixed.chunks_mut((n_sharing * width).max(1)).enumerate().map(|(index, mixed)| {
        let (token, head) = (index / (n_heads / n_sharing), index % (n_heads / n_sharing));
        let (keys, values, n_seen) = rows.get(token)?;
        let queries = (0..n_sharing).map(|query| queries.numbers(head * n_sharing + query, token, 1));
        let queries = queries.collect::<Option<Vec<_>>>()?;
        Some(Part { queries, keys: keys.numbers(head, 0, *n_seen)?, values: values.numbers(head, 0, *n_seen)?, mixed })
    });
    let parts = parts.collect::<Option<Vec<_>>>().ok_or_else(|| Error::Head("keys were lost".to_owned()))?;
    team::share(parts.into_iter(), |part| arch.dispatch(part));
    Ok(Tensor::from_vec(mixed, (n_tokens, n_heads * width), &candle_core::Device::Cpu)?)
}

/// Heads of a tensor (`heads × tokens × width`) whose tokens lie one behind the other.
#[derive(Clone, Copy)]
struct Heads<'n> {
    numbers: &'n [f32],
    n_heads: usize,
    stride: usize,
    width: usize,
}

impl<'n> Heads<'n> {
    fn of(storage: &'n Storage, layout: &Layout) -> Result<Self, Error> {
        match (storage, layout.dims(), layout.stride()) {
            (Storage::Cpu(CpuStorage::F32(numbers)), [n_heads, _, width], [stride, of_token, 1]) if of_token == width => {
                let numbers = numbers.get(layout.start_offset()..).unwrap_or_default();
                Ok(Self { numbers, n_heads: *n_heads, stride: *stride, width: *width })
            }
            _ => Err(Error::Head("numbers of 32 bits are wanted, of a token in one piece".to_owned())),
        }
    }

    /// Those of tokens of a head.
    fn numbers(&self, head: usize, token: usize, n_tokens: usize) -> Option<&'n [f32]> {
        self.numbers.get(head * self.stride + token * self.width..)?.get(..n_tokens * self.width)
    }
}

/// The heads of a token that share keys.
struct Part<'n> {
    queries: Vec<&'n [f32]>,
    keys: &'n [f32],
    values: &'n [f32],
    mixed: &'n mut [f32],
}

impl WithSimd for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.queries.first().map_or(1, |query| query.len()).max(1);
        let scale = 1.0 / (width as f32).sqrt();
        let n_seen = self.keys.len() / width;
        let mut weights = vec![0.0_f32; n_seen * self.queries.len()];
        // Each key comes from memory once, and all heads look at it.
        for (place, key) in self.keys.chunks_exact(width).enumerate() {
            for (query, weights) in self.queries.iter().zip(weights.chunks_mut(n_seen)) {
                if let Some(weight) = weights.get_mut(place) {
                    *weight = dot(simd, query, key);
                }
            }
        }
        for (mixed, weights) in self.mixed.chunks_exact_mut(width).zip(weights.chunks_mut(n_seen)) {
            kernels::softmax(weights, scale);
            mix(simd, weights, self.values, mixed);
        }
    }
}

/// The product of two rows.
#[inline(always)]
fn dot<S: Simd>(simd: S, one: &[f32], other: &[f32]) -> f32 {
    let ((one, one_rest), (other, other_rest)) = (S::as_simd_f32s(one), S::as_simd_f32s(other));
    let ((fours, ones), (other_fours, other_ones)) = (one.as_chunks::<4>(), other.as_chunks::<4>());
    // Four sums, so that one need not wait for the other.
    let mut sums = [simd.splat_f32s(0.0); 4];
    for (one, other) in fours.iter().zip(other_fours) {
        for (sum, (one, other)) in sums.iter_mut().zip(one.iter().zip(other)) {
            *sum = simd.mul_add_e_f32s(*one, *other, *sum);
        }
    }
    let [mut first, second, third, fourth] = sums;
    for (one, other) in ones.iter().zip(other_ones) {
        first = simd.mul_add_e_f32s(*one, *other, first);
    }
    let sum = simd.add_f32s(simd.add_f32s(first, second), simd.add_f32s(third, fourth));
    simd.reduce_sum_f32s(sum) + one_rest.iter().zip(other_rest).map(|(one, other)| one * other).sum::<f32>()
}

/// The weighted sum of rows.
#[inline(always)]
fn mix<S: Simd>(simd: S, weights: &[f32], values: &[f32], mixed: &mut [f32]) {
    let width = mixed.len();
    let (vectors, rest) = S::as_mut_simd_f32s(mixed);
    let first_of_rest = width - rest.len();
    for (place, mixed) in rest.iter_mut().enumerate() {
        let values = values.iter().skip(first_of_rest + place).step_by(width);
        *mixed = weights.iter().zip(values).map(|(weight, value)| weight * value).sum();
    }
    let (eights, ones) = vectors.as_chunks_mut::<8>();
    let first_of_ones = 8 * eights.len();
    for (index, mixed) in eights.iter_mut().enumerate() {
        *mixed = columns(simd, weights, values, width, 8 * index);
    }
    for (index, mixed) in ones.iter_mut().enumerate() {
        [*mixed] = columns(simd, weights, values, width, first_of_ones + index);
    }
}

/// Some columns of it, from a vector on.
#[inline(always)]
fn columns<S: Simd, const N: usize>(simd: S, weights: &[f32], values: &[f32], width: usize, first: usize) -> [S::f32s; N] {
    let mut sums = [simd.splat_f32s(0.0); N];
    for (weight, value) in weights.iter().zip(values.chunks_exact(width)) {
        let weight = simd.splat_f32s(*weight);
        let Some(value) = S::as_simd_f32s(value).0.get(first..).and_then(<[_]>::first_chunk::<N>) else { continue };
        for (sum, value) in sums.iter_mut().zip(value) {
            *sum = simd.mul_add_e_f32s(weight, *value, *sum);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, IndexOp};

    use super::{super::tests::widths, *};

    fn numbers(form: (usize, usize, usize), step: f32) -> Tensor {
        let numbers = (0..form.0 * form.1 * form.2).map(|place| (place as f32 * step).sin()).collect::<Vec<f32>>();
        Tensor::from_vec(numbers, form, &Device::Cpu).unwrap()
    }

    #[test]
    fn it_agrees_with_the_products_of_the_library_by_whatever_instructions() {
        // Of two texts, one with nothing before, one that has read five tokens and reads two more; six heads share three of keys.
        for width in [8, 32, 80, 128] {
            let places = [Place { stream: 0, offset: 0, n_tokens: 1 }, Place { stream: 1, offset: 5, n_tokens: 2 }];
            let queries = numbers((6, 3, width), 0.7);
            let held: Vec<(Tensor, Tensor)> = [(9, 1), (9, 7)]
                .map(|(room, n)| {
                    (numbers((3, room, width), 0.3).narrow(1, 0, n).unwrap(), numbers((3, room, width), 0.5).narrow(1, 0, n).unwrap())
                })
                .into();
            let found = widths().into_iter().map(|arch| few_by(arch, &queries, &places, &held).unwrap());
            for (found, (token, place, seen)) in found.flat_map(|found| [(0, 0, 1), (1, 1, 6), (2, 1, 7)].map(|at| (found.clone(), at))) {
                for head in 0..6 {
                    let (keys, values) = &held[place];
                    let query = queries.i((head, token..token + 1)).unwrap().contiguous().unwrap();
                    let keys = keys.i((head / 2, ..seen)).unwrap().contiguous().unwrap();
                    let values = values.i((head / 2, ..seen)).unwrap().contiguous().unwrap();
                    let scores = (query.matmul(&keys.t().unwrap()).unwrap() / (width as f64).sqrt()).unwrap();
                    let wanted = candle_nn::ops::softmax_last_dim(&scores).unwrap().matmul(&values).unwrap().to_vec2::<f32>().unwrap();
                    let found = found.i((token, head * width..(head + 1) * width)).unwrap().to_vec1::<f32>().unwrap();
                    assert!(found.iter().zip(&wanted[0]).all(|(a, b)| (a - b).abs() < 1e-5), "{width}: {found:?} {wanted:?}");
                }
            }
        }
    }
}
