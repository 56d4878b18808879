//! What a known error means, as an embedding model sees it: the vectors of its passages.

use bson::{Binary, spec::BinarySubtype};
use serde::{Deserialize, Serialize};

use super::{KnownErrorId, KnownErrorVectorsId};

/// The vectors of a known error's passages, made by one model. They can be made again at any time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownErrorVectors {
    /// From the known error and the model.
    #[serde(rename = "_id")]
    pub id: KnownErrorVectorsId,
    /// The known error.
    pub known_error_id: KnownErrorId,
    /// What the model's files are called by.
    pub model: String,
    /// A digest of the passages: vectors of other passages are of a text that it no longer has.
    pub digest: String,
    /// Bytes of one vector.
    pub vector_bytes: i32,
    /// The vectors, one behind the other.
    pub vectors: Binary,
}

impl KnownErrorVectors {
    /// The vectors of these passages. All are of one length.
    pub fn new(known_error_id: KnownErrorId, model: &str, passages: &[String], vectors: &[Vec<u8>]) -> Self {
        Self {
            id: Self::id_for(&known_error_id, model),
            known_error_id,
            model: model.to_owned(),
            digest: Self::digest_of(passages),
            vector_bytes: vectors.first().and_then(|vector| i32::try_from(vector.len()).ok()).unwrap_or_default(),
            vectors: Binary { subtype: BinarySubtype::Generic, bytes: vectors.concat() },
        }
    }

    /// The identifier of a known error's vectors by a model.
    pub fn id_for(known_error: &KnownErrorId, model: &str) -> KnownErrorVectorsId {
        KnownErrorVectorsId::from_content(&[known_error.as_str().as_bytes(), model.as_bytes()])
    }

    /// The digest of these passages.
    pub fn digest_of(passages: &[String]) -> String {
        let mut digest = blake3::Hasher::new();
        for passage in passages {
            digest.update(&(passage.len() as u64).to_le_bytes()).update(passage.as_bytes());
        }
        digest.finalize().to_hex().chars().take(32).collect()
    }

    /// Its vectors, one by one.
    pub fn vectors(&self) -> impl Iterator<Item = &[u8]> {
        let length = usize::try_from(self.vector_bytes).ok().filter(|length| *length > 0).unwrap_or(usize::MAX);
        self.vectors.bytes.chunks(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_read_back_one_by_one_and_follow_their_passages() {
        let (id, passages) = (KnownErrorId("k".into()), ["ab".to_owned(), "c".to_owned()]);
        let of = |vectors: &[Vec<u8>]| KnownErrorVectors::new(id.clone(), "m", &passages, vectors);
        assert_eq!(of(&[vec![1, 2], vec![3, 4]]).vectors().collect::<Vec<_>>(), [&[1, 2], &[3, 4]]);
        assert_eq!(of(&[]).vectors().count(), 0);
        assert_ne!(of(&[]).digest, KnownErrorVectors::digest_of(&["a".to_owned(), "bc".to_owned()]));
        assert_ne!(of(&[]).id, KnownErrorVectors::id_for(&id, "another"));
    }
}
