//! The queue of unknown errors: tabs, search, facets, order and pages, all of them in the address.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    activity,
    error::{PageError, page},
    escape::percent,
    session::{Frame, Viewer},
    triage::moment,
};
use crate::{
    domain::{BulkId, DAY_MS, GroupState, LogError, Role, User},
    store::{Queue, QueueCount, QueueOrder, Whose},
    usecase::Services,
};

/// Groups on a page.
const PAGE: usize = 100;
/// Words of a search that are looked for.
const MAX_WORDS: usize = 8;

/// The tabs by the words of the address.
const TABS: [&str; 7] = ["unknown", "new", "review", "mine", "ignored", "known", "all"];
/// The orders by the words of the address.
const ORDERS: [(&str, QueueOrder); 3] = [("count", QueueOrder::Count), ("last", QueueOrder::LastSeen), ("first", QueueOrder::FirstSeen)];
/// Columns that may be left out.
const COLUMNS: [&str; 4] = ["branches", "first", "last", "assignee"];

#[derive(Template)]
#[template(path = "queue.html")]
struct Page {
    frame: Frame,
    asked: Asked,
    groups: Vec<LogError>,
    tabs: Vec<Tab>,
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

/// What the address asks for; whatever cannot be read is not asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The tab.
    state: String,
    /// Words of the common text.
    search: String,
    branch: String,
    assignee: String,
    /// First and last day, in UTC.
    from: String,
    to: String,
    sort: String,
    /// Columns that are left out.
    hide: String,
    after: String,
    /// The change that was just made.
    done: String,
    /// How many groups were put back.
    back: String,
}

impl Asked {
    fn tab(&self) -> &'static str {
        TABS.into_iter().find(|tab| *tab == self.state).unwrap_or(TABS[0])
    }

    fn order(&self) -> (&'static str, QueueOrder) {
        ORDERS.into_iter().find(|(word, _)| *word == self.sort).unwrap_or(ORDERS[0])
    }

    /// Whether a column is shown.
    fn shows(&self, column: &str) -> bool {
        !self.hide.split('.').any(|hidden| hidden == column)
    }

    /// The address with one thing changed, from its first page on.
    fn with(&self, name: &str, value: &str) -> String {
        let fields = [
            ("state", &self.state),
            ("search", &self.search),
            ("branch", &self.branch),
            ("assignee", &self.assignee),
            ("from", &self.from),
            ("to", &self.to),
            ("sort", &self.sort),
            ("hide", &self.hide),
        ];
        let kept = fields.into_iter().filter(|(field, _)| *field != name).map(|(field, value)| (field, value.as_str()));
        let all = kept.chain([(name, value)]).filter(|(_, value)| !value.is_empty());
        let query: Vec<String> = all.map(|(field, value)| format!("{field}={}", percent(value))).collect();
        if query.is_empty() { "/errors".to_owned() } else { format!("/errors?{}", query.join("&")) }
    }

    /// The address without what passes.
    fn here(&self) -> String {
        self.with("after", "")
    }

    /// The address with a column shown or left out.
    fn toggled(&self, column: &str) -> String {
        let hidden = COLUMNS.iter().filter(|known| self.shows(known) == (**known == column)).copied().collect::<Vec<_>>();
        self.with("hide", &hidden.join("."))
    }

    /// Whether anything narrows the tab.
    fn is_narrowed(&self) -> bool {
        [&self.search, &self.branch, &self.assignee, &self.from, &self.to].iter().any(|field| !field.trim().is_empty())
    }

    /// What is asked of the store.
    fn queue(&self, me: &str) -> Queue {
        let (state, review, whose) = match self.tab() {
            "new" => (Some(GroupState::Unknown), Some(false), Whose::Nobody),
            "review" => (Some(GroupState::Unknown), Some(true), Whose::Any),
            "mine" => (Some(GroupState::Unknown), None, Whose::Person(me.to_owned())),
            "ignored" => (Some(GroupState::Ignored), None, Whose::Any),
            "known" => (Some(GroupState::Known), None, Whose::Any),
            "all" => (None, None, Whose::Any),
            _ => (Some(GroupState::Unknown), None, Whose::Any),
        };
        let whose = match self.assignee.trim() {
            name if name.is_empty() || whose != Whose::Any => whose,
            "-" => Whose::Nobody,
            name => Whose::Person(name.to_owned()),
        };
        let next_day = |day: DateTime| DateTime::from_millis(day.timestamp_millis() + DAY_MS);
        Queue {
            state,
            review,
            whose,
            branch: self.branch.parse().ok(),
            words: self.search.split_whitespace().take(MAX_WORDS).map(str::to_owned).collect(),
            since: moment(self.from.trim()),
            before: moment(self.to.trim()).map(next_day),
            order: self.order().1,
            after: self.after.parse().ok(),
            limit: PAGE + 1,
        }
    }
}

