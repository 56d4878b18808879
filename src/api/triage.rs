//! Who deals with a group of unknown errors, until when it is set aside, what was done with it and said of it.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use bson::DateTime;

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::{self, Asked, Body, Limit, missing},
    schema::{Moment, shape},
    words::Id,
};
use crate::{
    domain::{Activity, Deed, GroupId, KnownErrorId, Until},
    usecase::{
        Services,
        triage::{self, Decision, TriageError},
    },
};

shape! {
    /// When a group that is set aside comes back: at most one of these; with none of them it stays aside.
    UntilShape {
        /// After so many further Logs.
        more: Option<i64>,
        /// With a Log of this moment or later.
        date: Option<Moment>,
        /// When a later hour brings more Logs than this.
        rate: Option<i64>,
    }
    /// How a group is set aside.
    IgnoreInput {
        /// Until when; for good where nothing is said.
        until: Option<UntilShape>,
    }
    /// Who is to deal with a group.
    AssignInput {
        /// The person's name; nobody where it is left out.
        to: Option<String>,
    }
    /// What is said of a group.
    CommentInput {
        /// The text.
        text: String,
    }
    /// How much of the activity.
    ActivityAsked {
        /// At most this many, 1 to 500; 50 where nothing is said.
        limit: Option<Limit<500>>,
    }
    /// What was done with a group and said of it, the latest first.
    Activities {
        /// The activities.
        activities: Vec<ActivityShape>,
    }
    /// One thing done or said.
    ActivityShape {
        /// When.
        at: Moment,
        /// Who; blank where the program did it by itself.
        by: String,
        /// `comment`, `assigned`, `ignored`, `reopened`, `explained`, `merged_into`, `absorbed`, `unmerged` or `split`.
        deed: String,
        /// What was said; of a split, the value.
        text: Option<String>,
        /// Who is to deal with it.
        assignee: Option<String>,
        /// Until when it is aside, or why it came back.
        until: Option<UntilShape>,
        /// The known error that it became.
        known_error_id: Option<KnownErrorId>,
        /// The other group.
        group: Option<Id>,
    }
}

impl From<Until> for UntilShape {
    fn from(until: Until) -> Self {
        let always = Self { more: None, date: None, rate: None };
        match until {
            Until::Always => always,
            Until::More(n) => Self { more: Some(n), ..always },
            Until::Date(date) => Self { date: Some(Moment(date)), ..always },
            Until::Rate(n) => Self { rate: Some(n), ..always },
        }
    }
}

impl UntilShape {
    /// What it says, if that is one thing.
    fn read(self) -> Option<Until> {
        let number = |n: i64| (1..=Until::MOST).contains(&n).then_some(n);
        match (self.more, self.date, self.rate) {
            (None, None, None) => Some(Until::Always),
            (Some(n), None, None) => number(n).map(Until::More),
            (None, Some(Moment(date)), None) => Some(Until::Date(date)),
            (None, None, Some(n)) => number(n).map(Until::Rate),
            _ => None,
        }
    }
}

impl From<Activity> for ActivityShape {
    fn from(Activity { at, by, deed, .. }: Activity) -> Self {
        let (at, none) = (Moment(at), String::new());
        let plain = Self { at, by, deed: none, text: None, assignee: None, until: None, known_error_id: None, group: None };
        let named = |word: &str, more: Self| Self { deed: word.to_owned(), ..more };
        match deed {
            Deed::Comment(text) => named("comment", Self { text: Some(text), ..plain }),
            Deed::Assigned(assignee) => named("assigned", Self { assignee, ..plain }),
            Deed::Ignored(until) => named("ignored", Self { until: Some(until.into()), ..plain }),
            Deed::Reopened(until) => named("reopened", Self { until: until.map(UntilShape::from), ..plain }),
            Deed::Explained(id) => named("explained", Self { known_error_id: Some(id), ..plain }),
            Deed::MergedInto(group) => named("merged_into", Self { group: Some(Id::of(group)), ..plain }),
            Deed::Absorbed(group) => named("absorbed", Self { group: Some(Id::of(group)), ..plain }),
            Deed::Unmerged(group) => named("unmerged", Self { group: Some(Id::of(group)), ..plain }),
            Deed::Split { part, value } => named("split", Self { group: Some(Id::of(part)), text: Some(value), ..plain }),
        }
    }
}

impl From<TriageError> for ApiError {
    fn from(error: TriageError) -> Self {
        let told = error.to_string();
        match error {
            TriageError::NotFound(_) => missing(),
            TriageError::Known(_) | TriageError::Busy(_) => Self::new(Code::Conflict, told),
            TriageError::Nobody(_) | TriageError::Comment => Self::new(Code::Invalid, told),
            TriageError::Store(error) => error.into(),
        }
    }
}

impl IgnoreInput {
    /// Until when.
    pub(super) fn read(self) -> Result<Until, ApiError> {
        let until = self.until.map_or(Some(Until::Always), UntilShape::read);
        until.ok_or_else(|| ApiError::new(Code::Invalid, format!("until: one of the three; numbers from 1 to {}", Until::MOST)))
    }
}

async fn decide(caller: &Caller, services: &Services, id: &str, decision: Decision) -> Result<HttpResponse, ApiError> {
    triage::decide(services, input::id(id)?, &decision, &caller.user.name, DateTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/errors/{id}/ignore`.
pub(super) async fn ignore(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<IgnoreInput>,
) -> Result<HttpResponse, ApiError> {
    decide(&caller, &services, &id, Decision::Ignore(input.read()?)).await
}

/// `POST /api/v1/errors/{id}/assign`.
pub(super) async fn assign(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<AssignInput>,
) -> Result<HttpResponse, ApiError> {
    decide(&caller, &services, &id, Decision::Assign(input.to.filter(|name| !name.is_empty()))).await
}

/// `POST /api/v1/errors/{id}/reopen`.
pub(super) async fn reopen(caller: Caller, services: Data<Services>, id: Path<String>) -> Result<HttpResponse, ApiError> {
    decide(&caller, &services, &id, Decision::Reopen).await
}

/// `POST /api/v1/errors/{id}/comment`.
pub(super) async fn comment(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<CommentInput>,
) -> Result<HttpResponse, ApiError> {
    triage::comment(&services, input::id(&id)?, &input.text, &caller.user.name, DateTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `GET /api/v1/errors/{id}/activity`.
pub(super) async fn activity(
    services: Data<Services>,
    id: Path<String>,
    Asked(asked): Asked<ActivityAsked>,
) -> Result<Json<Activities>, ApiError> {
    let id: GroupId = input::id(&id)?;
    services.store.find_log_error(&id).await?.ok_or_else(missing)?;
    let found = services.store.list_activities(&id, input::limit(asked.limit)).await?;
    Ok(Json(Activities { activities: found.into_iter().map(ActivityShape::from).collect() }))
}
