//! Products of sixteen rows of a matrix with rows of whole numbers, for processors with AVX-512.
//!
//! Bytes are multiplied in pairs and summed in 16 bits: of numbers of 4 bits eight sums of a pair fit there (8 · 2 · 15 · 127), of numbers
//! of 6 bits two (2 · 2 · 63 · 127). Scaled, they are summed in 32 bits to the end of the block.

use std::arch::x86_64::{__m256i, __m512i};

use pulp::{NullaryFnOnce, bytemuck::cast, x86::V4};

use super::{
    Line, ROWS,
    round::Rounded,
    tile::{FOUR_LINES, Kind, NUMBERS, SIX_LINES},
};

/// Says that this processor has what is needed.
#[derive(Clone, Copy)]
pub(super) struct Quick(V4);

impl Quick {
    /// Nothing where it has not.
    pub(super) fn here() -> Option<Self> {
        V4::try_new().map(Self)
    }

    /// Tiles of sixteen rows that lie one behind the other, times a group of rows.
    pub(super) fn times<const N: usize>(self, kind: Kind, tiles: &[Line], group: &[[Rounded; N]]) -> [[f32; ROWS]; N] {
        match kind {
            Kind::Four => self.0.vectorize(Four { simd: self.0, tiles, group }),
            Kind::Six => self.0.vectorize(Six { simd: self.0, tiles, group }),
        }
    }
}

/// For the two bytes of a row's two scales: the first scale twice, the second twice.
const FIRST: [u8; 64] = twice(0);
const SECOND: [u8; 64] = twice(2);

const fn twice(from: u8) -> [u8; 64] {
    let mut order = [0; 64];
    let mut place = 0;
    while place < 64 {
        // Places are counted anew in each sixteen bytes.
        order[place] = (place as u8 % 16) / 4 * 4 + from + place as u8 % 2;
        place += 1;
    }
    order
}

/// Tiles of numbers of 4 bits, times a group of rows.
struct Four<'w, const N: usize> {
    simd: V4,
    tiles: &'w [Line],
    group: &'w [[Rounded; N]],
}

impl<const N: usize> NullaryFnOnce for Four<'_, N> {
    type Output = [[f32; ROWS]; N];

    #[inline(always)]
    fn call(self) -> Self::Output {
        let (f, bw) = (self.simd.avx512f, self.simd.avx512bw);
        let nibble = f._mm512_set1_epi32(0x0f0f_0f0f);
        let zero = f._mm512_setzero_si512();
        let mut products = [f._mm512_setzero_ps(); N];
        for (tile, rows) in self.tiles.as_chunks::<FOUR_LINES>().0.iter().zip(self.group) {
            let lows: [__m256i; 4] = cast([tile[1], tile[2]]);
            let scales: [__m256i; 4] = cast([tile[3], tile[4]]);
            let mut sums = [zero; N];
            let mut low_sums = [zero; N];
            for (pair, (lows, scales)) in lows.into_iter().zip(scales).enumerate() {
                let lows = bw._mm512_cvtepu8_epi16(lows);
                let scales = bw._mm512_cvtepu8_epi16(scales);
                for (sum, row) in low_sums.iter_mut().zip(rows) {
                    let offset = bw._mm512_madd_epi16(lows, f._mm512_set1_epi32(row.wide_sums[pair]));
                    *sum = f._mm512_add_epi32(*sum, offset);
                }
                for (half, order) in [FIRST, SECOND].into_iter().enumerate() {
                    let mut run = [zero; N];
                    for four in 0..4 {
                        let group = pair * 8 + half * 4 + four;
                        let numbers: __m512i = cast(tile[NUMBERS + group]);
                        let first = f._mm512_and_si512(numbers, nibble);
                        let second = f._mm512_and_si512(bw._mm512_srli_epi16::<4>(numbers), nibble);
                        for (run, row) in run.iter_mut().zip(rows) {
                            let first = bw._mm512_maddubs_epi16(first, f._mm512_set1_epi32(row.words[2 * group]));
                            let second = bw._mm512_maddubs_epi16(second, f._mm512_set1_epi32(row.words[2 * group + 1]));
                            *run = bw._mm512_add_epi16(*run, bw._mm512_add_epi16(first, second));
                        }
                    }
                    let scale = bw._mm512_shuffle_epi8(scales, cast(order));
                    for (sum, run) in sums.iter_mut().zip(run) {
                        *sum = f._mm512_add_epi32(*sum, bw._mm512_madd_epi16(run, scale));
                    }
                }
            }
            let [steps, low_steps]: [__m256i; 2] = cast(tile[0]);
            let (steps, low_steps) = (f._mm512_cvtph_ps(steps), f._mm512_cvtph_ps(low_steps));
            for (product, ((sum, low_sum), row)) in products.iter_mut().zip(sums.into_iter().zip(low_sums).zip(rows)) {
                let lows = f._mm512_mul_ps(low_steps, f._mm512_cvtepi32_ps(low_sum));
                let block = f._mm512_fmsub_ps(steps, f._mm512_cvtepi32_ps(sum), lows);
                *product = f._mm512_fmadd_ps(block, f._mm512_set1_ps(row.step), *product);
            }
        }
        products.map(cast)
    }
}

