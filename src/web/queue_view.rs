//! What a person looks at in the queue of unknown errors, as addresses: all of it stands there, and a saved view is the query of its address.

use actix_web::{
    cookie::{Cookie, SameSite},
    web,
};

use super::escape::percent;
use crate::domain::QueryConfig;
pub(super) use crate::usecase::queue_view::{COLUMNS, Facet, NOBODY, ORDERS, TABS, View};

/// The cookie that holds the query of the queue that was looked at last.
pub(super) const COOKIE: &str = "queue";
/// Longest such query that is kept, in bytes.
const MAX_KEPT: usize = 1000;

impl View {
    /// The queue that was looked at last, by what its cookie holds.
    pub(super) fn last(query: &str) -> Self {
        let fields = web::Query::<Vec<(String, String)>>::from_query(query).map(web::Query::into_inner).unwrap_or_default();
        Self::read(&fields).0
    }

    /// The cookie by which pages of errors lead back to this queue; one that is too long is the whole queue.
    pub(super) fn cookie(&self) -> Cookie<'static> {
        let address = self.address();
        let query = address.split_once('?').map_or("", |(_, query)| query);
        let kept = if query.len() > MAX_KEPT { "" } else { query };
        // Escaped once more, for cookies are read unescaped.
        Cookie::build(COOKIE, percent(kept)).path("/errors").same_site(SameSite::Lax).http_only(true).finish()
    }

    /// A saved view as it was saved.
    pub(super) fn saved(config: &QueryConfig) -> Self {
        Self { saved: config.id.to_string(), ..Self::of_query(&config.filter) }
    }

    /// What the query of an address asks for.
    pub(super) fn of_query(query: &str) -> Self {
        Self { saved: String::new(), ..Self::last(query) }
    }

    /// Fields that a form of search, days and order carries along.
    pub(super) fn carried(&self) -> Vec<(&'static str, String)> {
        self.fields_but(&["search", "branch", "assignee", "from", "to", "seen", "sort"])
    }

    /// Fields that the choice of a property carries along.
    pub(super) fn carried_by_property(&self) -> Vec<(&'static str, String)> {
        self.fields_but(&["by"])
    }

    /// The fields of the address, but for those that a form has itself.
    fn fields_but(&self, own: &[&str]) -> Vec<(&'static str, String)> {
        let mut fields = self.fields();
        fields.retain(|(name, _)| !own.contains(name));
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

    /// The same with a column shown or left out.
    pub(super) fn toggled(&self, column: &str) -> Self {
        let hidden = COLUMNS.into_iter().filter(|known| self.shows(known) == (*known == column)).collect();
        Self { hidden, ..self.clone() }
    }

    /// Whether anything narrows the tab.
    pub(super) fn is_narrowed(&self) -> bool {
        let texts = [self.search.as_str(), &self.logs, &self.from, &self.to, self.seen];
        !self.only.is_empty() || !self.without.is_empty() || texts.iter().any(|field| !field.is_empty())
    }
}

#[cfg(test)]
#[path = "queue_view_tests.rs"]
mod tests;