/// How many groups stand in each tab.
fn tabs(frame: &Frame, counts: &[QueueCount], asked: &Asked, me: &str) -> Vec<Tab> {
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
    let tab = |tab: &str| Tab {
        name: frame.t(&format!("queue.{tab}")),
        n: frame.number(&n(tab)),
        address: asked.with("state", tab),
        is_shown: tab == asked.tab(),
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

/// `GET /errors`; programmers and analysts.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let (frame, me, asked) = (viewer.frame, viewer.user.name, asked.into_inner());
    let failed = |error| PageError::failed(frame.clone(), error);
    let store = &services.store;
    let queue = asked.queue(&me);
    let mut groups = store.list_queue(&queue).await.map_err(failed)?;
    let more = groups.len() > PAGE;
    groups.truncate(PAGE);
    let next = groups.last().filter(|_| more).map(|last| asked.with("after", &queue.order.place(last).to_string()));
    let counts = store.count_queue().await.map_err(failed)?;
    let branches = store.list_branches().await.map_err(failed)?.into_iter().map(|branch| branch.code.to_string()).collect();
    let people = if frame.may_explain() { store.list_users().await.map_err(failed)? } else { Vec::new() };
    let done = match asked.done.parse() {
        Ok(id) => store.find_bulk(&id).await.map_err(failed)?.map(|bulk| {
            let n = frame.number(&i64::try_from(bulk.changes.len()).unwrap_or(i64::MAX));
            let (key, n) = if bulk.undone { ("bulk.undone", &asked.back) } else { ("bulk.done", &n) };
            Done { id, said: frame.say(key, &[("n", n)]), may_undo: !bulk.undone && bulk.by == me }
        }),
        Err(_) => None,
    };
    let template = Page {
        tabs: tabs(&frame, &counts, &asked, &me),
        orders: ORDERS.iter().map(|(word, order)| (*word, frame.t(&format!("queue.sort.{word}")), *order == queue.order)).collect(),
        columns: COLUMNS.iter().map(|name| (frame.t(&format!("queue.column.{name}")), asked.toggled(name), asked.shows(name))).collect(),
        assignees: assignees(&frame, &counts),
        people: people.into_iter().filter(User::may_triage).map(|user| user.name).collect(),
        asked,
        groups,
        branches,
        next,
        done,
        frame,
    };
    page(&template.frame, &template)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_all_but_what_is_changed() {
        let asked =
            Asked { search: "a & b".into(), sort: "last".into(), hide: "first.last".into(), after: "1_2".into(), ..Asked::default() };
        assert_eq!(asked.with("state", "new"), "/errors?search=a%20%26%20b&sort=last&hide=first.last&state=new");
        assert_eq!(asked.toggled("first"), "/errors?search=a%20%26%20b&sort=last&hide=last");
        assert_eq!(asked.toggled("branches"), "/errors?search=a%20%26%20b&sort=last&hide=branches.first.last");
        assert_eq!(Asked::default().here(), "/errors");
    }

    #[test]
    fn what_cannot_be_read_is_not_asked_for() {
        let x = || "\u{202E}x".to_owned();
        let odd = Asked { state: x(), branch: x(), from: x(), to: x(), sort: x(), after: x(), ..Asked::default() };
        let queue = odd.queue("olena");
        assert_eq!((queue.state, queue.branch, queue.since, queue.before), (Some(GroupState::Unknown), None, None, None));
        assert_eq!((queue.order, queue.after), (QueueOrder::Count, None));
        let mine = Asked { state: "mine".into(), assignee: "petro".into(), ..Asked::default() };
        assert_eq!(mine.queue("olena").whose, Whose::Person("olena".into()));
    }
}
