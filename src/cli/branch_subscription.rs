//! `branch subscription`: who is told what fails at a branch.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use bson::DateTime;
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::Lines;
use crate::{
    domain::{BranchCode, Channel, Often, Subscription, SubscriptionId, Tongue},
    usecase::{
        Services,
        tell::{self, Outcome, Subscribed, Target, Wish},
    },
};

/// Who wanted a subscription that was made here.
const BY: &str = "command line";
/// Subscriptions listed.
const LISTED: usize = 10_000;

#[derive(Debug, Subcommand)]
pub(super) enum SubscriptionAction {
    /// Have somebody told from now on; the secret of a webhook is shown this once
    #[command(
        after_help = "Examples:\n  loghelper branch subscription add K01 --mail chief@bank.example --often daily --language uk\n  loghelper branch subscription add K01 --webhook https://hooks.bank.example/loghelper --only-known"
    )]
    Add(Add),
    /// List subscriptions as NDJSON
    #[command(after_help = "Example:\n  loghelper branch subscription list K01")]
    List {
        /// Of this branch
        code: Option<BranchCode>,
    },
    /// Change a subscription; what is not named stays as it is
    #[command(after_help = "Example:\n  loghelper branch subscription edit 5f0c… --often hourly --language uk")]
    Edit(Edit),
    /// End a subscription, with what waits to be sent to it
    #[command(after_help = "Example:\n  loghelper branch subscription remove 5f0c…")]
    Remove {
        /// Its id
        id: SubscriptionId,
    },
    /// Send a test message now
    #[command(after_help = "Example:\n  loghelper branch subscription test 5f0c…")]
    Test {
        /// Its id
        id: SubscriptionId,
    },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The branch's code
    code: BranchCode,
    /// Addresses of mail, parted by commas
    #[arg(long, value_name = "ADDRESSES", required_unless_present = "webhook", conflicts_with = "webhook")]
    mail: Option<String>,
    /// Address of a program; its host has to be allowed in the configuration
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
    /// at_once, hourly or daily
    #[arg(long, default_value = "at_once", value_parser = often)]
    often: Often,
    /// en or uk
    #[arg(long, default_value = "en", value_parser = language)]
    language: Tongue,
    /// Only known errors, with their answers
    #[arg(long, conflicts_with = "only_unknown")]
    only_known: bool,
    /// Only errors that nobody knows
    #[arg(long)]
    only_unknown: bool,
}

#[derive(Debug, Args)]
pub(super) struct Edit {
    /// Its id
    id: SubscriptionId,
    /// Addresses of mail, parted by commas
    #[arg(long, value_name = "ADDRESSES", conflicts_with = "webhook")]
    mail: Option<String>,
    /// Address of a program; its host has to be allowed in the configuration
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
    /// at_once, hourly or daily
    #[arg(long, value_parser = often)]
    often: Option<Often>,
    /// en or uk
    #[arg(long, value_parser = language)]
    language: Option<Tongue>,
    /// What is told: known, unknown or both
    #[arg(long, value_parser = ["known", "unknown", "both"])]
    tell: Option<String>,
    /// Make a new secret for a webhook, shown this once
    #[arg(long)]
    new_secret: bool,
}

impl Edit {
    /// The change of a subscription as it was found.
    fn of(self, found: &Subscription) -> tell::Edit {
        let target = match (self.mail, self.webhook, &found.channel) {
            (Some(addresses), _, _) => Target::Mail(addresses),
            (None, Some(url), _) => Target::Webhook(url),
            (None, None, channel @ Channel::Mail { .. }) => Target::Mail(channel.target()),
            (None, None, channel @ Channel::Webhook { .. }) => Target::Webhook(channel.target()),
        };
        let (known, unknown) = match self.tell.as_deref() {
            None => (found.known, found.unknown),
            Some(what) => (what != "unknown", what != "known"),
        };
        let (often, language) = (self.often.unwrap_or(found.often), self.language.unwrap_or(found.language));
        let wish = Wish { target, often, language, known, unknown };
        tell::Edit { wish, new_secret: self.new_secret, version: found.version }
    }
}

fn often(word: &str) -> Result<Often, String> {
    Often::named(word).ok_or_else(|| "at_once, hourly or daily".to_owned())
}

fn language(word: &str) -> Result<Tongue, String> {
    Tongue::named(word).ok_or_else(|| "en or uk".to_owned())
}

impl SubscriptionAction {
    pub(super) async fn run(self, services: &Arc<Services>, lines: &mut Lines) -> Result<()> {
        let now = DateTime::now();
        match self {
            Self::Add(add) => {
                let target = match (add.mail, add.webhook) {
                    (Some(addresses), _) => Target::Mail(addresses),
                    (None, url) => Target::Webhook(url.unwrap_or_default()),
                };
                let (known, unknown) = (!add.only_unknown, !add.only_known);
                let wish = Wish { target, often: add.often, language: add.language, known, unknown };
                Ok(lines.json(&made(services.subscribe(&add.code, wish, BY, now).await?))?)
            }
            Self::Edit(edit) => {
                let found = services.store.find_subscription(&edit.id).await?.with_context(|| missing(&edit.id))?;
                let (id, edit) = (found.id, edit.of(&found));
                Ok(lines.json(&made(services.edit_subscription(&id, edit).await?))?)
            }
            Self::List { code } => {
                for subscription in services.store.list_subscriptions(code.as_ref(), LISTED).await? {
                    lines.json(&shown(&subscription))?;
                }
                Ok(())
            }
            Self::Remove { id } => {
                services.unsubscribe(&id).await?.then_some(()).with_context(|| missing(&id))?;
                Ok(lines.text(&format!("{id} was removed"))?)
            }
            Self::Test { id } => {
                let subscription = services.store.find_subscription(&id).await?.with_context(|| missing(&id))?;
                match services.try_subscription(subscription, now).await? {
                    Outcome::Taken => Ok(lines.text("the test was taken")?),
                    Outcome::Later(fault) | Outcome::Refused(fault) => bail!("the test was not taken: {fault}"),
                }
            }
        }
    }
}

/// What was made or changed, with its secret where that is new.
fn made(made: Subscribed) -> serde_json::Value {
    let mut line = shown(&made.subscription);
    if let (Some(secret), Some(line)) = (made.secret, line.as_object_mut()) {
        eprintln!("the secret is shown this once");
        line.insert("secret".to_owned(), secret.expose().into());
    }
    line
}

fn missing(id: &SubscriptionId) -> String {
    format!("there is no subscription `{id}`")
}

fn shown(subscription: &Subscription) -> serde_json::Value {
    json!({
        "id": subscription.id.to_string(), "branch": subscription.branch, "way": subscription.channel.kind(),
        "target": subscription.channel.target(), "often": subscription.often, "language": subscription.language,
        "known": subscription.known, "unknown": subscription.unknown, "version": subscription.version, "created_by": subscription.created_by,
        "created_at": subscription.created_at.try_to_rfc3339_string().ok(),
    })
}
