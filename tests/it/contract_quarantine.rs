//! What every store promises of pieces in quarantine that were too large to be kept there whole.

use bson::{Binary, DateTime, spec::BinarySubtype};
use loghelper::{
    domain::{ProblemKind, Quarantined},
    store::SharedStore,
};

use crate::support::{file_id, mongodb, sqlite};

contract! {
    a_file_is_known_to_have_more_than_quarantine_keeps_of_it,
}

/// A piece of a file, so many of whose bytes are kept.
fn piece(file: &str, offset: i64, size_bytes: i64, n_kept: usize) -> Quarantined {
    Quarantined {
        id: Quarantined::id_for(&file_id(file), offset),
        branch: "K1".parse().unwrap(),
        log_file_id: file_id(file),
        offset,
        kind: ProblemKind::Oversized,
        reason: "a body".to_owned(),
        raw: Binary { subtype: BinarySubtype::Generic, bytes: vec![b'x'; n_kept] },
        size_bytes,
        created_at: DateTime::from_millis(5),
        stretch: None,
    }
}

async fn a_file_is_known_to_have_more_than_quarantine_keeps_of_it(store: SharedStore) {
    let cut = piece("cut", 7, 3 << 20, 1 << 20);
    let pieces = [piece("whole", 0, 5, 5), piece("whole", 9, 1 << 20, 1 << 20), piece("cut", 0, 1 << 20, 1 << 20), cut.clone()];
    store.insert_quarantined(&pieces).await.unwrap();
    for (file, expected) in [("whole", false), ("cut", true), ("other", false)] {
        assert_eq!(store.has_cut_quarantined(&file_id(file)).await.unwrap(), expected, "{file}");
    }
    assert!(cut.is_cut() && !pieces[1].is_cut());
    store.delete_quarantined(&cut.id).await.unwrap();
    assert!(!store.has_cut_quarantined(&file_id("cut")).await.unwrap());
}
