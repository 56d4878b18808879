//! The shape of a document: its property names and types, without values. Logs of one method have few shapes, so what a shape holds is looked
//! at once and the rest is counting.

use std::hash::Hasher;

use memchr::memchr;
use rustc_hash::FxHasher;

use super::{MAX_DEPTH, MAX_ITEMS};

/// Type bytes of the BSON specification.
const DOCUMENT: u8 = 0x03;
const ARRAY: u8 = 0x04;

/// A hash of the names and types in a BSON document, as deep as the catalogue looks; `None` for bytes that are not as expected.
pub(in crate::usecase) fn shape(document: &[u8]) -> Option<u64> {
    let mut hasher = FxHasher::default();
    members(document, &mut hasher, 0)?;
    Some(hasher.finish())
}

/// Hashes the members of a document (or list).
fn members(document: &[u8], hasher: &mut FxHasher, depth: usize) -> Option<()> {
    let mut rest = document.get(4..)?;
    loop {
        let (&kind, after) = rest.split_first()?;
        hasher.write_u8(kind);
        if kind == 0 {
            return Some(());
        }
        let (name, value) = after.split_at_checked(memchr(0, after)?)?;
        hasher.write(name);
        rest = value_of(kind, value.get(1..)?, hasher, depth)?;
    }
}

/// Hashes what a value holds; what follows it.
fn value_of<'a>(kind: u8, value: &'a [u8], hasher: &mut FxHasher, depth: usize) -> Option<&'a [u8]> {
    let (inner, rest) = value.split_at_checked(size(kind, value)?)?;
    match kind {
        DOCUMENT if depth < MAX_DEPTH => members(inner, hasher, depth + 1)?,
        ARRAY => items(inner, hasher, depth)?,
        _ => {}
    }
    Some(rest)
}

/// Hashes the elements of a list that the catalogue looks at.
fn items(list: &[u8], hasher: &mut FxHasher, depth: usize) -> Option<()> {
    let mut rest = list.get(4..)?;
    for _ in 0..MAX_ITEMS {
        let (&kind, after) = rest.split_first()?;
        hasher.write_u8(kind);
        if kind == 0 {
            return Some(());
        }
        let value = after.get(memchr(0, after)? + 1..)?;
        // Lists in lists are not looked into.
        rest = if kind == DOCUMENT { value_of(kind, value, hasher, depth)? } else { value.get(size(kind, value)?..)? };
    }
    Some(())
}

/// Length of a value of this type.
fn size(kind: u8, value: &[u8]) -> Option<usize> {
    let length = || value.first_chunk().and_then(|bytes| usize::try_from(i32::from_le_bytes(*bytes)).ok());
    Some(match kind {
        0x01 | 0x09 | 0x11 | 0x12 => 8,
        0x02 => length()? + 4,
        DOCUMENT | ARRAY => length()?,
        0x05 => length()? + 5,
        0x07 => 12,
        0x08 => 1,
        0x0A => 0,
        0x10 => 4,
        0x13 => 16,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use bson::{DateTime, RawDocumentBuf, oid::ObjectId, rawdoc};

    use super::*;

    fn same(one: &RawDocumentBuf, other: &RawDocumentBuf) -> bool {
        shape(one.as_bytes()).unwrap() == shape(other.as_bytes()).unwrap()
    }

    #[test]
    fn values_do_not_matter_names_and_types_do() {
        let all = |text: &str, n: i64| rawdoc! { "a": text, "b": n, "c": [{ "d": text }, n], "e": { "f": DateTime::from_millis(n) }, "g": ObjectId::from_bytes([1; 12]), "h": null, "i": true, "j": 1.5, "k": 1_i32 };
        assert!(same(&all("x", 1), &all("longer", 2)));
        for (one, other) in [
            (rawdoc! { "a": 1_i32 }, rawdoc! { "a": 1_i64 }),
            (rawdoc! { "a": 1_i32 }, rawdoc! { "b": 1_i32 }),
            (rawdoc! { "a": { "b": 1_i32 } }, rawdoc! { "a": {}, "b": 1_i32 }),
            (rawdoc! { "a": [{ "b": 1_i32 }] }, rawdoc! { "a": [{ "b": "x" }] }),
            (rawdoc! { "a": [1_i32] }, rawdoc! { "a": [1_i32, { "b": 1_i32 }] }),
        ] {
            assert!(!same(&one, &other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn bytes_that_are_cut_have_no_shape() {
        let whole = rawdoc! { "a": { "b": "text" }, "c": [1_i32, "x"] }.into_bytes();
        for end in 0..whole.len() - 1 {
            let cut = whole.get(..end).unwrap_or_default();
            assert!(shape(cut).is_none(), "{end}");
        }
    }
}
