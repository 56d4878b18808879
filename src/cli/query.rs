//! `query`: stored Logs that match a filter.

use std::process::ExitCode;

use anyhow::{Context, Result};
use bson::DateTime;

use super::{
    Global,
    output::{Lines, is_closed_pipe},
    usage,
};
use crate::{app, domain::ViewKind, query::Filter, store::LogPage, usecase::views};

/// Logs read at once.
const PAGE: usize = 500;

/// Print stored Logs that match a filter, newest first, as NDJSON.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  loghelper query 'branch = K01 and error exists' --limit 10\n  loghelper query 'request.method = \"CloseSession\" and date >= 2016-05-08'\n  loghelper query ''\n  loghelper query --saved 'failed payments'"
)]
pub(super) struct Query {
    /// `path op value` tests joined by and, or, not and parentheses; blank for every Log
    #[arg(required_unless_present = "saved", allow_hyphen_values = true, value_parser = usage::filter)]
    filter: Option<Filter>,
    /// A saved view by name, with its time range
    #[arg(long, value_name = "NAME", conflicts_with = "filter")]
    saved: Option<String>,
    /// Whose saved filter; shared ones need none
    #[arg(long, default_value = "")]
    user: String,
    /// At most this many
    #[arg(long)]
    limit: Option<usize>,
}

impl Query {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        let services = app::open(global.config()?).await?;
        let filter = match (&self.saved, self.filter) {
            (Some(name), _) => {
                let saved = services.store.find_query_config(&self.user, ViewKind::Logs, name).await?;
                let saved = saved.with_context(|| format!("there is no saved filter `{name}`"))?;
                views::within(saved.filter.parse()?, views::bounds(&saved.range, DateTime::now()))
            }
            (None, given) => given.unwrap_or(Filter::All),
        };
        let mut lines = Lines::new();
        let (mut left, mut after) = (self.limit.unwrap_or(usize::MAX), None);
        while left > 0 {
            let page = LogPage { filter: &filter, limit: left.min(PAGE), after, scan_limit: usize::MAX };
            let found = services.store.list_logs(&page).await?;
            left -= found.logs.len().min(left);
            for log in &found.logs {
                match lines.document(log) {
                    Err(error) if is_closed_pipe(&error) => return Ok(ExitCode::SUCCESS),
                    other => other?,
                }
            }
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        lines.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}
