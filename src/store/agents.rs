//! What agents of branches say of themselves.

use async_trait::async_trait;

use super::Result;
use crate::domain::{AgentReport, BranchCode};

/// The latest report of each agent.
#[async_trait]
pub trait AgentStore {
    /// Keeps a report in the place of the agent's last one. Of a branch at most `most` are kept: those that were silent for longest go.
    async fn save_agent_report(&self, report: &AgentReport, most: usize) -> Result<()>;
    /// Reports of a branch, by agent.
    async fn list_agent_reports(&self, branch: &BranchCode) -> Result<Vec<AgentReport>>;
}
