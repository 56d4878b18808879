//! Pages that say what went wrong and what to do next; never the cause of a failure of ours.

use actix_web::{HttpRequest, HttpResponse, ResponseError, http::StatusCode, http::header};
use askama::Template;

use super::session::Frame;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    /// Nobody is signed in.
    #[error("sign-in is needed")]
    SignIn(Frame),
    /// The role, or the form's token, does not allow it.
    #[error("forbidden")]
    Forbidden(Frame),
    /// There is no such thing.
    #[error("not found")]
    NotFound(Frame),
    /// What was sent cannot be used.
    #[error("{1}")]
    Invalid(Frame, String),
    /// We failed; the number stands in our log.
    #[error("failed: {1}")]
    Failed(Frame, String),
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    frame: &'a Frame,
    status: u16,
    what: String,
    next: String,
    detail: &'a str,
}

impl PageError {
    /// A failure of ours: the cause goes to our log under a number, the number to the page.
    pub(super) fn failed(frame: Frame, error: impl std::fmt::Display) -> Self {
        let mut bytes = [0; 6];
        let number = match getrandom::fill(&mut bytes) {
            Ok(()) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            Err(_) => "unknown".to_owned(),
        };
        tracing::error!(request.id = %number, %error, "a page failed");
        Self::Failed(frame, number)
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignIn(_) => StatusCode::SEE_OTHER,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Invalid(..) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Failed(..) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let (frame, key, detail) = match self {
            Self::SignIn(frame) => {
                let next: String = frame
                    .path
                    .bytes()
                    .map(|byte| {
                        if byte.is_ascii_alphanumeric() || b"/-_".contains(&byte) {
                            char::from(byte).to_string()
                        } else {
                            format!("%{byte:02X}")
                        }
                    })
                    .collect();
                return HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/sign-in?next={next}"))).finish();
            }
            Self::Forbidden(frame) => (frame, "forbidden", ""),
            Self::NotFound(frame) => (frame, "not_found", ""),
            Self::Invalid(frame, detail) => (frame, "invalid", detail.as_str()),
            Self::Failed(frame, number) => (frame, "failed", number.as_str()),
        };
        let page = ErrorPage {
            frame,
            status: status.as_u16(),
            what: frame.t(&format!("error.{key}")),
            next: frame.t(&format!("error.{key}.next")),
            detail,
        };
        HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.render().unwrap_or_default())
    }
}

/// A rendered page.
pub(super) fn page(frame: &Frame, template: &impl Template) -> Result<HttpResponse, PageError> {
    let html = template.render().map_err(|error| PageError::failed(frame.clone(), error))?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).content_type("text/html; charset=utf-8").body(html))
}

/// Sends the browser on.
pub(super) fn see(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

/// Any address that there is not.
pub(super) async fn not_found(request: HttpRequest) -> Result<HttpResponse, PageError> {
    Err(PageError::NotFound(Frame::of(&request)))
}
