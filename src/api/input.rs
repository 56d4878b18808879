//! What a request brings: a JSON body, the query of its address, an id in its path. What cannot be read is told in the one shape of
//! failures, with the place of the fault.

use std::{future::Future, pin::Pin, str::FromStr, time::Duration};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use futures_util::{TryStreamExt, future};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};
use serde_json::{Value, json};

use super::{
    error::{ApiError, Code},
    schema::{Definitions, Schema},
};
use crate::{query::Filter, usecase::Services};

/// Largest JSON body, in bytes.
const MAX_BODY: usize = 1 << 20;

/// A JSON body of at most so many bytes.
pub(crate) struct Body<T, const MOST: usize = MAX_BODY>(pub(crate) T);

impl<T: DeserializeOwned + 'static, const MOST: usize> FromRequest for Body<T, MOST> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_json = kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        let (patience, payload) = (patience(request), payload.take());
        Box::pin(async move {
            if !is_json {
                return Err(ApiError::new(Code::UnsupportedMediaType, "the body has to be `application/json`"));
            }
            let body = tokio::time::timeout(patience, whole(payload, MOST)).await;
            let body = body.map_err(|_| ApiError::new(Code::TimedOut, "the body did not arrive in time"))??;
            serde_json::from_slice(&body).map(Self).map_err(|error| {
                let code = if error.is_data() { Code::Invalid } else { Code::Malformed };
                ApiError::new(code, error.to_string()).with(json!({ "line": error.line(), "column": error.column() }))
            })
        })
    }
}

async fn whole(mut payload: Payload, most: usize) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.try_next().await.map_err(|_| ApiError::new(Code::Malformed, "the body broke off"))? {
        if body.len() + chunk.len() > most {
            return Err(ApiError::new(Code::TooLarge, format!("a body has at most {most} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// How long a client may keep silent.
pub(crate) fn patience(request: &HttpRequest) -> Duration {
    let services = request.app_data::<web::Data<Services>>();
    Duration::from_secs(services.map_or(1, |services| services.config.server.patience_seconds))
}

/// The query of the address.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest for Asked<T> {
    type Error = ApiError;
    type Future = future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let asked = web::Query::<T>::from_query(request.query_string());
        future::ready(asked.map(|asked| Self(asked.into_inner())).map_err(|error| ApiError::new(Code::Malformed, error.to_string())))
    }
}

/// The id in the path; one that is none names nothing.
pub(crate) fn id<T: FromStr>(text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| missing())
}

/// There is no such thing, or not for this person.
pub(crate) fn missing() -> ApiError {
    ApiError::new(Code::NotFound, "there is no such thing, or none that you may see")
}

/// Something that the input names has to be of some kind; the field says which.
pub(crate) fn parsed<T: FromStr<Err: std::fmt::Display>>(field: &str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|error: T::Err| ApiError::new(Code::Invalid, error.to_string()).with(json!({ "field": field })))
}

/// A filter as text.
pub(crate) fn filter(text: Option<&str>) -> Result<Filter, ApiError> {
    text.unwrap_or_default().parse::<Filter>().map_err(|error| {
        let fault = ApiError::new(Code::Invalid, error.to_string());
        match error.position() {
            Some(position) => fault.with(json!({ "field": "filter", "position": position })),
            None => fault.with(json!({ "field": "filter" })),
        }
    })
}

/// How many of a list are wanted: 1 to `MOST`.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub(crate) struct Limit<const MOST: u32>(u32);

impl<'de, const MOST: u32> Deserialize<'de> for Limit<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let limit = u32::deserialize(deserializer)?;
        if (1..=MOST).contains(&limit) { Ok(Self(limit)) } else { Err(D::Error::custom(format!("limit: 1 to {MOST}"))) }
    }
}

impl<const MOST: u32> Schema for Limit<MOST> {
    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": MOST })
    }
}

/// How many of a list are wanted, as far as the asker says.
pub(crate) fn limit<const MOST: u32>(asked: Option<Limit<MOST>>) -> usize {
    asked.map_or(50, |limit| usize::try_from(limit.0).unwrap_or(usize::MAX))
}

/// The place in a list behind which a page begins; a blank one is its beginning.
pub(crate) fn after(asked: &Option<String>) -> Option<&str> {
    asked.as_deref().filter(|after| !after.is_empty())
}

/// A place in a list that is none.
pub(crate) fn no_cursor() -> ApiError {
    ApiError::new(Code::Invalid, "after: not the `next` of a page").with(json!({ "field": "after" }))
}
