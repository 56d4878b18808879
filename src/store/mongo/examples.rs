//! The Log that is shown of a group.

use std::collections::{HashMap, HashSet};

use bson::{Bson, Document, doc, oid::ObjectId};
use futures_util::TryStreamExt;

use super::{MongoStore, fault};
use crate::{domain::GroupId, store::Result};

impl MongoStore {
    /// For those of these groups whose Log is none of theirs, the earliest that is: theirs is gone, or of another group now, or the message id that
    /// it was known by had been used before.
    pub(super) async fn other_examples(&self, ids: &[GroupId]) -> Result<HashMap<GroupId, ObjectId>> {
        let groups: Vec<Bson> = ids.iter().map(|id| Bson::ObjectId(id.0)).collect();
        let (errors, collection) = (self.collection::<Document>("Error"), self.collection::<Document>("Log"));
        let find = errors.find(doc! { "_id": { "$in": groups } }).projection(doc! { "example_log_id": 1 });
        let groups: Vec<Document> = find.await.map_err(fault)?.try_collect().await.map_err(fault)?;
        let shown = |group: &Document| Some((group.get_object_id("_id").ok()?, group.get_object_id("example_log_id").ok()?));
        let shown: Vec<(ObjectId, ObjectId)> = groups.iter().filter_map(shown).collect();
        let logs: Vec<Bson> = shown.iter().map(|(_, log)| Bson::ObjectId(*log)).collect();
        let find = collection.find(doc! { "_id": { "$in": logs } }).projection(doc! { "verdict.group_id": 1 });
        let logs: Vec<Document> = find.await.map_err(fault)?.try_collect().await.map_err(fault)?;
        let of_group =
            |log: &Document| Some((log.get_document("verdict").ok()?.get_object_id("group_id").ok()?, log.get_object_id("_id").ok()?));
        let own: HashSet<(ObjectId, ObjectId)> = logs.iter().filter_map(of_group).collect();
        let mut others = HashMap::new();
        for (group, _) in shown.into_iter().filter(|shown| !own.contains(shown)) {
            let find = collection.find_one(doc! { "verdict.group_id": group });
            let found = find.sort(doc! { "date": 1, "_id": 1 }).projection(doc! { "_id": 1 }).await.map_err(fault)?;
            others.extend(found.and_then(|log| Some((GroupId(group), log.get_object_id("_id").ok()?))));
        }
        Ok(others)
    }
}
