//! Versions of known errors.

use std::collections::BTreeSet;

use async_trait::async_trait;
use bson::{Document, doc};
use mongodb::error::ErrorKind;

use super::{
    MongoStore, encode, fault,
    small::{DUPLICATE_KEY, is_duplicate},
};
use crate::{
    domain::{KnownErrorId, KnownErrorVersion},
    store::{Result, VersionStore},
};

/// The places of the documents whose key was taken; none when the insertion failed for another reason.
fn refused(error: &mongodb::error::Error) -> Option<BTreeSet<usize>> {
    let ErrorKind::InsertMany(many) = error.kind.as_ref() else { return None };
    if !is_duplicate(error) {
        return None;
    }
    let errors = many.write_errors.as_deref().unwrap_or_default();
    Some(errors.iter().filter(|error| error.code == DUPLICATE_KEY).map(|error| error.index).collect())
}

#[async_trait]
impl VersionStore for MongoStore {
    async fn insert_known_error_versions(&self, versions: &[KnownErrorVersion]) -> Result<Vec<bool>> {
        if versions.is_empty() {
            return Ok(Vec::new());
        }
        let documents = versions.iter().map(|version| encode("KnownErrorVersion", version)).collect::<Result<Vec<_>>>()?;
        let taken = match self.collection::<Document>("KnownErrorVersion").insert_many(documents).ordered(false).await {
            Ok(_) => BTreeSet::new(),
            Err(error) => match refused(&error) {
                Some(taken) => taken,
                None => return Err(fault(error)),
            },
        };
        Ok((0..versions.len()).map(|place| !taken.contains(&place)).collect())
    }

    async fn find_known_error_version(&self, known_error: &KnownErrorId, number: i64) -> Result<Option<KnownErrorVersion>> {
        self.one("KnownErrorVersion", doc! { "known_error_id": known_error.as_str(), "number": number }).await
    }

    async fn list_known_error_versions(
        &self,
        known_error: &KnownErrorId,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<KnownErrorVersion>> {
        let filter = doc! { "known_error_id": known_error.as_str(), "number": { "$lt": before.unwrap_or(i64::MAX) } };
        self.many("KnownErrorVersion", filter, doc! { "number": -1 }, limit).await
    }
}
