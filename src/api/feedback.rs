//! What people say of answers after trying them.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use bson::DateTime;

use super::{
    error::ApiError,
    guard::Caller,
    input::{self, Body, missing},
    schema::shape,
    words::Id,
};
use crate::{
    domain::KnownErrorId,
    usecase::{Services, feedback},
};

shape! {
    /// What the caller says of an answer; it takes the place of what they said before.
    FeedbackInput {
        /// The answer.
        answer: Id,
        /// Whether it worked.
        worked: bool,
    }
}

/// `POST /api/v1/known-errors/{id}/feedback`.
pub(super) async fn say(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<FeedbackInput>,
) -> Result<HttpResponse, ApiError> {
    let (id, answer) = (KnownErrorId(id.into_inner()), input::parsed("answer", &input.answer.0)?);
    let said = feedback::say(&services, &id, answer, input.worked, &caller.user.name, DateTime::now()).await?;
    if said { Ok(HttpResponse::NoContent().finish()) } else { Err(missing()) }
}
