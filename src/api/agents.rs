//! What agents of a branch say of themselves, for whoever may see the branch.

use actix_web::web::{Data, Json, Path};
use bson::DateTime;

use super::{
    branches,
    error::ApiError,
    guard::Caller,
    schema::{Moment, shape},
};
use crate::{
    domain::{AgentFile, AgentReport, AgentTrouble, BranchCode},
    usecase::Services,
};

shape! {
    /// The agents of a branch.
    Agents {
        /// The agents.
        agents: Vec<AgentShape>,
    }
    /// What an agent said of itself last.
    AgentShape {
        /// The name that it gave itself.
        agent: String,
        /// The branch.
        branch: BranchCode,
        /// `well`, `behind`, `troubled` or `silent`.
        standing: String,
        /// The machine's name.
        host: String,
        /// Version of the program.
        version: String,
        /// When it was started.
        started_at: Moment,
        /// When it was heard last.
        seen_at: Moment,
        /// Bytes in files that were not read yet.
        lag_bytes: i64,
        /// How long the oldest text waits, in seconds.
        lag_seconds: i64,
        /// Batches that wait to be sent.
        spool_batches: i64,
        /// Bytes of them.
        spool_bytes: i64,
        /// Bytes that they may have.
        spool_max_bytes: i64,
        /// Files that it follows.
        n_files: i64,
        /// Those furthest behind.
        files: Vec<AgentFileShape>,
        /// What keeps it from sending.
        sending: Option<AgentTroubleShape>,
        /// What keeps it from reading.
        reading: Option<AgentTroubleShape>,
    }
    /// A file that an agent follows.
    AgentFileShape {
        /// Its path there.
        path: String,
        /// Bytes in it.
        size_bytes: i64,
        /// Bytes not read yet.
        lag_bytes: i64,
        /// What is wrong with it.
        trouble: Option<String>,
    }
    /// What goes wrong at the branch.
    AgentTroubleShape {
        /// A word for programs.
        kind: String,
        /// In words.
        text: String,
        /// Since when.
        since: Moment,
    }
}

impl From<AgentFile> for AgentFileShape {
    fn from(file: AgentFile) -> Self {
        let AgentFile { path, size_bytes, lag_bytes, trouble } = file;
        Self { path, size_bytes, lag_bytes, trouble }
    }
}

impl From<AgentTrouble> for AgentTroubleShape {
    fn from(trouble: AgentTrouble) -> Self {
        Self { kind: trouble.kind, text: trouble.text, since: Moment(trouble.since) }
    }
}

/// A report as it is shown at this moment.
fn shown(report: AgentReport, now: DateTime) -> AgentShape {
    AgentShape {
        standing: report.standing(now).as_str().to_owned(),
        agent: report.agent,
        branch: report.branch,
        host: report.host,
        version: report.version,
        started_at: Moment(report.started_at),
        seen_at: Moment(report.seen_at),
        lag_bytes: report.lag_bytes,
        lag_seconds: report.lag_seconds,
        spool_batches: report.spool_batches,
        spool_bytes: report.spool_bytes,
        spool_max_bytes: report.spool_max_bytes,
        n_files: report.n_files,
        files: report.files.into_iter().map(AgentFileShape::from).collect(),
        sending: report.sending.map(AgentTroubleShape::from),
        reading: report.reading.map(AgentTroubleShape::from),
    }
}

/// `GET /api/v1/branches/{code}/agents`.
pub(super) async fn list(caller: Caller, services: Data<Services>, code: Path<String>) -> Result<Json<Agents>, ApiError> {
    let branch = branches::find(&caller, &services, &code).await?.code;
    let now = DateTime::now();
    let reports = caller.reads(&services).list_agent_reports(&branch).await?;
    Ok(Json(Agents { agents: reports.into_iter().map(|report| shown(report, now)).collect() }))
}
