//! The queue of unknown errors: tabs, search, facets, order and pages, all of them in the address.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    activity,
    error::{PageError, page, see},
    facets::{self, Choice, Narrowing, OfProperty},
    queue_parts,
    queue_view::{COLUMNS, Facet, ORDERS, TABS, View},
    saved_views::Views,
    session::{Frame, Viewer},
};
use crate::{
    domain::{BulkId, GroupId, GroupState, LogError, Role, User, ViewKind},
    store::{Queue, QueueCount},
    usecase::{
        Services,
        triage::bulk,
        views::{self, RANGES},
    },
};

/// Groups on a page.
const PAGE: usize = 100;
#[derive(Template)]
#[template(path = "queue.html")]
struct Page {
    frame: Frame,
    view: View,
    groups: Vec<LogError>,
    tabs: Vec<Tab>,
    views: Views,
    /// What narrows the queue by values.
    narrowings: Vec<Narrowing>,
    facets: Vec<Choice>,
    /// The facet of the property that was chosen, and properties to choose from.
    property: Option<OfProperty>,
    properties: Arc<Vec<String>>,
    /// How many groups were counted for the facets, where there are more.
    counted: Option<String>,
    /// Times up to now: word, name, whether it is this one.
    ranges: Vec<(&'static str, String, bool)>,
    /// Orders: word, name, whether it is this one.
    orders: Vec<(&'static str, String, bool)>,
    /// Columns that may be left out: name, address of the page with the other choice, whether it is shown.
    columns: Vec<(String, String, bool)>,
    /// Who deals with how many unknown groups.
    assignees: Vec<(String, String)>,
    branches: Vec<String>,
    people: Vec<String>,
    /// Address of the next page.
    next: Option<String>,
    done: Option<Done>,
    /// Every row of the page is selected, and the address of the page where each is, or none.
    all_picked: bool,
    pick_all: String,
}

/// A tab.
struct Tab {
    name: String,
    /// How many groups stand there.
    n: String,
    address: String,
    is_shown: bool,
}

/// A change of many groups that was just made.
struct Done {
    id: BulkId,
    said: String,
    /// It may be taken back.
    may_undo: bool,
}

/// How many groups stand in each tab.
fn tabs(frame: &Frame, counts: &[QueueCount], view: &View, me: &str) -> Vec<Tab> {
    let is_unknown = |count: &QueueCount| count.state == GroupState::Unknown;
    let belongs = |tab: &str, count: &QueueCount| match tab {
        "new" => is_unknown(count) && !count.review && count.assignee.is_none(),
        "review" => is_unknown(count) && count.review,
        "mine" => is_unknown(count) && count.assignee.as_deref() == Some(me),
        "ignored" => count.state == GroupState::Ignored,
        "known" => count.state == GroupState::Known,
        "all" => true,
        _ => is_unknown(count),
    };
    let n = |tab: &str| counts.iter().filter(|count| belongs(tab, count)).map(|count| count.n).sum::<i64>();
    let tab = |tab: &'static str| Tab {
        name: frame.t(&format!("queue.{tab}")),
        n: frame.number(&n(tab)),
        address: view.with_tab(tab).address(),
        is_shown: tab == view.tab(),
    };
    TABS.into_iter().map(tab).collect()
}

/// Who deals with how many unknown groups, by name.
fn assignees(frame: &Frame, counts: &[QueueCount]) -> Vec<(String, String)> {
    let mut found = std::collections::BTreeMap::<String, i64>::new();
    for count in counts.iter().filter(|count| count.state == GroupState::Unknown) {
        *found.entry(count.assignee.clone().unwrap_or_else(|| "-".to_owned())).or_default() += count.n;
    }
    found.into_iter().map(|(name, n)| (name, frame.number(&n))).collect()
}

/// What passes: where the page begins, and the change that was just made.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Passing {
    after: String,
    /// The change.
    done: String,
    /// How many groups were put back.
    back: String,
    /// `all` selects every row of the page.
    pick: String,
}

