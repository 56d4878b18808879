//! Products of sixteen rows of a matrix with rows of whole numbers, for processors with AVX-512 or AVX2.
//!
//! Bytes are multiplied in pairs and summed in 16 bits: of numbers of 4 bits eight sums of a pair fit there (8 · 2 · 15 · 127), of numbers
//! of 6 bits two (2 · 2 · 63 · 127). Scaled, they are summed in 32 bits to the end of the block. Both widths do the same steps in the same
//! order, so that what they come to is the same to the last bit.

use pulp::{
    NullaryFnOnce,
    bytemuck::cast,
    x86::{V3, V4},
};

use super::{
    Line, ROWS,
    round::Rounded,
    tile::{FOUR_LINES, Kind, NUMBERS, SIX_LINES},
    wide::{PARTS, Wide},
};

/// Says that this processor has what is needed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Quick {
    /// AVX-512.
    All(V4),
    /// AVX2.
    Half(V3),
}

impl Quick {
    /// The widest; nothing where it has none.
    pub(super) fn here() -> Option<Self> {
        Self::each().next()
    }

    /// All there are, the widest first.
    pub(super) fn each() -> impl Iterator<Item = Self> {
        [V4::try_new().map(Self::All), V3::try_new().map(Self::Half)].into_iter().flatten()
    }

    /// Tiles of sixteen rows that lie one behind the other, times a group of rows.
    pub(super) fn times<const N: usize>(self, kind: Kind, tiles: &[Line], group: &[[Rounded; N]]) -> [[f32; ROWS]; N] {
        match self {
            Self::All(simd) => times(simd, kind, tiles, group),
            Self::Half(simd) => times(simd, kind, tiles, group),
        }
    }
}

fn times<W: Wide, const N: usize>(simd: W, kind: Kind, tiles: &[Line], group: &[[Rounded; N]]) -> [[f32; ROWS]; N] {
    match kind {
        Kind::Four => simd.vectorize(Tiles { simd, tiles: tiles.as_chunks().0, group, add: four::<W, N> }),
        Kind::Six => simd.vectorize(Tiles { simd, tiles: tiles.as_chunks().0, group, add: six::<W, N> }),
    }
}

/// Tiles of some lines, times a group of rows.
struct Tiles<'w, W, F, const LINES: usize, const N: usize> {
    simd: W,
    tiles: &'w [[Line; LINES]],
    group: &'w [[Rounded; N]],
    /// Adds the products of a part of a tile.
    add: F,
}

impl<W: Wide, F, const LINES: usize, const N: usize> NullaryFnOnce for Tiles<'_, W, F, LINES, N>
where
    F: Fn(W, &[Line; LINES], usize, &[Rounded; N], &mut [W::Real; N]),
{
    type Output = [[f32; ROWS]; N];

    #[inline(always)]
    fn call(self) -> Self::Output {
        let simd = self.simd;
        let mut products = [[simd.nothing(); N]; PARTS];
        for (tile, rows) in self.tiles.iter().zip(self.group) {
            for (part, products) in products.iter_mut().enumerate().take(W::N_PARTS) {
                (self.add)(simd, tile, part, rows, products);
            }
        }
        std::array::from_fn(|row| simd.rows(products.map(|part| part[row])))
    }
}

/// For the two bytes of a row's two scales: the first scale twice, the second twice.
const ORDERS: [Line; 2] = [twice(0), twice(2)];

const fn twice(from: u8) -> Line {
    let mut order = [0; 64];
    let mut place = 0;
    while place < 64 {
        // Places are counted anew in each sixteen bytes.
        order[place] = (place as u8 % 16) / 4 * 4 + from + place as u8 % 2;
        place += 1;
    }
    order
}

