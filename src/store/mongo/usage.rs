//! How much known errors are used.

use async_trait::async_trait;
use bson::{DateTime, Document, doc};
use futures_util::TryStreamExt;
use mongodb::options::Hint;

use super::{MongoStore, fault};
use crate::{
    domain::{BranchCode, KnownErrorId},
    store::{DayCount, KnownErrorCount, Result, Usage, UsageStore},
};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

#[async_trait]
impl UsageStore for MongoStore {
    async fn list_known_error_counts(&self) -> Result<Vec<KnownErrorCount>> {
        let collection = self.collection::<Document>("KnownError");
        let find = collection.find(doc! {}).projection(doc! { "count": 1, "last_seen": 1 });
        let find = find.sort(doc! { "_id": 1 }).hint(Hint::Name("id_count_seen".to_owned()));
        let rows: Vec<Document> = find.await.map_err(fault)?.try_collect().await.map_err(fault)?;
        let count = |row: &Document| {
            Some(KnownErrorCount {
                id: KnownErrorId(row.get_str("_id").ok()?.to_owned()),
                count: row.get_i64("count").unwrap_or_default(),
                last_seen: row.get_datetime("last_seen").ok().copied(),
            })
        };
        Ok(rows.iter().filter_map(count).collect())
    }

    async fn count_known_error_days(
        &self,
        id: &KnownErrorId,
        branches: Option<&[BranchCode]>,
        from: DateTime,
        to: DateTime,
        limit: usize,
    ) -> Result<Usage> {
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let since = doc! { "$subtract": ["$date", DateTime::from_millis(0)] };
        let day = doc! { "$floor": { "$divide": [since, DAY_MS] } };
        let mut wanted = doc! { "verdict.known_error_id": id.as_str(), "date": { "$gte": from, "$lt": to } };
        if let Some(branches) = branches {
            wanted.insert("branch", doc! { "$in": branches.iter().map(BranchCode::as_str).collect::<Vec<_>>() });
        }
        let stages = vec![
            doc! { "$match": wanted },
            doc! { "$sort": { "date": -1, "_id": -1 } },
            doc! { "$limit": most.saturating_add(1) },
            doc! { "$group": { "_id": { "day": { "$toLong": day }, "branch": "$branch" }, "n": { "$sum": 1_i64 } } },
            doc! { "$sort": { "_id.day": 1, "_id.branch": 1 } },
        ];
        let rows = self.aggregate("Log", stages).await?;
        let incomplete = rows.iter().filter_map(|row| row.get_i64("n").ok()).sum::<i64>() > most;
        let day = |row: &Document| {
            let key = row.get_document("_id").ok()?;
            let (day, branch) = (key.get_i64("day").ok()?, key.get_str("branch").ok()?.parse().ok()?);
            Some(DayCount { day, branch, count: row.get_i64("n").ok()? })
        };
        Ok(Usage { days: rows.iter().filter_map(day).collect(), incomplete })
    }

    async fn list_pending_known_errors(&self) -> Result<Vec<KnownErrorId>> {
        let collection = self.collection::<Document>("KnownError");
        let find = collection.find(doc! { "rejudge_pending": true }).projection(doc! { "_id": 1 });
        let rows: Vec<Document> = find.sort(doc! { "_id": 1 }).await.map_err(fault)?.try_collect().await.map_err(fault)?;
        Ok(rows.iter().filter_map(|row| row.get_str("_id").ok().map(|id| KnownErrorId(id.to_owned()))).collect())
    }

    async fn settle_known_error(&self, id: &KnownErrorId, version: i64) -> Result<()> {
        let (latest, change) = (doc! { "_id": id.as_str(), "version": version }, doc! { "$set": { "rejudge_pending": false } });
        self.collection::<Document>("KnownError").update_one(latest, change).await.map_err(fault).map(drop)
    }
}
