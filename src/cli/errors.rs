//! `errors`: the unknown ones from the terminal.

use std::process::ExitCode;

use anyhow::{Context, Result};
use bson::DateTime;
use clap::Subcommand;
use serde_json::json;

use super::{Global, output::Lines};
use crate::{
    app,
    domain::{GroupId, GroupState, LogError, StatusCode, StatusError, Until},
    usecase::{
        Services,
        approve::{self, Approval, StatusChoice, Ways},
        diagnose::{self, Unexplained},
        groups,
        regroup::{self, Rule},
        rejudge_known,
        triage::{self, Decision},
    },
};

/// Who is noted for what is decided here.
const BY: &str = "command line";

/// Work on unknown errors: list, show, give a status, approve, ignore.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  loghelper errors list --limit 20\n  loghelper errors show 5f0c…\n  loghelper errors approve 5f0c… --status 210 --answer 'Repeat the payment after the day is opened'\n  loghelper errors approve 5f0c… --new-status 250 --status-title 'Archive' --answer '…'\n  loghelper errors merge 5f0c… --into 9a3e…\n  loghelper errors split 5f0c… --place 4 --value srv-07"
)]
pub(super) struct Errors {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List groups, the most frequent first, as NDJSON
    #[command(after_help = "Example:\n  loghelper errors list --state all --limit 1000")]
    List {
        /// In which state
        #[arg(long, default_value = "unknown", value_parser = ["unknown", "known", "ignored", "all"])]
        state: String,
        /// At most this many
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Show a group with an example and the nearest known errors
    #[command(after_help = "Example:\n  loghelper errors show 5f0c…")]
    Show {
        /// The group's id
        id: GroupId,
    },
    /// Give a group a status without making it known
    #[command(after_help = "Example:\n  loghelper errors status 5f0c… 210")]
    Status {
        /// The group's id
        id: GroupId,
        /// The status number
        status: i32,
    },
    /// Make a group a known error; all its stored Logs become known
    #[command(
        after_help = "Examples:\n  loghelper errors approve 5f0c… --status 210 --answer 'Repeat the payment after the day is opened'\n  loghelper errors approve 5f0c… --new-status 250 --status-title 'Archive' --parent 200 --keyword archive --answer 'Wait an hour'"
    )]
    Approve(Box<Approve>),
    /// Make one group of two: the messages of the first belong to the second, now and later
    #[command(after_help = "Example:\n  loghelper errors merge 5f0c… --into 9a3e…")]
    Merge {
        /// The group that is given up
        id: GroupId,
        /// The group that has its messages
        #[arg(long)]
        into: GroupId,
    },
    /// Make a value of a variable a group of its own (`show` lists the variables and their places)
    #[command(after_help = "Example:\n  loghelper errors split 5f0c… --place 4 --value srv-07")]
    Split {
        /// The group that is divided
        id: GroupId,
        /// The place of the variable
        #[arg(long)]
        place: usize,
        /// The value
        #[arg(long)]
        value: String,
    },
    /// Set a group aside as of no consequence
    #[command(after_help = "Example:\n  loghelper errors ignore 5f0c…")]
    Ignore {
        /// The group's id
        id: GroupId,
    },
}

#[derive(Debug, clap::Args)]
struct Approve {
    /// The group's id
    id: GroupId,
    /// An existing status number
    #[arg(long, required_unless_present = "new_status")]
    status: Option<i32>,
    /// Number of a new status
    #[arg(long, conflicts_with = "status", requires = "status_title")]
    new_status: Option<i32>,
    /// Title of the new status
    #[arg(long)]
    status_title: Option<String>,
    /// The status above the new one
    #[arg(long)]
    parent: Option<i32>,
    /// Short name; the beginning of the text where none is given
    #[arg(long, default_value = "")]
    title: String,
    /// Text by which it is recognised; the group's first message where none is given
    #[arg(long)]
    text: Option<String>,
    /// A key word; may be repeated
    #[arg(long = "keyword")]
    keywords: Vec<String>,
    /// A remedy, best first; may be repeated
    #[arg(long = "answer", required = true)]
    answers: Vec<String>,
    /// Who approves
    #[arg(long, default_value = BY)]
    by: String,
}

/// Has a rule about groups hold, and prints what came of it.
async fn regrouped(services: &Services, rule: Rule, lines: &mut Lines) -> Result<()> {
    let done = regroup::regroup(services, rule, BY, DateTime::now()).await?;
    lines.json(&json!({ "group_id": done.group.to_string(), "logs": done.n_logs }))?;
    Ok(())
}

