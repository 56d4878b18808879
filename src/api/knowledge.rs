//! The knowledge base as one document, as the command line reads and writes it: taken away, checked, brought in.

use actix_web::web::{Data, Json};
use bson::DateTime;
use serde_json::{Value, json};

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::Body,
    known_errors::AnswerInput,
    schema::shape,
    statuses::StatusShape,
};
use crate::{
    domain::{KnownErrorId, LifeCycle, StatusCode},
    usecase::{
        Services, aside,
        knowledge_base::{self, Document, Plan, Step},
        rejudge_known,
    },
};

/// Largest document in bytes.
pub(super) const MAX_DOCUMENT: usize = 32 << 20;
/// Changes and faults that an answer names.
pub(super) const NAMED: usize = 200;

shape! {
    /// A knowledge base, or a part of one.
    KnowledgeShape {
        /// Statuses, parents and children alike.
        statuses: Option<Vec<StatusShape>>,
        /// Known errors with their answers.
        known_errors: Option<Vec<KnowledgeEntry>>,
    }
    /// A known error of a document; `text` alone is enough.
    KnowledgeEntry {
        /// Its identifier; derived from the text where there is none.
        id: Option<String>,
        /// A short name; the beginning of the text where there is none.
        title: Option<String>,
        /// A short name in Ukrainian.
        title_uk: Option<String>,
        /// The text by which it is recognised.
        text: Option<String>,
        /// Words most of which mark it.
        keywords: Option<Vec<String>>,
        /// Words any one of which marks it.
        keywords_any: Option<Vec<String>>,
        /// Words all of which must be there.
        keywords_all: Option<Vec<String>>,
        /// Words none of which may be there.
        keywords_none: Option<Vec<String>>,
        /// A filter that the Log must satisfy.
        conditions: Option<String>,
        /// The server's code.
        code: Option<String>,
        /// A regular expression.
        regex: Option<String>,
        /// Its status.
        status: Option<StatusCode>,
        /// Where it stands in its life.
        state: Option<LifeCycle>,
        /// Remedies, best first.
        answers: Option<Vec<AnswerInput>>,
    }
    /// What bringing a document in changes; what it does not name stays.
    KnowledgePlan {
        /// Statuses and known errors that are not there yet.
        n_new: i64,
        /// Those that are there and differ.
        n_changed: i64,
        /// Those that are there as they are.
        n_same: i64,
        /// The new and the changed ones; the first 200.
        changes: Vec<KnowledgeChange>,
    }
    /// What becomes of an entry of the document.
    KnowledgeChange {
        /// The status that it is about.
        status: Option<StatusCode>,
        /// The known error that it is about.
        known_error: Option<KnownErrorId>,
        /// Its title.
        title: String,
        /// The fields that differ; null for a new one.
        fields: Option<Vec<String>>,
    }
}

impl From<Plan> for KnowledgePlan {
    fn from(plan: Plan) -> Self {
        let statuses = plan.statuses.into_iter().map(|planned| (Some(planned.id), None, planned.title, planned.step));
        let known = plan.known_errors.into_iter().map(|planned| (None, Some(planned.id), planned.title, planned.step));
        let mut told = Self { n_new: 0, n_changed: 0, n_same: 0, changes: Vec::new() };
        for (status, known_error, title, step) in statuses.chain(known) {
            let fields = match step {
                Step::Same => {
                    told.n_same += 1;
                    continue;
                }
                Step::New => {
                    told.n_new += 1;
                    None
                }
                Step::Changed(fields) => {
                    told.n_changed += 1;
                    Some(fields.into_iter().map(str::to_owned).collect())
                }
            };
            if told.changes.len() < NAMED {
                told.changes.push(KnowledgeChange { status, known_error, title, fields });
            }
        }
        told
    }
}

/// The document without the members that are null: left out and null are the same here.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// The document that was sent, without fault.
async fn document(services: &Services, mut sent: KnowledgeShape) -> Result<Document, ApiError> {
    // A document says how a status is to be, whatever it was.
    sent.statuses.iter_mut().flatten().for_each(|status| status.mark = None);
    let mut value = serde_json::to_value(sent).map_err(ApiError::failed)?;
    without_nulls(&mut value);
    let document: Document = serde_json::from_value(value).map_err(|error| ApiError::new(Code::Invalid, error.to_string()))?;
    let statuses = services.store.list_status_errors().await?;
    let mut faults = knowledge_base::check(&document, &statuses);
    if faults.is_empty() {
        return Ok(document);
    }
    faults.truncate(NAMED);
    Err(ApiError::new(Code::Invalid, "the document cannot be brought in").with(json!({ "faults": faults })))
}

/// `GET /api/v1/knowledge`.
pub(super) async fn export(services: Data<Services>) -> Result<Json<Document>, ApiError> {
    Ok(Json(knowledge_base::export(services.store.as_ref()).await?))
}

/// `POST /api/v1/knowledge/check`.
pub(super) async fn check(
    services: Data<Services>,
    Body(sent): Body<KnowledgeShape, MAX_DOCUMENT>,
) -> Result<Json<KnowledgePlan>, ApiError> {
    let document = document(&services, sent).await?;
    Ok(Json(knowledge_base::plan(services.store.as_ref(), &document, DateTime::now()).await?.into()))
}

/// `POST /api/v1/knowledge`.
pub(super) async fn import(
    caller: Caller,
    services: Data<Services>,
    Body(sent): Body<KnowledgeShape, MAX_DOCUMENT>,
) -> Result<Json<KnowledgePlan>, ApiError> {
    let document = document(&services, sent).await?;
    Ok(Json(bring_in(&caller, services, &document).await?))
}

/// Brings a document in that has no fault, and has the Logs judged by it.
pub(super) async fn bring_in(caller: &Caller, services: Data<Services>, document: &Document) -> Result<KnowledgePlan, ApiError> {
    let plan = knowledge_base::import(&services, document, &caller.user.name, DateTime::now()).await?;
    let shared = services.into_inner();
    actix_web::rt::spawn(aside::aside(async move {
        if let Err(error) = rejudge_known::finish_pending(&shared).await {
            tracing::warn!(%error, "cannot judge Logs by an import; trying again later");
        }
    }));
    Ok(plan.into())
}
