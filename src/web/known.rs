//! The knowledge base as a list: searched, filtered, sorted, leafed through. Everything asked for stands in the address.

use std::cmp::Reverse;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    error::{PageError, page},
    escape::percent,
    session::{Frame, Viewer},
    statuses,
};
use crate::{
    domain::{KnownError, KnownErrorId, LifeCycle, StatusError},
    store::KnownErrorCount,
    usecase::Services,
};

/// Known errors on a page.
const PAGE: usize = 50;
/// The tab of what was seen again after it was fixed; the others are the states.
const REGRESSED: &str = "regressed";

/// The address of a known error's page.
pub(super) fn address(id: &KnownErrorId) -> String {
    format!("/known/{}", percent(id.as_str()))
}

#[derive(Template)]
#[template(path = "known.html")]
struct List {
    frame: Frame,
    asked: Asked,
    tabs: Vec<(&'static str, usize)>,
    statuses: Vec<statuses::Node>,
    owners: Vec<String>,
    total: usize,
    n_found: usize,
    entries: Vec<(String, KnownError, Option<StatusError>)>,
    next: Option<String>,
}

impl List {
    /// Whether the knowledge base has no entries at all.
    fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Whether the person writes known errors.
    fn may_write(&self) -> bool {
        self.frame.may_explain()
    }

    /// The address of this list with another tab.
    fn with_tab(&self, tab: &str) -> String {
        self.asked.address(tab, None)
    }
}

/// What is asked for, as it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    state: String,
    status: String,
    owner: String,
    language: String,
    sort: String,
    /// The last entry of the page before, and the number that it was sorted by.
    after: String,
    at: Option<i64>,
}

impl Asked {
    /// The address of the list with a tab, from behind an entry on.
    fn address(&self, state: &str, after: Option<(&KnownErrorId, i64)>) -> String {
        let (after, at) = after.map(|(id, at)| (id.to_string(), at.to_string())).unwrap_or_default();
        let fields = [
            ("search", self.search.as_str()),
            ("state", state),
            ("status", &self.status),
            ("owner", &self.owner),
            ("language", &self.language),
            ("sort", &self.sort),
            ("after", &after),
            ("at", &at),
        ];
        let query: Vec<_> =
            fields.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={}", percent(value))).collect();
        if query.is_empty() { "/known".to_owned() } else { format!("/known?{}", query.join("&")) }
    }

    /// The order that is asked for; who is not told how often what came has them by title.
    fn order(&self, has_counts: bool) -> &'static str {
        match self.sort.as_str() {
            "title" => "title",
            "changed" => "changed",
            _ if !has_counts => "title",
            "seen" => "seen",
            _ => "",
        }
    }

    /// Whether the entry is asked for, whatever its state.
    fn wants(&self, entry: &KnownError, search: &str) -> bool {
        let texts = [Some(&entry.title), entry.title_uk.as_ref(), Some(&entry.text), entry.code.as_ref(), Some(&entry.id.0)];
        let found = || {
            texts
                .into_iter()
                .flatten()
                .chain(&entry.keywords)
                .chain(&entry.keywords_any)
                .chain(&entry.keywords_all)
                .any(|text| contains(text, search))
        };
        let cyrillic = |text: &str| text.chars().any(|c| ('\u{400}'..='\u{52f}').contains(&c));
        (search.is_empty() || found())
            && (self.status.is_empty() || entry.status.is_some_and(|code| code.to_string() == self.status))
            && (self.owner.is_empty() || entry.tenure.owner.as_deref() == Some(&self.owner))
            && (self.language.is_empty() || cyrillic(&entry.text) == (self.language == "uk"))
    }
}

fn contains(text: &str, search: &str) -> bool {
    text.to_lowercase().contains(search)
}

