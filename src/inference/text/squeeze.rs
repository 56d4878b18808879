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

/// The bytes as the table has them, at most so many; of spaces side by side one stays. There is room for half as many more.
pub fn squeeze(text: &[u8], table: &Table, most: usize) -> Vec<u8> {
    let mut out = vec![0; text.len().min(most) * 3 / 2 + 1];
    let mut length = 0;
    let mut last = 0;
    for byte in text {
        let mapped = table[usize::from(*byte)];
        let Some(place) = out.get_mut(length).filter(|_| length < most) else { break };
        // Written in any case: whether it stays is a sum, not a branch that a processor would have to guess.
        *place = mapped;
        let stays = mapped != 0 && !(mapped == b' ' && last == b' ');
        length += usize::from(stays);
        last = if stays { mapped } else { last };
    }
    out.truncate(length);
    out
}
