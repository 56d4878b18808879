//! Saved views of the Logs and of the queue of unknown errors: each belongs to who saved it; the shared ones are seen, and changed by nobody
//! else. A view keeps its identifier when it is renamed, so that links to it stay.

use bson::DateTime;

use super::{
    Services,
    audit::{self, AuditAction, Deed},
};
use crate::{
    domain::{QueryConfig, QueryConfigId, Role, User, ViewKind},
    query::{Filter, Operator, Path, Test, Value},
    store::{LogPage, Queue, Result, ScopedStore},
};

/// Relative time ranges and their length in seconds.
pub const RANGES: [(&str, i64); 7] =
    [("15m", 900), ("1h", 3600), ("24h", 86_400), ("7d", 604_800), ("30d", 2_592_000), ("90d", 7_776_000), ("365d", 31_536_000)];
/// Longest name, in bytes.
const MAX_NAME: usize = 200;
/// Longest address of a queue, in bytes.
const MAX_QUEUE: usize = 4000;
/// Views of a kind that a person has at most.
pub const MAX_VIEWS: usize = 200;
/// Columns of a view at most.
const MAX_COLUMNS: usize = 50;
/// Logs counted for a badge, and looked at for it.
const COUNTED: usize = 1000;
/// Logs looked at for a badge.
const LOOKED_AT: usize = 20_000;

/// A view, as a person sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The view.
    pub config: QueryConfig,
    /// Whether the person saved it and may change it.
    pub own: bool,
}

/// What is to be saved.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// What it is a view of.
    pub kind: ViewKind,
    /// Its name.
    pub name: String,
    /// For everyone; taken up from analysts only.
    pub shared: bool,
    /// Whether it stands beside the Logs.
    pub pinned: bool,
    /// The filter as text; of the queue, the query of its address.
    pub filter: String,
    /// Paths of the columns.
    pub columns: Vec<String>,
    /// The time range.
    pub range: String,
}

/// What can be wrong with a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It has no name, or one that is too long.
    Name,
    /// Its filter is none.
    Filter,
    /// It has too many columns, or one that is no path.
    Columns,
    /// Another of the person's views has the name.
    Taken,
    /// The person has as many as they may.
    TooMany,
}

/// The views of a kind that a person sees: the pinned ones first, then by name. Who does not see the queue has no views of it.
///
/// # Errors
/// When the store fails.
pub async fn list(services: &Services, user: &User, kind: ViewKind) -> Result<Vec<Shown>> {
    if kind == ViewKind::Errors && user.role < Role::ProgrammerDeveloper {
        return Ok(Vec::new());
    }
    let configs = services.store.list_query_configs(&user.name, kind).await?;
    let mut shown: Vec<Shown> = configs.into_iter().map(|config| Shown { own: config.owner == user.name, config }).collect();
    shown.sort_by_key(|shown| !shown.config.pinned);
    Ok(shown)
}

/// A view that the person may see.
///
/// # Errors
/// When the store fails.
pub async fn find(services: &Services, user: &User, kind: ViewKind, id: &QueryConfigId) -> Result<Option<Shown>> {
    Ok(list(services, user, kind).await?.into_iter().find(|shown| shown.config.id == *id))
}

/// Saves a view under the person's own name: nobody else's is ever replaced.
///
/// # Errors
/// When the store fails.
pub async fn save(services: &Services, user: &User, draft: Draft, now: DateTime) -> Result<std::result::Result<QueryConfig, Fault>> {
    let Some(name) = named(&draft.name) else { return Ok(Err(Fault::Name)) };
    let is_filter = match draft.kind {
        ViewKind::Logs => draft.filter.parse::<Filter>().is_ok(),
        ViewKind::Errors => draft.filter.len() <= MAX_QUEUE && draft.filter.bytes().all(|byte| byte.is_ascii_graphic()),
    };
    if !is_filter {
        return Ok(Err(Fault::Filter));
    }
    if draft.columns.len() > MAX_COLUMNS || draft.columns.iter().any(|column| column.parse::<Path>().is_err()) {
        return Ok(Err(Fault::Columns));
    }
    let own: Vec<Shown> = list(services, user, draft.kind).await?.into_iter().filter(|shown| shown.own).collect();
    let id = match own.iter().find(|shown| shown.config.name == name) {
        Some(shown) => shown.config.id,
        None if own.len() >= MAX_VIEWS => return Ok(Err(Fault::TooMany)),
        None => free_id(&own, draft.kind, &user.name, name),
    };
    let config = QueryConfig {
        id,
        kind: draft.kind,
        name: name.to_owned(),
        owner: user.name.clone(),
        shared: draft.shared && user.role >= Role::ExpertAnalyst,
        filter: draft.filter,
        columns: draft.columns,
        range: draft.range,
        pinned: draft.pinned,
        updated_at: now,
    };
    services.store.save_query_config(&config).await?;
    audit::record(services, Deed::new(AuditAction::ViewSave, name).after(&config)).await?;
    Ok(Ok(config))
}

