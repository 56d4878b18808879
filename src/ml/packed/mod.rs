//! Matrices of few bits a number, laid anew for processors with AVX-512 or AVX2: sixteen rows side by side, so that one instruction does a
//! step of all of them or of eight, and in as many bytes as the file has, since a token costs the time in which all of them are read from
//! memory.
//!
//! The rows that are multiplied with are rounded to whole numbers of 8 bits, as the tensor library does, and products of a block are
//! summed in whole numbers: a row comes out the same to the last bit, alone or beside others, on any number of threads.

#[cfg(target_arch = "x86_64")]
mod kernel;
#[cfg(not(target_arch = "x86_64"))]
#[path = "none.rs"]
mod kernel;
mod memory;
mod round;
#[cfg(test)]
mod tests;
mod tile;
#[cfg(target_arch = "x86_64")]
mod wide;

use candle_core::quantized::{GgmlDType, QTensor};

pub(super) use self::memory::Arena;
use self::{kernel::Quick, memory::Lines, round::Group, tile::Kind};
use super::{error::Error, team};

/// Rows that lie side by side.
const ROWS: usize = 16;
/// Numbers of a row that share a step.
const BLOCK: usize = 256;

/// What a processor reads from memory at once.
type Line = [u8; 64];

/// A matrix.
pub(super) struct Packed {
    kind: Kind,
    lines: Lines,
    n_rows: usize,
    n_columns: usize,
    quick: Quick,
}

/// Whether this processor has the instructions.
pub(super) fn serves() -> bool {
    Quick::here().is_some()
}

/// Bytes of a matrix of this kind and form; nothing where it is not laid anew.
pub(super) fn bytes(kind: GgmlDType, dims: &[usize]) -> Option<u64> {
    let (kind, &[n_rows, n_columns]) = (kind_of(kind)?, dims) else { return None };
    is_even(n_rows, n_columns).then(|| (n_rows / ROWS * (n_columns / BLOCK) * kind.lines() * size_of::<Line>()) as u64)
}

fn is_even(n_rows: usize, n_columns: usize) -> bool {
    n_rows.is_multiple_of(ROWS) && n_columns.is_multiple_of(BLOCK) && n_rows > 0 && n_columns > 0
}

fn kind_of(kind: GgmlDType) -> Option<Kind> {
    match kind {
        GgmlDType::Q4K => Some(Kind::Four),
        GgmlDType::Q6K => Some(Kind::Six),
        _ => None,
    }
}

impl Packed {
    /// The same matrix; nothing where this processor, this kind of numbers or this form does better otherwise.
    pub(super) fn of(tensor: &QTensor, arena: &mut Arena) -> Result<Option<Self>, Error> {
        match Quick::here() {
            Some(quick) => Self::by(quick, tensor, arena),
            None => Ok(None),
        }
    }

