//! An analyst's way from an unknown error to a known one: examples, proposals, previews, rules about groups that are taken back, and what the
//! first page says of it all.

use super::{triage::log_of, *};
use crate::domain::{GroupState, KnownError, LifeCycle};

const FULL: &str = "Cash desk drawer 5 full";
const LOCKED: &str = "Document 17 is locked by client 5";

fn with_groups() -> (Pages, String) {
    let pages = Pages::empty(|_| ());
    pages.ingest("a.log", &log_of(8, &[FULL, "Cash desk drawer 7 full", LOCKED, "Cash desk drawer 7 full"]));
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    (pages, analyst)
}

/// A form that is complete but for the ways of recognising.
const EXPLAINED: [(&str, &str); 5] =
    [("title", "Drawer"), ("text", FULL), ("answers", "Empty it."), ("new_code", "30"), ("new_title", "Cash")];

fn known(pages: &Pages, title: &str) -> KnownError {
    let all = pages.runtime.block_on(pages.services.store.list_known_errors()).unwrap();
    all.into_iter().find(|entry| entry.title == title).unwrap()
}

#[test]
fn examples_stand_side_by_side_and_the_first_is_open() {
    let (pages, analyst) = with_groups();
    let shown = pages.get(&analyst, &format!("/errors/{}", pages.group("drawer").id)).body;
    let examples = shown.split("id=\"examples\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert_eq!(examples.matches("<details class=\"exchange\"").count(), 2, "{examples}");
    assert_eq!(examples.matches("<details class=\"exchange\" open>").count(), 1);
    for part in ["the newest", "the oldest", "m8-0", "m8-3"] {
        assert!(examples.contains(part), "{part}: {examples}");
    }
    assert_eq!(examples.matches("<h3>Request</h3>").count(), 2);
}

#[test]
fn what_is_proposed_is_taken_tried_and_kept() {
    let (pages, analyst) = with_groups();
    let page = format!("/errors/{}", pages.group("drawer").id);
    let shown = pages.get(&analyst, &page).body;
    for part in ["name=\"keyword\" value=\"drawer\"", "name=\"condition\" value=\"request.method = &#34;A&#34;\""] {
        assert!(shown.contains(part), "{part}");
    }
    let ways = [("keyword", "drawer"), ("condition", "request.method = \"A\""), ("conditions", "branch = K01"), ("keywords_none", "lid")];
    let send = |what: &str, ways: &[(&str, &str)]| {
        let fields: Vec<_> = EXPLAINED.iter().chain(ways).copied().chain([("csrf", CSRF)]).collect();
        pages.post(&analyst, &format!("{page}/{what}"), &fields)
    };
    for (wrong, what) in [(("conditions", "branch ="), "preview"), (("regex", "("), "preview"), (("conditions", "branch ="), "approve")] {
        assert_eq!(send(what, &[wrong]).status, 422, "{wrong:?}");
    }
    let tried = send("preview", &ways);
    assert_eq!(tried.status, 200);
    for part in ["3 errors that nobody knew", "(branch = K01) and (request.method = &#34;A&#34;)", "value=\"drawer\" checked", "lid"] {
        assert!(tried.body.contains(part), "{part}");
    }
    assert!(send("preview", &[("conditions", "branch = L02")]).body.contains("0 errors that nobody knew"));
    assert_eq!(send("approve", &ways).status, 303);
    let entry = known(&pages, "Drawer");
    assert_eq!((entry.keywords, entry.keywords_none), (vec!["drawer".to_owned()], vec!["lid".to_owned()]));
    assert_eq!(entry.conditions.as_deref(), Some("(branch = K01) and (request.method = \"A\")"));
    assert_eq!(pages.group("drawer").state, GroupState::Known);
    // What a known error says is proposed no longer.
    let other = pages.get(&analyst, &format!("/errors/{}", pages.group("locked").id)).body;
    assert!(!other.contains("name=\"keyword\" value=\"drawer\"") && other.contains("value=\"locked\""));
}

