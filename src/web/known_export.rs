//! The knowledge base as a file: the JSON document that the command line reads, or a table.

use std::collections::HashMap;

use actix_web::{HttpResponse, http::header, web};

use super::{error::PageError, session::Viewer};
use crate::{
    domain::{Answer, KnownErrorId, Role},
    usecase::{Services, knowledge_base, known_csv},
};

/// `GET /knowledge/export/{format}`; programmers and analysts.
pub(super) async fn file(viewer: Viewer, services: web::Data<Services>, format: web::Path<String>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let store = services.store.as_ref();
    let (kind, name, body) = match format.as_str() {
        "json" => {
            let document = knowledge_base::export(store).await.map_err(failed)?;
            let text = serde_json::to_string_pretty(&document).map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
            ("application/json", "knowledge_base.json", text + "\n")
        }
        "csv" => {
            let entries = store.list_known_errors().await.map_err(failed)?;
            let mut answers: HashMap<KnownErrorId, Vec<Answer>> = HashMap::new();
            for answer in store.list_answers(None).await.map_err(failed)? {
                answers.entry(answer.known_error_id.clone()).or_default().push(answer);
            }
            let table = known_csv::table(&entries, |entry| answers.get(&entry.id).cloned().unwrap_or_default());
            // With the mark at its beginning, spreadsheets read the file as UTF-8.
            ("text/csv; charset=utf-8", "known_errors.csv", format!("\u{feff}{table}"))
        }
        _ => return Err(PageError::NotFound(viewer.frame)),
    };
    let disposition = format!("attachment; filename=\"{name}\"");
    let mut response = HttpResponse::Ok();
    Ok(response
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type(kind)
        .body(body))
}
