//! The audit log, for administrators.

use actix_web::web::{Data, Json};
use bson::{Bson, DateTime};
use serde_json::Value;

use super::{
    error::ApiError,
    input::{self, Asked, Limit},
    schema::{Moment, shape},
    words::Id,
};
use crate::{
    domain::{AuditAction, AuditEntry, Via},
    store::{AuditCursor, AuditPage},
    usecase::{Services, audit},
};

shape! {
    /// Which entries.
    AuditAsked {
        /// Done by this person.
        actor: Option<String>,
        /// This was done.
        action: Option<AuditAction>,
        /// To this.
        target: Option<String>,
        /// Only what was refused.
        refused: Option<bool>,
        /// Not before.
        since: Option<Moment>,
        /// Before.
        until: Option<Moment>,
        /// `next` of the page before.
        after: Option<String>,
        /// At most this many, 1 to 500; 50 where nothing is said.
        limit: Option<Limit<500>>,
    }
    /// A page of the audit log, newest first.
    AuditEntries {
        /// The entries.
        entries: Vec<AuditShape>,
        /// What to send as `after` for the next page; null where this is the last.
        next: Option<String>,
    }
    /// Who did what to what.
    AuditShape {
        /// Its identifier.
        id: Id,
        /// When.
        at: Moment,
        /// Who.
        actor: String,
        /// By which door.
        via: Via,
        /// The client's address.
        address: Option<String>,
        /// The request's id.
        request_id: Option<String>,
        /// What was done, or tried.
        action: AuditAction,
        /// To what.
        target: String,
        /// It was tried and refused.
        refused: bool,
        /// What was there before.
        before: Option<Value>,
        /// What is there now.
        after: Option<Value>,
    }
}

impl From<AuditEntry> for AuditShape {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: Id::of(entry.id),
            at: Moment(entry.at),
            actor: entry.actor,
            via: entry.via,
            address: entry.address,
            request_id: entry.request_id,
            action: entry.action,
            target: entry.target,
            refused: entry.refused,
            before: entry.before.map(Bson::into_relaxed_extjson),
            after: entry.after.map(Bson::into_relaxed_extjson),
        }
    }
}

/// `GET /api/v1/audit`.
pub(super) async fn list(services: Data<Services>, Asked(asked): Asked<AuditAsked>) -> Result<Json<AuditEntries>, ApiError> {
    let page = AuditPage {
        actor: asked.actor,
        action: asked.action,
        target: asked.target,
        refused: asked.refused.unwrap_or_default(),
        since: asked.since.map(|since| since.0),
        until: asked.until.map(|until| until.0),
        after: input::after(&asked.after).map(|text| cursor(text).ok_or_else(input::no_cursor)).transpose()?,
        limit: input::limit(asked.limit),
    };
    let (entries, next) = audit::list(&services, page).await?;
    let next = next.map(|next| format!("{}_{}", next.at.timestamp_millis(), next.id));
    Ok(Json(AuditEntries { entries: entries.into_iter().map(AuditShape::from).collect(), next }))
}

/// `1462691865000_<id>`.
fn cursor(text: &str) -> Option<AuditCursor> {
    let (at, id) = text.split_once('_')?;
    Some(AuditCursor { at: DateTime::from_millis(at.parse().ok()?), id: id.parse().ok()? })
}
