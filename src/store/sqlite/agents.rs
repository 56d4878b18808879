//! Reports of agents.

use async_trait::async_trait;

use super::{SqliteStore, encode, execute, select};
use crate::{
    domain::{AgentReport, BranchCode},
    store::{AgentStore, Result},
};

#[async_trait]
impl AgentStore for SqliteStore {
    async fn save_agent_report(&self, report: &AgentReport, most: usize) -> Result<()> {
        let (branch, seen_at) = (report.branch.to_string(), report.seen_at.timestamp_millis());
        let row = (report.id.clone(), encode("Agent", report)?, branch.clone(), seen_at);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.write(move |tx| {
            execute(tx, "INSERT OR REPLACE INTO \"Agent\" (_id, doc, branch, seen_at) VALUES (?1, ?2, ?3, ?4)", row)?;
            let kept = "SELECT _id FROM \"Agent\" WHERE branch = ?1 ORDER BY seen_at DESC, _id LIMIT ?2";
            let sql = format!("DELETE FROM \"Agent\" WHERE branch = ?1 AND _id NOT IN ({kept})");
            execute(tx, &sql, (branch, most)).map(drop)
        })
        .await
    }

    async fn list_agent_reports(&self, branch: &BranchCode) -> Result<Vec<AgentReport>> {
        let branch = branch.to_string();
        self.read(move |tx| select(tx, "Agent", "SELECT doc FROM \"Agent\" WHERE branch = ?1 ORDER BY _id", [branch])).await
    }
}
