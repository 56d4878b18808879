//! Hostile archives: none harms, and none brings more than it may. `PROPTEST_CASES` says how often.

use proptest::{collection::vec, prelude::*, sample::Index};

use crate::parse::fuzzing::{
    archives::{tar_of, unpack_within, zip_of},
    gzip, zstd,
};

type Compress = fn(&[u8]) -> Vec<u8>;

/// An archive of a few files: what is compressed as a whole, and how.
fn samples() -> [(Vec<u8>, Compress); 4] {
    let noise: Vec<u8> = (0..500_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let entries: [(&str, &[u8]); 4] = [("a.log", b"first"), ("day/b.log", &noise), ("c.log", &[b'x'; 3000]), ("d.log", b"")];
    let (tar, zip) = (tar_of(&entries), zip_of(&entries));
    [(zip, <[u8]>::to_vec), (tar.clone(), <[u8]>::to_vec), (tar.clone(), gzip), (tar, zstd)]
}

/// Puts bytes in place of others, at a few places.
fn damage(bytes: &mut Vec<u8>, places: &[(Index, Vec<u8>)]) {
    for (at, new) in places {
        let at = at.index(bytes.len() + 1);
        let end = (at + new.len().div_ceil(2)).min(bytes.len());
        bytes.splice(at..end, new.iter().copied());
    }
}

proptest! {
    #[test]
    fn no_damage_to_an_archive_does_harm(which in 0..4_usize, inside: bool, places in vec((any::<Index>(), vec(any::<u8>(), 0..12)), 1..5)) {
        let (mut archive, pack) = samples()[which].clone();
        if inside {
            damage(&mut archive, &places);
            archive = pack(&archive);
        } else {
            archive = pack(&archive);
            damage(&mut archive, &places);
        }
        unpack_within(&archive);
    }

    #[test]
    fn no_bytes_that_say_they_are_an_archive_do_harm(which in 0..4_usize, kept in 1..1200_usize, bytes in vec(any::<u8>(), 0..3000)) {
        let (archive, pack) = &samples()[which];
        let begin = &archive[..kept.min(archive.len())];
        unpack_within(&pack(&[begin, &bytes].concat()));
    }
}