/// A name as it is kept, if it is one.
fn named(name: &str) -> Option<&str> {
    Some(name.trim()).filter(|name| !name.is_empty() && name.len() <= MAX_NAME)
}

/// The first identifier of the name that none of the person's views has: one that was renamed keeps its own.
fn free_id(own: &[Shown], kind: ViewKind, owner: &str, name: &str) -> QueryConfigId {
    let mut ids = (0..=own.len()).map(|n| kind.id_for(owner, name, n));
    ids.find(|id| own.iter().all(|shown| shown.config.id != *id)).unwrap_or_else(|| kind.id_for(owner, name, own.len()))
}

/// Gives a view of the person's own another name; false when they have none of this id.
///
/// # Errors
/// When the store fails.
pub async fn rename(
    services: &Services,
    user: &User,
    (kind, id): (ViewKind, &QueryConfigId),
    name: &str,
    now: DateTime,
) -> Result<std::result::Result<bool, Fault>> {
    let Some(name) = named(name) else { return Ok(Err(Fault::Name)) };
    let seen = list(services, user, kind).await?;
    let Some(shown) = seen.iter().find(|shown| shown.own && shown.config.id == *id) else { return Ok(Ok(false)) };
    if seen.iter().any(|other| other.own && other.config.name == name && other.config.id != *id) {
        return Ok(Err(Fault::Taken));
    }
    let renamed = QueryConfig { name: name.to_owned(), updated_at: now, ..shown.config.clone() };
    services.store.save_query_config(&renamed).await?;
    audit::record(services, Deed::new(AuditAction::ViewSave, name).before(&shown.config).after(&renamed)).await?;
    Ok(Ok(true))
}

/// Deletes a view of the person's own; false when they have none of this id.
///
/// # Errors
/// When the store fails.
pub async fn delete(services: &Services, user: &User, kind: ViewKind, id: &QueryConfigId) -> Result<bool> {
    let Some(shown) = find(services, user, kind, id).await?.filter(|shown| shown.own) else { return Ok(false) };
    let deleted = services.store.delete_query_config(id).await?;
    if deleted {
        audit::record(services, Deed::new(AuditAction::ViewDelete, &shown.config.name).before(&shown.config)).await?;
    }
    Ok(deleted)
}

/// How many Logs a filter finds, up to a bound, and whether there may be more.
///
/// # Errors
/// When the store fails.
pub async fn count(reads: &ScopedStore, filter: &Filter) -> Result<(usize, bool)> {
    let found = reads.list_moments(&LogPage { filter, limit: COUNTED, after: None, scan_limit: LOOKED_AT }).await?;
    Ok((found.moments.len(), found.incomplete))
}

/// How many groups a queue has, up to a bound, and whether there are more.
///
/// # Errors
/// When the store fails.
pub async fn count_queue(services: &Services, queue: &Queue) -> Result<(usize, bool)> {
    let found = services.store.count_facets(queue, COUNTED).await?;
    Ok((usize::try_from(found.n_groups).unwrap_or(usize::MAX), found.more))
}

/// The bounds of a time range in milliseconds: the first moment, and the one behind the last. A range is one of [`RANGES`] or `from/to`;
/// an end that is no moment bounds nothing.
pub fn bounds(range: &str, now: DateTime) -> (Option<i64>, Option<i64>) {
    if let Some((_, seconds)) = RANGES.iter().find(|(word, _)| *word == range) {
        return (Some(now.timestamp_millis().saturating_sub(seconds * 1000)), None);
    }
    let (from, to) = range.split_once('/').unwrap_or_default();
    (moment(from), moment(to))
}

/// A moment as filters write it; without a zone it is taken as UTC.
pub fn moment(text: &str) -> Option<i64> {
    if let Value::Date(date) = Value::read(text) { Some(date.timestamp_millis()) } else { None }
}

/// A filter within bounds of time.
pub fn within(filter: Filter, (from, to): (Option<i64>, Option<i64>)) -> Filter {
    let Ok(path) = "date".parse::<Path>() else { return filter };
    let bound = |operator, millis| Filter::Test(Test { path: path.clone(), operator, value: Value::Date(DateTime::from_millis(millis)) });
    let mut parts: Vec<Filter> = from.map(|from| bound(Operator::AtLeast, from)).into_iter().collect();
    parts.extend(to.map(|to| bound(Operator::Less, to)));
    if parts.is_empty() {
        return filter;
    }
    parts.push(filter);
    Filter::And(parts)
}
