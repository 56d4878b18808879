//! The known errors as a table for spreadsheets: taken away, checked, brought in row by row.

use std::collections::HashMap;

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Json},
};
use bson::DateTime;
use serde_json::json;

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::Body,
    knowledge::{KnowledgePlan, MAX_DOCUMENT, NAMED, bring_in},
    schema::shape,
};
use crate::{
    domain::{Answer, KnownErrorId},
    usecase::{
        Services, aside, knowledge_base,
        known_csv::{self, RowFault, Table},
    },
};

shape! {
    /// A table of known errors.
    KnowledgeTable {
        /// CSV with the columns that the export has, or some of them; what it has no column for stays as it is.
        table: String,
        /// Bring the good rows in even where others are bad; without it a table with a bad row is refused.
        skip_bad: Option<bool>,
    }
    /// What bringing a table in changes.
    TablePlan {
        /// What the good rows change.
        plan: KnowledgePlan,
        /// Rows that are not taken; the first 200.
        bad: Vec<BadRow>,
        /// How many these are.
        n_bad: i64,
    }
    /// A row that is not taken, or a column.
    BadRow {
        /// The line of the table that it begins on.
        line: i64,
        /// Why not.
        reason: String,
    }
}

fn counted(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn bad_rows(bad: &[(usize, RowFault)]) -> Vec<BadRow> {
    bad.iter().take(NAMED).map(|(line, fault)| BadRow { line: counted(*line), reason: fault.to_string() }).collect()
}

/// Reads a table against the knowledge base as it is.
async fn read(services: &Services, text: String) -> Result<Table, ApiError> {
    let stored = knowledge_base::export(services.store.as_ref()).await?;
    let table = aside::aside(async move { known_csv::read(&text, Some(&stored)) }).await;
    table.ok_or_else(|| ApiError::failed(std::io::Error::other("a table could not be read")))
}

/// `GET /api/v1/knowledge/table`.
pub(super) async fn export(services: Data<Services>) -> Result<HttpResponse, ApiError> {
    let store = services.store.as_ref();
    let (entries, listed) = tokio::try_join!(store.list_known_errors(), store.list_answers(None))?;
    let mut answers: HashMap<KnownErrorId, Vec<Answer>> = HashMap::new();
    for answer in listed {
        answers.entry(answer.known_error_id.clone()).or_default().push(answer);
    }
    let table = known_csv::table(&entries, |entry| answers.get(&entry.id).cloned().unwrap_or_default());
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"known_errors.csv\""))
        .content_type("text/csv; charset=utf-8")
        .body(format!("\u{feff}{table}")))
}

/// `POST /api/v1/knowledge/table/check`.
pub(super) async fn check(services: Data<Services>, Body(sent): Body<KnowledgeTable, MAX_DOCUMENT>) -> Result<Json<TablePlan>, ApiError> {
    let table = read(&services, sent.table).await?;
    let plan = knowledge_base::plan(services.store.as_ref(), &table.document, DateTime::now()).await?.into();
    Ok(Json(TablePlan { plan, bad: bad_rows(&table.bad), n_bad: counted(table.bad.len()) }))
}

/// `POST /api/v1/knowledge/table`.
pub(super) async fn import(
    caller: Caller,
    services: Data<Services>,
    Body(sent): Body<KnowledgeTable, MAX_DOCUMENT>,
) -> Result<Json<TablePlan>, ApiError> {
    let table = read(&services, sent.table).await?;
    let bad = bad_rows(&table.bad);
    if !bad.is_empty() && !sent.skip_bad.unwrap_or_default() {
        return Err(ApiError::new(Code::Invalid, "the table has rows that cannot be brought in").with(json!({ "bad": bad })));
    }
    let plan = bring_in(&caller, services, &table.document).await?;
    Ok(Json(TablePlan { plan, bad, n_bad: counted(table.bad.len()) }))
}
