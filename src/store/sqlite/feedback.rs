//! What people said of answers.

use std::collections::HashMap;

use async_trait::async_trait;

use super::{SqliteStore, encode, execute, fault, select};
use crate::{
    domain::{Answer, Feedback, KnownErrorId},
    store::{FeedbackStore, Result},
};

#[async_trait]
impl FeedbackStore for SqliteStore {
    async fn save_feedback(&self, feedback: &Feedback) -> Result<()> {
        let row = (
            feedback.id.bytes(),
            encode("Feedback", feedback)?,
            feedback.known_error_id.to_string(),
            feedback.answer_id.bytes(),
            feedback.user.clone(),
            feedback.worked,
        );
        let sql = "INSERT OR REPLACE INTO \"Feedback\" (_id, doc, known_error_id, answer_id, user, worked) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.write(move |tx| execute(tx, sql, row).map(drop)).await
    }

    async fn list_feedback(&self, known_error: &KnownErrorId, user: Option<&str>) -> Result<Vec<Feedback>> {
        let wanted = (known_error.to_string(), user.map(str::to_owned));
        let sql = "SELECT doc FROM \"Feedback\" WHERE known_error_id = ?1 AND (?2 IS NULL OR user = ?2) ORDER BY _id";
        self.read(move |tx| select(tx, "Feedback", sql, wanted)).await
    }

    async fn recount_answers(&self, known_error: &KnownErrorId) -> Result<()> {
        let known_error = known_error.to_string();
        self.write(move |tx| {
            let sql = "SELECT answer_id, SUM(worked), SUM(NOT worked) FROM \"Feedback\" WHERE known_error_id = ?1 GROUP BY answer_id";
            let mut statement = tx.prepare_cached(sql).map_err(fault)?;
            let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, [u8; 12]>(0)?, (row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)));
            let counts: HashMap<[u8; 12], (i64, i64)> =
                statement.query_map([&known_error], read).and_then(Iterator::collect).map_err(fault)?;
            let answers: Vec<Answer> = select(tx, "Answer", "SELECT doc FROM \"Answer\" WHERE known_error_id = ?1", [&known_error])?;
            for mut answer in answers {
                (answer.n_worked, answer.n_failed) = counts.get(&answer.id.bytes()).copied().unwrap_or_default();
                execute(tx, "UPDATE \"Answer\" SET doc = ?2 WHERE _id = ?1", (answer.id.bytes(), encode("Answer", &answer)?))?;
            }
            Ok(())
        })
        .await
    }
}
