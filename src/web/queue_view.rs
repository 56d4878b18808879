//! What a person looks at in the queue of unknown errors: tab, search, values, days, order, columns, saved view. All of it stands in the
//! address, and a saved view is the query of its address.

use actix_web::web;
use bson::DateTime;

use super::{escape::percent, triage::moment};
use crate::{
    domain::{BranchCode, DAY_MS, GroupState, QueryConfig},
    store::{Queue, QueueOrder, Unwanted, Whose},
};

/// Words of a search that are looked for.
const MAX_WORDS: usize = 8;
/// Values that are left out, at most.
const MAX_WITHOUT: usize = 20;

/// The tabs by the words of the address; the first where nothing is said.
pub(super) const TABS: [&str; 7] = ["unknown", "new", "review", "mine", "ignored", "known", "all"];
/// The orders by the words of the address; the first where nothing is said.
pub(super) const ORDERS: [(&str, QueueOrder); 3] =
    [("count", QueueOrder::Count), ("last", QueueOrder::LastSeen), ("first", QueueOrder::FirstSeen)];
/// Columns that may be left out.
pub(super) const COLUMNS: [&str; 4] = ["branches", "first", "last", "assignee"];
/// Who deals with what nobody deals with.
pub(super) const NOBODY: &str = "-";

/// What groups are chosen by, value by value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Facet {
    /// A branch that had it.
    Branch,
    /// A method of its exchanges.
    Method,
    /// Who deals with it.
    Assignee,
}

impl Facet {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Branch, Self::Method, Self::Assignee];

    /// The word of the address for a value that is wanted.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Method => "method",
            Self::Assignee => "assignee",
        }
    }

    /// The word of the address for a value that is not wanted.
    pub(super) fn negative(self) -> &'static str {
        match self {
            Self::Branch => "not_branch",
            Self::Method => "not_method",
            Self::Assignee => "not_assignee",
        }
    }
}

/// What is looked at; whatever cannot be read is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct View {
    /// The tab; blank for the first.
    state: &'static str,
    /// Words of the common text.
    pub(super) search: String,
    /// Values that are wanted.
    pub(super) only: Vec<(Facet, String)>,
    /// Values that are not.
    pub(super) without: Vec<(Facet, String)>,
    /// First and last day, in UTC.
    pub(super) from: String,
    pub(super) to: String,
    /// The order; blank for the first.
    sort: &'static str,
    /// Columns that are left out, in their own order.
    hidden: Vec<&'static str>,
    /// The saved view that this one began as.
    pub(super) saved: String,
}

impl View {
    /// What the fields of an address ask for, and whether they ask for anything beside a saved view.
    pub(super) fn read(fields: &[(String, String)]) -> (Self, bool) {
        let (mut view, mut asks) = (Self::default(), false);
        for (name, value) in fields {
            let value = value.trim();
            match name.as_str() {
                "state" => view.state = TABS.into_iter().skip(1).find(|tab| *tab == value).unwrap_or_default(),
                "search" => value.clone_into(&mut view.search),
                "from" => value.clone_into(&mut view.from),
                "to" => value.clone_into(&mut view.to),
                "sort" => view.sort = ORDERS.into_iter().skip(1).find(|(word, _)| *word == value).map_or("", |(word, _)| word),
                "hide" => view.hidden = COLUMNS.into_iter().filter(|known| value.split('.').any(|column| column == *known)).collect(),
                "view" => {
                    value.clone_into(&mut view.saved);
                    continue;
                }
                name => {
                    let Some(facet) = Facet::ALL.into_iter().find(|facet| [facet.word(), facet.negative()].contains(&name)) else {
                        continue;
                    };
                    if facet == Facet::Branch && value.parse::<BranchCode>().is_err() {
                        continue;
                    }
                    if name == facet.word() {
                        view = view.with_only(facet, value);
                    } else if view.without.len() < MAX_WITHOUT {
                        view = view.with_without(facet, value);
                    }
                }
            }
            asks = true;
        }
        (view, asks)
    }

    /// A saved view as it was saved.
    pub(super) fn saved(config: &QueryConfig) -> Self {
        Self { saved: config.id.to_string(), ..Self::of_query(&config.filter) }
    }

    /// What the query of an address asks for.
    pub(super) fn of_query(query: &str) -> Self {
        let fields = web::Query::<Vec<(String, String)>>::from_query(query).map(web::Query::into_inner).unwrap_or_default();
        Self { saved: String::new(), ..Self::read(&fields).0 }
    }

