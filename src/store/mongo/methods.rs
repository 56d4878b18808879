//! The methods of a group's exchanges.

use std::collections::HashMap;

use bson::{Bson, doc};

use super::MongoStore;
use crate::{
    domain::{GroupId, MethodCount},
    store::Result,
};

impl MongoStore {
    /// The most frequent methods of each of these groups' Logs.
    pub(super) async fn count_methods(&self, ids: &[GroupId]) -> Result<HashMap<GroupId, Vec<MethodCount>>> {
        let groups: Vec<Bson> = ids.iter().map(|id| Bson::ObjectId(id.0)).collect();
        let most = i32::try_from(MethodCount::MOST).unwrap_or(i32::MAX);
        let pipeline = vec![
            doc! { "$match": { "verdict.group_id": { "$in": groups }, "request.method": { "$type": "string" } } },
            doc! { "$group": { "_id": { "group": "$verdict.group_id", "method": "$request.method" }, "count": { "$sum": 1_i64 } } },
            doc! { "$group": { "_id": "$_id.group", "methods": { "$topN": {
                "n": most, "sortBy": { "count": -1, "_id.method": 1 }, "output": { "method": "$_id.method", "count": "$count" },
            } } } },
        ];
        let mut found = HashMap::new();
        for row in self.aggregate("Log", pipeline).await? {
            let (Ok(group), Ok(methods)) = (row.get_object_id("_id"), row.get_array("methods")) else { continue };
            let count = |method: &Bson| {
                let method = method.as_document()?;
                Some(MethodCount { method: method.get_str("method").ok()?.to_owned(), count: method.get_i64("count").ok()? })
            };
            found.insert(GroupId(group), methods.iter().filter_map(count).collect());
        }
        Ok(found)
    }
}