/// An entry as the list is sorted by.
struct Row {
    id: KnownErrorId,
    /// In lower case; blank where the list is not sorted by it.
    title: String,
    tabs: [&'static str; 2],
    updated: i64,
    count: i64,
    last_seen: Option<bson::DateTime>,
}

impl Row {
    fn new(entry: &KnownError, count: Option<&KnownErrorCount>, sort: &str) -> Self {
        let last_seen = count.and_then(|count| count.last_seen);
        Self {
            id: entry.id.clone(),
            title: if sort == "title" { entry.title.to_lowercase() } else { String::new() },
            tabs: [entry.state.as_str(), if entry.regressed_when(last_seen) { REGRESSED } else { "" }],
            updated: entry.updated_at.timestamp_millis(),
            count: count.map_or(0, |count| count.count),
            last_seen,
        }
    }

    /// Its place in the order that is asked for.
    fn key(&self, sort: &str) -> (Reverse<i64>, &str, &str) {
        let seen = self.last_seen.map_or(i64::MIN, |seen| seen.timestamp_millis());
        match sort {
            "title" => (Reverse(0), &self.title, self.id.as_str()),
            "seen" => (Reverse(seen), "", self.id.as_str()),
            "changed" => (Reverse(self.updated), "", self.id.as_str()),
            _ => (Reverse(self.count), "", self.id.as_str()),
        }
    }
}

/// `GET /known`; whoever is signed in.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let (asked, store) = (asked.into_inner(), services.store.as_ref());
    services.knowledge.refresh(store).await.map_err(failed)?;
    let counts = services.known_error_counts(&viewer.scope()).await.map_err(failed)?;
    let count = |entry: &KnownError| counts.as_ref().and_then(|counts| counts.value.get(&entry.id));
    let search = asked.search.trim().to_lowercase();
    let sort = asked.order(counts.is_some());
    let of_entry = |entry: &KnownError| Row::new(entry, count(entry), sort);
    let mut rows = services.knowledge.select(|entry| asked.wants(entry, &search), of_entry);
    let mut owners =
        services.knowledge.select(|entry| entry.tenure.owner.is_some(), |entry| entry.tenure.owner.clone().unwrap_or_default());
    owners.sort();
    owners.dedup();
    let states = [LifeCycle::Draft, LifeCycle::Review, LifeCycle::Approved, LifeCycle::Fixed, LifeCycle::Retired].map(LifeCycle::as_str);
    let tab = |tab: &'static str| (tab, rows.iter().filter(|row| tab.is_empty() || row.tabs.contains(&tab)).count());
    let tabs = std::iter::once("").chain(states).chain([REGRESSED]).map(tab).collect();
    rows.retain(|row| asked.state.is_empty() || row.tabs.contains(&asked.state.as_str()));
    let n_found = rows.len();
    if let Some(at) = asked.at {
        let title = rows.iter().find(|row| row.id.as_str() == asked.after).map(|row| row.title.clone()).filter(|_| sort == "title");
        let behind = (Reverse(at), title.unwrap_or_default(), asked.after.clone());
        rows.retain(|row| row.key(sort) > (behind.0, behind.1.as_str(), behind.2.as_str()));
    }
    let order = |a: &Row, b: &Row| a.key(sort).cmp(&b.key(sort));
    let more = rows.len() > PAGE;
    if more {
        // Of many only those of the page are put in order.
        rows.select_nth_unstable_by(PAGE, order);
        rows.truncate(PAGE);
    }
    rows.sort_unstable_by(order);
    let next = rows.last().filter(|_| more).map(|last| asked.address(&asked.state, Some((&last.id, last.key(sort).0.0))));
    let entry = |row: &Row| {
        let mut entry = services.knowledge.entry(&row.id)?;
        (entry.count, entry.last_seen) = (row.count, row.last_seen);
        let status = entry.status.and_then(|code| services.knowledge.status(code));
        Some((address(&row.id), entry, status))
    };
    let template = List {
        tabs,
        statuses: statuses::tree(store.list_status_errors().await.map_err(failed)?),
        owners,
        total: services.knowledge.select(|_| true, |_| ()).len(),
        n_found,
        entries: rows.iter().filter_map(entry).collect(),
        next,
        asked,
        frame: viewer.frame,
    };
    page(&template.frame, &template)
}
