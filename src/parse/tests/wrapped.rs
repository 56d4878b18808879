//! Files that are compressed, or not in UTF-8: whatever is done to them, they are read to their end and counted.

use proptest::{collection::vec, prelude::*, sample::Index};

use super::{
    mutations::{Bytes, damaged_files},
    *,
};
use crate::parse::fuzzing::{files::ENCODINGS, gzip, looks_compressed, zstd};

fn compressed(text: &[u8], is_zstd: bool) -> Vec<u8> {
    if is_zstd { zstd(text) } else { gzip(text) }
}

proptest! {
    #[test]
    fn damaged_compression_gives_what_was_there(Bytes(text) in damaged_files(), is_zstd: bool, twice: bool, at: Index, new in vec(any::<u8>(), 0..8)) {
        let mut bytes = compressed(&text, is_zstd);
        if twice {
            bytes.extend(compressed(&text, !is_zstd));
        }
        let at = at.index(bytes.len() + 1);
        let end = (at + new.len().div_ceil(2)).min(bytes.len());
        bytes.splice(at..end, new);
        let (found, report) = pieces(&bytes);
        prop_assert!(report.counts.bytes <= (2 * text.len() + bytes.len() + (1 << 20)) as i64);
        prop_assert!(found.len() <= 4 * text.len() + bytes.len());
    }

    #[test]
    fn bytes_of_any_encoding_are_read_and_counted(which in 0..6_usize, Bytes(text) in damaged_files(), bytes in vec(any::<u8>(), 0..300), mixed: bool) {
        let encoding = ENCODINGS[which];
        let text = String::from_utf8_lossy(&text);
        let encoded: Vec<u8> = match which {
            0 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            1 => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            _ => encoding.encode(&text).0.into_owned(),
        };
        let all = if mixed { [encoded, bytes].concat() } else { encoded };
        prop_assume!(!looks_compressed(&all));
        let (_, report) = pieces_with(&all[..], &Options { encoding: Some(encoding), ..options() });
        prop_assert_eq!(report.counts.bytes, all.len() as i64);
        let (_, report) = pieces(&all);
        prop_assert_eq!(report.counts.bytes, all.len() as i64);
    }
}
