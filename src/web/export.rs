//! All Logs that a view finds, as a file.

use actix_web::{HttpResponse, http::header, web};
use bson::DateTime;
use futures_util::StreamExt;

use super::{
    error::PageError,
    escape::restored,
    session::Viewer,
    told,
    view::{Asked, View},
};
use crate::{
    query::Filter,
    usecase::{
        Services,
        export::{self, Format},
    },
};

/// `GET /logs/export/{format}`; whoever is signed in, branch operators their own.
pub(super) async fn file(
    viewer: Viewer,
    services: web::Data<Services>,
    format: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let view = View::of(&asked);
    let format = match format.as_str() {
        "ndjson" => Format::Ndjson,
        "csv" => Format::Csv(view.shown_columns()),
        _ => return Err(PageError::NotFound(viewer.frame)),
    };
    let filter: Filter = match restored(&view.filter).parse() {
        Ok(filter) => filter,
        Err(error) => return Err(PageError::Invalid(viewer.frame.clone(), told::filter(&viewer.frame, &error))),
    };
    let filter = view.within(filter, DateTime::now());
    let (kind, name) = (format.kind(), format.file_name());
    let broken = |_| actix_web::error::ErrorInternalServerError("the export broke off");
    let pieces = export::pieces(viewer.reads(&services), filter, format).map(move |piece| piece.map(web::Bytes::from).map_err(broken));
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .content_type(kind)
        .streaming(pieces))
}
