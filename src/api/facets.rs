//! Facets of the queue of unknown errors.

use actix_web::web::{Data, Json};

use super::{
    error::ApiError,
    input::{self, Asked, Limit},
    schema::shape,
};
use crate::{
    domain::GroupState,
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
    }
    /// How many groups have which value, the most frequent value first.
    FacetsShape {
        /// By branch; a group of several branches counts for each.
        branches: Vec<FacetValue>,
        /// By method of the exchanges, as branches.
        methods: Vec<FacetValue>,
        /// By who deals with them; `value` is null for nobody.
        assignees: Vec<FacetValue>,
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
            n_groups: found.n_groups,
            more: found.more,
        }
    }
}

/// `GET /api/v1/errors/facets`.
pub(super) async fn show(services: Data<Services>, Asked(asked): Asked<FacetsAsked>) -> Result<Json<FacetsShape>, ApiError> {
    let queue = Queue { state: asked.state, ..Queue::default() };
    Ok(Json(services.store.count_facets(&queue, input::limit(asked.limit)).await?.into()))
}
