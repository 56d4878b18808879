//! JSON strings: runs of plain bytes, and escapes.

/// Copies bytes from `from` on up to the first that is a quote, a backslash or a control character; returns its place, or
/// the length of the text when there is none. Sixteen bytes at a time, for most strings are no longer: all are copied before it
/// is known how many of them belong to the run, which is cheaper than copying the right number.
#[inline]
pub(super) fn copy_plain(text: &[u8], from: usize, out: &mut Vec<u8>) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let (blocks, tail) = rest.as_chunks::<16>();
    for (n, block) in blocks.iter().enumerate() {
        out.extend_from_slice(block);
        if let Some(run) = first_special(block) {
            out.truncate(out.len() - 16 + run);
            return from + 16 * n + run;
        }
    }
    let run = tail.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20).unwrap_or(tail.len());
    out.extend_from_slice(tail.get(..run).unwrap_or_default());
    text.len() - tail.len() + run
}

/// The place of the first quote, backslash or control character, by the classic "has zero byte" trick on two words. It may take a
/// byte for one of them that stands behind a true one only, so the first is right.
fn first_special(block: &[u8; 16]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let special = |word: u64| {
        let has_zero = |word: u64| word.wrapping_sub(ONES) & !word;
        let quote = has_zero(word ^ (ONES * b'"' as u64));
        let backslash = has_zero(word ^ (ONES * b'\\' as u64));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        (quote | backslash | control) & HIGHS
    };
    let both = u128::from_le_bytes(*block);
    let (low, high) = (special(both as u64), special((both >> 64) as u64));
    match (low, high) {
        (0, 0) => None,
        (0, high) => Some(8 + high.trailing_zeros() as usize / 8),
        (low, _) => Some(low.trailing_zeros() as usize / 8),
    }
}

/// What an escape sequence stands for.
pub(super) enum Escape {
    /// This character; the place after the sequence.
    Char(char, usize),
    /// Half a surrogate pair, which stands for nothing; the place after the sequence.
    Broken(usize),
    /// The text ends inside the sequence.
    Open,
    /// No such escape.
    Fault,
}

/// Reads the escape whose backslash is at `at`.
pub(super) fn escape(text: &[u8], at: usize) -> Escape {
    let Some(&letter) = text.get(at + 1) else { return Escape::Open };
    let plain = match letter {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => return unicode(text, at),
        _ => return Escape::Fault,
    };
    Escape::Char(plain, at + 2)
}

fn unicode(text: &[u8], at: usize) -> Escape {
    let high = match hex4(text, at + 2) {
        Ok(unit) => unit,
        Err(stop) => return stop,
    };
    match high {
        0xD800..=0xDBFF => {}
        0xDC00..=0xDFFF => return Escape::Broken(at + 6),
        _ => return char::from_u32(high).map_or(Escape::Fault, |c| Escape::Char(c, at + 6)),
    }
    match (text.get(at + 6), text.get(at + 7)) {
        (None, _) | (Some(b'\\'), None) => return Escape::Open,
        (Some(b'\\'), Some(b'u')) => {}
        _ => return Escape::Broken(at + 6),
    }
    match hex4(text, at + 8) {
        Ok(low @ 0xDC00..=0xDFFF) => {
            let code = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            char::from_u32(code).map_or(Escape::Broken(at + 12), |c| Escape::Char(c, at + 12))
        }
        Ok(_) => Escape::Broken(at + 6),
        Err(stop) => stop,
    }
}

fn hex4(text: &[u8], at: usize) -> Result<u32, Escape> {
    let mut unit = 0;
    for place in at..at + 4 {
        let Some(&digit) = text.get(place) else { return Err(Escape::Open) };
        let Some(value) = (digit as char).to_digit(16) else { return Err(Escape::Fault) };
        unit = unit * 16 + value;
    }
    Ok(unit)
}
