//! What people said of answers.

use async_trait::async_trait;
use bson::{Document, doc};

use super::MongoStore;
use crate::{
    domain::{Answer, Feedback, KnownErrorId},
    store::{FeedbackStore, KnowledgeStore, Result},
};

#[async_trait]
impl FeedbackStore for MongoStore {
    async fn save_feedback(&self, feedback: &Feedback) -> Result<()> {
        self.save("Feedback", feedback).await
    }

    async fn list_feedback(&self, known_error: &KnownErrorId, user: Option<&str>) -> Result<Vec<Feedback>> {
        let mut filter = doc! { "known_error_id": known_error.as_str() };
        if let Some(user) = user {
            filter.insert("user", user);
        }
        self.many("Feedback", filter, doc! { "_id": 1 }, usize::MAX).await
    }

    async fn recount_answers(&self, known_error: &KnownErrorId) -> Result<()> {
        let one_if = |worked: bool| doc! { "$sum": { "$cond": [{ "$eq": ["$worked", worked] }, 1_i64, 0_i64] } };
        let by_answer = doc! { "$group": { "_id": "$answer_id", "worked": one_if(true), "failed": one_if(false) } };
        let rows = self.aggregate("Feedback", vec![doc! { "$match": { "known_error_id": known_error.as_str() } }, by_answer]).await?;
        let update = |answer: &Answer| {
            let row = rows.iter().find(|row| row.get_object_id("_id").is_ok_and(|id| id == answer.id.0));
            let n = |name: &str| row.and_then(|row: &Document| row.get_i64(name).ok()).unwrap_or_default();
            doc! { "q": { "_id": answer.id.0 }, "u": { "$set": { "n_worked": n("worked"), "n_failed": n("failed") } } }
        };
        let updates: Vec<Document> = self.list_answers(Some(known_error)).await?.iter().map(update).collect();
        if updates.is_empty() {
            return Ok(());
        }
        self.write_all(doc! { "update": "Answer", "updates": updates }).await.map(drop)
    }
}
