//! Pages that say what went wrong and what to do next; never the cause of a failure of ours.

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, ResponseError,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
    middleware::Next,
};
use askama::Template;

use super::{
    escape::percent,
    session::{Frame, Viewer},
};
use crate::{store, usecase::sign_in::SignInError};

/// When to try again a store that does not answer, in seconds.
const RETRY_AFTER: u32 = 5;

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
    /// The address or the form cannot be read.
    #[error("unreadable")]
    Unreadable(Frame),
    /// What was sent cannot be used.
    #[error("{1}")]
    Invalid(Frame, String),
    /// What was sent did not arrive in time.
    #[error("timed out")]
    TimedOut(Frame),
    /// More was sent than is accepted.
    #[error("too large")]
    TooLarge(Frame),
    /// The store does not answer just now; the number stands in our log.
    #[error("unavailable: {1}")]
    Unavailable(Frame, String),
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
    pub(super) fn failed(frame: Frame, error: impl Into<anyhow::Error>) -> Self {
        let error = error.into();
        let mut bytes = [0; 6];
        let number = match getrandom::fill(&mut bytes) {
            Ok(()) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            Err(_) => "unknown".to_owned(),
        };
        tracing::error!(request.id = %number, error = %format!("{error:#}"), "a page failed");
        if is_transient(&error) { Self::Unavailable(frame, number) } else { Self::Failed(frame, number) }
    }

    /// For a form, query or path that the server could not read.
    pub(super) fn unreadable(error: &impl ResponseError, request: &HttpRequest) -> actix_web::Error {
        let frame = Frame::of(request);
        match error.status_code() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge(frame).into(),
            StatusCode::NOT_FOUND => Self::NotFound(frame).into(),
            _ => Self::Unreadable(frame).into(),
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignIn(_) => StatusCode::SEE_OTHER,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Invalid(..) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TimedOut(_) => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unavailable(..) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed(..) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        self.drawn_in(self.frame())
    }
}

impl PageError {
    fn frame(&self) -> &Frame {
        match self {
            Self::SignIn(frame) | Self::Forbidden(frame) | Self::NotFound(frame) | Self::Unreadable(frame) => frame,
            Self::TimedOut(frame) | Self::TooLarge(frame) => frame,
            Self::Invalid(frame, _) | Self::Unavailable(frame, _) | Self::Failed(frame, _) => frame,
        }
    }

    fn drawn_in(&self, frame: &Frame) -> HttpResponse {
        let status = self.status_code();
        let (key, detail) = match self {
            Self::SignIn(frame) => {
                return HttpResponse::SeeOther()
                    .insert_header((header::LOCATION, format!("/sign-in?next={}", percent(&frame.path))))
                    .finish();
            }
            Self::Forbidden(_) => ("forbidden", ""),
            Self::NotFound(_) => ("not_found", ""),
            Self::Unreadable(_) => ("unreadable", ""),
            Self::Invalid(_, detail) => ("invalid", detail.as_str()),
            Self::TimedOut(_) => ("timed_out", ""),
            Self::TooLarge(_) => ("too_large", ""),
            Self::Unavailable(_, number) => ("unavailable", number.as_str()),
            Self::Failed(_, number) => ("failed", number.as_str()),
        };
        let page = ErrorPage {
            frame,
            status: status.as_u16(),
            what: frame.t(&format!("error.{key}")),
            next: frame.t(&format!("error.{key}.next")),
            detail,
        };
        let mut response = HttpResponse::build(status);
        if matches!(self, Self::Unavailable(..)) {
            response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
        }
        let response = response.insert_header((header::CACHE_CONTROL, "no-store")).content_type("text/html; charset=utf-8");
        response.body(page.render().unwrap_or_default())
    }
}

/// Whether the same page may work in a moment.
fn is_transient(error: &anyhow::Error) -> bool {
    let store = error.downcast_ref::<store::Error>().or(match error.downcast_ref::<SignInError>() {
        Some(SignInError::Store(error)) => Some(error),
        _ => None,
    });
    store.is_some_and(store::Error::is_transient)
}

/// A rendered page.
pub(super) fn page(frame: &Frame, template: &impl Template) -> Result<HttpResponse, PageError> {
    page_as(StatusCode::OK, frame, template)
}

/// A rendered page with a status that says more: a form that has to be filled in again.
pub(super) fn page_as(status: StatusCode, frame: &Frame, template: &impl Template) -> Result<HttpResponse, PageError> {
    let html = template.render().map_err(|error| PageError::failed(frame.clone(), error))?;
    Ok(HttpResponse::build(status).insert_header((header::CACHE_CONTROL, "no-store")).content_type("text/html; charset=utf-8").body(html))
}

/// Sends the browser on.
pub(super) fn see(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

/// Any address that there is not.
pub(super) async fn not_found(request: HttpRequest) -> Result<HttpResponse, PageError> {
    Err(PageError::NotFound(Frame::of(&request)))
}

/// Draws error pages with the menu of whoever is signed in, where the failing part did not know the person: an address or a form that
/// cannot be read.
pub(super) async fn with_menu<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<BoxBody, B>>, actix_web::Error> {
    let answer = next.call(request).await?;
    let error = answer.response().error().and_then(|error| error.as_error::<PageError>());
    let Some(error) = error.filter(|error| error.frame().user.is_none()) else { return Ok(answer.map_into_right_body()) };
    let Ok(viewer) = Viewer::extract(answer.request()).await else { return Ok(answer.map_into_right_body()) };
    let page = error.drawn_in(&viewer.frame);
    Ok(answer.into_response(page).map_into_left_body())
}
