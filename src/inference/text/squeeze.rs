//! ASCII mapped byte by byte, at a glance each: what the slow ways of [`super::characters`] and [`super::exact`] make of any text.

/// What becomes of each byte: 0 for nothing, a space for what parts words.
pub type Table = [u8; 256];

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