    /// The same by these instructions.
    fn by(quick: Quick, tensor: &QTensor, arena: &mut Arena) -> Result<Option<Self>, Error> {
        let (n_rows, n_columns) = tensor.shape().dims2()?;
        let is_even = is_even(n_rows, n_columns);
        let (Some(kind), true, true) = (kind_of(tensor.dtype()), is_even, tensor.device().is_cpu()) else { return Ok(None) };
        let n_blocks = n_columns / BLOCK;
        let Some((tiles, lines)) = arena.take(n_rows / ROWS * n_blocks * kind.lines()) else { return Ok(None) };
        let blocks = tensor.data()?;
        // Sixteen rows of the file are as many tiles as a row has blocks.
        let rows = tiles.chunks_mut(n_blocks * kind.lines()).zip(blocks.chunks(ROWS * n_blocks * kind.bytes()));
        team::share(rows, |(tiles, blocks)| {
            for (place, tile) in tiles.chunks_mut(kind.lines()).enumerate() {
                kind.fill(tile, blocks.chunks(kind.bytes()).skip(place).step_by(n_blocks));
            }
        });
        Ok(Some(Self { kind, lines, n_rows, n_columns, quick }))
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> u64 {
        self.lines.bytes() as u64
    }

    /// Rows and columns.
    pub(super) fn form(&self) -> (usize, usize) {
        (self.n_rows, self.n_columns)
    }

    /// The numbers of one row; nothing where it has no such row.
    pub(super) fn row(&self, row: usize) -> Option<Vec<f32>> {
        let n_lines = self.n_columns / BLOCK * self.kind.lines();
        let tiles = self.lines.get().chunks(n_lines).nth(row / ROWS)?;
        let blocks = tiles.chunks(self.kind.lines()).map(|tile| self.kind.numbers(tile, row % ROWS));
        Some(blocks.collect::<Option<Vec<_>>>()?.concat())
    }

    /// The tiles in parts that threads share, each with its place among the products.
    fn parts<'p>(&'p self, products: &'p mut [f32], n_others: usize, tiles_a_part: usize) -> impl Iterator<Item = Part<'p>> {
        let n_lines = self.n_columns / BLOCK * self.kind.lines();
        let products = products.chunks_mut(tiles_a_part * n_others * ROWS);
        let parts = self.lines.get().chunks(tiles_a_part * n_lines).zip(products);
        parts.map(move |(tiles, products)| Part { kind: self.kind, tiles, products, n_lines, quick: self.quick })
    }
}

/// Products of several matrices of the same width with the same rows (`rows × width`), in their order, each `rows × rows of the matrix`.
pub(super) fn products(matrices: &[&Packed], numbers: &[f32]) -> Vec<Vec<f32>> {
    let width = matrices.iter().map(|matrix| matrix.n_columns).next().unwrap_or(BLOCK);
    let n_others = numbers.len() / width;
    let groups = round::groups(numbers, width);
    let n_tiles: usize = matrices.iter().map(|matrix| matrix.n_rows / ROWS).sum();
    let tiles_a_part = team::items_a_part(n_tiles);
    let mut products: Vec<Vec<f32>> = matrices.iter().map(|matrix| vec![0.0; matrix.n_rows * n_others]).collect();
    if n_others == 0 {
        return products;
    }
    let parts = matrices.iter().zip(&mut products).flat_map(|(matrix, products)| matrix.parts(products, n_others, tiles_a_part));
    team::share(parts, |part| part.fill(&groups, n_others));
    match n_others {
        1 => products,
        _ => matrices.iter().zip(products).map(|(matrix, products)| in_rows(&products, matrix.n_rows)).collect(),
    }
}

/// Tiles that one thread multiplies.
struct Part<'p> {
    kind: Kind,
    tiles: &'p [Line],
    /// For sixteen rows after the other the products with all rows.
    products: &'p mut [f32],
    /// Of sixteen rows.
    n_lines: usize,
    quick: Quick,
}

impl Part<'_> {
    fn fill(self, groups: &[(usize, Group)], n_others: usize) {
        let (kind, quick) = (self.kind, self.quick);
        for (tiles, products) in self.tiles.chunks(self.n_lines).zip(self.products.chunks_mut(n_others * ROWS)) {
            let mut rest = products.as_chunks_mut().0;
            for (n_rows, group) in groups {
                let Some((found, after)) = rest.split_at_mut_checked(*n_rows) else { return };
                match group {
                    Group::One(group) => put(found, quick.times(kind, tiles, group)),
                    Group::Two(group) => put(found, quick.times(kind, tiles, group)),
                    Group::Four(group) => put(found, quick.times(kind, tiles, group)),
                }
                rest = after;
            }
        }
    }
}

fn put<const N: usize>(products: &mut [[f32; ROWS]], found: [[f32; ROWS]; N]) {
    products.iter_mut().zip(found).for_each(|(products, found)| *products = found);
}

/// Products made row for row.
fn in_rows(products: &[f32], width: usize) -> Vec<f32> {
    let mut rows = vec![0.0; products.len()];
    let n_rows = products.len() / width;
    let tiles = products.as_chunks::<ROWS>().0;
    team::share(rows.chunks_mut(width).enumerate(), |(index, row)| {
        for (found, place) in tiles.iter().skip(index).step_by(n_rows).zip(row.as_chunks_mut::<ROWS>().0) {
            *place = *found;
        }
    });
    rows
}
