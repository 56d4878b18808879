//! Drafts of answers for unknown errors.

use async_trait::async_trait;
use bson::DateTime;
use rusqlite::Connection;

use super::{SqliteStore, encode, execute, fault, select, select_one};
use crate::{
    domain::{DAY_MS, GroupId, Lease, Suggestion, SuggestionId, SuggestionState},
    store::{Error, Result, SuggestionPlace, SuggestionQueue, SuggestionStore, SuggestionTally},
};

const BY_ID: &str = "SELECT doc FROM \"Suggestion\" WHERE _id = ?1";
const COLUMNS: &str = "_id, doc, group_id, state, urgent, asked_at, settled_at, lease_until, edited, reply_tokens, decode_ms";

/// Writes a suggestion with what it is asked for by; `verb` says what becomes of one that is there.
fn save(connection: &Connection, verb: &str, suggestion: &Suggestion) -> Result<usize> {
    let sql = format!("{verb} INTO \"Suggestion\" ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
    let cost = suggestion.cost.unwrap_or_default();
    let row = (
        suggestion.id.bytes(),
        encode("Suggestion", suggestion)?,
        suggestion.group.bytes(),
        suggestion.state.as_str(),
        suggestion.urgent,
        suggestion.asked_at.timestamp_millis(),
        suggestion.settled_at.timestamp_millis(),
        suggestion.lease.as_ref().map(|lease| lease.until.timestamp_millis()),
        suggestion.is_edited(),
        cost.reply_tokens,
        cost.decode_ms,
    );
    execute(connection, &sql, row)
}

fn find(connection: &Connection, id: &SuggestionId) -> Result<Option<Suggestion>> {
    select_one(connection, "Suggestion", BY_ID, [id.bytes()])
}

/// Whether the suggestion is being written by this holder.
fn is_held(suggestion: &Suggestion, holder: &str) -> bool {
    suggestion.state == SuggestionState::Drafting && suggestion.lease.as_ref().is_some_and(|lease| lease.holder == holder)
}

/// The state of a stored word.
fn state(word: &str) -> Result<SuggestionState> {
    SuggestionState::named(word).ok_or_else(|| Error::Corrupt {
        collection: "Suggestion",
        id: String::new(),
        reason: format!("there is no state `{word}`"),
    })
}

#[async_trait]
impl SuggestionStore for SqliteStore {
    async fn insert_suggestion(&self, suggestion: &Suggestion) -> Result<bool> {
        let suggestion = suggestion.clone();
        self.write(move |tx| Ok(save(tx, "INSERT OR IGNORE", &suggestion)? > 0)).await
    }

    async fn find_suggestion(&self, id: &SuggestionId) -> Result<Option<Suggestion>> {
        let id = *id;
        self.read(move |tx| find(tx, &id)).await
    }

    async fn list_suggestions(&self, group: &GroupId, limit: usize) -> Result<Vec<Suggestion>> {
        let (group, limit) = (group.bytes(), i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = "SELECT doc FROM \"Suggestion\" WHERE group_id = ?1 ORDER BY asked_at DESC, _id DESC LIMIT ?2";
        self.read(move |tx| select(tx, "Suggestion", sql, (group, limit))).await
    }

    async fn list_suggestions_in(&self, queue: &SuggestionQueue) -> Result<Vec<Suggestion>> {
        let (state, limit) = (queue.state.as_str(), i64::try_from(queue.limit).unwrap_or(i64::MAX));
        let Some(SuggestionPlace { urgent, asked_at, id }) = queue.after else {
            let sql = "SELECT doc FROM \"Suggestion\" WHERE state = ?1 ORDER BY urgent DESC, asked_at, _id LIMIT ?2";
            return self.read(move |tx| select(tx, "Suggestion", sql, (state, limit))).await;
        };
        let sql = "SELECT doc FROM \"Suggestion\" WHERE state = ?1 AND (urgent < ?3 OR (urgent = ?3 AND (asked_at, _id) > (?4, ?5)))
            ORDER BY urgent DESC, asked_at, _id LIMIT ?2";
        let row = (state, limit, urgent, asked_at.timestamp_millis(), id.bytes());
        self.read(move |tx| select(tx, "Suggestion", sql, row)).await
    }

    async fn count_suggestions(&self) -> Result<Vec<(SuggestionState, i64)>> {
        self.read(|tx| {
            let sql = "SELECT state, COUNT(*) FROM \"Suggestion\" GROUP BY state ORDER BY state";
            let mut statement = tx.prepare_cached(sql).map_err(fault)?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).map_err(fault)?;
            rows.map(|row| row.map_err(fault).and_then(|(word, n)| Ok((state(&word)?, n)))).collect()
        })
        .await
    }

    async fn count_made_ahead(&self, since: DateTime) -> Result<i64> {
        let sql = "SELECT COUNT(*) FROM \"Suggestion\" WHERE urgent = 0 AND asked_at >= ?1";
        self.read(move |tx| tx.query_row(sql, [since.timestamp_millis()], |row| row.get(0)).map_err(fault)).await
    }

    async fn tally_suggestions(&self, since: DateTime) -> Result<Vec<SuggestionTally>> {
        self.read(move |tx| {
            let sql = "SELECT settled_at / ?2, state, edited, COUNT(*), SUM(reply_tokens), SUM(decode_ms) FROM \"Suggestion\"
                WHERE settled_at >= ?1 AND state NOT IN ('queued', 'drafting') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";
            let mut statement = tx.prepare_cached(sql).map_err(fault)?;
            let read = |row: &rusqlite::Row<'_>| {
                let counts = (row.get(3)?, row.get(4)?, row.get(5)?);
                Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, counts))
            };
            let rows = statement.query_map((since.timestamp_millis(), DAY_MS), read).map_err(fault)?;
            rows.map(|row| {
                let (day, word, edited, (n, reply_tokens, decode_ms)) = row.map_err(fault)?;
                Ok(SuggestionTally { day, state: state(&word)?, edited, n, reply_tokens, decode_ms })
            })
            .collect()
        })
        .await
    }

    async fn take_suggestion(&self, holder: &str, urgent: bool, now: DateTime, until: DateTime) -> Result<Option<Suggestion>> {
        let holder = holder.to_owned();
        self.write(move |tx| {
            let sql = "SELECT doc FROM \"Suggestion\" WHERE state = 'queued' AND urgent = ?1 ORDER BY asked_at, _id LIMIT 1";
            let left = "SELECT doc FROM \"Suggestion\" WHERE state = 'drafting' AND urgent = ?1 AND lease_until < ?2 ORDER BY asked_at, _id LIMIT 1";
            let next = match select_one::<Suggestion>(tx, "Suggestion", left, (urgent, now.timestamp_millis()))? {
                Some(next) => Some(next),
                None => select_one(tx, "Suggestion", sql, [urgent])?,
            };
            let Some(mut next) = next else { return Ok(None) };
            next.state = SuggestionState::Drafting;
            next.lease = Some(Lease { holder, until });
            next.n_begun = next.n_begun.saturating_add(1);
            next.so_far.clear();
            save(tx, "INSERT OR REPLACE", &next)?;
            Ok(Some(next))
        })
        .await
    }

    async fn touch_suggestion(&self, id: &SuggestionId, holder: &str, until: DateTime, so_far: &str) -> Result<bool> {
        let (id, holder, so_far) = (*id, holder.to_owned(), so_far.to_owned());
        self.write(move |tx| {
            let Some(mut held) = find(tx, &id)?.filter(|found| is_held(found, &holder)) else { return Ok(false) };
            held.lease = Some(Lease { holder, until });
            held.so_far = so_far;
            Ok(save(tx, "INSERT OR REPLACE", &held)? > 0)
        })
        .await
    }

    async fn update_suggestion(&self, suggestion: &Suggestion, was: SuggestionState, holder: Option<&str>) -> Result<bool> {
        let (suggestion, holder) = (suggestion.clone(), holder.map(str::to_owned));
        self.write(move |tx| {
            let fits = |found: &Suggestion| found.state == was && holder.as_deref().is_none_or(|holder| is_held(found, holder));
            match find(tx, &suggestion.id)?.filter(fits) {
                Some(_) => Ok(save(tx, "INSERT OR REPLACE", &suggestion)? > 0),
                None => Ok(false),
            }
        })
        .await
    }
}
