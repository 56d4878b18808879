//! `branch`: registering branches.

use std::process::ExitCode;

use anyhow::Result;
use bson::DateTime;
use clap::Subcommand;

use super::{Global, branch_key::KeyAction, branch_subscription::SubscriptionAction, output::Lines, usage};
use crate::{
    app,
    domain::{self, BranchCode, DateOrder},
    usecase::audit::{self, AuditAction, Deed},
};

/// Register or list branches, make and revoke their ingestion keys, say who is told what fails there.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  loghelper branch add K01 --name 'Kyiv, Khreshchatyk 1' --timezone Europe/Kyiv\n  loghelper branch list\n  loghelper branch key add K01 --name 'server of the office'\n  loghelper branch key rotate lhk_0123abcd --overlap-hours 48\n  loghelper branch subscription add K01 --mail chief@bank.example --often daily --language uk\n  loghelper branch subscription add K01 --webhook https://hooks.bank.example/loghelper"
)]
pub(super) struct Branch {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Register a branch, or change one: what is not named stays as it is
    #[command(
        after_help = "Example:\n  loghelper branch add K01 --name 'Kyiv, Khreshchatyk 1' --timezone Europe/Kyiv --encoding windows-1251"
    )]
    Add {
        /// Its code
        code: BranchCode,
        /// Its name
        #[arg(long)]
        name: Option<String>,
        /// Zone in which its servers write dates; UTC for a new one
        #[arg(long, value_parser = usage::zone_name)]
        timezone: Option<String>,
        /// Encoding of its files; `detect`, and so for a new one: found out
        #[arg(long, value_parser = usage::encoding_or_detect)]
        encoding: Option<String>,
        /// Order of dates with slashes; found out for a new one
        #[arg(long, value_parser = ["detect", "month_first", "day_first"])]
        date_order: Option<String>,
    },
    /// List branches as NDJSON
    #[command(after_help = "Example:\n  loghelper branch list")]
    List,
    /// Ingestion keys
    #[command(after_help = "Examples:\n  loghelper branch key add K01 --name 'server of the office'\n  loghelper branch key list K01")]
    #[command(subcommand)]
    Key(KeyAction),
    /// Who is told what fails
    #[command(after_help = "Example:\n  loghelper branch subscription add K01 --mail chief@bank.example --often daily --language uk")]
    #[command(subcommand)]
    Subscription(SubscriptionAction),
}

impl Branch {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        let services = app::open(global.config()?).await?;
        let mut lines = Lines::new();
        match self.action {
            Action::Add { code, name, timezone, encoding, date_order } => {
                let before = services.store.find_branch(&code).await?;
                let kept = before.clone().unwrap_or_else(|| domain::Branch {
                    name: code.to_string(),
                    timezone: "UTC".to_owned(),
                    encoding: None,
                    date_order: DateOrder::default(),
                    created_at: DateTime::now(),
                    code,
                });
                let date_order = date_order.map(|order| serde_json::from_value(order.into())).transpose()?.unwrap_or(kept.date_order);
                let encoding = encoding.map_or(kept.encoding, |label| Some(label).filter(|label| label != usage::DETECT));
                let (name, timezone) = (name.unwrap_or(kept.name), timezone.unwrap_or(kept.timezone));
                let branch = domain::Branch { name, timezone, encoding, date_order, ..kept };
                services.store.save_branch(&branch).await?;
                let deed = Deed::new(AuditAction::BranchSave, &branch.code);
                let deed = if let Some(before) = &before { deed.before(before) } else { deed };
                audit::record(&services, deed.after(&branch)).await?;
                lines.json(&shown(&branch))?;
            }
            Action::Key(action) => action.run(&services, &mut lines).await?,
            Action::Subscription(action) => action.run(&services, &mut lines).await?,
            Action::List => {
                for branch in services.store.list_branches().await? {
                    lines.json(&shown(&branch))?;
                }
            }
        }
        lines.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

fn shown(branch: &domain::Branch) -> serde_json::Value {
    serde_json::json!({
        "code": branch.code, "name": branch.name, "timezone": branch.timezone, "encoding": branch.encoding, "date_order": branch.date_order,
    })
}
