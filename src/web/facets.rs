//! The facets beside the queue: each value with how many groups have it, a link to those alone and one to the others.

use super::{
    queue_view::{Facet, NOBODY, View},
    session::Frame,
};
use crate::{
    query::{Filter, Value as Asked},
    store::Facets,
    usecase::queue_logs::Valued,
};

/// Groups that are counted.
pub(super) const COUNTED: usize = 2_000;
/// Values of a facet that are shown at once.
const SHOWN: usize = 8;

/// A facet with its values.
pub(super) struct Choice {
    /// Its name.
    pub(super) name: String,
    /// The values with most groups.
    pub(super) values: Vec<Value>,
    /// The others.
    pub(super) rest: Vec<Value>,
}

/// The facet of a property of Logs.
pub(super) struct OfProperty {
    pub(super) choice: Choice,
    /// How many errors its values were taken from.
    pub(super) about: String,
}

/// A value of a facet.
pub(super) struct Value {
    pub(super) name: String,
    /// How many groups have it.
    pub(super) n: String,
    /// Only those that have it; where it is chosen, any.
    pub(super) only: String,
    /// Only those that do not have it.
    pub(super) without: String,
    pub(super) is_chosen: bool,
}

/// What narrows the queue by values, each with the address without it.
pub(super) struct Narrowing {
    pub(super) name: String,
    pub(super) less: String,
}

/// The value in words.
fn named(frame: &Frame, facet: Facet, value: &str) -> String {
    if facet == Facet::Assignee && value == NOBODY { frame.t("triage.unassigned") } else { value.to_owned() }
}

fn facet_name(frame: &Frame, facet: Facet) -> String {
    frame.t(&format!("facet.{}", facet.word()))
}

/// What narrows the queue.
pub(super) fn narrowings(frame: &Frame, view: &View) -> Vec<Narrowing> {
    let said = |key: &str, facet: Facet, value: &str| {
        frame.say(key, &[("facet", &facet_name(frame, facet)), ("value", &named(frame, facet, value))])
    };
    let only = view
        .only
        .iter()
        .map(|(facet, value)| Narrowing { name: said("facet.only", *facet, value), less: view.with_only(*facet, "").address() });
    let without = view
        .without
        .iter()
        .map(|(facet, value)| Narrowing { name: said("facet.without", *facet, value), less: view.with_wanted(*facet, value).address() });
    let logs = Some(&view.logs).filter(|logs| !logs.is_empty());
    let logs = logs.map(|logs| Narrowing { name: frame.say("facet.logs", &[("filter", logs)]), less: view.with_logs("").address() });
    only.chain(without).chain(logs).collect()
}

/// The facets of a queue that were counted.
pub(super) fn choices(frame: &Frame, view: &View, counted: &Facets) -> Vec<Choice> {
    fn texts(counts: &[(String, i64)]) -> Vec<(&str, i64)> {
        counts.iter().map(|(value, n)| (value.as_str(), *n)).collect()
    }
    let people = counted.assignees.iter().map(|(name, n)| (name.as_deref().unwrap_or(NOBODY), *n)).collect();
    let by_facet = [(Facet::Branch, texts(&counted.branches)), (Facet::Method, texts(&counted.methods)), (Facet::Assignee, people)];
    let more = if counted.more { "+" } else { "" };
    let choice = |(facet, counts): (Facet, Vec<(&str, i64)>)| {
        let value = |(value, n): (&str, i64)| {
            let is_chosen = view.wanted(facet) == value;
            Value {
                name: named(frame, facet, value),
                n: format!("{}{more}", frame.number(&n)),
                only: view.with_only(facet, if is_chosen { "" } else { value }).address(),
                without: view.with_without(facet, value).address(),
                is_chosen,
            }
        };
        let mut values: Vec<Value> = counts.into_iter().map(value).collect();
        let rest = values.split_off(values.len().min(SHOWN));
        Choice { name: facet_name(frame, facet), values, rest }
    };
    by_facet.into_iter().map(choice).filter(|choice| !choice.values.is_empty()).collect()
}

/// The facet of the property that was chosen.
pub(super) fn of_property(frame: &Frame, view: &View, found: &Valued) -> OfProperty {
    let narrowed = |test: Filter| {
        let parts: Vec<Filter> = match view.log_filter() {
            Filter::All => vec![test],
            asked => vec![asked, test],
        };
        view.with_logs(&Filter::And(parts).to_string()).address()
    };
    let mut values: Vec<Value> = found
        .values
        .iter()
        .map(|(test, n)| Value {
            name: match &test.value {
                Asked::Text(text) => text.clone(),
                value => value.to_string(),
            },
            n: frame.number(n),
            only: narrowed(Filter::Test(test.clone())),
            without: narrowed(Filter::Not(Box::new(Filter::Test(test.clone())))),
            is_chosen: false,
        })
        .collect();
    let rest = values.split_off(values.len().min(SHOWN));
    let n = frame.number(&i64::try_from(found.n_errors).unwrap_or(i64::MAX));
    OfProperty { choice: Choice { name: view.by.clone(), values, rest }, about: frame.say("facet.newest", &[("n", &n)]) }
}