    /// The fields of the address, but for the saved view.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![("state", self.state.to_owned()), ("search", self.search.clone())];
        fields.extend(self.only.iter().map(|(facet, value)| (facet.word(), value.clone())));
        fields.extend(self.without.iter().map(|(facet, value)| (facet.negative(), value.clone())));
        fields.extend([
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("sort", self.sort.to_owned()),
            ("hide", self.hidden.join(".")),
        ]);
        fields.retain(|(_, value)| !value.is_empty());
        fields
    }

    /// Fields that a form of search, days and order carries along.
    pub(super) fn carried(&self) -> Vec<(&'static str, String)> {
        let mut fields = self.fields();
        fields.retain(|(name, _)| !["search", "branch", "assignee", "from", "to", "sort"].contains(name));
        if !self.saved.is_empty() {
            fields.push(("view", self.saved.clone()));
        }
        fields
    }

    /// The query of its address, as it is saved.
    pub(super) fn query(&self) -> String {
        let query: Vec<String> = self.fields().iter().map(|(field, value)| format!("{field}={}", percent(value))).collect();
        query.join("&")
    }

    /// Its address.
    pub(super) fn address(&self) -> String {
        let mut query = self.query();
        if !self.saved.is_empty() {
            // The saved view alone would be shown as it was saved.
            let all = if query.is_empty() { "state=unknown" } else { query.as_str() };
            query = format!("{all}&view={}", percent(&self.saved));
        }
        if query.is_empty() { "/errors".to_owned() } else { format!("/errors?{query}") }
    }

    /// The address of the page behind a place in the order.
    pub(super) fn after(&self, place: &str) -> String {
        let address = self.address();
        format!("{address}{}after={}", if address.contains('?') { '&' } else { '?' }, percent(place))
    }

    /// The tab.
    pub(super) fn tab(&self) -> &'static str {
        if self.state.is_empty() { TABS[0] } else { self.state }
    }

    /// The order.
    pub(super) fn order(&self) -> QueueOrder {
        ORDERS.into_iter().find(|(word, _)| *word == self.sort).unwrap_or(ORDERS[0]).1
    }

    /// Whether a column is shown.
    pub(super) fn shows(&self, column: &str) -> bool {
        !self.hidden.contains(&column)
    }

    /// The value of a facet that is wanted; blank for any.
    pub(super) fn wanted(&self, facet: Facet) -> &str {
        self.only.iter().find(|(of, _)| *of == facet).map_or("", |(_, value)| value)
    }

    /// The same in another tab.
    pub(super) fn with_tab(&self, tab: &'static str) -> Self {
        Self { state: if tab == TABS[0] { "" } else { tab }, ..self.clone() }
    }

    /// The same with this value of a facet, or with any where it is blank; in the order of the facets.
    pub(super) fn with_only(&self, facet: Facet, value: &str) -> Self {
        let mut next = self.with_wanted(facet, value);
        next.only.retain(|(of, _)| *of != facet);
        let at = next.only.iter().filter(|(of, _)| (*of as u8) < facet as u8).count();
        if !value.is_empty() {
            next.only.insert(at, (facet, value.to_owned()));
        }
        next
    }

    /// The same without this value of a facet.
    pub(super) fn with_without(&self, facet: Facet, value: &str) -> Self {
        let mut next = self.with_wanted(facet, value);
        next.only.retain(|(of, only)| *of != facet || only != value);
        if !value.is_empty() {
            next.without.push((facet, value.to_owned()));
            next.without.sort_by(|(facet, value), (of, other)| (*facet as u8, value).cmp(&(*of as u8, other)));
        }
        next
    }

    /// The same with a value no longer left out.
    pub(super) fn with_wanted(&self, facet: Facet, value: &str) -> Self {
        let mut next = self.clone();
        next.without.retain(|(of, other)| *of != facet || other != value);
        next
    }

    /// The same with a column shown or left out.
    pub(super) fn toggled(&self, column: &str) -> Self {
        let hidden = COLUMNS.into_iter().filter(|known| self.shows(known) == (*known == column)).collect();
        Self { hidden, ..self.clone() }
    }

    /// Whether anything narrows the tab.
    pub(super) fn is_narrowed(&self) -> bool {
        let texts = [&self.search, &self.from, &self.to];
        !self.only.is_empty() || !self.without.is_empty() || texts.iter().any(|field| !field.is_empty())
    }

    /// What is asked of the store.
    pub(super) fn queue(&self, me: &str, limit: usize) -> Queue {
        let (state, review, whose) = match self.tab() {
            "new" => (Some(GroupState::Unknown), Some(false), Whose::Nobody),
            "review" => (Some(GroupState::Unknown), Some(true), Whose::Any),
            "mine" => (Some(GroupState::Unknown), None, Whose::Person(me.to_owned())),
            "ignored" => (Some(GroupState::Ignored), None, Whose::Any),
            "known" => (Some(GroupState::Known), None, Whose::Any),
            "all" => (None, None, Whose::Any),
            _ => (Some(GroupState::Unknown), None, Whose::Any),
        };
        let whose = match self.wanted(Facet::Assignee) {
            name if name.is_empty() || whose != Whose::Any => whose,
            NOBODY => Whose::Nobody,
            name => Whose::Person(name.to_owned()),
        };
        let left_out = |facet| self.without.iter().filter(move |(of, _)| *of == facet).map(|(_, value)| value.as_str());
        let next_day = |day: DateTime| DateTime::from_millis(day.timestamp_millis() + DAY_MS);
        Queue {
            state,
            review,
            whose,
            branch: self.wanted(Facet::Branch).parse().ok(),
            method: Some(self.wanted(Facet::Method).to_owned()).filter(|method| !method.is_empty()),
            without: Unwanted {
                branches: left_out(Facet::Branch).filter_map(|code| code.parse().ok()).collect(),
                methods: left_out(Facet::Method).map(str::to_owned).collect(),
                assignees: left_out(Facet::Assignee).map(|name| (name != NOBODY).then(|| name.to_owned())).collect(),
            },
            words: self.search.split_whitespace().take(MAX_WORDS).map(str::to_owned).collect(),
            since: moment(&self.from),
            before: moment(&self.to).map(next_day),
            order: self.order(),
            after: None,
            limit,
        }
    }
}

#[cfg(test)]
#[path = "queue_view_tests.rs"]
mod tests;
