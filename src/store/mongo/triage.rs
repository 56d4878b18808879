//! The queue of unknown errors, where groups stand, and when they came how often.

use std::collections::HashMap;

use async_trait::async_trait;
use bson::{Bson, DateTime, Document, RawDocumentBuf, doc, oid::ObjectId};
use futures_util::TryStreamExt;
use mongodb::{action::Action, options::Hint};

use super::{MongoStore, decode, encode, fault};
use crate::{
    domain::{DAY_MS, GroupId, GroupState, LogError, Moment, Standing, Times, Triage},
    store::{LogErrorStore, Queue, QueueCount, QueueOrder, Result, TriageStore, Whose},
};

/// Groups that are counted by one command.
const GROUPS: usize = 200;

/// The words of all states.
fn states() -> Vec<&'static str> {
    [GroupState::Unknown, GroupState::Known, GroupState::Ignored].map(GroupState::as_str).to_vec()
}

/// The filter of a page.
pub(super) fn filter(queue: &Queue) -> Document {
    // All states by name: so each is read in the order of the index, and they are merged.
    let states = match queue.state {
        Some(state) => vec![state.as_str()],
        None => states(),
    };
    let mut all = vec![doc! { "state": { "$in": states }, "triage.merged_into": null }];
    match queue.review {
        Some(true) => all.push(doc! { "triage.review": true }),
        Some(false) => all.push(doc! { "triage.review": { "$ne": true } }),
        None => {}
    }
    match &queue.whose {
        Whose::Any => {}
        Whose::Nobody => all.push(doc! { "triage.assignee": null }),
        Whose::Person(name) => all.push(doc! { "triage.assignee": name }),
    }
    all.extend(queue.branch.as_ref().map(|branch| doc! { "branches.branch": branch.as_str() }));
    let ids = |ids: &Vec<GroupId>| ids.iter().map(|id| Bson::ObjectId(id.0)).collect::<Vec<_>>();
    all.extend(queue.among.as_ref().map(|among| doc! { "_id": { "$in": ids(among) } }));
    all.extend(queue.method.as_ref().map(|method| doc! { "methods.method": method }));
    let without = &queue.without;
    all.extend(without.branches.iter().map(|branch| doc! { "branches.branch": { "$ne": branch.as_str() } }));
    all.extend(without.methods.iter().map(|method| doc! { "methods.method": { "$ne": method } }));
    all.extend(without.assignees.iter().map(|name| doc! { "triage.assignee": { "$ne": name } }));
    all.extend(queue.words.iter().map(|word| doc! { "template": { "$regex": literally(word), "$options": "i" } }));
    all.extend(queue.since.map(|since| doc! { "last_seen": { "$gte": since } }));
    all.extend(queue.before.map(|before| doc! { "first_seen": { "$lt": before } }));
    if let Some(after) = queue.after {
        let key = key(queue.order);
        all.push(match (queue.order, after.key) {
            (QueueOrder::Count, n) => doc! { "$or": [{ key: { "$lt": n } }, { key: n, "_id": { "$gt": after.id.0 } }] },
            (_, i64::MIN) => doc! { key: null, "_id": { "$gt": after.id.0 } },
            (_, millis) => {
                let date = DateTime::from_millis(millis);
                doc! { "$or": [{ key: { "$lt": date } }, { key: null }, { key: date, "_id": { "$gt": after.id.0 } }] }
            }
        });
    }
    doc! { "$and": all }
}

/// The field that a page is ordered by.
pub(super) fn key(order: QueueOrder) -> &'static str {
    match order {
        QueueOrder::Count => "count",
        QueueOrder::LastSeen => "last_seen",
        QueueOrder::FirstSeen => "first_seen",
    }
}

