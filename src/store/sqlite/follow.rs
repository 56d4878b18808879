//! Which groups changed after which.

use async_trait::async_trait;
use rusqlite::Connection;

use super::{SqliteStore, execute, fault, select};
use crate::{
    domain::GroupId,
    store::{ChangePlace, ChangedGroups, FollowStore, Result},
};

/// Notes that a group changed, after all that changed before: writers take turns, so that places grow in the order of the transactions.
pub(super) fn note(connection: &Connection, id: &GroupId) -> Result<()> {
    let sql = "INSERT INTO \"ErrorChange\" (_id, place) SELECT ?1, COALESCE(MAX(place), 0) + 1 FROM \"ErrorChange\" WHERE true
        ON CONFLICT (_id) DO UPDATE SET place = excluded.place";
    execute(connection, sql, [id.bytes()]).map(drop)
}

#[async_trait]
impl FollowStore for SqliteStore {
    async fn list_changed_groups(&self, after: Option<ChangePlace>) -> Result<ChangedGroups> {
        let after = after.map_or(0, |ChangePlace(place)| place);
        self.read(move |tx| {
            let last = "SELECT COALESCE(MAX(place), 0) FROM \"ErrorChange\"";
            let last: i64 = tx.prepare_cached(last).and_then(|mut sql| sql.query_row([], |row| row.get(0))).map_err(fault)?;
            let changed = "SELECT doc FROM \"ErrorChange\" JOIN \"Error\" USING (_id) WHERE place > ?1";
            Ok(ChangedGroups { groups: select(tx, "Error", changed, [after])?, place: ChangePlace(last) })
        })
        .await
    }
}
