//! What is looked at in the queue of unknown errors: tab, search, values, days, order, columns. A saved view of the queue is kept as the query of
//! its page's address, so whoever opens or counts one reads it here.

mod asked;

use super::views;
use crate::{
    domain::BranchCode,
    query::{Filter, Path},
    store::QueueOrder,
};

/// Values that are left out, at most.
pub const MAX_WITHOUT: usize = 20;

/// The tabs by the words of the address; the first where nothing is said.
pub const TABS: [&str; 7] = ["unknown", "new", "review", "mine", "ignored", "known", "all"];
/// The orders by the words of the address; the first where nothing is said.
pub const ORDERS: [(&str, QueueOrder); 3] =
    [("count", QueueOrder::Count), ("last", QueueOrder::LastSeen), ("first", QueueOrder::FirstSeen)];
/// Columns that may be left out.
pub const COLUMNS: [&str; 4] = ["branches", "first", "last", "assignee"];
/// Who deals with what nobody deals with.
pub const NOBODY: &str = "-";

/// What groups are chosen by, value by value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facet {
    /// A branch that had it.
    Branch,
    /// A method of its exchanges.
    Method,
    /// Who deals with it.
    Assignee,
}

impl Facet {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Branch, Self::Method, Self::Assignee];

    /// The word of the address for a value that is wanted.
    pub fn word(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Method => "method",
            Self::Assignee => "assignee",
        }
    }

    /// The word of the address for a value that is not wanted.
    pub fn negative(self) -> &'static str {
        match self {
            Self::Branch => "not_branch",
            Self::Method => "not_method",
            Self::Assignee => "not_assignee",
        }
    }
}

/// What is looked at; whatever cannot be read is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// The tab; blank for the first.
    pub state: &'static str,
    /// Words of the common text.
    pub search: String,
    /// Values that are wanted.
    pub only: Vec<(Facet, String)>,
    /// Values that are not.
    pub without: Vec<(Facet, String)>,
    /// What Logs of its errors satisfy, as a filter; blank for anything.
    pub logs: String,
    /// The property whose values are told beside the queue.
    pub by: String,
    /// The first day, in UTC.
    pub from: String,
    /// The last one.
    pub to: String,
    /// Seen within this time up to now, one of [`views::RANGES`]; blank for any.
    pub seen: &'static str,
    /// The order; blank for the first.
    pub sort: &'static str,
    /// Columns that are left out, in their own order.
    pub hidden: Vec<&'static str>,
    /// The saved view that this one began as.
    pub saved: String,
}

