//! Addresses of the queue.

use bson::DateTime;

use super::*;
use crate::{
    domain::GroupState,
    store::{QueueOrder, Unwanted, Whose},
    usecase::queue_view::MAX_WITHOUT,
};

fn asked(query: &str) -> View {
    let fields = web::Query::<Vec<(String, String)>>::from_query(query).unwrap().into_inner();
    View::read(&fields).0
}

#[test]
fn the_address_says_all_of_it() {
    for query in [
        "",
        "state=mine&search=a%20%26%20b&branch=K01&method=Pay&not_branch=K02&not_branch=K03&not_assignee=-&from=2016-05-08&sort=last&hide=first.last",
        "method=%C3%A9&view=5",
    ] {
        let expected = if query.is_empty() { "/errors".to_owned() } else { format!("/errors?{query}") };
        assert_eq!(asked(query).address(), expected);
    }
    assert_eq!(asked("view=5").address(), "/errors?state=unknown&view=5");
    assert_eq!(asked("sort=last").after("1_2"), "/errors?sort=last&after=1_2");
    assert_eq!(asked("").after("1_2"), "/errors?after=1_2");
}

#[test]
fn what_says_the_same_is_saved_alike() {
    let usual = asked("hide=last.first&not_branch=K03&not_branch=K02&state=unknown&sort=count&branch=+K01&x=y");
    assert_eq!(usual.query(), "branch=K01&not_branch=K02&not_branch=K03&hide=first.last");
    assert_eq!(View::of_query(&usual.query()), usual);
}

#[test]
fn values_are_chosen_and_left_out_one_by_one() {
    let view = asked("branch=K01&not_branch=K02").with_only(Facet::Method, "Pay");
    assert_eq!(view.query(), "branch=K01&method=Pay&not_branch=K02");
    assert_eq!(view.with_only(Facet::Branch, "K02").query(), "branch=K02&method=Pay");
    assert_eq!(view.with_without(Facet::Branch, "K01").query(), "method=Pay&not_branch=K01&not_branch=K02");
    assert_eq!(view.with_wanted(Facet::Branch, "K02").with_only(Facet::Branch, "").query(), "method=Pay");
    let many: String = (0..99).map(|n| format!("not_method=m{n}&")).collect();
    assert_eq!(asked(&many).without.len(), MAX_WITHOUT);
}

#[test]
fn columns_come_and_go() {
    let view = asked("hide=first.last");
    assert_eq!(view.toggled("first").query(), "hide=last");
    assert_eq!(view.toggled("branches").query(), "hide=branches.first.last");
}

#[test]
fn what_cannot_be_read_is_not_asked_for() {
    let x = "%E2%80%AEx";
    let queue = asked(&format!("state={x}&branch={x}&from={x}&to={x}&sort={x}&not_branch={x}")).queue("olena", 1, DateTime::from_millis(0));
    assert_eq!((queue.state, queue.branch, queue.since, queue.before), (Some(GroupState::Unknown), None, None, None));
    assert_eq!((queue.order, queue.without), (QueueOrder::Count, Unwanted::default()));
    assert_eq!(asked("state=mine&assignee=petro").queue("olena", 1, DateTime::from_millis(0)).whose, Whose::Person("olena".into()));
    let without = asked("not_assignee=-&not_assignee=olena").queue("olena", 1, DateTime::from_millis(0)).without;
    assert_eq!(without.assignees, [None, Some("olena".to_owned())]);
}

#[test]
fn terms_of_a_search_choose_what_tabs_and_values_do() {
    let search = |text: &str| asked(&format!("search={}", percent(text)));
    for (text, query) in [
        ("is:mine timeout", "state=mine&search=timeout"),
        ("branch:K01 -method:Pay -assignee:- a:b", "search=a%3Ab&branch=K01&not_method=Pay&not_assignee=-"),
        ("is:nothing branch: branch:a/b -is:new", "search=is%3Anothing%20branch%3A%20branch%3Aa%2Fb%20-is%3Anew"),
        ("is:unknown", ""),
    ] {
        assert_eq!(search(text).query(), query, "{text}");
    }
}

#[test]
fn a_time_up_to_now_moves_with_it() {
    let now = DateTime::from_millis(10 * 86_400_000 + 61_234);
    let since = |query: &str| asked(query).queue("olena", 1, now).since.map(DateTime::timestamp_millis);
    assert_eq!(since("seen=7d"), Some(3 * 86_400_000 + 60_000));
    assert_eq!(since("seen=7d&from=1970-01-06"), Some(5 * 86_400_000), "the later bound holds");
    assert_eq!((since("seen=8d"), asked("seen=7d").query().as_str()), (None, "seen=7d"));
    assert!(asked("seen=1h").is_narrowed());
}