/// Numbers of 4 bits.
#[inline(always)]
fn four<W: Wide, const N: usize>(simd: W, tile: &[Line; FOUR_LINES], part: usize, rows: &[Rounded; N], products: &mut [W::Real; N]) {
    let nibble = simd.each(0x0f0f_0f0f);
    let lows: [[u8; 2 * ROWS]; 4] = cast([tile[1], tile[2]]);
    let scales: [[u8; 2 * ROWS]; 4] = cast([tile[3], tile[4]]);
    let mut sums = [simd.none(); N];
    let mut low_sums = [simd.none(); N];
    for (pair, (lows, scales)) in lows.into_iter().zip(scales).enumerate() {
        let (lows, scales) = (simd.unsigned(lows, part), simd.unsigned(scales, part));
        for (sum, row) in low_sums.iter_mut().zip(rows) {
            *sum = simd.sum(*sum, simd.products(lows, simd.each(row.wide_sums[pair])));
        }
        for (half, order) in ORDERS.iter().enumerate() {
            let mut run = [simd.none(); N];
            for four in 0..4 {
                let group = pair * 8 + half * 4 + four;
                let numbers = simd.line(&tile[NUMBERS + group], part);
                let first = simd.and(numbers, nibble);
                let second = simd.and(simd.down::<4>(numbers), nibble);
                for (run, row) in run.iter_mut().zip(rows) {
                    let first = simd.products_of_bytes(first, simd.each(row.words[2 * group]));
                    let second = simd.products_of_bytes(second, simd.each(row.words[2 * group + 1]));
                    *run = simd.sum_16(*run, simd.sum_16(first, second));
                }
            }
            let scale = simd.ordered(scales, order);
            for (sum, run) in sums.iter_mut().zip(run) {
                *sum = simd.sum(*sum, simd.products(run, scale));
            }
        }
    }
    let [steps, low_steps]: [[u8; 2 * ROWS]; 2] = cast(tile[0]);
    let (steps, low_steps) = (simd.halves(steps, part), simd.halves(low_steps, part));
    for (product, ((sum, low_sum), row)) in products.iter_mut().zip(sums.into_iter().zip(low_sums).zip(rows)) {
        let lows = simd.times(low_steps, simd.reals(low_sum));
        let block = simd.times_minus(steps, simd.reals(sum), lows);
        *product = simd.times_plus(block, simd.real(row.step), *product);
    }
}

/// Numbers of 6 bits.
#[inline(always)]
fn six<W: Wide, const N: usize>(simd: W, tile: &[Line; SIX_LINES], part: usize, rows: &[Rounded; N], products: &mut [W::Real; N]) {
    let nibble = simd.each(0x0f0f_0f0f);
    let upper = simd.each(0x3030_3030);
    let scales: [[u8; 2 * ROWS]; 8] = cast([tile[1], tile[2], tile[3], tile[4]]);
    let mut sums = [simd.none(); N];
    let mut low_sums = [simd.none(); N];
    for (pair, scales) in scales.into_iter().enumerate() {
        let scales = simd.signed(scales, part);
        for (sum, row) in low_sums.iter_mut().zip(rows) {
            *sum = simd.sum(*sum, simd.products(scales, simd.each(row.sums[pair])));
        }
        for (half, order) in ORDERS.iter().enumerate() {
            let run = pair * 2 + half;
            let [one, two, highs] = [0, 1, 2].map(|index| simd.line(&tile[NUMBERS + 3 * run + index], part));
            let low = |bits| simd.and(bits, nibble);
            let high = |bits| simd.and(bits, upper);
            let numbers = [
                simd.or(low(one), high(simd.up::<4>(highs))),
                simd.or(low(simd.down::<4>(one)), high(simd.up::<2>(highs))),
                simd.or(low(two), high(highs)),
                simd.or(low(simd.down::<4>(two)), high(simd.down::<2>(highs))),
            ];
            let scale = simd.ordered(scales, order);
            for (sum, row) in sums.iter_mut().zip(rows) {
                let product = |four: usize| simd.products_of_bytes(numbers[four], simd.each(row.words[4 * run + four]));
                let first = simd.products(simd.sum_16(product(0), product(1)), scale);
                let second = simd.products(simd.sum_16(product(2), product(3)), scale);
                *sum = simd.sum(*sum, simd.sum(first, second));
            }
        }
    }
    let [steps, _]: [[u8; 2 * ROWS]; 2] = cast(tile[0]);
    let steps = simd.halves(steps, part);
    for (product, ((sum, low_sum), row)) in products.iter_mut().zip(sums.into_iter().zip(low_sums).zip(rows)) {
        let sum = simd.difference(sum, simd.times_32(low_sum));
        let block = simd.times(steps, simd.reals(sum));
        *product = simd.times_plus(block, simd.real(row.step), *product);
    }
}