/// Tiles of numbers of 6 bits, times a group of rows.
struct Six<'w, const N: usize> {
    simd: V4,
    tiles: &'w [Line],
    group: &'w [[Rounded; N]],
}

impl<const N: usize> NullaryFnOnce for Six<'_, N> {
    type Output = [[f32; ROWS]; N];

    #[inline(always)]
    fn call(self) -> Self::Output {
        let (f, bw) = (self.simd.avx512f, self.simd.avx512bw);
        let nibble = f._mm512_set1_epi32(0x0f0f_0f0f);
        let upper = f._mm512_set1_epi32(0x3030_3030);
        let zero = f._mm512_setzero_si512();
        let mut products = [f._mm512_setzero_ps(); N];
        for (tile, rows) in self.tiles.as_chunks::<SIX_LINES>().0.iter().zip(self.group) {
            let scales: [__m256i; 8] = cast([tile[1], tile[2], tile[3], tile[4]]);
            let mut sums = [zero; N];
            let mut low_sums = [zero; N];
            for (pair, scales) in scales.into_iter().enumerate() {
                let scales = bw._mm512_cvtepi8_epi16(scales);
                for (sum, row) in low_sums.iter_mut().zip(rows) {
                    let offset = bw._mm512_madd_epi16(scales, f._mm512_set1_epi32(row.sums[pair]));
                    *sum = f._mm512_add_epi32(*sum, offset);
                }
                for (half, order) in [FIRST, SECOND].into_iter().enumerate() {
                    let run = pair * 2 + half;
                    let line = |index: usize| -> __m512i { cast(tile[NUMBERS + 3 * run + index]) };
                    let (one, two, highs) = (line(0), line(1), line(2));
                    let low = |bits| f._mm512_and_si512(bits, nibble);
                    let high = |bits| f._mm512_and_si512(bits, upper);
                    let numbers = [
                        f._mm512_or_si512(low(one), high(bw._mm512_slli_epi16::<4>(highs))),
                        f._mm512_or_si512(low(bw._mm512_srli_epi16::<4>(one)), high(bw._mm512_slli_epi16::<2>(highs))),
                        f._mm512_or_si512(low(two), high(highs)),
                        f._mm512_or_si512(low(bw._mm512_srli_epi16::<4>(two)), high(bw._mm512_srli_epi16::<2>(highs))),
                    ];
                    let scale = bw._mm512_shuffle_epi8(scales, cast(order));
                    for (sum, row) in sums.iter_mut().zip(rows) {
                        let product = |four: usize| bw._mm512_maddubs_epi16(numbers[four], f._mm512_set1_epi32(row.words[4 * run + four]));
                        let first = bw._mm512_madd_epi16(bw._mm512_add_epi16(product(0), product(1)), scale);
                        let second = bw._mm512_madd_epi16(bw._mm512_add_epi16(product(2), product(3)), scale);
                        *sum = f._mm512_add_epi32(*sum, f._mm512_add_epi32(first, second));
                    }
                }
            }
            let [steps, _]: [__m256i; 2] = cast(tile[0]);
            let steps = f._mm512_cvtph_ps(steps);
            for (product, ((sum, low_sum), row)) in products.iter_mut().zip(sums.into_iter().zip(low_sums).zip(rows)) {
                let sum = f._mm512_sub_epi32(sum, f._mm512_slli_epi32::<5>(low_sum));
                let block = f._mm512_mul_ps(steps, f._mm512_cvtepi32_ps(sum));
                *product = f._mm512_fmadd_ps(block, f._mm512_set1_ps(row.step), *product);
            }
        }
        products.map(cast)
    }
}
