//! What processes learn of groups, in order: the collection `GroupStep`.

use async_trait::async_trait;
use bson::{Document, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use mongodb::options::{ReadConcern, ReadPreference, SelectionCriteria};

use super::{MongoStore, decode, encode, fault, small::is_duplicate};
use crate::{
    domain::GroupStep,
    store::{GroupStepStore, Result},
};

#[async_trait]
impl GroupStepStore for MongoStore {
    async fn insert_group_step(&self, step: &GroupStep) -> Result<bool> {
        match self.collection::<Document>("GroupStep").insert_one(encode("GroupStep", step)?).await {
            Ok(_) => Ok(true),
            Err(error) if is_duplicate(&error) => Ok(false),
            Err(error) => Err(fault(error)),
        }
    }

    async fn list_group_steps(&self, after: i64, limit: usize) -> Result<Vec<GroupStep>> {
        let collection = self.collection::<RawDocumentBuf>("GroupStep");
        // A step that a new primary might not have is not learnt from, nor is one missed that a secondary does not have yet.
        let primary = SelectionCriteria::ReadPreference(ReadPreference::Primary);
        let find = collection.find(doc! { "_id": { "$gt": after } }).sort(doc! { "_id": 1 });
        let find = find.limit(i64::try_from(limit).unwrap_or(i64::MAX));
        let find = find.read_concern(ReadConcern::majority()).selection_criteria(primary);
        let documents: Vec<RawDocumentBuf> = find.await.map_err(fault)?.try_collect().await.map_err(fault)?;
        documents.iter().map(|document| decode("GroupStep", document)).collect()
    }
}