#[test]
fn the_first_page_says_what_came_again_and_what_waits() {
    let (pages, analyst) = with_groups();
    let group = pages.group("drawer").id;
    pages.runtime.block_on(async {
        let answers = vec!["Empty it.".to_owned()];
        let status = StatusChoice::New(crate::domain::StatusError::new(StatusCode(30), "Cash"));
        let (title, text, by) = ("Drawer".to_owned(), FULL.to_owned(), "olena".to_owned());
        let approval = Approval { group, status, title, text, keywords: Vec::new(), answers, ways: Ways::default(), by };
        approve(&pages.services, approval, DateTime::now()).await.unwrap()
    });
    let entry = known(&pages, "Drawer");
    let home = || pages.get(&analyst, "/").body;
    assert!(!home().contains("state=regressed"));
    let answers = pages.runtime.block_on(pages.services.store.list_answers(Some(&entry.id))).unwrap();
    let mut fixed = KnownError { state: LifeCycle::Fixed, ..entry };
    fixed.tenure.fixed_at = super::super::triage::moment("2016-05-09");
    pages.runtime.block_on(pages.services.store.save_known_errors(&[(fixed, answers)])).unwrap();
    assert!(!home().contains("state=regressed"));
    pages.ingest("b.log", &log_of(10, &[FULL]));
    let shown = home();
    assert!(shown.contains("href=\"/known?state=regressed\"") && shown.contains("Seen again after they were fixed"), "{shown}");
    assert!(!shown.contains("href=\"/known?state=draft\""));
    pages.done(&analyst, "/knowledge/new", &[("title", "Lid"), ("text", "Cash desk lid open"), ("answer", "Close it.")]);
    assert!(home().contains("href=\"/known?state=draft\""));
}

#[test]
fn groups_are_merged_and_split_with_their_consequences_stated_and_taken_back() {
    let (pages, analyst) = with_groups();
    pages.ingest("b.log", &log_of(9, &["Cash desk drawer is full", "Cash desk drawer is full"]));
    let [near, full] = ["drawer is full", "drawer 5 full"].map(|part| pages.group(part).id.to_string());
    let counts = || ["drawer is full", "drawer 5 full"].map(|part| pages.group(part).count);
    assert_eq!(counts(), [2, 3]);
    let choice = pages.get(&analyst, &format!("/errors/{near}/merge"));
    assert!(choice.status == 200 && choice.body.contains(&format!("value=\"{full}\"")), "{}", choice.body);
    let planned = pages.get(&analyst, &format!("/errors/{near}/merge?into={full}")).body;
    assert!(planned.contains("2 Logs would go to the other group, which has 3."), "{planned}");
    for into in [near.as_str(), "nonsense", &"0".repeat(24)] {
        assert_eq!(pages.get(&analyst, &format!("/errors/{near}/merge?into={into}")).status, 422, "{into}");
    }
    pages.done(&analyst, &format!("/errors/{near}/merge"), &[("into", &full)]);
    assert_eq!(counts(), [0, 5]);
    assert!(pages.get(&analyst, "/errors/rules").body.contains("/withdraw\""));
    let stream = pages.get(&analyst, &format!("/errors/{full}")).body;
    let rule = stream.split("action=\"/errors/rules/").nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
    let planned = pages.get(&analyst, &format!("/errors/rules/{rule}/withdraw?group={full}")).body;
    assert!(planned.contains("2 Logs would go back.") && planned.contains(&format!("name=\"group\" value=\"{full}\"")), "{planned}");
    assert_eq!(counts(), [0, 5]);
    let back = pages.done(&analyst, &format!("/errors/rules/{rule}/withdraw"), &[("group", &full)]);
    assert_eq!((back, counts()), (format!("/errors/{full}#activity"), [2, 3]));
    assert!(pages.group("drawer is full").triage.merged_into.is_none());
    assert_eq!(pages.post(&analyst, &format!("/errors/rules/{rule}/withdraw"), &[("csrf", CSRF)]).status, 404);

    let place = pages.services.groups.variables(pages.group("drawer 5").id, FULL)[0].place.to_string();
    let value = |n: &str| format!("place={place}&value={n}");
    let planned = pages.get(&analyst, &format!("/errors/{full}/split?{}", value("7"))).body;
    assert!(planned.contains("2 Logs with “7” would be a group of their own; 1 would stay."), "{planned}");
    let to = pages.done(&analyst, &format!("/errors/{full}/split"), &[("place", &place), ("value", "7")]);
    let part: GroupId = to.trim_start_matches("/errors/").split('?').next().unwrap().parse().unwrap();
    let of = |id: GroupId| pages.runtime.block_on(pages.services.store.find_log_error(&id)).unwrap().unwrap();
    assert_eq!((of(part).count, pages.group("drawer 5").count), (2, 1));
    for page in [part.to_string(), full.clone()] {
        assert!(pages.get(&analyst, &format!("/errors/{page}")).body.contains("/withdraw\""), "{page}");
    }
    let rules = pages.get(&analyst, "/errors/rules").body;
    let rule = rules.split("action=\"/errors/rules/").nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
    assert!(pages.get(&analyst, &format!("/errors/rules/{rule}/withdraw")).body.contains("2 Logs would go back."));
    assert_eq!(pages.done(&analyst, &format!("/errors/rules/{rule}/withdraw"), &[]), "/errors/rules");
    assert_eq!((of(part).count, pages.group("drawer 5").count), (0, 3));
    // What comes later belongs to the whole again; decided once more, the part has it again.
    pages.ingest("c.log", &log_of(10, &["Cash desk drawer 7 full"]));
    assert_eq!((of(part).count, pages.group("drawer 5").count), (0, 4));
    pages.done(&analyst, &format!("/errors/{full}/split"), &[("place", &place), ("value", "7")]);
    assert_eq!((of(part).count, of(part).triage.merged_into), (3, None));
}

