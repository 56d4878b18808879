//! What can be asked for in Logs, and the views that people saved of them and of the queue of unknown errors.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use bson::DateTime;

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::{self, Asked, Body, missing},
    schema::{Moment, shape},
    words::Id,
};
use crate::{
    domain::{PropertySide, PropertyType, QueryConfig, QueryConfigId, Role, ViewKind},
    query::Filter,
    usecase::{
        Services,
        queue_view::View,
        views::{self, Draft, Fault},
    },
};

shape! {
    /// The catalogue of properties seen in Logs, by path.
    Properties {
        /// The properties.
        properties: Vec<PropertyShape>,
    }
    /// A property that can be asked for.
    PropertyShape {
        /// The path, such as `request.params.account`.
        path: String,
        /// Which part of the Log.
        side: PropertySide,
        /// Types seen.
        types: Vec<PropertyType>,
        /// A few values, shortened; none for branch operators.
        examples: Vec<String>,
        /// Number of Logs it was seen in; null for branch operators.
        count: Option<i64>,
    }
    /// Which saved views.
    QueriesAsked {
        /// Of what; of the Logs where nothing is said.
        kind: Option<ViewKind>,
    }
    /// The caller's own saved views and the shared ones, by name.
    Queries {
        /// The views.
        queries: Vec<QueryShape>,
    }
    /// A saved view.
    QueryShape {
        /// Its identifier.
        id: Id,
        /// What it is a view of.
        kind: ViewKind,
        /// Its name.
        name: String,
        /// Who saved it.
        owner: String,
        /// Whether everyone sees it.
        shared: bool,
        /// The filter; of the queue, the query of its page's address.
        filter: String,
        /// Paths of the columns to show.
        columns: Vec<String>,
        /// The time range: `15m` to `365d`, or `from/to`; blank for all time.
        range: String,
        /// Whether it stands beside the Logs.
        pinned: bool,
        /// Last change.
        updated_at: Moment,
    }
    /// Another name for a view.
    QueryName {
        /// The name, at most 200 bytes.
        name: String,
    }
    /// How many Logs or groups a view finds.
    QueryCount {
        /// Those that were counted, at most 1000.
        count: i64,
        /// There may be more.
        more: bool,
    }
    /// A view to be saved; one of this name is replaced.
    QueryInput {
        /// What it is a view of; of the Logs where nothing is said.
        kind: Option<ViewKind>,
        /// Its name, at most 200 bytes.
        name: String,
        /// The filter; of the queue, the query of its page's address.
        filter: String,
        /// Whether everyone is to see it; only expert analysts share.
        shared: Option<bool>,
        /// Paths of the columns to show.
        columns: Option<Vec<String>>,
        /// The time range: `15m` to `365d`, or `from/to`.
        range: Option<String>,
        /// Whether it stands beside the Logs.
        pinned: Option<bool>,
    }
}

impl From<QueryConfig> for QueryShape {
    fn from(query: QueryConfig) -> Self {
        Self {
            id: Id::of(query.id),
            kind: query.kind,
            name: query.name,
            owner: query.owner,
            shared: query.shared,
            filter: query.filter,
            columns: query.columns,
            range: query.range,
            pinned: query.pinned,
            updated_at: Moment(query.updated_at),
        }
    }
}

/// `GET /api/v1/properties`.
pub(super) async fn properties(caller: Caller, services: Data<Services>) -> Result<Json<Properties>, ApiError> {
    let found = caller.reads(&services).list_log_queries().await?;
    let reads_all = caller.user.role > Role::BranchOperator;
    let properties = found.into_iter().map(|property| PropertyShape {
        path: property.path,
        side: property.side,
        types: property.types,
        examples: property.examples,
        count: reads_all.then_some(property.count),
    });
    Ok(Json(Properties { properties: properties.collect() }))
}

/// `GET /api/v1/queries`.
pub(super) async fn list(caller: Caller, services: Data<Services>, Asked(asked): Asked<QueriesAsked>) -> Result<Json<Queries>, ApiError> {
    let queries = views::list(&services, &caller.user, asked.kind.unwrap_or_default()).await?;
    Ok(Json(Queries { queries: queries.into_iter().map(|shown| shown.config.into()).collect() }))
}

