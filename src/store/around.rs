//! What happened after a Log: the other direction of [`super::LogStore::list_logs`].

use async_trait::async_trait;

use super::{LogPage, LogsFound, Result};

/// Reading Logs in the order in which they happened.
#[async_trait]
pub trait AroundStore {
    /// As [`super::LogStore::list_logs`], the other way round: Logs that satisfy the filter, the oldest first, after the place that the
    /// page names. Those without a date are left out.
    async fn list_logs_later(&self, page: &LogPage<'_>) -> Result<LogsFound>;
}
