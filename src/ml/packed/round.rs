//! The rows that a matrix is multiplied with, rounded to whole numbers of 8 bits: one step for each block of 256.

use pulp::Arch;

use super::{super::team, BLOCK};

/// A block of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rounded {
    /// What a whole number stands for.
    pub(super) step: f32,
    /// Four whole numbers each, the first in the lowest bits.
    pub(super) words: [i32; BLOCK / 4],
    /// Sums of 16 numbers each, two in a word, the first in the low half.
    pub(super) sums: [i32; BLOCK / 32],
    /// Sums of 32 numbers each, likewise.
    pub(super) wide_sums: [i32; BLOCK / 64],
}

/// Rows whose products are made together.
#[derive(Debug, PartialEq)]
pub(super) enum Group {
    One(Vec<[Rounded; 1]>),
    Two(Vec<[Rounded; 2]>),
    Four(Vec<[Rounded; 4]>),
}

/// Groups of rows of this width, each with the number of rows in it.
pub(super) fn groups(numbers: &[f32], width: usize) -> Vec<(usize, Group)> {
    groups_by(Arch::new(), numbers, width)
}

/// The same by these instructions.
fn groups_by(arch: Arch, numbers: &[f32], width: usize) -> Vec<(usize, Group)> {
    let rounded = |rows: &[f32]| match rows.len() / width {
        1 => (1, Group::One(arch.dispatch(|| group(rows, width)))),
        2 => (2, Group::Two(arch.dispatch(|| group(rows, width)))),
        n_rows => (n_rows, Group::Four(arch.dispatch(|| group(rows, width)))),
    };
    let rows = numbers.chunks(4 * width);
    if rows.len() == 1 {
        return rows.map(rounded).collect();
    }
    let mut groups: Vec<_> = rows.map(|rows| (rows, (0, Group::One(Vec::new())))).collect();
    team::share(groups.iter_mut(), |(rows, group)| *group = rounded(rows));
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Block for block those of all rows; where there are fewer rows, the rest is zero.
#[inline(always)]
fn group<const N: usize>(rows: &[f32], width: usize) -> Vec<[Rounded; N]> {
    let mut blocks = vec![[Rounded::ZERO; N]; width / BLOCK];
    for (place, row) in rows.chunks_exact(width).enumerate() {
        for (block, numbers) in blocks.iter_mut().zip(row.as_chunks().0) {
            if let Some(block) = block.get_mut(place) {
                *block = Rounded::of(numbers);
            }
        }
    }
    blocks
}

impl Rounded {
    const ZERO: Self = Self { step: 0.0, words: [0; BLOCK / 4], sums: [0; BLOCK / 32], wide_sums: [0; BLOCK / 64] };

    /// Rounds a block.
    #[inline(always)]
    fn of(numbers: &[f32; BLOCK]) -> Self {
        let mut lanes = [0.0_f32; 16];
        for numbers in numbers.as_chunks::<16>().0 {
            for (lane, number) in lanes.iter_mut().zip(numbers) {
                *lane = if number.abs() > *lane { number.abs() } else { *lane };
            }
        }
        let largest = lanes.into_iter().fold(0.0_f32, f32::max);
        if largest == 0.0 {
            return Self::ZERO;
        }
        let (step, scale) = (largest / 127.0, 127.0 / largest);
        let mut whole = [0_i8; BLOCK];
        for (whole, number) in whole.iter_mut().zip(numbers) {
            *whole = nearest(number * scale);
        }
        let sum = |numbers: &[i8]| numbers.iter().map(|number| i32::from(*number)).sum::<i32>();
        let pair = |first: i32, second: i32| (first & 0xffff) | (second << 16);
        let mut block = Self { step, ..Self::ZERO };
        for (word, bytes) in block.words.iter_mut().zip(whole.as_chunks::<4>().0) {
            *word = i32::from_le_bytes(bytes.map(|byte| byte as u8));
        }
        for (word, [first, second]) in block.sums.iter_mut().zip(whole.as_chunks::<16>().0.as_chunks::<2>().0) {
            *word = pair(sum(first), sum(second));
        }
        for (word, [first, second]) in block.wide_sums.iter_mut().zip(whole.as_chunks::<32>().0.as_chunks::<2>().0) {
            *word = pair(sum(first), sum(second));
        }
        block
    }
}

/// The nearest whole number of one in ±127, in a form that the compiler does for several at once.
#[inline(always)]
fn nearest(number: f32) -> i8 {
    /// Adding this rounds to a whole number, which then stands in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    (number + ROUND).to_bits() as i8
}

#[cfg(test)]
mod tests {
    use super::{super::super::tests::widths, *};

    #[test]
    fn numbers_are_rounded_to_the_nearest_step_and_their_sums_are_kept() {
        let numbers: [f32; BLOCK] = std::array::from_fn(|place| ((place * 37) % 101) as f32 - 50.0);
        let block = Rounded::of(&numbers);
        let whole: Vec<i32> = block.words.iter().flat_map(|word| word.to_le_bytes()).map(|byte| i32::from(byte as i8)).collect();
        for (number, whole) in numbers.iter().zip(&whole) {
            assert!((number - *whole as f32 * block.step).abs() <= block.step * 0.5001);
        }
        let halves = |words: &[i32]| -> Vec<i32> { words.iter().flat_map(|word| [i32::from(*word as i16), word >> 16]).collect() };
        assert_eq!(halves(&block.sums), whole.chunks(16).map(|numbers| numbers.iter().sum()).collect::<Vec<i32>>());
        assert_eq!(halves(&block.wide_sums), whole.chunks(32).map(|numbers| numbers.iter().sum()).collect::<Vec<i32>>());
        assert_eq!(Rounded::of(&[0.0; BLOCK]), Rounded::ZERO);
    }

    #[test]
    fn rows_are_rounded_the_same_to_the_last_bit_by_whatever_instructions() {
        for n_rows in [1, 2, 3, 4, 7] {
            let numbers: Vec<f32> = (0..n_rows * 2 * BLOCK).map(|place| (place as f32 * 0.37).sin() * (place % 29) as f32).collect();
            let plain = groups_by(Arch::Scalar, &numbers, 2 * BLOCK);
            for arch in widths() {
                assert_eq!(groups_by(arch, &numbers, 2 * BLOCK), plain, "{arch:?} {n_rows}");
            }
        }
    }
}
