//! A known error on trial: which stored errors it would have caught, and which it would have taken from others. Nothing is saved.

use actix_web::web::{Data, Json};
use bson::DateTime;

use super::{
    error::ApiError,
    errors::{PreviewShape, look_back},
    input::{Body, missing},
    known_errors::KnownErrorInput,
    schema::shape,
};
use crate::{
    domain::KnownErrorId,
    usecase::{
        Services,
        preview::{self, Draft},
        revise::{self, Revision},
    },
};

shape! {
    /// A known error on trial.
    KnownErrorTrial {
        /// The one whose place it would take; none where it would be a new one.
        id: Option<KnownErrorId>,
        /// Only errors of the last so many days are looked at; where nothing is said, all, those without a date, too.
        days: Option<u32>,
        /// The known error as it is to be.
        known_error: KnownErrorInput,
    }
}

/// `POST /api/v1/known-errors/preview`.
pub(super) async fn preview(services: Data<Services>, Body(input): Body<KnownErrorTrial>) -> Result<Json<PreviewShape>, ApiError> {
    let now = DateTime::now();
    let entry = match &input.id {
        Some(id) => revise::load(services.store.as_ref(), id).await?.ok_or_else(missing)?.0,
        None => preview::on_trial(Draft::default(), now),
    };
    let trial = Revision::from(input.known_error).applied_to(&entry);
    look_back(&services, &trial, preview::since(input.days, now)).await
}
