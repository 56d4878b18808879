//! `branch key`: the keys with which branches send logs.

use std::time::Duration;

use anyhow::{Context, Result};
use bson::DateTime;
use clap::Subcommand;
use serde_json::json;

use super::output::Lines;
use crate::{
    domain::{BranchCode, IngestKey},
    usecase::{Services, ingest_keys::NewKey},
};

/// Who made a key that was made here.
const BY: &str = "command line";

#[derive(Debug, Subcommand)]
pub(super) enum KeyAction {
    /// Make a key for a branch; it is shown this once
    #[command(after_help = "Example:\n  loghelper branch key add K01 --name 'server of the office'")]
    Add {
        /// The branch's code; registered where it is new
        code: BranchCode,
        /// What it is for
        #[arg(long, default_value = "")]
        name: String,
    },
    /// List keys as NDJSON
    #[command(after_help = "Example:\n  loghelper branch key list K01")]
    List {
        /// Of this branch
        code: Option<BranchCode>,
    },
    /// Make a key that takes another's place; both are taken for a while
    #[command(after_help = "Example:\n  loghelper branch key rotate lhk_0123abcd --overlap-hours 48")]
    Rotate {
        /// Visible part of the old key: `lhk_…`
        id: String,
        /// How long the old one is still taken, in hours
        #[arg(long, default_value_t = 24)]
        overlap_hours: u32,
    },
    /// Have a key end now
    #[command(after_help = "Example:\n  loghelper branch key revoke lhk_0123abcd")]
    Revoke {
        /// Visible part of the key: `lhk_…`
        id: String,
    },
}

impl KeyAction {
    pub(super) async fn run(self, services: &Services, lines: &mut Lines) -> Result<()> {
        let now = DateTime::now();
        match self {
            Self::Add { code, name } => show(lines, &services.add_ingest_key(&code, &name, BY, now).await?),
            Self::List { code } => {
                if let Some(code) = &code {
                    services.store.find_branch(code).await?.with_context(|| format!("there is no branch `{code}`"))?;
                }
                for key in services.store.list_ingest_keys(code.as_ref()).await? {
                    lines.json(&shown(&key))?;
                }
                Ok(())
            }
            Self::Rotate { id, overlap_hours } => {
                let overlap = Duration::from_secs(u64::from(overlap_hours) * 3600);
                let new = services.rotate_ingest_key(&id, BY, overlap, now).await?.with_context(|| missing(&id))?;
                show(lines, &new)
            }
            Self::Revoke { id } => {
                services.end_ingest_key(&id, now).await?.then_some(()).with_context(|| missing(&id))?;
                Ok(lines.text(&format!("{id} was revoked"))?)
            }
        }
    }
}

fn missing(id: &str) -> String {
    format!("there is no key `{id}`")
}

fn show(lines: &mut Lines, new: &NewKey) -> Result<()> {
    eprintln!("the key is shown this once; only its hash is kept");
    Ok(lines.json(&json!({ "id": new.key.id, "branch": new.key.branch, "name": new.key.name, "key": new.to_string() }))?)
}

fn shown(key: &IngestKey) -> serde_json::Value {
    let date = |date: Option<DateTime>| date.and_then(|date| date.try_to_rfc3339_string().ok());
    json!({
        "id": key.id, "branch": key.branch, "name": key.name, "created_by": key.created_by, "created_at": date(Some(key.created_at)),
        "ends_at": date(key.ends_at), "last_used_at": date(key.last_used_at),
    })
}
