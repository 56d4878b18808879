//! Blocks of Snappy, as Loki's clients compress their bodies.

use super::Undecodable;

/// How many times larger a block may become: a copy of 64 bytes takes three.
const MAX_RATIO: usize = 64;

/// Unpacks a block that becomes no larger than this.
///
/// # Errors
/// When it is damaged or becomes larger.
pub fn unpack(block: &[u8], limit: usize) -> Result<Vec<u8>, Undecodable> {
    const DAMAGED: Undecodable = Undecodable::Damaged("it is no block of Snappy");
    let size = snap::raw::decompress_len(block).map_err(|_| DAMAGED)?;
    // The size is only what the block says of itself: no more memory is asked for than it can fill.
    if size > limit {
        return Err(Undecodable::TooLarge(limit));
    }
    if size > block.len().saturating_mul(MAX_RATIO) {
        return Err(DAMAGED);
    }
    snap::raw::Decoder::new().decompress_vec(block).map_err(|_| DAMAGED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_open_and_none_asks_for_more_memory_than_it_fills() {
        let packed = snap::raw::Encoder::new().compress_vec(&[b'x'; 100_000]).unwrap();
        assert_eq!(unpack(&packed, 100_000).map(|text| text.len()), Ok(100_000));
        assert_eq!(unpack(&packed, 99_999), Err(Undecodable::TooLarge(99_999)));
        for damaged in [&packed[..packed.len() - 1], b"\xFF\xFF\xFF\x07x", b"", b"text that is none"] {
            assert!(matches!(unpack(damaged, usize::MAX), Err(Undecodable::Damaged(_))), "{damaged:?}");
        }
    }
}
