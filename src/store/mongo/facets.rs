//! Facets of the queue: of each group only the lists that hold the values are sent. They are sent whole: to take the values out of them costs
//! the server more than sending the rest.

use async_trait::async_trait;
use bson::{RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use mongodb::action::Action;

use super::{MongoStore, fault, triage};
use crate::store::{FacetStore, Facets, Queue, Result, Tally};

/// The texts under one name in a list of objects.
fn texts<'a>(row: &'a RawDocument, list: &str, name: &'static str) -> impl Iterator<Item = &'a str> {
    let list = row.get_array(list).ok();
    list.into_iter().flat_map(move |list| list.into_iter().filter_map(move |value| value.ok()?.as_document()?.get_str(name).ok()))
}

#[async_trait]
impl FacetStore for MongoStore {
    async fn count_facets(&self, queue: &Queue, most: usize) -> Result<Facets> {
        let queue = Queue { after: None, ..queue.clone() };
        let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
        let errors = self.collection::<RawDocumentBuf>("Error");
        let groups = errors.find(triage::filter(&queue)).sort(doc! { triage::key(queue.order): -1, "_id": 1 }).limit(limit);
        let lists = groups.projection(doc! { "_id": 0, "branches": 1, "methods": 1, "triage": 1 });
        let mut rows = lists.optional(triage::index(&queue), |lists, index| lists.hint(index)).await.map_err(fault)?;
        let mut tally = Tally::default();
        while let Some(row) = rows.try_next().await.map_err(fault)? {
            if tally.n_groups() == most {
                return Ok(tally.done(true));
            }
            let assignee = row.get_document("triage").and_then(|triage| triage.get_str("assignee")).ok().map(str::to_owned);
            tally.add(texts(&row, "branches", "branch"), texts(&row, "methods", "method"), assignee);
        }
        Ok(tally.done(false))
    }
}
