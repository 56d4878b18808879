//! What an answer says when there is none: one shape for every failure.
//!
//! `code` is for programs and never changes its meaning, `message` is for people, `request_id` stands in our log beside the cause,
//! `details` says where in the input the fault is. The cause of a failure of ours never leaves the server.

use actix_web::{
    HttpResponse, Responder, ResponseError,
    body::BoxBody,
    http::{StatusCode, header},
};
use serde_json::{Value, json};

use super::request_id;
use crate::store;

/// When to try again a store that does not answer, in seconds.
const RETRY_AFTER: u32 = 5;

/// The kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// The input cannot be read: no JSON, no such parameter, not of its type.
    Malformed,
    /// Nobody has signed in, or the token is not valid.
    Unauthenticated,
    /// The role or the token's scope does not allow it.
    Forbidden,
    /// There is no such thing, or not for this person.
    NotFound,
    /// The address has other methods.
    MethodNotAllowed,
    /// The input did not arrive in time.
    TimedOut,
    /// It contradicts what is there.
    Conflict,
    /// The input is larger than is accepted.
    TooLarge,
    /// The input is of another media type.
    UnsupportedMediaType,
    /// The input can be read and cannot be used.
    Invalid,
    /// Too many requests; `Retry-After` says when.
    TooManyRequests,
    /// We failed.
    Internal,
    /// The store does not answer just now; `Retry-After` says when.
    Unavailable,
}

impl Code {
    /// All of them.
    pub(crate) const ALL: [Self; 13] = [
        Self::Malformed,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TimedOut,
        Self::Conflict,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Invalid,
        Self::TooManyRequests,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The word that programs rely on.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TimedOut => "timed_out",
            Self::Conflict => "conflict",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Invalid => "invalid",
            Self::TooManyRequests => "too_many_requests",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }

    /// Its status.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// A failure as it is told.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ApiError {
    code: Code,
    message: String,
    details: Option<Value>,
    retry_after: Option<u32>,
}

impl ApiError {
    /// A failure that these words say.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let retry_after = matches!(code, Code::Unavailable | Code::TooManyRequests).then_some(RETRY_AFTER);
        Self { code, message: message.into(), details: None, retry_after }
    }

    /// Says more, such as where in the input the fault is.
    pub(crate) fn with(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// Says after how many seconds to try again.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// What kind of failure it is.
    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// After how many seconds to try again, where that helps.
    pub(crate) fn wait(&self) -> Option<u32> {
        self.retry_after
    }

    /// A failure of ours: the cause goes to our log, where the request's id stands beside it.
    pub(crate) fn failed(error: impl Into<anyhow::Error>) -> Self {
        let error = error.into();
        tracing::error!(error = %format!("{error:#}"), "a request failed");
        match error.downcast_ref::<store::Error>() {
            Some(error) if error.is_transient() => Self::new(Code::Unavailable, "the store does not answer just now"),
            _ => Self::new(Code::Internal, "something failed here; the request's id finds it in the server's log"),
        }
    }

    /// What is told of it, of the request with this id.
    pub(super) fn body(&self, request_id: &str) -> Value {
        let mut body = json!({ "code": self.code.as_str(), "message": self.message, "request_id": request_id });
        if let (Some(details), Some(body)) = (&self.details, body.as_object_mut()) {
            body.insert("details".to_owned(), details.clone());
        }
        body
    }

    /// The answer that says it.
    pub(crate) fn answer(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.code.status());
        if let Some(seconds) = self.retry_after {
            answer.insert_header((header::RETRY_AFTER, seconds));
        }
        if self.code == Code::Unauthenticated {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"LogHelper\""));
        }
        answer.insert_header((header::CACHE_CONTROL, "no-store")).json(self.body(&request_id::current()))
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Conflict { .. } => Self::new(Code::Conflict, error.to_string()),
            error => Self::failed(error),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.answer()
    }
}

impl Responder for ApiError {
    type Body = BoxBody;

    fn respond_to(self, _: &actix_web::HttpRequest) -> HttpResponse {
        self.answer()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;

    use super::*;

    fn body(answer: HttpResponse) -> Value {
        serde_json::from_slice(&answer.into_body().try_into_bytes().unwrap_or_default()).unwrap()
    }

    #[test]
    fn a_failure_of_ours_keeps_its_cause() {
        for (error, status) in [
            (store::Error::Unavailable { reason: "secret".to_owned(), source: None }, 503),
            (store::Error::Refused("secret".to_owned()), 500),
        ] {
            let answer = ApiError::from(error).answer();
            assert_eq!(answer.status().as_u16(), status);
            assert_eq!(answer.headers().contains_key(header::RETRY_AFTER), status == 503);
            assert!(!body(answer).to_string().contains("secret"));
        }
    }

    #[test]
    fn codes_are_words_and_each_has_its_own() {
        let words: std::collections::BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        let answer = ApiError::new(Code::Invalid, "no").with(json!({ "position": 3 })).answer();
        assert_eq!(body(answer), json!({ "code": "invalid", "message": "no", "request_id": "none", "details": { "position": 3 } }));
    }
}
