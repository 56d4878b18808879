//! Forms: read in time, and what stands in their fields.

use std::{pin::Pin, time::Duration};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use serde::de::DeserializeOwned;

use super::{error::PageError, session::Frame};
use crate::usecase::Services;

/// A form that arrived in time.
pub(super) struct Form<T>(pub(super) T);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = web::Form::<T>::from_request(request, payload);
        let (patience, frame) = (patience(request), Frame::of(request));
        Box::pin(async move {
            match tokio::time::timeout(patience, form).await {
                Ok(form) => Ok(Self(form?.into_inner())),
                Err(_) => Err(PageError::TimedOut(frame).into()),
            }
        })
    }
}

/// How long a client may keep silent.
pub(super) fn patience(request: &HttpRequest) -> Duration {
    let services = request.app_data::<web::Data<Services>>();
    Duration::from_secs(services.map_or(1, |services| services.config.server.patience_seconds))
}

/// The parts of a text between blank lines: several answers in one field.
pub(super) fn paragraphs(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    text.split("\n\n").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The parts of a text between commas, semicolons and line ends: key words.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split([',', ';', '\n']).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_hold_several_values() {
        assert_eq!(paragraphs("one\r\nstill one\r\n\r\n\r\ntwo\n"), ["one\nstill one", "two"]);
        assert_eq!(words("a b, c;\n d\n"), ["a b", "c", "d"]);
    }
}
