//! Facets of the queue of unknown errors.

use actix_web::web::{Data, Json};

use super::{
    error::ApiError,
    input::{self, Asked, Limit},
    schema::shape,
};
use crate::{
    domain::GroupState,
    query::{Filter, Test, Value},
    store::{Facets, Queue},
    usecase::Services,
};

shape! {
    /// Which groups are counted.
    FacetsAsked {
        /// Only those in this state; every one where nothing is said.
        state: Option<GroupState>,
        /// At most so many of the most frequent, 1 to 5000; 50 where nothing is said.
        limit: Option<Limit<5000>>,
        /// A property of Logs whose values are told as well.
        by: Option<String>,
    }
    /// How many groups have which value, the most frequent value first.
    FacetsShape {
        /// By branch; a group of several branches counts for each.
        branches: Vec<FacetValue>,
        /// By method of the exchanges, as branches.
        methods: Vec<FacetValue>,
        /// By who deals with them; `value` is null for nobody.
        assignees: Vec<FacetValue>,
        /// By the property that was asked for: groups of the newest 2000 errors, at most 50 values.
        values: Option<Vec<FacetValue>>,
        /// Groups that were counted.
        n_groups: i64,
        /// Whether there are more than were counted.
        more: bool,
    }
    /// A value of a facet.
    FacetValue {
        /// The value.
        value: Option<String>,
        /// Number of groups.
        count: i64,
    }
}

impl From<Facets> for FacetsShape {
    fn from(found: Facets) -> Self {
        let some = |(value, count)| FacetValue { value: Some(value), count };
        Self {
            branches: found.branches.into_iter().map(some).collect(),
            methods: found.methods.into_iter().map(some).collect(),
            assignees: found.assignees.into_iter().map(|(value, count)| FacetValue { value, count }).collect(),
            values: None,
            n_groups: found.n_groups,
            more: found.more,
        }
    }
}

/// A value without the quotes of a filter.
fn named(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        value => value.to_string(),
    }
}

/// `GET /api/v1/errors/facets`.
pub(super) async fn show(services: Data<Services>, Asked(asked): Asked<FacetsAsked>) -> Result<Json<FacetsShape>, ApiError> {
    let queue = Queue { state: asked.state, ..Queue::default() };
    let mut told: FacetsShape = services.store.count_facets(&queue, input::limit(asked.limit)).await?.into();
    if let Some(by) = asked.by.filter(|by| !by.is_empty()) {
        let found = services.queue_values(&Filter::All, &input::parsed("by", &by)?).await?.value;
        let value = |(test, count): &(Test, i64)| FacetValue { value: Some(named(&test.value)), count: *count };
        told.values = Some(found.values.iter().map(value).collect());
    }
    Ok(Json(told))
}