#[test]
fn pinned_views_are_seen_from_every_page() {
    let (pages, analyst) = with_groups();
    assert!(pages.get(&analyst, "/statuses").body.contains("data-pins=\"/pinned?part=1\""));
    assert!(pages.get(&analyst, "/pinned").body.contains("No view is pinned yet"));
    for (path, field) in [("/errors/views", ("query", "search=drawer")), ("/logs/save", ("filter", "error exists"))] {
        for (name, pinned) in [("kept <b>", "1"), ("loose", "")] {
            let fields: Vec<_> = [("name", name), field].into_iter().chain((!pinned.is_empty()).then_some(("pinned", pinned))).collect();
            pages.done(&analyst, path, &fields);
        }
    }
    for path in ["/pinned", "/pinned?part=1"] {
        let shown = pages.get(&analyst, path).body;
        assert_eq!(shown.matches("data-count=\"").count(), 2, "{shown}");
        assert!(shown.contains("kept &#60;b&#62;") && !shown.contains("loose"));
        assert_eq!(shown.contains("<html"), path == "/pinned");
    }
    let operator = pages.sign_in("operator", Role::BranchOperator, &["K01"]);
    assert!(pages.get(&operator, "/pinned").body.contains("No view is pinned yet"));
}

#[test]
fn formulas_that_were_ingested_leave_as_text() {
    let formulas = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\\t=1+1", "\\r=1", "\\n=1", "＝1+1"];
    let pages = Pages::empty(|_| ());
    pages.ingest("a.log", &log_of(8, &formulas));
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let group = pages.group("=cmd");
    let explained = [("title", "=HYPERLINK(1)"), ("text", "=cmd"), ("answers", "@SUM(A1)"), ("new_code", "30"), ("new_title", "+1")];
    pages.done(&analyst, &format!("/errors/{}/approve", group.id), &explained);
    let logs = pages.get(&analyst, "/logs/export/csv?columns=error.message,branch").body;
    let knowledge = pages.get(&analyst, "/knowledge/export/csv").body;
    for (table, least) in [(logs, formulas.len()), (knowledge, 3)] {
        // Every cell is quoted; one begins after a comma, or a line end, that stands behind a quote.
        let cells =
            table.trim_end().split("\",\"").flat_map(|part| part.split("\"\r\n\"")).map(|cell| cell.trim_start_matches(['\u{feff}', '"']));
        let begins = |cell: &str| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝']);
        assert!(!cells.clone().any(begins), "{table}");
        assert!(cells.filter(|cell| cell.starts_with('\'')).count() >= least, "{table}");
    }
}

