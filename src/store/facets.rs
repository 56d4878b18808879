//! Facets of the queue: how many of the groups that a page is taken from have which value.
//!
//! Groups are counted in the order of the page up to a bound, so that a queue of any length costs the same; whoever shows the counts says
//! where the bound was reached. Both stores read the values and count them here.

use std::collections::HashMap;

use async_trait::async_trait;

use super::{Queue, Result};

/// Values told of a facet.
const VALUES: usize = 200;

/// How many groups have which value, the most frequent value first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// Groups by branch; a group of several branches counts for each.
    pub branches: Vec<(String, i64)>,
    /// Groups by method of their exchanges, as branches.
    pub methods: Vec<(String, i64)>,
    /// Groups by who deals with them; `None` is nobody.
    pub assignees: Vec<(Option<String>, i64)>,
    /// Groups that were counted.
    pub n_groups: i64,
    /// There are more than were counted.
    pub more: bool,
}

/// Counting the queue.
#[async_trait]
pub trait FacetStore {
    /// Counts the groups of a queue by their values: the first `most` in its order, from the queue's beginning on.
    async fn count_facets(&self, queue: &Queue, most: usize) -> Result<Facets>;
}

/// Facets while they are counted.
#[derive(Debug, Default)]
pub struct Tally {
    branches: HashMap<String, i64>,
    methods: HashMap<String, i64>,
    assignees: HashMap<Option<String>, i64>,
    n_groups: i64,
}

impl Tally {
    /// Counts a group.
    pub fn add<'a>(&mut self, branches: impl Iterator<Item = &'a str>, methods: impl Iterator<Item = &'a str>, assignee: Option<String>) {
        let count = |counts: &mut HashMap<String, i64>, value: &str| match counts.get_mut(value) {
            Some(n) => *n += 1,
            None => drop(counts.insert(value.to_owned(), 1)),
        };
        // A method that is blank cannot be asked for.
        let methods = methods.filter(|method| !method.is_empty());
        branches.for_each(|branch| count(&mut self.branches, branch));
        methods.for_each(|method| count(&mut self.methods, method));
        *self.assignees.entry(assignee).or_default() += 1;
        self.n_groups += 1;
    }

    /// Groups counted so far.
    pub fn n_groups(&self) -> usize {
        usize::try_from(self.n_groups).unwrap_or(usize::MAX)
    }

    /// The counts; `more` where there are groups that were not counted.
    pub fn done(self, more: bool) -> Facets {
        Facets {
            branches: sorted(self.branches),
            methods: sorted(self.methods),
            assignees: sorted(self.assignees),
            n_groups: self.n_groups,
            more,
        }
    }
}

/// The most frequent first, equal ones by value.
fn sorted<T: Ord>(counts: HashMap<T, i64>) -> Vec<(T, i64)> {
    let mut counts: Vec<(T, i64)> = counts.into_iter().collect();
    counts.sort_by(|(value, n), (other, m)| m.cmp(n).then_with(|| value.cmp(other)));
    counts.truncate(VALUES);
    counts
}