impl Errors {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        let services = app::open(global.config()?).await?;
        let mut lines = Lines::new();
        match self.action {
            Action::List { state, limit } => {
                for group in services.store.list_log_errors(state_named(&state), limit).await? {
                    lines.json(&shown(&group))?;
                }
            }
            Action::Show { id } => lines.json(&show(&services, id).await?)?,
            Action::Status { id, status } => {
                approve::set_status(&services, id, StatusCode(status)).await?;
                lines.json(&json!({ "id": id.to_string(), "status": status }))?;
            }
            Action::Ignore { id } => {
                triage::decide(&services, id, &Decision::Ignore(Until::Always), BY, DateTime::now()).await?;
                lines.json(&json!({ "id": id.to_string(), "state": "ignored" }))?;
            }
            Action::Merge { id, into } => regrouped(&services, Rule::Merge { group: id, into }, &mut lines).await?,
            Action::Split { id, place, value } => regrouped(&services, Rule::Split { group: id, place, value }, &mut lines).await?,
            Action::Approve(asked) => {
                let approved = asked.run(&services).await?;
                lines.json(&json!({ "known_error_id": approved.known_error_id, "logs": approved.n_logs, "waits": approved.waits }))?;
            }
        }
        lines.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Approve {
    async fn run(self, services: &Services) -> Result<approve::Approved> {
        let group = services.store.find_log_error(&self.id).await?.with_context(|| format!("there is no error group `{}`", self.id))?;
        let status = match (self.status, self.new_status) {
            (Some(code), _) => StatusChoice::Existing(StatusCode(code)),
            (None, code) => StatusChoice::New(StatusError {
                parent: self.parent.map(StatusCode),
                ..StatusError::new(StatusCode(code.unwrap_or_default()), self.status_title.unwrap_or_default())
            }),
        };
        let approval = Approval {
            group: self.id,
            status,
            title: self.title,
            text: self.text.unwrap_or(group.message),
            keywords: self.keywords,
            answers: self.answers,
            ways: Ways::default(),
            by: self.by,
        };
        let approved = approve::approve(services, approval, DateTime::now()).await?;
        rejudge_known::finish_pending(services).await?;
        Ok(approved)
    }
}

/// The state of this name; `None` for all of them.
fn state_named(name: &str) -> Option<GroupState> {
    [GroupState::Unknown, GroupState::Known, GroupState::Ignored].into_iter().find(|state| state.as_str() == name)
}

/// A group for programs: ids as texts, dates in RFC 3339.
fn shown(group: &LogError) -> serde_json::Value {
    let date = |date: Option<DateTime>| date.and_then(|date| date.try_to_rfc3339_string().ok());
    json!({
        "id": group.id.to_string(),
        "template": group.template,
        "message": group.message,
        "code": group.code,
        "state": group.state,
        "status": group.status,
        "known_error_id": group.known_error_id,
        "count": group.count,
        "branches": group.branches,
        "first_seen": date(group.first_seen),
        "last_seen": date(group.last_seen),
    })
}

async fn show(services: &Services, id: GroupId) -> Result<serde_json::Value> {
    let group = services.store.find_log_error(&id).await?.with_context(|| format!("there is no error group `{id}`"))?;
    let mut value = shown(&group);
    let example = services.store.find_log(&group.example_log_id).await?;
    let nearest: Vec<_> = diagnose::nearest(services, &Unexplained::of_group(&group, example.as_ref()))
        .into_iter()
        .take(5)
        .map(|found| json!({ "id": found.id, "score": found.score, "title": services.knowledge.entry(&found.id).map(|entry| entry.title) }))
        .collect();
    if let Some(value) = value.as_object_mut() {
        let variable =
            |found: groups::Variable| json!({ "place": found.place, "name": found.name, "kind": found.kind, "value": found.value });
        let variables: Vec<_> = services.groups.variables(id, &group.message).into_iter().map(variable).collect();
        value.insert("variables".to_owned(), variables.into());
        value.insert("nearest".to_owned(), nearest.into());
        if let Some(log) = example {
            let document = bson::serialize_to_document(&log)?;
            value.insert("example".to_owned(), bson::Bson::Document(document).into_relaxed_extjson());
        }
    }
    Ok(value)
}
