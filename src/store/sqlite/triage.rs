//! The queue of unknown errors, where groups stand, and when they came how often.

use async_trait::async_trait;
use bson::DateTime;
use rusqlite::{Connection, params_from_iter, types::Value as Sql};

use super::{SqliteStore, encode, execute, fault, groups, methods, select, select_one};
use crate::{
    domain::{DAY_MS, GroupId, GroupState, HOUR_MS, LogError, Moment, Standing, Times},
    store::{Queue, QueueCount, QueueOrder, Result, TriageStore, Whose},
};

/// The statement of a page that reads these columns, with its parameters.
pub(super) fn statement(columns: &str, queue: &Queue) -> (String, Vec<Sql>) {
    // The sign keeps the planner from the index of the counts, whose rows would have to be sorted: an index of the order gives them sorted.
    let (mut sql, mut parameters) = (format!("SELECT {columns} FROM \"Error\" WHERE +merged = 0"), Vec::new());
    let mut only = |condition: &str, values: Vec<Sql>| {
        sql.push_str(" AND ");
        sql.push_str(condition);
        parameters.extend(values);
    };
    let millis = |date: DateTime| Sql::Integer(date.timestamp_millis());
    if let Some(state) = queue.state {
        only("state = ?", vec![Sql::Text(state.as_str().to_owned())]);
    }
    if let Some(review) = queue.review {
        only("review = ?", vec![Sql::Integer(review.into())]);
    }
    match &queue.whose {
        Whose::Any => {}
        Whose::Nobody => only("assignee IS NULL", vec![]),
        Whose::Person(name) => only("assignee = ?", vec![Sql::Text(name.clone())]),
    }
    if let Some(branch) = &queue.branch {
        only("instr(branches, ?) > 0", vec![Sql::Text(format!(" {branch} "))]);
    }
    if let Some(method) = &queue.method {
        only("instr(methods, ?) > 0", vec![Sql::Text(methods::column([method.as_str()]))]);
    }
    if let Some(among) = &queue.among {
        let places = vec!["?"; among.len()].join(", ");
        only(&format!("_id IN ({places})"), among.iter().map(|id| Sql::Blob(id.bytes().to_vec())).collect());
    }
    for branch in &queue.without.branches {
        only("instr(branches, ?) = 0", vec![Sql::Text(format!(" {branch} "))]);
    }
    for method in &queue.without.methods {
        only("instr(methods, ?) = 0", vec![Sql::Text(methods::column([method.as_str()]))]);
    }
    for assignee in &queue.without.assignees {
        match assignee {
            Some(name) => only("assignee IS NOT ?", vec![Sql::Text(name.clone())]),
            None => only("assignee IS NOT NULL", vec![]),
        }
    }
    for word in &queue.words {
        only("instr(words, ?) > 0", vec![Sql::Text(word.to_lowercase())]);
    }
    if let Some(since) = queue.since {
        only("last_seen >= ?", vec![millis(since)]);
    }
    if let Some(before) = queue.before {
        only("first_seen < ? AND last_seen > ?", vec![millis(before), Sql::Integer(i64::MIN)]);
    }
    let key = match queue.order {
        QueueOrder::Count => "count",
        QueueOrder::LastSeen => "last_seen",
        QueueOrder::FirstSeen => "first_seen",
    };
    if let Some(after) = queue.after {
        let place = Sql::Integer(after.key);
        only(&format!("{key} <= ? AND ({key} < ? OR _id > ?)"), vec![place.clone(), place, Sql::Blob(after.id.bytes().to_vec())]);
    }
    sql.push_str(&format!(" ORDER BY {key} DESC, _id LIMIT ?"));
    parameters.push(Sql::Integer(i64::try_from(queue.limit).unwrap_or(i64::MAX)));
    (sql, parameters)
}

/// Days or hours from `from` on, the earliest first; at most the latest `limit`.
fn moments(connection: &Connection, id: &GroupId, length: i64, from: i64, limit: i64) -> Result<Vec<Moment>> {
    let sql = "SELECT date / ?2, COUNT(*) FROM \"Log\" WHERE group_id = ?1 AND date >= ?3 GROUP BY 1 ORDER BY 1 DESC LIMIT ?4";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let moment = |row: &rusqlite::Row<'_>| Ok(Moment { at: DateTime::from_millis(row.get::<_, i64>(0)? * length), count: row.get(1)? });
    let found = statement.query_map((id.bytes(), length, from, limit), moment);
    let mut found: Vec<Moment> = found.and_then(Iterator::collect).map_err(fault)?;
    found.reverse();
    Ok(found)
}

/// Counts the days and hours of a group anew.
pub(super) fn recount_times(connection: &Connection, id: &GroupId) -> Result<()> {
    let days = moments(connection, id, DAY_MS, 0, Times::MAX_DAYS)?;
    let hours = match days.last() {
        Some(last) => {
            let from = last.at.timestamp_millis() - (Times::HOURS_OF_DAYS - 1) * DAY_MS;
            moments(connection, id, HOUR_MS, from.max(0), i64::MAX)?
        }
        None => Vec::new(),
    };
    let row = (id.bytes(), encode("ErrorTimes", &Times { days, hours })?);
    execute(connection, "INSERT OR REPLACE INTO \"ErrorTimes\" (_id, doc) VALUES (?1, ?2)", row).map(drop)
}

#[async_trait]
impl TriageStore for SqliteStore {
    async fn list_queue(&self, queue: &Queue) -> Result<Vec<LogError>> {
        let (sql, parameters) = statement("doc", queue);
        self.read(move |tx| select(tx, "Error", &sql, params_from_iter(parameters))).await
    }

    async fn count_queue(&self) -> Result<Vec<QueueCount>> {
        let sql = "SELECT state, review, assignee, COUNT(*) FROM \"Error\" WHERE merged = 0 GROUP BY 1, 2, 3";
        self.read(move |tx| {
            let mut statement = tx.prepare_cached(sql).map_err(fault)?;
            let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
            let rows: Vec<_> = statement.query_map([], row).and_then(Iterator::collect).map_err(fault)?;
            let count = |(state, review, assignee, n): (String, bool, Option<String>, i64)| {
                Some(QueueCount { state: GroupState::named(&state)?, review, assignee, n })
            };
            Ok(rows.into_iter().filter_map(count).collect())
        })
        .await
    }

    async fn change_standing(&self, id: &GroupId, was: &Standing, is: &Standing) -> Result<bool> {
        let (id, was, is) = (id.bytes(), was.clone(), is.clone());
        self.write(move |tx| {
            let Some(mut group) = select_one::<LogError>(tx, "Error", groups::BY_ID, [id])? else { return Ok(false) };
            if group.standing() != was {
                return Ok(false);
            }
            (group.state, group.triage) = (is.state, is.triage);
            groups::save(tx, &group)?;
            Ok(true)
        })
        .await
    }

    async fn find_times(&self, id: &GroupId) -> Result<Times> {
        let id = id.bytes();
        let sql = "SELECT doc FROM \"ErrorTimes\" WHERE _id = ?1";
        let found: Option<Times> = self.read(move |tx| select_one(tx, "ErrorTimes", sql, [id])).await?;
        Ok(found.unwrap_or_default())
    }
}
