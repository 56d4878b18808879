//! Saved filters: kept under a name, for oneself or, by expert analysts, for everyone.

use bson::DateTime;

use super::Services;
use crate::{
    domain::{QueryConfig, QueryConfigId, Role, User},
    query::{Filter, FilterError},
    store,
};

/// Longest name, in bytes.
const MAX_NAME: usize = 200;
/// Columns that a filter shows at most.
const MAX_COLUMNS: usize = 50;

/// A filter to be saved.
#[derive(Debug, Clone)]
pub struct NewQuery {
    /// Its name; the person's own filter of this name is replaced.
    pub name: String,
    /// The filter as text.
    pub filter: String,
    /// Whether everyone is to see it.
    pub shared: bool,
    /// Paths of the columns to show.
    pub columns: Vec<String>,
}

/// Why a filter was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Its name is blank or too long.
    #[error("name: 1 to {MAX_NAME} bytes")]
    Name,
    /// It is no filter.
    #[error("filter: {0}")]
    Filter(#[from] FilterError),
    /// It has too many columns, or one that is no path.
    #[error("columns: at most {MAX_COLUMNS} paths")]
    Columns,
    /// Only expert analysts share.
    #[error("only expert analysts share filters")]
    Shared,
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Saves a filter for a person.
///
/// # Errors
/// When name, filter or columns are not right, the person may not share, or the store fails.
pub async fn save(services: &Services, user: &User, new: NewQuery, now: DateTime) -> Result<QueryConfig, SaveError> {
    let name = new.name.trim();
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(SaveError::Name);
    }
    new.filter.parse::<Filter>()?;
    if new.columns.len() > MAX_COLUMNS || new.columns.iter().any(|column| column.parse::<crate::query::Path>().is_err()) {
        return Err(SaveError::Columns);
    }
    if new.shared && user.role < Role::ExpertAnalyst {
        return Err(SaveError::Shared);
    }
    let query = QueryConfig {
        id: QueryConfig::id_for(&user.name, name),
        name: name.to_owned(),
        owner: user.name.clone(),
        shared: new.shared,
        filter: new.filter,
        columns: new.columns,
        updated_at: now,
    };
    services.store.save_query_config(&query).await?;
    Ok(query)
}

/// Deletes one of the person's own filters; false when there is none of this id.
///
/// # Errors
/// When the store fails.
pub async fn delete(services: &Services, user: &User, id: &QueryConfigId) -> store::Result<bool> {
    let visible = services.store.list_query_configs(&user.name).await?;
    if !visible.iter().any(|query| query.id == *id && query.owner == user.name) {
        return Ok(false);
    }
    services.store.delete_query_config(id).await
}
