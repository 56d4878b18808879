//! Reports of agents.

use async_trait::async_trait;
use bson::{Document, doc};

use super::{MongoStore, fault};
use crate::{
    domain::{AgentReport, BranchCode},
    store::{AgentStore, Result},
};

#[async_trait]
impl AgentStore for MongoStore {
    async fn save_agent_report(&self, report: &AgentReport, most: usize) -> Result<()> {
        self.save("Agent", report).await?;
        let own = doc! { "branch": report.branch.as_str() };
        let kept = self.many::<AgentReport>("Agent", own.clone(), doc! { "seen_at": -1, "_id": 1 }, most.saturating_add(1)).await?;
        if kept.len() <= most {
            return Ok(());
        }
        let ids: Vec<&str> = kept.iter().take(most).map(|report| report.id.as_str()).collect();
        let mut others = own;
        others.insert("_id", doc! { "$nin": ids });
        self.collection::<Document>("Agent").delete_many(others).await.map_err(fault).map(drop)
    }

    async fn list_agent_reports(&self, branch: &BranchCode) -> Result<Vec<AgentReport>> {
        self.many("Agent", doc! { "branch": branch.as_str() }, doc! { "_id": 1 }, usize::MAX).await
    }
}
