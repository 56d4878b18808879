//! Blocks of sixteen rows side by side, in lines of 64 bytes, made of the blocks of a GGUF file: no bit of what these say is lost. What is
//! read first stands first, as memory is quickest read from front to back.
//!
//! Of a kind `Q4_K` a number is `step · scale · n − low_step · low`, with a scale and a low for each run of 32 numbers:
//!
//! - line 0: the steps of the rows and their low steps, of half precision;
//! - lines 1–2, 3–4: the lows, the scales: 32 bytes of each two runs, two bytes of each row;
//! - lines 5–36: eight numbers of each row: in a row's four bytes the first four in the low halves, the next four in the high halves.
//!
//! Of a kind `Q6_K` a number is `step · scale · (n − 32)`, with a scale for each run of 16 numbers:
//!
//! - line 0: the steps, and nothing;
//! - lines 1–4: the scales: 32 bytes of each two runs, two bytes of each row;
//! - lines 5–52, three for each run: two of the low four bits as above, one of the high two bits: in a row's four bytes those of the first
//!   four numbers lowest.

use super::{BLOCK, Line, ROWS};

/// A kind of numbers, as it stands in the file and here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Four,
    Six,
}

/// Lines of a block of sixteen rows.
pub(super) const FOUR_LINES: usize = 37;
pub(super) const SIX_LINES: usize = 53;
/// The line where numbers begin.
pub(super) const NUMBERS: usize = 5;

/// Bytes of a block in the file: step and low step, scales and lows of 6 bits, numbers of 4 bits.
const FOUR_BYTES: usize = 144;
/// Bytes of a block in the file: numbers of 4 and of 2 bits, scales, their step.
const SIX_BYTES: usize = 210;

impl Kind {
    /// Bytes of a block in the file.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Four => FOUR_BYTES,
            Self::Six => SIX_BYTES,
        }
    }

    /// Lines of a tile.
    pub(super) fn lines(self) -> usize {
        match self {
            Self::Four => FOUR_LINES,
            Self::Six => SIX_LINES,
        }
    }

    /// Fills an empty tile with the same block of sixteen rows.
    pub(super) fn fill<'b>(self, tile: &mut [Line], blocks: impl Iterator<Item = &'b [u8]>) {
        for (row, block) in blocks.take(ROWS).enumerate() {
            match self {
                Self::Four => {
                    if let (Ok(tile), Ok(block)) = ((&mut *tile).try_into(), block.try_into()) {
                        four(tile, row, block);
                    }
                }
                Self::Six => {
                    if let (Ok(tile), Ok(block)) = ((&mut *tile).try_into(), block.try_into()) {
                        six(tile, row, block);
                    }
                }
            }
        }
    }
}

impl Kind {
    /// The numbers of a row of a tile; nothing where that is no tile.
    pub(super) fn numbers(self, tile: &[Line], row: usize) -> Option<[f32; BLOCK]> {
        let half = |place: usize| real(u16::from_le_bytes([tile[0][2 * place], tile[0][2 * place + 1]]));
        // Eight numbers of four bits, as `put` puts them.
        let low = |line: &Line, place: usize| line[4 * row + place % 4] >> (place / 4 * 4) & 15;
        match self {
            Self::Four => {
                let tile: &[Line; FOUR_LINES] = tile.try_into().ok()?;
                let (step, low_step) = (half(row), half(ROWS + row));
                Some(std::array::from_fn(|place| {
                    let run = place / 32;
                    let (offset, scale) = (byte_of_run(&tile[1..3], run, row), byte_of_run(&tile[3..5], run, row));
                    let number = low(&tile[NUMBERS + place / 8], place % 8);
                    step * f32::from(scale) * f32::from(number) - low_step * f32::from(offset)
                }))
            }
            Self::Six => {
                let tile: &[Line; SIX_LINES] = tile.try_into().ok()?;
                let step = half(row);
                Some(std::array::from_fn(|place| {
                    let (run, at) = (place / 16, place % 16);
                    let lines = &tile[NUMBERS + 3 * run..][..3];
                    let high = lines[2][4 * row + at % 4] >> (at / 4 * 2) & 3;
                    let number = low(&lines[at / 8], at % 8) | high << 4;
                    let scale = byte_of_run(&tile[1..5], run, row) as i8;
                    step * f32::from(scale) * (f32::from(number) - 32.0)
                }))
            }
        }
    }
}

