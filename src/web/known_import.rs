//! Importing a knowledge base: a document or a table is sent, the page says what it would change, and only then it is imported. Of a table the
//! good rows can be taken where others are bad.

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
    told,
};
use crate::{
    domain::Role,
    store,
    usecase::{
        Services, aside,
        knowledge_base::{self, Document, Plan, Step},
        known_csv::{self, RowFault, Table},
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
    /// Entries of all kinds.
    n: usize,
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
        let mut report =
            Self { n: plan.statuses.len() + plan.known_errors.len(), n_new: 0, n_changed: 0, n_same: 0, lines: Vec::new(), more: false };
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
    /// Bad rows of a table: the line of each and the reason, and how many more there are.
    rows: Vec<(usize, String)>,
    more_rows: usize,
}

impl Page {
    fn of(frame: Frame) -> Self {
        Self { frame, problem: None, faults: Vec::new(), report: None, token: String::new(), rows: Vec::new(), more_rows: 0 }
    }

    /// Names the rows of a table that are not taken.
    fn name_rows(&mut self, bad: &[(usize, RowFault)]) {
        self.rows = bad.iter().take(NAMED).map(|(line, fault)| (*line, told::row(&self.frame, fault))).collect();
        self.more_rows = bad.len() - self.rows.len();
    }

    fn draw(self) -> Result<HttpResponse, PageError> {
        let wrong = self.problem.is_some() || !self.faults.is_empty() || (self.report.is_none() && !self.rows.is_empty());
        page_as(if wrong { http::StatusCode::UNPROCESSABLE_ENTITY } else { http::StatusCode::OK }, &self.frame, &self)
    }
}

/// `GET /knowledge/import`; expert analysts.
pub(super) async fn show(viewer: Viewer) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    Page::of(viewer.frame).draw()
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
    let mut shown = Page::of(viewer.frame.clone());
    let document = match sent(services, text).await.map_err(failed)? {
        Sent::Document(document, faults) => {
            shown.faults = faults;
            Some(document).filter(|_| shown.faults.is_empty())
        }
        Sent::Table(table) => {
            shown.name_rows(&table.bad);
            Some(table.document).filter(|document| !document.known_errors.is_empty())
        }
        Sent::Neither(reason) => {
            shown.problem = Some(viewer.frame.say("import.unreadable", &[("reason", &reason)]));
            None
        }
    };
    if let Some(document) = document {
        let plan = knowledge_base::plan(services.store.as_ref(), &document, DateTime::now()).await.map_err(failed)?;
        (shown.report, shown.token) = (Some(Report::new(&viewer.frame, &plan)), token);
    }
    shown.faults.truncate(NAMED);
    shown.draw()
}

/// What was sent.
enum Sent {
    /// A document, and what is wrong with it.
    Document(Document, Vec<String>),
    Table(Table),
    /// Nothing of that kind, and why not.
    Neither(String),
}

/// Reads what was sent, against the knowledge base as it is.
async fn sent(services: &Services, text: Vec<u8>) -> store::Result<Sent> {
    if !knowledge_base::is_document(&text) {
        let stored = knowledge_base::export(services.store.as_ref()).await?;
        let table = aside::aside(async move { String::from_utf8(text).map(|text| known_csv::read(&text, Some(&stored))) }).await;
        return Ok(match table {
            Some(Ok(table)) => Sent::Table(table),
            Some(Err(error)) => Sent::Neither(error.to_string()),
            None => Sent::Neither(String::new()),
        });
    }
    let read = aside::aside(async move { serde_json::from_slice::<Document>(&text).map_err(|error| error.to_string()) }).await;
    match read.unwrap_or_else(|| Err(String::new())) {
        Ok(document) => {
            let faults = knowledge_base::check(&document, &services.store.list_status_errors().await?);
            Ok(Sent::Document(document, faults))
        }
        Err(reason) => Ok(Sent::Neither(reason)),
    }
}

#[derive(Deserialize)]
pub(super) struct Import {
    csrf: String,
    #[serde(default)]
    token: String,
    /// Entries that the page said would be taken.
    #[serde(default)]
    n: Option<usize>,
}

/// `POST /knowledge/import`; expert analysts. Imports what was checked.
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
    let n_entries = |document: &Document| document.statuses.len() + document.known_errors.len();
    let (document, bad) = match sent(&services, text.clone()).await.map_err(failed)? {
        Sent::Document(document, faults) if faults.is_empty() => (document, Vec::new()),
        Sent::Table(table) if form.n == Some(n_entries(&table.document)) => (table.document, table.bad),
        // The statuses may have changed since it was checked.
        _ => return report(viewer, &services, text, form.token).await,
    };
    let plan = knowledge_base::import(&services, &document, &viewer.user.name, DateTime::now()).await.map_err(failed)?;
    let _ = fs::remove_file(file);
    let shared = services.clone().into_inner();
    actix_web::rt::spawn(aside::aside(async move {
        if let Err(error) = rejudge_known::finish_pending(&shared).await {
            tracing::warn!(%error, "cannot judge Logs by an import; trying again later");
        }
    }));
    let mut done = Page::of(viewer.frame);
    done.report = Some(Report::new(&done.frame, &plan));
    done.name_rows(&bad);
    done.draw()
}
