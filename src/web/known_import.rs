//! Importing a knowledge base: a document is sent, the page says what it would change, and only then it is imported.

use std::{fs, io::Read, path::PathBuf};

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, http, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, page_as},
    form, known,
    receive::receive,
    session::{Frame, Viewer},
};
use crate::{
    domain::Role,
    usecase::{
        Services, aside,
        knowledge_base::{self, Document, Plan, Step},
        rejudge_known,
    },
};

/// Largest document in bytes.
const MAX_BYTES: u64 = 32 << 20;
/// Changed entries that the page names.
const NAMED: usize = 200;

/// What becomes of an entry, for the page.
struct Line {
    address: String,
    title: String,
    /// The fields that differ; none for a new one.
    fields: Vec<String>,
}

/// A plan for the page.
struct Report {
    n_new: usize,
    n_changed: usize,
    n_same: usize,
    lines: Vec<Line>,
    more: bool,
}

impl Report {
    fn new(frame: &Frame, plan: &Plan) -> Self {
        let statuses = plan.statuses.iter().map(|planned| (format!("/statuses/{}", planned.id), &planned.title, &planned.step));
        let known = plan.known_errors.iter().map(|planned| (known::address(&planned.id), &planned.title, &planned.step));
        let mut report = Self { n_new: 0, n_changed: 0, n_same: 0, lines: Vec::new(), more: false };
        for (address, title, step) in statuses.chain(known) {
            let fields: Vec<String> = match step {
                Step::Same => {
                    report.n_same += 1;
                    continue;
                }
                Step::New => {
                    report.n_new += 1;
                    Vec::new()
                }
                Step::Changed(fields) => {
                    report.n_changed += 1;
                    fields.iter().map(|field| frame.t(&format!("field.{field}"))).collect()
                }
            };
            if report.lines.len() < NAMED {
                report.lines.push(Line { address, title: title.clone(), fields });
            } else {
                report.more = true;
            }
        }
        report
    }
}

#[derive(Template)]
#[template(path = "known_import.html")]
struct Page {
    frame: Frame,
    problem: Option<String>,
    faults: Vec<String>,
    report: Option<Report>,
    /// Names the document that was sent; blank once it is imported.
    token: String,
}

impl Page {
    fn draw(self) -> Result<HttpResponse, PageError> {
        let wrong = self.problem.is_some() || !self.faults.is_empty();
        page_as(if wrong { http::StatusCode::UNPROCESSABLE_ENTITY } else { http::StatusCode::OK }, &self.frame, &self)
    }
}

/// `GET /knowledge/import`; expert analysts.
pub(super) async fn show(viewer: Viewer) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    Page { frame: viewer.frame, problem: None, faults: Vec::new(), report: None, token: String::new() }.draw()
}

/// `POST /knowledge/import/check`; expert analysts. Says what the document would change.
pub(super) async fn check(
    viewer: Viewer,
    services: web::Data<Services>,
    request: HttpRequest,
    payload: Multipart,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let received = receive(&viewer, &services, &request, payload).await?;
    let failed = |error: std::io::Error| PageError::failed(viewer.frame.clone(), error);
    let mut text = Vec::new();
    if let Some((_, file)) = received.files.first() {
        fs::File::open(file.path()).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut text)).map_err(failed)?;
    }
    if text.len() as u64 > MAX_BYTES {
        return Err(PageError::TooLarge(viewer.frame));
    }
    let token = blake3::hash(&text).to_hex().to_string();
    fs::write(kept(&services, &token), &text).map_err(failed)?;
    report(viewer, &services, text, token).await
}

/// Where a document waits for the decision; what nobody decides on is swept away with old uploads.
fn kept(services: &Services, token: &str) -> PathBuf {
    services.spool_dir().join(format!("kb-{token}.json"))
}

async fn report(viewer: Viewer, services: &web::Data<Services>, text: Vec<u8>, token: String) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let mut shown = Page { frame: viewer.frame.clone(), problem: None, faults: Vec::new(), report: None, token: String::new() };
    let document = match parse(text).await {
        Ok(document) => document,
        Err(reason) => {
            shown.problem = Some(viewer.frame.say("import.unreadable", &[("reason", &reason)]));
            return shown.draw();
        }
    };
    let statuses = services.store.list_status_errors().await.map_err(failed)?;
    shown.faults = knowledge_base::check(&document, &statuses);
    if shown.faults.is_empty() {
        let plan = knowledge_base::plan(services.store.as_ref(), &document, DateTime::now()).await.map_err(failed)?;
        (shown.report, shown.token) = (Some(Report::new(&viewer.frame, &plan)), token);
    }
    shown.faults.truncate(NAMED);
    shown.draw()
}

async fn parse(text: Vec<u8>) -> Result<Document, String> {
    let read = aside::aside(async move { serde_json::from_slice(&text).map_err(|error| error.to_string()) }).await;
    read.unwrap_or_else(|| Err(String::new()))
}

#[derive(Deserialize)]
pub(super) struct Import {
    csrf: String,
    #[serde(default)]
    token: String,
}

/// `POST /knowledge/import`; expert analysts. Imports the document that was checked.
pub(super) async fn submit(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(form): form::Form<Import>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    viewer.check_csrf(&form.csrf)?;
    let is_token = form.token.len() == 64 && form.token.bytes().all(|byte| byte.is_ascii_hexdigit());
    let file = kept(&services, &form.token);
    let text = is_token.then(|| fs::read(&file).ok()).flatten();
    let text = text.ok_or_else(|| PageError::Invalid(viewer.frame.clone(), viewer.frame.t("import.gone")))?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let statuses = services.store.list_status_errors().await.map_err(failed)?;
    let document = parse(text.clone()).await.ok().filter(|document| knowledge_base::check(document, &statuses).is_empty());
    // The statuses may have changed since it was checked.
    let Some(document) = document else { return report(viewer, &services, text, form.token).await };
    let plan = knowledge_base::import(&services, &document, &viewer.user.name, DateTime::now()).await.map_err(failed)?;
    let _ = fs::remove_file(file);
    let shared = services.clone().into_inner();
    actix_web::rt::spawn(aside::aside(async move {
        if let Err(error) = rejudge_known::finish_pending(&shared).await {
            tracing::warn!(%error, "cannot judge Logs by an import; trying again later");
        }
    }));
    let report = Some(Report::new(&viewer.frame, &plan));
    Page { frame: viewer.frame, problem: None, faults: Vec::new(), report, token: String::new() }.draw()
}