/// The index that gives a page in its order, where nothing asks for few groups, which another index may find sooner. Named, for what the server
/// tried once with a common word it would try again with a rare one.
pub(super) fn index(queue: &Queue) -> Option<Hint> {
    let named = queue.branch.is_some() || queue.method.is_some() || queue.among.is_some() || matches!(queue.whose, Whose::Person(_));
    let of_other_times =
        (queue.since.is_some() && queue.order != QueueOrder::LastSeen) || (queue.before.is_some() && queue.order != QueueOrder::FirstSeen);
    if named || of_other_times || queue.review == Some(true) {
        return None;
    }
    let name = match queue.order {
        QueueOrder::Count => "state_count_template",
        QueueOrder::LastSeen => "state_last_seen_template",
        QueueOrder::FirstSeen => "state_first_seen_template",
    };
    Some(Hint::Name(name.to_owned()))
}

/// The expression that matches a text and nothing else.
fn literally(text: &str) -> String {
    text.chars().flat_map(|c| (!c.is_alphanumeric()).then_some('\\').into_iter().chain([c])).collect()
}

impl MongoStore {
    /// Counts the Logs of groups by days or hours; those of each group from its own moment on.
    async fn moments(&self, from: &[(ObjectId, DateTime)], unit: &str) -> Result<HashMap<ObjectId, Vec<Moment>>> {
        let mut found: HashMap<ObjectId, Vec<Moment>> = HashMap::new();
        for from in from.chunks(GROUPS) {
            let own: Vec<Document> = from.iter().map(|(id, from)| doc! { "verdict.group_id": id, "date": { "$gte": from } }).collect();
            let begin = doc! { "$dateTrunc": { "date": "$date", "unit": unit } };
            let pipeline = vec![
                doc! { "$match": { "$or": own } },
                doc! { "$group": { "_id": { "group": "$verdict.group_id", "at": begin }, "n": { "$sum": 1_i64 } } },
                doc! { "$sort": { "_id.at": 1 } },
            ];
            for row in self.aggregate("Log", pipeline).await? {
                let Ok(of) = row.get_document("_id") else { continue };
                let (Ok(group), Ok(at), Ok(count)) = (of.get_object_id("group"), of.get_datetime("at"), row.get_i64("n")) else { continue };
                found.entry(group).or_default().push(Moment { at: *at, count });
            }
        }
        Ok(found)
    }

    /// Counts the days and hours of these groups anew.
    pub(super) async fn recount_times(&self, ids: &[GroupId]) -> Result<()> {
        let epoch = DateTime::from_millis(0);
        let mut days = self.moments(&ids.iter().map(|id| (id.0, epoch)).collect::<Vec<_>>(), "day").await?;
        let first_hour = |days: &Vec<Moment>| {
            let last = days.last()?.at.timestamp_millis();
            Some(DateTime::from_millis((last - (Times::HOURS_OF_DAYS - 1) * DAY_MS).max(0)))
        };
        let recent: Vec<_> = ids.iter().filter_map(|id| Some((id.0, first_hour(days.get(&id.0)?)?))).collect();
        let mut hours = self.moments(&recent, "hour").await?;
        for ids in ids.chunks(GROUPS) {
            let mut update = |id: &GroupId| {
                let mut days = days.remove(&id.0).unwrap_or_default();
                let surplus = days.len().saturating_sub(usize::try_from(Times::MAX_DAYS).unwrap_or(usize::MAX));
                let times = Times { days: days.split_off(surplus), hours: hours.remove(&id.0).unwrap_or_default() };
                Ok(doc! { "q": { "_id": id.0 }, "u": encode("ErrorTimes", &times)?, "upsert": true })
            };
            let updates = ids.iter().map(&mut update).collect::<Result<Vec<_>>>()?;
            self.write_all(doc! { "update": "ErrorTimes", "updates": updates }).await?;
        }
        Ok(())
    }

