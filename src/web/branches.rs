//! Branches: what each sent and when, day by day; of one branch also its keys and its latest files.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;

use super::{
    error::{PageError, page},
    session::{Frame, Viewer},
};
use crate::{
    domain::{AgentReport, Branch, BranchCode, IngestKey, Ledger, LedgerCounts, LogFile},
    usecase::{
        Services,
        ingest::{self, Unusable},
        ledger,
    },
};

/// Files shown of a branch.
const FILES: usize = 20;

/// A line of a ledger.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) counts: LedgerCounts,
    last_seen: Option<DateTime>,
    silent: bool,
    /// Why nothing that the branch sends can be taken.
    unusable: Option<String>,
}

#[derive(Template)]
#[template(path = "branches.html")]
struct List {
    frame: Frame,
    rows: Vec<Row>,
    hours: u32,
}

/// `GET /branches`; whoever is signed in, branch operators their own.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let (reads, now) = (viewer.reads(&services), DateTime::now());
    let ledger = ledger::of_late(&reads, now).await.map_err(failed)?;
    let hours = services.config.ingest.silent_hours;
    let row = |branch: Branch| {
        let mut counts = LedgerCounts::default();
        ledger.days.iter().filter(|((code, _), _)| *code == branch.code).for_each(|(_, day)| counts.add(day));
        let last_seen = ledger.last_seen.get(&branch.code).copied();
        let silent = ledger.is_silent(&branch.code, now, hours);
        Row { name: branch.code.to_string(), counts, last_seen, silent, unusable: unusable(&viewer.frame, &branch) }
    };
    let rows = reads.list_branches().await.map_err(failed)?.into_iter().map(row).collect();
    page(&viewer.frame.clone(), &List { frame: viewer.frame, rows, hours })
}

#[derive(Template)]
#[template(path = "branch.html")]
pub(super) struct Page {
    pub(super) frame: Frame,
    branch: Branch,
    /// Why nothing that it sends can be taken.
    unusable: Option<String>,
    days: Vec<Row>,
    keys: Vec<IngestKey>,
    files: Vec<LogFile>,
    agents: Vec<AgentReport>,
    /// A key that was just made; it is shown this once.
    fresh_key: Option<String>,
    now: DateTime,
}

/// `GET /branches/{code}`; whoever is signed in, branch operators their own.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>, code: web::Path<String>) -> Result<HttpResponse, PageError> {
    let template = one(&viewer, &services, &code, None).await?;
    page(&template.frame, &template)
}

/// The page of a branch.
pub(super) async fn one(viewer: &Viewer, services: &Services, code: &str, fresh_key: Option<String>) -> Result<Page, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let missing = || PageError::NotFound(viewer.frame.clone());
    let code: BranchCode = code.parse().map_err(|_| missing())?;
    let reads = viewer.reads(services).only(&code);
    let branch = reads.find_branch(&code).await.map_err(failed)?.ok_or_else(missing)?;
    let day = |((_, day), counts): ((BranchCode, i64), LedgerCounts)| {
        let date = jiff::Timestamp::from_millisecond(Ledger::begin_of(day).timestamp_millis()).unwrap_or_default();
        Row { name: date.strftime("%Y-%m-%d").to_string(), counts, last_seen: None, silent: false, unusable: None }
    };
    let days = ledger::of_late(&reads, DateTime::now()).await.map_err(failed)?.days.into_iter().rev().map(day).collect();
    let keys = if viewer.frame.may_manage() { services.store.list_ingest_keys(Some(&code)).await.map_err(failed)? } else { Vec::new() };
    let files = reads.list_log_files(FILES).await.map_err(failed)?;
    let agents = reads.list_agent_reports(&branch.code).await.map_err(failed)?;
    let unusable = unusable(&viewer.frame, &branch);
    Ok(Page { frame: viewer.frame.clone(), branch, unusable, days, keys, files, agents, fresh_key, now: DateTime::now() })
}

/// What is wrong with a branch's settings, and what is to be done.
fn unusable(frame: &Frame, branch: &Branch) -> Option<String> {
    let (key, name) = match ingest::unusable(branch)? {
        Unusable::Timezone(name) => ("branch.no_timezone", name),
        Unusable::Encoding(name) => ("branch.no_encoding", name),
    };
    Some(frame.say(key, &[("name", &name), ("branch", branch.code.as_str())]))
}
