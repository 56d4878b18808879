//! ASCII mapped byte by byte, at a glance each: what the slow ways of [`super::characters`] and [`super::exact`] make of any text.

/// What becomes of each byte: 0 for nothing, a space for what parts words.
pub type Table = [u8; 256];

/// Bytes that are looked at in one go.
const BLOCK: usize = 32;

/// Zeros that stand behind a mapped text, so that a number may be read at any place of it.
const N_BEHIND: usize = 8;

/// Appends what becomes of each byte, and zeros behind. A rule of sums and choices alone is followed for many bytes at once.
#[inline]
pub fn map_into(text: &[u8], becomes: impl Fn(u8) -> u8, out: &mut Vec<u8>) {
    let mut map = |mut block: [u8; BLOCK]| {
        block.iter_mut().for_each(|byte| *byte = becomes(*byte));
        out.extend_from_slice(&block);
    };
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    blocks.iter().for_each(|block| map(*block));
    if !rest.is_empty() {
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        map(last);
    }
    out.extend_from_slice(&[0; N_BEHIND]);
}

/// Whether two bytes that stand side by side in a mapped text are such a pair.
#[inline]
pub fn any_pair(mapped: &[u8], is_such: impl Fn(u8, u8) -> bool) -> bool {
    let next = mapped.get(1..).unwrap_or_default();
    let mut any = [false; BLOCK];
    for (block, next) in mapped.as_chunks::<BLOCK>().0.iter().zip(next.as_chunks::<BLOCK>().0) {
        any.iter_mut().zip(block.iter().zip(next)).for_each(|(any, (byte, next))| *any |= is_such(*byte, *next));
    }
    any != [false; BLOCK]
}

/// A table by a rule.
macro_rules! table {
    ($byte:ident => $mapped:expr) => {{
        let mut table = [0; 256];
        let mut place = 0;
        while place < table.len() {
            let $byte = place as u8;
            table[place] = $mapped;
            place += 1;
        }
        table
    }};
}
pub(super) use table;

/// The bytes as the table has them, at most so many, in place of what was there; of spaces side by side one stays.
pub fn squeeze(text: &[u8], table: &Table, most: usize, out: &mut Vec<u8>) {
    out.resize(text.len().min(most), 0);
    let mut length = 0;
    let mut last = 0;
    for byte in text {
        let mapped = table[usize::from(*byte)];
        let Some(place) = out.get_mut(length) else { break };
        // Written in any case: whether it stays is a sum, not a branch that a processor would have to guess.
        *place = mapped;
        let stays = mapped != 0 && !(mapped == b' ' && last == b' ');
        length += usize::from(stays);
        last = if stays { mapped } else { last };
    }
    out.truncate(length);
}