/// `POST /api/v1/queries`.
pub(super) async fn save(caller: Caller, services: Data<Services>, Body(input): Body<QueryInput>) -> Result<HttpResponse, ApiError> {
    let shared = input.shared.unwrap_or_default();
    if shared && caller.user.role < Role::ExpertAnalyst {
        return Err(ApiError::new(Code::Forbidden, "only expert analysts share filters"));
    }
    let kind = input.kind.unwrap_or_default();
    if kind == ViewKind::Errors && caller.user.role < Role::ProgrammerDeveloper {
        return Err(ApiError::new(Code::Forbidden, "branch operators do not see the queue"));
    }
    if let (ViewKind::Logs, Err(error)) = (kind, input.filter.parse::<Filter>()) {
        return Err(ApiError::new(Code::Invalid, format!("filter: {error}")));
    }
    let draft = Draft {
        kind,
        name: input.name,
        filter: input.filter,
        shared,
        pinned: input.pinned.unwrap_or_default(),
        columns: input.columns.unwrap_or_default(),
        range: input.range.unwrap_or_default(),
    };
    let saved = views::save(&services, &caller.user, draft, DateTime::now()).await?.map_err(refused)?;
    Ok(HttpResponse::Created().json(QueryShape::from(saved)))
}

/// What is wrong with a view.
fn refused(fault: Fault) -> ApiError {
    let text = match fault {
        Fault::Name => "name: 1 to 200 bytes",
        Fault::Filter => "filter: it cannot be read, or is too long",
        Fault::Columns => "columns: at most 50 paths",
        Fault::Taken => "name: another view has it",
        Fault::TooMany => "a person has at most 200 views of a kind",
    };
    ApiError::new(Code::Invalid, text)
}

/// `PUT /api/v1/queries/{id}`.
pub(super) async fn rename(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<QueryName>,
) -> Result<Json<QueryShape>, ApiError> {
    let (id, now): (QueryConfigId, _) = (input::id(&id)?, DateTime::now());
    for kind in ViewKind::ALL {
        if views::rename(&services, &caller.user, (kind, &id), &input.name, now).await?.map_err(refused)? {
            let renamed = views::find(&services, &caller.user, kind, &id).await?.ok_or_else(missing)?;
            return Ok(Json(renamed.config.into()));
        }
    }
    Err(missing())
}

/// `GET /api/v1/queries/{id}/count`.
pub(super) async fn count(caller: Caller, services: Data<Services>, id: Path<String>) -> Result<Json<QueryCount>, ApiError> {
    let id: QueryConfigId = input::id(&id)?;
    let (count, more) = match views::find(&services, &caller.user, ViewKind::Logs, &id).await? {
        Some(shown) => {
            let filter = input::filter(Some(&shown.config.filter))?;
            let filter = views::within(filter, views::bounds(&shown.config.range, DateTime::now()));
            views::count(&caller.reads(&services), &filter).await?
        }
        None => {
            let shown = views::find(&services, &caller.user, ViewKind::Errors, &id).await?.ok_or_else(missing)?;
            let fields = Query::<Vec<(String, String)>>::from_query(&shown.config.filter).map(Query::into_inner).unwrap_or_default();
            let queue = View::read(&fields).0.asked(&services, &caller.user.name, 0, DateTime::now()).await?;
            views::count_queue(&services, &queue).await?
        }
    };
    Ok(Json(QueryCount { count: i64::try_from(count).unwrap_or(i64::MAX), more }))
}

/// `DELETE /api/v1/queries/{id}`.
pub(super) async fn delete(caller: Caller, services: Data<Services>, id: Path<String>) -> Result<HttpResponse, ApiError> {
    let id: QueryConfigId = input::id(&id)?;
    let mut done = false;
    for kind in ViewKind::ALL {
        done |= views::delete(&services, &caller.user, kind, &id).await?;
    }
    if done { Ok(HttpResponse::NoContent().finish()) } else { Err(missing()) }
}
