//! Facets of the queue, counted from the columns: no document is read.

use async_trait::async_trait;
use rusqlite::params_from_iter;

use super::{SqliteStore, fault, methods::MARK, triage::statement};
use crate::store::{FacetStore, Facets, Queue, Result, Tally};

#[async_trait]
impl FacetStore for SqliteStore {
    async fn count_facets(&self, queue: &Queue, most: usize) -> Result<Facets> {
        let queue = Queue { after: None, limit: most.saturating_add(1), ..queue.clone() };
        self.read(move |tx| {
            let (sql, parameters) = statement("branches, methods, assignee", &queue);
            let mut statement = tx.prepare_cached(&sql).map_err(fault)?;
            let mut rows = statement.query(params_from_iter(parameters)).map_err(fault)?;
            let mut tally = Tally::default();
            while let Some(row) = rows.next().map_err(fault)? {
                if tally.n_groups() == most {
                    return Ok(tally.done(true));
                }
                let (branches, methods) = (row.get_ref(0).map_err(fault)?, row.get_ref(1).map_err(fault)?);
                let branches = branches.as_str().unwrap_or_default().split(' ').filter(|code| !code.is_empty());
                let methods = methods.as_str().unwrap_or_default().split(MARK);
                tally.add(branches, methods, row.get(2).map_err(fault)?);
            }
            Ok(tally.done(false))
        })
        .await
    }
}
