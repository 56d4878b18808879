//! Care of the database: migrations, version, ping.

use async_trait::async_trait;
use bson::{Bson, Document, doc};
use mongodb::error::ErrorKind;

use super::{MongoStore, fault, majority};
use crate::store::{
    AdminStore, Error, Migration, Result,
    migrations::{LATEST, MIGRATIONS, RECOUNT},
};

/// The commands of each step, as Extended JSON.
const STEPS: [&str; MIGRATIONS.len()] = [
    include_str!("../../../migrations/mongodb/0001_documents.json"),
    include_str!("../../../migrations/mongodb/0002_indexes.json"),
    include_str!("../../../migrations/mongodb/0003_reading.json"),
    include_str!("../../../migrations/mongodb/0004_group_rules.json"),
    include_str!("../../../migrations/mongodb/0005_triage.json"),
    include_str!("../../../migrations/mongodb/0007_people.json"),
    include_str!("../../../migrations/mongodb/0008_ingestion.json"),
    include_str!("../../../migrations/mongodb/0009_knowledge.json"),
    include_str!("../../../migrations/mongodb/0010_suggestions.json"),
    include_str!("../../../migrations/mongodb/0011_vectors.json"),
    include_str!("../../../migrations/mongodb/0012_scale.json"),
    include_str!("../../../migrations/mongodb/0013_workplace.json"),
    include_str!("../../../migrations/mongodb/0014_sources.json"),
    include_str!("../../../migrations/mongodb/0015_notices.json"),
    include_str!("../../../migrations/mongodb/0016_counts.json"),
    include_str!("../../../migrations/mongodb/0017_ledger.json"),
    include_str!("../../../migrations/mongodb/0019_queue.json"),
    include_str!("../../../migrations/mongodb/0020_group_steps.json"),
    include_str!("../../../migrations/mongodb/0021_meeting.json"),
];

/// NamespaceExists, IndexNotFound: what the command is to do is done.
const DONE_ALREADY: [i32; 2] = [48, 27];

#[async_trait]
impl AdminStore for MongoStore {
    async fn ping(&self) -> Result<()> {
        self.database.run_command(doc! { "ping": 1 }).await.map_err(fault).map(drop)
    }

    async fn migrate(&self) -> Result<Vec<Migration>> {
        let from = self.schema_version().await?;
        if from > LATEST {
            return Err(Error::Refused(format!("the database has schema {from}, this program knows {LATEST}: use a newer program")));
        }
        let mut applied = Vec::new();
        for ((number, name), step) in MIGRATIONS.into_iter().zip(STEPS).filter(|((number, _), _)| *number > from) {
            let commands: Vec<serde_json::Value> =
                serde_json::from_str(step).map_err(|error| Error::Refused(format!("step {number}: {error}")))?;
            for command in commands {
                let Ok(Bson::Document(mut command)) = Bson::try_from(command) else {
                    return Err(Error::Refused(format!("step {number}: a command is no document")));
                };
                let concern = bson::serialize_to_document(&majority()).unwrap_or_default();
                command.insert("writeConcern", concern);
                match self.database.run_command(command).await {
                    Ok(_) => {}
                    // Another process, or an attempt that was interrupted, made or dropped it.
                    Err(error) if matches!(error.kind.as_ref(), ErrorKind::Command(command) if DONE_ALREADY.contains(&command.code)) => {}
                    Err(error) => return Err(fault(error)),
                }
            }
            if number == RECOUNT {
                self.recount_all().await?;
            }
            self.save("Meta", &doc! { "_id": "schema_version", "value": number }).await?;
            applied.push(Migration { number, name });
        }
        let first = doc! { "$setOnInsert": { "value": 1_i64 } };
        self.collection::<Document>("Meta").update_one(doc! { "_id": "knowledge_version" }, first).upsert(true).await.map_err(fault)?;
        Ok(applied)
    }

    async fn schema_version(&self) -> Result<i32> {
        let found = self.collection::<Document>("Meta").find_one(doc! { "_id": "schema_version" }).await.map_err(fault)?;
        Ok(found.and_then(|meta| meta.get_i32("value").ok()).unwrap_or_default())
    }

    async fn mark(&self, name: &str) -> Result<i64> {
        let found = self.collection::<Document>("Meta").find_one(doc! { "_id": name }).await.map_err(fault)?;
        Ok(found.and_then(|mark| mark.get_i64("value").ok()).unwrap_or_default())
    }

    async fn set_mark(&self, name: &str, value: i64) -> Result<()> {
        self.save("Meta", &doc! { "_id": name, "value": value }).await
    }

    fn describe(&self) -> String {
        self.place.clone()
    }
}
