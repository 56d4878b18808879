//! The newest Logs of a view, while they come in. A script asks for the rows again and again and can be told to pause; without it the
//! page loads itself anew. What one look costs is bounded.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;

use super::{
    columns::{Column, Row, Table, heads},
    error::{PageError, page},
    escape::restored,
    session::{Frame, Viewer},
    told,
    view::{Asked, View},
    zone::Clock,
};
use crate::{domain::Log, query::Filter, store::LogPage, usecase::Services};

/// Rows of one look.
const ROWS: usize = 50;
/// Logs looked at for them.
const SCAN: usize = 20_000;

#[derive(Template)]
#[template(path = "tail.html")]
struct Page {
    frame: Frame,
    /// Where the rows are asked for.
    address: String,
    /// The view that is followed.
    back: String,
    filter: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "tail_rows.html")]
struct Rows {
    frame: Frame,
    rows: Vec<Row>,
}

async fn rows(viewer: &Viewer, services: &Services, view: &View) -> Result<Vec<Row>, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let filter: Filter = match view.filter.parse() {
        Ok(filter) => filter,
        Err(error) => return Err(PageError::Invalid(viewer.frame.clone(), told::filter(&viewer.frame, &error))),
    };
    let clock = Clock::of(&viewer.frame, &viewer.reads(services)).await.map_err(failed)?;
    let within = view.within(filter.clone(), DateTime::now());
    let page = LogPage { filter: &within, limit: ROWS, after: None, scan_limit: SCAN };
    let found = viewer.reads(services).list_logs(&page).await.map_err(failed)?;
    let table = Table { frame: &viewer.frame, clock: &clock, view, filter: &filter };
    let row = |document: &bson::RawDocumentBuf| {
        let log: Log = bson::deserialize_from_slice(document.as_bytes()).map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
        Ok(table.row(&log, document))
    };
    found.logs.iter().map(row).collect()
}

fn asked_view(asked: &Asked) -> View {
    let view = View::of(asked);
    View { filter: restored(&view.filter), ..view }
}

/// `GET /logs/tail`; whoever is signed in, branch operators their own.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    let view = asked_view(&asked);
    let rows = rows(&viewer, &services, &view).await?;
    let template = Page {
        address: view.address_at("/logs/tail/rows"),
        back: view.address(),
        columns: heads(&viewer.frame, &view),
        filter: view.filter,
        rows,
        frame: viewer.frame,
    };
    page(&template.frame, &template)
}

/// `GET /logs/tail/rows`; whoever is signed in, branch operators their own.
pub(super) async fn more(viewer: Viewer, services: web::Data<Services>, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    let rows = rows(&viewer, &services, &asked_view(&asked)).await?;
    let template = Rows { rows, frame: viewer.frame };
    page(&template.frame, &template)
}