/// A number of half precision that is finite.
fn real(bits: u16) -> f32 {
    // The exponent counts from 112 further on.
    let number = f32::from_bits(u32::from(bits & 0x7fff) << 13) * f32::from_bits((127 + 112) << 23);
    if bits >> 15 == 1 { -number } else { number }
}

fn four(tile: &mut [Line; FOUR_LINES], row: usize, block: &[u8; FOUR_BYTES]) {
    let (steps, rest) = block.split_at(4);
    let (scales, numbers) = rest.split_at(12);
    tile[0][2 * row..][..2].copy_from_slice(&steps[..2]);
    tile[0][2 * (ROWS + row)..][..2].copy_from_slice(&steps[2..]);
    for run in 0..BLOCK / 32 {
        // Of the first four runs six bits stand in a byte; of the last four the low four bits, and the high two in what those leave.
        let (scale, low) = match run {
            0..4 => (scales[run] & 63, scales[run + 4] & 63),
            _ => (scales[run + 4] & 15 | scales[run - 4] >> 6 << 4, scales[run + 4] >> 4 | scales[run] >> 6 << 4),
        };
        *of_run(&mut tile[1..3], run, row) = low;
        *of_run(&mut tile[3..5], run, row) = scale;
    }
    // 64 numbers lie in 32 bytes, the first 32 in the low halves.
    let number = |place: usize| numbers[place / 64 * 32 + place % 32] >> (place % 64 / 32 * 4) & 15;
    for (group, line) in tile[NUMBERS..].iter_mut().enumerate() {
        put(line, row, |byte| number(8 * group + byte));
    }
}

fn six(tile: &mut [Line; SIX_LINES], row: usize, block: &[u8; SIX_BYTES]) {
    let (lows, rest) = block.split_at(BLOCK / 2);
    let (highs, rest) = rest.split_at(BLOCK / 4);
    let (scales, step) = rest.split_at(BLOCK / 16);
    tile[0][2 * row..][..2].copy_from_slice(step);
    for (run, scale) in scales.iter().enumerate() {
        *of_run(&mut tile[1..5], run, row) = *scale;
    }
    // 128 numbers lie in 64 bytes of low bits, the first 64 in the low halves, and in 32 bytes of high bits.
    let low = |place: usize| lows[place / 128 * 64 + place % 64] >> (place % 128 / 64 * 4) & 15;
    let high = |place: usize| highs[place / 128 * 32 + place % 32] >> (place % 128 / 32 * 2) & 3;
    for (run, lines) in tile[NUMBERS..].as_chunks_mut::<3>().0.iter_mut().enumerate() {
        let first = 16 * run;
        put(&mut lines[0], row, |byte| low(first + byte));
        put(&mut lines[1], row, |byte| low(first + 8 + byte));
        for byte in 0..4 {
            let bits = |four: usize| high(first + 4 * four + byte) << (2 * four);
            lines[2][4 * row + byte] = bits(0) | bits(1) | bits(2) | bits(3);
        }
    }
}

/// The byte of a run and a row.
fn of_run(lines: &mut [Line], run: usize, row: usize) -> &mut u8 {
    &mut lines.as_flattened_mut()[place_of_run(run, row)]
}

fn byte_of_run(lines: &[Line], run: usize, row: usize) -> u8 {
    lines.as_flattened()[place_of_run(run, row)]
}

fn place_of_run(run: usize, row: usize) -> usize {
    run / 2 * 2 * ROWS + 2 * row + run % 2
}

/// Puts four bits of eight numbers of a row in their place.
fn put(line: &mut Line, row: usize, number: impl Fn(usize) -> u8) {
    for byte in 0..4 {
        line[4 * row + byte] = number(byte) | number(4 + byte) << 4;
    }
}