    /// Counts every group anew, for a step of the schema that asks for more of it.
    pub(super) async fn recount_all(&self) -> Result<()> {
        let ids = self.aggregate("Error", vec![doc! { "$project": { "_id": 1 } }]).await?;
        let ids: Vec<GroupId> = ids.iter().filter_map(|group| group.get_object_id("_id").ok().map(GroupId)).collect();
        for ids in ids.chunks(GROUPS) {
            self.recount_log_errors(ids).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl TriageStore for MongoStore {
    async fn list_queue(&self, queue: &Queue) -> Result<Vec<LogError>> {
        let limit = i64::try_from(queue.limit).ok().filter(|limit| *limit < i64::from(i32::MAX)).unwrap_or(0);
        let errors = self.collection::<RawDocumentBuf>("Error");
        let find = errors.find(filter(queue)).sort(doc! { key(queue.order): -1, "_id": 1 }).limit(limit);
        let groups = find.optional(index(queue), |find, index| find.hint(index)).await.map_err(fault)?;
        let groups: Vec<RawDocumentBuf> = groups.try_collect().await.map_err(fault)?;
        groups.iter().map(|group| decode("Error", group)).collect()
    }

    async fn count_queue(&self) -> Result<Vec<QueueCount>> {
        // Answered by the index alone: a test for null would read every document, so merged groups are counted apart and left out here.
        let merged = doc! { "$gt": ["$triage.merged_into", null] };
        let alike = doc! { "state": "$state", "review": "$triage.review", "assignee": "$triage.assignee", "merged": merged };
        let pipeline = [
            doc! { "$match": { "state": { "$in": states() } } },
            doc! { "$project": { "_id": 0, "state": 1, "triage.review": 1, "triage.assignee": 1, "triage.merged_into": 1 } },
            doc! { "$group": { "_id": alike, "n": { "$sum": 1_i64 } } },
        ];
        let errors = self.collection::<Document>("Error");
        let rows = errors.aggregate(pipeline).hint(Hint::Name("standing".to_owned())).await.map_err(fault)?;
        let rows: Vec<Document> = rows.try_collect().await.map_err(fault)?;
        let count = |row: &Document| {
            let alike = row.get_document("_id").ok().filter(|alike| !alike.get_bool("merged").unwrap_or_default())?;
            Some(QueueCount {
                state: GroupState::named(alike.get_str("state").ok()?)?,
                review: alike.get_bool("review").unwrap_or_default(),
                assignee: alike.get_str("assignee").ok().map(str::to_owned),
                n: row.get_i64("n").ok()?,
            })
        };
        Ok(rows.iter().filter_map(count).collect())
    }

    async fn change_standing(&self, id: &GroupId, was: &Standing, is: &Standing) -> Result<bool> {
        let mut stood = vec![Bson::Document(encode("Error", &was.triage)?)];
        if was.triage == Triage::default() {
            // Groups that were stored before there was such a field.
            stood.push(Bson::Null);
        }
        let as_was = doc! { "_id": id.0, "state": was.state.as_str(), "triage": { "$in": stood } };
        let change = doc! { "$set": { "state": is.state.as_str(), "triage": encode("Error", &is.triage)? } };
        Ok(self.collection::<Document>("Error").update_one(as_was, change).await.map_err(fault)?.matched_count > 0)
    }

    async fn find_times(&self, id: &GroupId) -> Result<Times> {
        Ok(self.one("ErrorTimes", doc! { "_id": id.0 }).await?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_few_groups_is_left_to_the_server() {
        let plain = Queue::default();
        let now = Some(DateTime::from_millis(0));
        for (queue, expected) in [
            (plain.clone(), Some("state_count_template")),
            (Queue { order: QueueOrder::LastSeen, since: now, words: vec!["a".into()], ..plain.clone() }, Some("state_last_seen_template")),
            (Queue { order: QueueOrder::FirstSeen, before: now, whose: Whose::Nobody, ..plain.clone() }, Some("state_first_seen_template")),
            (Queue { since: now, ..plain.clone() }, None),
            (Queue { review: Some(true), ..plain.clone() }, None),
            (Queue { review: Some(false), ..plain.clone() }, Some("state_count_template")),
            (Queue { whose: Whose::Person("olena".into()), ..plain.clone() }, None),
            (Queue { branch: "K1".parse().ok(), ..plain.clone() }, None),
            (Queue { method: Some("Pay".into()), ..plain.clone() }, None),
            (Queue { among: Some(Vec::new()), ..plain.clone() }, None),
        ] {
            assert_eq!(index(&queue), expected.map(|name| Hint::Name(name.to_owned())), "{queue:?}");
        }
    }
}