impl View {
    /// What the fields of an address ask for, and whether they ask for anything beside a saved view.
    pub fn read(fields: &[(String, String)]) -> (Self, bool) {
        let (mut view, mut asks) = (Self::default(), false);
        for (name, value) in fields {
            let value = value.trim();
            match name.as_str() {
                "state" => view.state = TABS.into_iter().skip(1).find(|tab| *tab == value).unwrap_or_default(),
                "search" => view = view.with_search(value),
                "seen" => view.seen = views::RANGES.into_iter().find(|(word, _)| *word == value).map_or("", |(word, _)| word),
                "from" => value.clone_into(&mut view.from),
                "to" => value.clone_into(&mut view.to),
                "sort" => view.sort = ORDERS.into_iter().skip(1).find(|(word, _)| *word == value).map_or("", |(word, _)| word),
                "hide" => view.hidden = COLUMNS.into_iter().filter(|known| value.split('.').any(|column| column == *known)).collect(),
                "logs" if value.is_empty() || value.parse::<Filter>().is_ok() => value.clone_into(&mut view.logs),
                "by" if value.is_empty() || value.parse::<Path>().is_ok() => value.clone_into(&mut view.by),
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

    /// The fields of the address, but for the saved view.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![("state", self.state.to_owned()), ("search", self.search.clone())];
        fields.extend(self.only.iter().map(|(facet, value)| (facet.word(), value.clone())));
        fields.extend(self.without.iter().map(|(facet, value)| (facet.negative(), value.clone())));
        fields.extend([
            ("logs", self.logs.clone()),
            ("by", self.by.clone()),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("seen", self.seen.to_owned()),
            ("sort", self.sort.to_owned()),
            ("hide", self.hidden.join(".")),
        ]);
        fields.retain(|(_, value)| !value.is_empty());
        fields
    }

    /// The tab.
    pub fn tab(&self) -> &'static str {
        if self.state.is_empty() { TABS[0] } else { self.state }
    }

    /// The order.
    pub fn order(&self) -> QueueOrder {
        ORDERS.into_iter().find(|(word, _)| *word == self.sort).unwrap_or(ORDERS[0]).1
    }

    /// Whether a column is shown.
    pub fn shows(&self, column: &str) -> bool {
        !self.hidden.contains(&column)
    }

    /// The value of a facet that is wanted; blank for any.
    pub fn wanted(&self, facet: Facet) -> &str {
        self.only.iter().find(|(of, _)| *of == facet).map_or("", |(_, value)| value)
    }

    /// The same with these words of a search. Terms among them choose what tabs and values do: `is:mine`, `branch:K01`, `-method:Pay`.
    fn with_search(&self, text: &str) -> Self {
        let (mut next, mut words) = (self.clone(), Vec::new());
        for word in text.split_whitespace() {
            match next.with_term(word) {
                Some(narrowed) => next = narrowed,
                None => words.push(word),
            }
        }
        next.search = words.join(" ");
        next
    }

    /// The same narrowed by a term, where it is one.
    fn with_term(&self, word: &str) -> Option<Self> {
        let (name, value) = word.split_once(':').filter(|(_, value)| !value.is_empty())?;
        let (name, is_wanted) = name.strip_prefix('-').map_or((name, true), |name| (name, false));
        if name == "is" && is_wanted {
            return TABS.into_iter().find(|tab| *tab == value).map(|tab| self.with_tab(tab));
        }
        let facet = Facet::ALL.into_iter().find(|facet| facet.word() == name)?;
        let may_be = facet != Facet::Branch || value.parse::<BranchCode>().is_ok();
        let has_room = is_wanted || self.without.len() < MAX_WITHOUT;
        (may_be && has_room).then(|| if is_wanted { self.with_only(facet, value) } else { self.with_without(facet, value) })
    }

    /// The same in another tab.
    pub fn with_tab(&self, tab: &'static str) -> Self {
        Self { state: if tab == TABS[0] { "" } else { tab }, ..self.clone() }
    }

    /// The same with this value of a facet, or with any where it is blank; in the order of the facets.
    pub fn with_only(&self, facet: Facet, value: &str) -> Self {
        let mut next = self.with_wanted(facet, value);
        next.only.retain(|(of, _)| *of != facet);
        let at = next.only.iter().filter(|(of, _)| (*of as u8) < facet as u8).count();
        if !value.is_empty() {
            next.only.insert(at, (facet, value.to_owned()));
        }
        next
    }

    /// The same without this value of a facet.
    pub fn with_without(&self, facet: Facet, value: &str) -> Self {
        let mut next = self.with_wanted(facet, value);
        next.only.retain(|(of, only)| *of != facet || only != value);
        if !value.is_empty() {
            next.without.push((facet, value.to_owned()));
            next.without.sort_by(|(facet, value), (of, other)| (*facet as u8, value).cmp(&(*of as u8, other)));
        }
        next
    }

    /// The same with a value no longer left out.
    pub fn with_wanted(&self, facet: Facet, value: &str) -> Self {
        let mut next = self.clone();
        next.without.retain(|(of, other)| *of != facet || other != value);
        next
    }

    /// The same with other Logs, as a filter.
    pub fn with_logs(&self, filter: &str) -> Self {
        Self { logs: filter.to_owned(), ..self.clone() }
    }
}
