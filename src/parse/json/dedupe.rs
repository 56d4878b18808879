//! The second look at a document in which a key may occur twice: the last value counts, at the first one's place.

use bson::{RawArray, RawArrayBuf, RawBson, RawBsonRef, RawDocument, RawDocumentBuf};
use rustc_hash::FxHashMap;

/// The document with each key once; `None` when the bytes are no document. Depth was bounded by whoever wrote it.
pub(super) fn dedupe(document: &[u8]) -> Option<Vec<u8>> {
    let document = RawDocument::from_bytes(document).ok()?;
    Some(unique_document(document)?.into_bytes())
}

fn unique_document(document: &RawDocument) -> Option<RawDocumentBuf> {
    let mut places: FxHashMap<&str, usize> = FxHashMap::default();
    let mut members = Vec::new();
    for member in document {
        let (key, value) = member.ok()?;
        match places.get(key.as_str()).and_then(|&place| members.get_mut(place)) {
            Some(member) => *member = (key, value),
            None => {
                places.insert(key.as_str(), members.len());
                members.push((key, value));
            }
        }
    }
    let mut out = RawDocumentBuf::new();
    for (key, value) in members {
        out.append(key, unique(value)?);
    }
    Some(out)
}

fn unique_array(array: &RawArray) -> Option<RawArrayBuf> {
    let mut out = RawArrayBuf::new();
    for value in array {
        out.push(unique(value.ok()?)?);
    }
    Some(out)
}

fn unique(value: RawBsonRef<'_>) -> Option<RawBson> {
    Some(match value {
        RawBsonRef::Document(document) => RawBson::Document(unique_document(document)?),
        RawBsonRef::Array(array) => RawBson::Array(unique_array(array)?),
        other => other.into(),
    })
}
