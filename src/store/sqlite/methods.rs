//! The methods of a group's exchanges: counted, and kept in a column that pages are filtered by.

use rusqlite::Connection;

use super::{fault, row::OTHER_METHOD};
use crate::{
    domain::{GroupId, MethodCount},
    store::Result,
};

/// Stands before and after each method of the column; one that holds it is asked for without it.
pub(super) const MARK: char = '\u{1f}';

/// The methods as the column holds them.
pub(super) fn column<'a>(methods: impl IntoIterator<Item = &'a str>) -> String {
    methods.into_iter().map(|method| format!("{MARK}{}{MARK}", method.replace(MARK, ""))).collect()
}

/// The most frequent methods of a group's Logs, answered by the index of groups alone.
pub(super) fn count(connection: &Connection, id: &GroupId) -> Result<Vec<MethodCount>> {
    let sql = "SELECT method, COUNT(*) FROM \"Log\" WHERE group_id = ?1 AND method IS NOT NULL AND method <> ?2
        GROUP BY method ORDER BY 2 DESC, 1 LIMIT ?3";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let most = i64::try_from(MethodCount::MOST).unwrap_or(i64::MAX);
    let found = statement.query_map((id.bytes(), OTHER_METHOD, most), |row| Ok(MethodCount { method: row.get(0)?, count: row.get(1)? }));
    found.and_then(Iterator::collect).map_err(fault)
}
