//! `group`: the group and template of each message.

use std::process::ExitCode;

use anyhow::Result;
use rustc_hash::FxHashMap;
use serde_json::json;

use super::{
    input,
    output::{Lines, is_closed_pipe},
};
use crate::{domain::GroupId, inference::group::Grouper};

/// Print the group and template of each message of standard input as NDJSON; templates as they stand when all have been read.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  grep ERROR app.log | loghelper group | jq -r .template | sort | uniq -c | sort -rn")]
pub(super) struct Group {}

impl Group {
    pub(super) fn run(self) -> Result<ExitCode> {
        let mut grouper = Grouper::new();
        let mut ids: Vec<GroupId> = Vec::new();
        for line in input::stdin_lines() {
            ids.push(grouper.assign(&line?).id);
        }
        // Templates are final now, and far fewer than messages.
        let mut templates: FxHashMap<GroupId, String> = FxHashMap::default();
        let mut lines = Lines::new();
        for (index, id) in ids.iter().enumerate() {
            let template =
                templates.entry(*id).or_insert_with(|| grouper.template(*id).map(|template| template.to_string()).unwrap_or_default());
            let written = lines.json(&json!({ "line": index + 1, "group": id.to_string(), "template": template }));
            match written.map_err(anyhow::Error::from) {
                Err(error) if is_closed_pipe(&error) => return Ok(ExitCode::SUCCESS),
                other => other?,
            }
        }
        lines.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}