/// `GET /errors`; programmers and analysts.
pub(super) async fn list(
    viewer: Viewer,
    services: web::Data<Services>,
    passing: web::Query<Passing>,
    fields: web::Query<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let (frame, me) = (&viewer.frame, &viewer.user.name);
    let saved = views::list(&services, &viewer.user, ViewKind::Errors).await.map_err(failed)?;
    let (mut asked, asks) = View::read(&fields);
    let opened = saved.iter().find(|shown| shown.config.id.to_string() == asked.saved);
    let view = match opened {
        None if !asked.saved.is_empty() && !asks => return Err(PageError::NotFound(viewer.frame)),
        None => {
            asked.saved.clear();
            asked
        }
        Some(shown) if !asks => View::saved(&shown.config),
        Some(_) => asked,
    };
    let here = if passing.after.is_empty() { view.address() } else { view.after(&passing.after) };
    let all_picked = passing.pick == "all";
    let asked = view.asked(&services, me, PAGE + 1, DateTime::now()).await.map_err(failed)?;
    let queue = Queue { after: passing.after.parse().ok(), ..asked };
    let parts = queue_parts::read(&services, &viewer, &view, &queue, &passing.done).await.map_err(failed)?;
    let mut groups = parts.groups;
    let more = groups.len() > PAGE;
    groups.truncate(PAGE);
    let next = groups.last().filter(|_| more).map(|last| view.after(&queue.order.place(last).to_string()));
    let done = parts.bulk.map(|bulk| {
        let n = frame.number(&i64::try_from(bulk.changes.len()).unwrap_or(i64::MAX));
        let (key, n) = if bulk.undone { ("bulk.undone", &passing.back) } else { ("bulk.done", &n) };
        Done { id: bulk.id, said: frame.say(key, &[("n", n)]), may_undo: !bulk.undone && bulk::may_undo(&bulk, &viewer.user) }
    });
    let template = Page {
        tabs: tabs(frame, &parts.counts, &view, me),
        ranges: RANGES.iter().map(|(word, _)| (*word, frame.t(&format!("range.{word}")), *word == view.seen)).collect(),
        orders: ORDERS.iter().map(|(word, order)| (*word, frame.t(&format!("queue.sort.{word}")), *order == queue.order)).collect(),
        columns: COLUMNS
            .iter()
            .map(|name| (frame.t(&format!("queue.column.{name}")), view.toggled(name).address(), view.shows(name)))
            .collect(),
        assignees: assignees(frame, &parts.counts),
        people: parts.people.into_iter().filter(User::may_triage).map(|user| user.name).collect(),
        narrowings: facets::narrowings(frame, &view),
        facets: facets::choices(frame, &view, &parts.facets),
        property: parts.valued.map(|valued| facets::of_property(frame, &view, &valued)),
        properties: parts.properties,
        counted: parts.facets.more.then(|| frame.number(&parts.facets.n_groups)),
        views: Views::of(ViewKind::Errors, saved, &view.saved, |config| View::saved(config) != view, vec![("query", view.query())]),
        view,
        groups,
        branches: parts.branches.into_iter().map(|branch| branch.code.to_string()).collect(),
        next,
        done,
        pick_all: if all_picked { here } else { format!("{here}{}pick=all", if here.contains('?') { '&' } else { '?' }) },
        all_picked,
        frame: viewer.frame,
    };
    let cookie = template.view.cookie();
    let mut response = page(&template.frame, &template)?;
    // A cookie of our own making is always a valid header.
    let _ = response.add_cookie(&cookie);
    Ok(response)
}

/// `GET /errors/{id}/next`; programmers and analysts: on to the error behind this one in the queue that they looked at last, and from its last
/// one back to the queue.
pub(super) async fn next(viewer: Viewer, services: web::Data<Services>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: GroupId = id.parse().map_err(|_| missing())?;
    let group = services.store.find_log_error(&id).await.map_err(failed)?.ok_or_else(missing)?;
    let view = View::last(&viewer.frame.queue);
    let queue = view.asked(&services, &viewer.user.name, 1, DateTime::now()).await.map_err(failed)?;
    let queue = Queue { after: Some(queue.order.place(&group)), ..queue };
    let behind = services.store.list_queue(&queue).await.map_err(failed)?.pop();
    Ok(see(&behind.map_or_else(|| view.address(), |behind| format!("/errors/{}", behind.id))))
}
