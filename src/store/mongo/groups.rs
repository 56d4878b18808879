//! Groups of unknown errors: the collection `Error`.

use std::collections::HashMap;

use async_trait::async_trait;
use bson::{Bson, DateTime, Document, doc, oid::ObjectId};

use super::{MongoStore, encode, fault, follow::noted, small::is_duplicate};
use crate::{
    domain::{BranchCount, GroupId, GroupRule, GroupRuleId, GroupState, LogError},
    store::{GroupDecision, GroupRuleStore, LogErrorStore, Result},
};

#[async_trait]
impl LogErrorStore for MongoStore {
    async fn insert_log_errors(&self, groups: &[LogError]) -> Result<()> {
        if groups.is_empty() {
            return Ok(());
        }
        // Of one group's patterns the most general counts.
        let mut most = HashMap::<GroupId, &LogError>::new();
        for group in groups {
            let known = most.entry(group.id).or_insert(group);
            if known.breadth < group.breadth {
                *known = group;
            }
        }
        let most: Vec<&LogError> = most.into_values().collect();
        let inserts = most.iter().map(|group| broader(group, Some(encode("Error", *group)?))).collect::<Result<Vec<_>>>()?;
        let there = self.write_all_but_taken(doc! { "update": "Error", "updates": inserts }).await?;
        // Whoever inserted one just now may have known less of it.
        let there = there.into_iter().filter_map(|place| most.get(place)).filter(|group| group.breadth > 0);
        let updates = there.map(|group| broader(group, None)).collect::<Result<Vec<_>>>()?;
        match updates.is_empty() {
            true => Ok(()),
            false => self.write_all(doc! { "update": "Error", "updates": updates }).await.map(drop),
        }
    }

    async fn find_log_error(&self, id: &GroupId) -> Result<Option<LogError>> {
        self.one("Error", doc! { "_id": id.0 }).await
    }

    async fn find_log_errors(&self, ids: &[GroupId]) -> Result<Vec<LogError>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Bson> = ids.iter().map(|id| Bson::ObjectId(id.0)).collect();
        self.many("Error", doc! { "_id": { "$in": ids } }, doc! {}, usize::MAX).await
    }

    async fn list_log_errors(&self, state: Option<GroupState>, limit: usize) -> Result<Vec<LogError>> {
        let filter = state.map_or_else(Document::new, |state| doc! { "state": state.as_str() });
        self.many("Error", filter, doc! { "count": -1, "_id": 1 }, limit).await
    }

    async fn list_pending_log_errors(&self) -> Result<Vec<LogError>> {
        self.many("Error", doc! { "relabel_pending": true }, doc! { "_id": 1 }, usize::MAX).await
    }

    async fn count_log_errors(&self, state: GroupState) -> Result<usize> {
        // Both are counted on the index; a test for null would read every document.
        let errors = self.collection::<Document>("Error");
        let all = errors.count_documents(doc! { "state": state.as_str() }).await.map_err(fault)?;
        let merged = doc! { "state": state.as_str(), "triage.merged_into": { "$gt": ObjectId::from_bytes([0; 12]) } };
        let merged = errors.count_documents(merged).await.map_err(fault)?;
        Ok(usize::try_from(all.saturating_sub(merged)).unwrap_or(usize::MAX))
    }

    async fn update_log_error(&self, id: &GroupId, decision: &GroupDecision) -> Result<bool> {
        let change = doc! { "$set": {
            "state": decision.state.as_str(),
            "status": decision.status.map_or(Bson::Null, |status| Bson::Int32(status.0)),
            "known_error_id": decision.known_error_id.as_ref().map_or(Bson::Null, |known| Bson::String(known.to_string())),
            "relabel_pending": decision.relabel_pending,
        }, "$currentDate": noted() };
        let done = self.collection::<Document>("Error").update_one(doc! { "_id": id.0 }, change).await.map_err(fault)?;
        Ok(done.matched_count > 0)
    }

    async fn recount_log_errors(&self, ids: &[GroupId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let groups: Vec<Bson> = ids.iter().map(|id| Bson::ObjectId(id.0)).collect();
        let pipeline = vec![
            doc! { "$match": { "verdict.group_id": { "$in": groups } } },
            doc! { "$group": {
                "_id": { "group": "$verdict.group_id", "branch": "$branch" },
                "count": { "$sum": 1_i64 }, "first": { "$min": "$date" }, "last": { "$max": "$date" },
                // Of documents the fields count in their order: one without a date is the earliest only among such.
                "example": { "$min": { "undated": { "$lte": ["$date", null] }, "date": "$date", "id": "$_id" } },
            } },
            doc! { "$sort": { "count": -1, "_id.branch": 1 } },
        ];
        let rows = self.aggregate("Log", pipeline).await?;
        let mut methods = self.count_methods(ids).await?;
        let mut by_group: HashMap<GroupId, Vec<&Document>> = HashMap::new();
        for row in &rows {
            if let Ok(group) = row.get_document("_id").and_then(|key| key.get_object_id("group")) {
                by_group.entry(GroupId(group)).or_default().push(row);
            }
        }
        let mut update = |id: &GroupId| {
            let own = by_group.get(id).map(Vec::as_slice).unwrap_or_default();
            let branch = |row: &&Document| {
                let branch = row.get_document("_id").ok()?.get_str("branch").ok()?.parse().ok()?;
                Some(BranchCount { branch, count: row.get_i64("count").ok()? })
            };
            let branches: Vec<BranchCount> = own.iter().filter_map(branch).collect();
            let moments = |name: &str| own.iter().filter_map(|row| row.get_datetime(name).ok().copied()).collect::<Vec<DateTime>>();
            let own_methods = methods.remove(id).unwrap_or_default();
            let or_null = |date: Option<DateTime>| date.map_or(Bson::Null, Bson::DateTime);
            let mut change = doc! {
                "count": branches.iter().map(|branch| branch.count).sum::<i64>(),
                "branches": branches.iter().map(|branch| encode("Error", branch)).collect::<Result<Vec<_>>>()?,
                "methods": own_methods.iter().map(|method| encode("Error", method)).collect::<Result<Vec<_>>>()?,
                "first_seen": or_null(moments("first").into_iter().min()),
                "last_seen": or_null(moments("last").into_iter().max()),
            };
            let example = own.iter().filter_map(|row| example(row)).min();
            change.extend(example.map(|(_, _, log)| ("example_log_id".to_owned(), Bson::ObjectId(log))));
            Ok(doc! { "q": { "_id": id.0 }, "u": { "$set": change } })
        };
        let updates = ids.iter().map(&mut update).collect::<Result<Vec<_>>>()?;
        self.write_all(doc! { "update": "Error", "updates": updates }).await?;
        self.recount_times(ids).await
    }
}

