//! Which values the variables of a group take.

use actix_web::web::{Data, Json, Path};

use super::{
    error::ApiError,
    input::{self, missing},
    schema::shape,
};
use crate::{
    domain::GroupId,
    usecase::{
        Services,
        groups::Variable,
        values::{self, Distribution},
    },
};

/// Values told of each variable.
const TOP: usize = 10;

shape! {
    /// The variables of a group, with the values that they take in its latest Logs.
    ValuesShape {
        /// Logs that were looked at.
        n_logs: i64,
        /// The variables, in their order.
        variables: Vec<VariableShape>,
    }
    /// A variable part of the group's common text.
    VariableShape {
        /// Its place in the group's pattern, by which it is split.
        place: i64,
        /// Its name.
        name: String,
        /// What its values are, such as `account` or `number`.
        kind: String,
        /// Its value in the example.
        example: String,
        /// Different values that were seen.
        n_values: i64,
        /// There were more than could be told apart.
        more: bool,
        /// The least of the numbers among them.
        least: Option<String>,
        /// The greatest of the numbers among them.
        greatest: Option<String>,
        /// The most frequent values; the first 10.
        top: Vec<ValueCount>,
    }
    /// A value and how often it was seen.
    ValueCount {
        /// The value.
        value: String,
        /// How often at most.
        count: i64,
    }
}

fn number(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn shown(variable: Variable, sample: &Distribution) -> VariableShape {
    let values = sample.get(&variable.name);
    let kind = values.filter(|values| values.seen() > 0).map_or(variable.kind, |values| values.kind());
    let (n_values, more) = values.map_or((0, false), |values| values.distinct());
    let (least, greatest) = values.and_then(|values| values.range()).map(|(a, b)| (a.to_owned(), b.to_owned())).unzip();
    let top = values.map(|values| values.top()).unwrap_or_default().into_iter().take(TOP);
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    VariableShape {
        place: number(variable.place),
        name: variable.name,
        kind: kind.key().trim_start_matches("kind.").to_owned(),
        example: variable.value,
        n_values: number(n_values),
        more,
        least,
        greatest,
        top: top.map(|counted| ValueCount { value: counted.value.clone(), count: count(counted.count) }).collect(),
    }
}

/// `GET /api/v1/errors/{id}/values`.
pub(super) async fn show(services: Data<Services>, id: Path<String>) -> Result<Json<ValuesShape>, ApiError> {
    let id: GroupId = input::id(&id)?;
    let group = services.store.find_log_error(&id).await?.ok_or_else(missing)?;
    let sample = values::sample(&services, id).await?;
    let variables = services.groups.variables(id, &group.message).into_iter();
    Ok(Json(ValuesShape { n_logs: number(sample.n_logs), variables: variables.map(|own| shown(own, &sample.values)).collect() }))
}