#[test]
fn the_api_takes_further_ways_of_recognising_and_previews_them() {
    let (pages, analyst) = with_groups();
    let group = pages.group("drawer").id;
    let send = |what: &str, body: serde_json::Value| {
        let headers = [("Cookie", analyst.as_str()), ("x-csrf-token", CSRF), ("Content-Type", "application/json")];
        let path = format!("/api/v1/errors/{group}/{what}");
        let answer = http::exchange(&pages.address, &http::request("POST", &path, &headers, body.to_string().as_bytes()));
        (answer.status, serde_json::from_str::<serde_json::Value>(&answer.body).unwrap_or_default())
    };
    let ways = |conditions: &str| serde_json::json!({ "keywords_all": ["drawer"], "keywords_none": ["lid"], "conditions": conditions });
    for (conditions, n) in [("branch = K01", 3), ("branch = L02", 0)] {
        let (status, found) = send("preview", ways(conditions));
        assert_eq!((status, &found["n_unknown"]), (200, &serde_json::json!(n)), "{conditions}: {found}");
    }
    assert_eq!(send("preview", ways("branch =")).0, 422);
    let mut approval = ways("branch = K01");
    approval["title"] = "Drawer".into();
    approval["answers"] = serde_json::json!(["Empty it."]);
    approval["new_status"] = serde_json::json!({ "code": 30, "title": "Cash", "keywords": [], "retired": false });
    let (status, approved) = send("approve", approval);
    assert_eq!(status, 200, "{approved}");
    let entry = known(&pages, "Drawer");
    assert_eq!((entry.keywords_all, entry.conditions.as_deref()), (vec!["drawer".to_owned()], Some("branch = K01")));
}

#[test]
fn what_only_its_answer_speaks_for_is_shown_below_and_without_a_score() {
    let pages = Pages::empty(|_| ());
    pages.ingest(
        "a.log",
        &log_of(8, &["The printer of receipts is not ready", LOCKED, "Device 4 lacks paper", "Document 17 is open at client 5"]),
    );
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    for (group, title, answer) in
        [("printer", "Printer", "Switch the device on and load paper."), ("locked", "Locked", "Wait until it is closed.")]
    {
        let group = pages.group(group);
        let fields = [("title", title), ("text", &*group.message), ("answers", answer), ("new_code", "30"), ("new_title", "Branch")];
        let fields = if title == "Locked" { [fields[0], fields[1], fields[2], ("status", "30"), ("new_code", "")] } else { fields };
        pages.done(&analyst, &format!("/errors/{}/approve", group.id), &fields);
    }
    let hints = |part: &str| {
        let page = pages.get(&analyst, &format!("/errors/{}", pages.group(part).id)).body;
        let hints = page.split("Nearest known errors").nth(1).unwrap().split("</section>").next().unwrap().to_owned();
        let (near, written) = hints.split_once("By what is written about them").unwrap_or((&hints, ""));
        (near.to_owned(), written.to_owned())
    };
    let (near, written) = hints("lacks paper");
    assert!(!near.contains(">Printer</a>"), "{near}");
    assert!(written.contains(">Printer</a>") && written.contains("`Device`, `paper`") && !written.contains('%'), "{written}");
    let (near, written) = hints("is open at");
    assert!(near.contains(">Locked</a>") && !written.contains(">Locked</a>"), "{near}\n{written}");
}