/// The earliest Log of a row, and by what it is the earliest.
fn example(row: &Document) -> Option<(bool, Option<DateTime>, ObjectId)> {
    let example = row.get_document("example").ok()?;
    Some((example.get_bool("undated").ok()?, example.get_datetime("date").ok().copied(), example.get_object_id("id").ok()?))
}

/// The pattern of a group that is there may have become more general; nothing else of it changes. One that is not there is inserted, if it is
/// given whole; where one is there whose pattern is as general, its id is taken.
fn broader(group: &LogError, whole: Option<Document>) -> Result<Document> {
    let narrower = match group.breadth {
        // None is; and what was written before groups had a breadth may be more general.
        0 => doc! { "$lt": 0_i64 },
        breadth => doc! { "$not": { "$gte": breadth } },
    };
    let upsert = whole.is_some();
    let set = doc! { "pattern": &group.pattern, "template": &group.template, "breadth": group.breadth };
    let mut change = doc! { "$set": set, "$currentDate": noted() };
    if let Some(mut whole) = whole {
        for changing in ["_id", "pattern", "template", "breadth"] {
            whole.remove(changing);
        }
        change.insert("$setOnInsert", whole);
    }
    Ok(doc! { "q": { "_id": group.id.0, "breadth": narrower }, "u": change, "upsert": upsert })
}

#[async_trait]
impl GroupRuleStore for MongoStore {
    async fn insert_group_rule(&self, rule: &GroupRule) -> Result<()> {
        match self.collection::<Document>("GroupRule").insert_one(encode("GroupRule", rule)?).await {
            Err(error) if !is_duplicate(&error) => Err(fault(error)),
            _ => Ok(()),
        }
    }

    async fn list_group_rules(&self) -> Result<Vec<GroupRule>> {
        self.many("GroupRule", doc! {}, doc! { "created_at": 1, "_id": 1 }, usize::MAX).await
    }

    async fn delete_group_rule(&self, id: &GroupRuleId) -> Result<bool> {
        let done = self.collection::<Document>("GroupRule").delete_one(doc! { "_id": id.0 }).await.map_err(fault)?;
        Ok(done.deleted_count > 0)
    }
}
