//! Facets of the queue: of each group only the values are sent.

use async_trait::async_trait;
use bson::{Document, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;

use super::{MongoStore, fault, triage};
use crate::store::{FacetStore, Facets, Queue, Result, Tally};

/// The texts of a list.
fn texts<'a>(row: &'a RawDocument, name: &str) -> impl Iterator<Item = &'a str> {
    let list = row.get_array(name).ok();
    list.into_iter().flat_map(|list| list.into_iter().filter_map(|value| value.ok()?.as_str()))
}

#[async_trait]
impl FacetStore for MongoStore {
    async fn count_facets(&self, queue: &Queue, most: usize) -> Result<Facets> {
        let queue = Queue { after: None, ..queue.clone() };
        let read: Vec<Document> = vec![
            doc! { "$match": triage::filter(&queue) },
            doc! { "$sort": { triage::key(queue.order): -1, "_id": 1 } },
            doc! { "$limit": i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1) },
            doc! { "$project": { "_id": 0, "branches": "$branches.branch", "methods": "$methods.method", "assignee": "$triage.assignee" } },
        ];
        let groups = self.collection::<Document>("Error");
        let mut rows = groups.aggregate(read).with_type::<RawDocumentBuf>().await.map_err(fault)?;
        let mut tally = Tally::default();
        while let Some(row) = rows.try_next().await.map_err(fault)? {
            if tally.n_groups() == most {
                return Ok(tally.done(true));
            }
            tally.add(texts(&row, "branches"), texts(&row, "methods"), row.get_str("assignee").ok().map(str::to_owned));
        }
        Ok(tally.done(false))
    }
}
