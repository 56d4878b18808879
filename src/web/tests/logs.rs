//! The Logs: building, saving, sharing, exporting, following, and what happened around one.

use super::{super::escape::percent, *};
use crate::domain::QueryConfig;

fn analyst(hostile: &Hostile) -> String {
    hostile.pages.sign_in("analyst", Role::ExpertAnalyst, &[])
}

#[test]
fn what_is_built_has_an_address_that_says_it_as_text() {
    let hostile = Hostile::new();
    let cookie = analyst(&hostile);
    let built = "/logs?g=any&p=branch&o=%3D&v=K01&p=&o=%3D&v=&g=all&p=error&o=not+exists&v=&e=&e=&columns=date";
    let answer = hostile.pages.get(&cookie, built);
    let filter = percent("branch = \"K01\" or not error exists");
    assert_eq!((answer.status, answer.header("Location")), (303, format!("/logs?filter={filter}&columns=date").as_str()));
    let grown = hostile.pages.get(&cookie, "/logs?g=all&p=branch&o=%3D&v=K01&do=add&e=");
    assert!(grown.status == 200 && grown.body.matches("name=\"p\"").count() == 2, "{}", grown.body);
    assert!(grown.body.contains("value=\"branch = &#34;K01&#34;\""));
    let wrong = hostile.pages.get(&cookie, "/logs?g=all&p=branch&o=between&v=1&e=");
    assert!(wrong.status == 200 && wrong.body.contains("role=\"alert\""));
}

#[test]
fn what_is_wrong_is_pointed_at_in_the_text() {
    let hostile = Hostile::new();
    let answer = hostile.pages.get(&analyst(&hostile), &format!("/logs?filter={}", percent("branch = K01 and x ~ <b>")));
    assert!(answer.body.contains("Column 20") && answer.body.contains("<mark>~</mark>"), "{}", answer.body);
}

#[test]
fn a_private_view_is_nobody_elses_and_changes_are_marked() {
    let hostile = Hostile::new();
    let pages = &hostile.pages;
    let (own, other) = (pages.sign_in("own", Role::ExpertAnalyst, &[]), pages.sign_in("other", Role::SystemAdministrator, &[]));
    let save = |cookie: &str, shared: &[(&str, &str)]| {
        let fields = [("csrf", CSRF), ("name", "mine"), ("filter", "error exists"), ("columns", "date,branch"), ("range", "2016-05-08/")];
        pages.post(cookie, "/logs/save", &[&fields, shared].concat())
    };
    let address = save(&own, &[]).header("Location").to_owned();
    assert_eq!(address, format!("/logs?view={}", QueryConfig::id_for("own", "mine")));
    let page = pages.get(&own, &address);
    assert!(
        page.body.contains("value=\"error exists\"")
            && page.body.contains("2016-05-08T00:00:00")
            && !page.body.contains("class=\"changed\"")
    );
    assert_eq!(pages.get(&other, &address).status, 404);
    assert!(!pages.get(&other, "/logs").body.contains(">mine<"));
    let id = QueryConfig::id_for("own", "mine");
    assert_eq!(pages.post(&other, &format!("/logs/saved/{id}/delete"), &[("csrf", CSRF)]).status, 404);
    let changed = pages.get(&own, &format!("/logs?filter=branch%20%3D%20%22K01%22&view={id}"));
    assert!(changed.body.contains("class=\"changed\""));
    save(&own, &[("shared", "1"), ("pinned", "1")]);
    assert_eq!(pages.get(&other, &address).status, 200);
    assert!(pages.get(&other, "/logs").body.contains(&format!("/logs/saved/{id}/count")));
    assert_eq!(pages.post(&other, &format!("/logs/saved/{id}/delete"), &[("csrf", CSRF)]).status, 404, "seen is not owned");
    // Nobody who only reads makes others see anything.
    let reader = pages.sign_in("reader", Role::ProgrammerDeveloper, &[]);
    save(&reader, &[("shared", "1")]);
    assert_eq!(pages.get(&other, &format!("/logs?view={}", QueryConfig::id_for("reader", "mine"))).status, 404);
}

#[test]
fn counts_and_files_hold_what_the_person_may_see() {
    let hostile = Hostile::new();
    let pages = &hostile.pages;
    let save = |cookie: &str| pages.post(cookie, "/logs/save", &[("csrf", CSRF), ("name", "all"), ("filter", ""), ("pinned", "1")]);
    let all = pages.runtime.block_on(pages.services.store.count_log_file(&hostile.file)).unwrap();
    for (name, branches, n) in [("own", ["K01"], all), ("other", ["L02"], 0)] {
        let cookie = pages.sign_in(name, Role::BranchOperator, &branches);
        save(&cookie);
        let count = pages.get(&cookie, &format!("/logs/saved/{}/count", QueryConfig::id_for(name, "all")));
        assert!(count.body.contains(&format!("\"count\":{n},")), "{}", count.body);
        let ndjson = pages.get(&cookie, "/logs/export/ndjson");
        assert_eq!(ndjson.body.matches("\"_id\"").count() as i64, n);
        let csv = pages.get(&cookie, "/logs/export/csv?columns=branch,error");
        assert_eq!(csv.body.matches("\"K01\",").count() as i64, n);
        assert!(csv.body.contains("\"branch\",\"error\"\r\n"), "{}", csv.body);
        let tail = pages.get(&cookie, "/logs/tail/rows");
        assert_eq!(tail.body.matches("id=\"log-").count() as i64, n);
    }
    assert_eq!(pages.get(&pages.sign_in("own", Role::BranchOperator, &["K01"]), "/logs/export/xml").status, 404);
    assert_eq!(pages.get(&pages.sign_in("own", Role::BranchOperator, &["K01"]), "/logs/export/csv?filter=a").status, 422);
}

#[test]
fn the_page_of_a_log_shows_what_happened_around_it_and_carries_the_filter() {
    let hostile = Hostile::new();
    let cookie = analyst(&hostile);
    for shared in ["branch", "server", "session", "nothing"] {
        let answer = hostile.pages.get(&cookie, &format!("/logs/{}?around={shared}&n=20&filter=branch%20%3D%20%22K01%22", hostile.log));
        assert!(answer.status == 200 && answer.body.contains("id=\"around\""), "{shared}");
        assert!(answer.body.contains("/logs?filter=branch%20%3D%20%22K01%22%20and%20re"), "{shared}");
    }
    let around = hostile.pages.get(&cookie, &format!("/logs/{}?around=branch&n=50", hostile.log));
    assert!(around.body.split("id=\"around\"").nth(1).unwrap().contains("id=\"log-"));
}

#[test]
fn dates_are_told_in_the_zone_that_was_chosen() {
    let hostile = Hostile::new();
    let cookie = analyst(&hostile);
    let chosen = hostile.pages.post(&cookie, "/preferences", &[("zone", "Asia/Tokyo"), ("back", "/logs")]);
    assert!(chosen.head.contains("zone=Asia"), "{}", chosen.head);
    let refused = hostile.pages.post(&cookie, "/preferences", &[("zone", "Mars/Base"), ("back", "/logs")]);
    assert!(!refused.head.to_lowercase().contains("set-cookie"), "{}", refused.head);
    let page = |zone: &str| {
        let body = hostile.pages.get(&format!("{cookie}; zone={zone}"), &format!("/logs/{}", hostile.log)).body;
        body.split("<h2>Re").nth(1).unwrap_or_default().to_owned()
    };
    let (utc, tokyo) = (page("utc"), page("Asia/Tokyo"));
    assert_ne!(utc, tokyo);
    assert!(tokyo.contains("UTC\""));
}
