//! `user`: people who sign in.

use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use bson::DateTime;
use clap::Subcommand;
use secrecy::SecretString;

use super::{Global, output::Lines};
use crate::{
    app,
    domain::{BranchCode, Role},
    usecase::{
        audit::{self, AuditAction, Deed},
        people::MIN_PASSWORD,
        sign_in,
    },
};

/// Add or list people, set passwords. The password is read from standard input, one line.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  loghelper user add olena --role expert_analyst\n  loghelper user password olena < password.txt\n  loghelper user list"
)]
pub(super) struct User {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a person
    #[command(
        after_help = "Examples:\n  loghelper user add olena --role expert_analyst\n  loghelper user add ivan --role branch_operator --branch K01 --branch L02 < password.txt"
    )]
    Add {
        /// Sign-in name
        name: String,
        /// What the person may do
        #[arg(long, default_value = "expert_analyst", value_parser = ["branch_operator", "programmer_developer", "expert_analyst", "system_administrator"])]
        role: String,
        /// A branch that a branch operator sees; may be repeated
        #[arg(long = "branch")]
        branches: Vec<BranchCode>,
    },
    /// Set a person's password
    #[command(after_help = "Example:\n  loghelper user password olena < password.txt")]
    Password {
        /// Sign-in name
        name: String,
    },
    /// List people as NDJSON
    #[command(after_help = "Example:\n  loghelper user list")]
    List,
}

impl User {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        let services = app::open(global.config()?).await?;
        let mut lines = Lines::new();
        match self.action {
            Action::Add { name, role, branches } => {
                if name.trim().is_empty() || name.len() > 64 {
                    bail!("a sign-in name has 1 to 64 bytes");
                }
                let role: Role = serde_json::from_value(role.into())?;
                let user = sign_in::new_user(name.trim(), password()?, role, branches, DateTime::now()).await?;
                services.store.insert_user(&user).await?;
                audit::record(&services, Deed::new(AuditAction::UserChange, &user.name).after(&user.role.as_str())).await?;
                lines.text(&format!("{} was added as {}", user.name, user.role.as_str()))?;
            }
            Action::Password { name } => {
                let before = services.store.find_user(&name).await?.with_context(|| format!("there is nobody named `{name}`"))?;
                let mut user = sign_in::new_user(&name, password()?, before.role, before.branches.clone(), before.created_at).await?;
                user.disabled = before.disabled;
                services.store.update_user(&user).await?;
                services.store.delete_sessions(&name, None).await?;
                audit::record(&services, Deed::new(AuditAction::UserPassword, &name)).await?;
                lines.text(&format!("the password of {name} was changed"))?;
            }
            Action::List => {
                for user in services.store.list_users().await? {
                    lines.json(
                        &serde_json::json!({ "name": user.name, "role": user.role, "branches": user.branches, "disabled": user.disabled }),
                    )?;
                }
            }
        }
        lines.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// One line of standard input.
fn password() -> Result<SecretString> {
    eprint!("password: ");
    io::stderr().flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let line = line.trim_end_matches(['\n', '\r']);
    if line.chars().count() < MIN_PASSWORD {
        bail!("a password has at least {MIN_PASSWORD} characters");
    }
    Ok(line.to_owned().into())
}
