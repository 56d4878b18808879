//! Triage over real connections: what is said stays as it was said, what was set aside comes back, what was done to many is undone.

use super::*;
use crate::domain::{GroupState, LogError, Until};

/// A day's log: each of these messages fails an exchange, the nth in the nth minute.
pub(super) fn log_of(day: u32, messages: &[&str]) -> String {
    let exchange = |(n, message): (usize, &&str)| {
        let (at, id) = (format!("5/{day}/2016 7:{n:02}:00 AM"), format!("m{day}-{n}"));
        format!(
            "=> S at {at}: from 10.0.0.1;\nInput = {{\"method\":\"A\",\"sessionid\":\"s1\",\"message_id\":\"{id}\"}}\n<= S at {at}: to 10.0.0.1\nOutput = {{\"status\":\"ERROR\",\"error\":\"{message}\",\"message_id\":\"{id}\"}}\n"
        )
    };
    messages.iter().enumerate().map(exchange).collect()
}

impl Pages {
    pub(super) fn ingest(&self, name: &str, text: &str) {
        let path = self._folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let request = IngestRequest {
            branch: "K01".parse().unwrap(),
            name: name.to_owned(),
            path,
            format: FormatChoice::Auto,
            uploaded_by: "olena".to_owned(),
        };
        self.runtime.block_on(self.services.ingest_file(request, Arc::new(|_| ()))).unwrap();
    }

    /// The group whose first message contains this.
    pub(super) fn group(&self, part: &str) -> LogError {
        let groups = self.runtime.block_on(self.services.store.list_log_errors(None, 100)).unwrap();
        groups.into_iter().find(|group| group.message.contains(part)).unwrap()
    }

    /// Sends a form that has to be taken; where the browser is sent.
    pub(super) fn done(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> String {
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", CSRF)]).collect();
        let answer = self.post(cookie, path, &fields);
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
        answer.header("Location").to_owned()
    }
}

const LOCKED: &str = "Document 17 is locked by client 5";
const EXPIRED: &str = "Signature key has expired yesterday";
const FULL: &str = "Cash desk drawer full";

fn with_three_groups() -> (Pages, String) {
    let pages = Pages::empty(|_| ());
    pages.ingest("a.log", &log_of(8, &[LOCKED, LOCKED, EXPIRED, FULL]));
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    (pages, analyst)
}

#[test]
fn what_is_said_and_done_stands_in_one_stream_as_it_was_said() {
    let (pages, analyst) = with_three_groups();
    let page = format!("/errors/{}", pages.group("locked").id);
    let said = "</textarea><script>alert(1)</script>\nдругий рядок";
    for _ in 0..2 {
        pages.done(&analyst, &format!("{page}/comment"), &[("text", said)]);
    }
    pages.done(&analyst, &format!("{page}/assign"), &[("to", "analyst")]);
    pages.done(&analyst, &format!("{page}/ignore"), &[("until", "more"), ("more", "5")]);
    let shown = pages.get(&analyst, &page).body;
    assert!(!shown.contains("<script>alert(1)"), "{shown}");
    for part in ["alert(1)&#60;/script&#62;\nдругий рядок", "assigned it to analyst", "set it aside: until 5 more have come", "First seen"]
    {
        assert!(shown.contains(part), "{part}");
    }
    for (path, fields, expected) in [
        ("comment", vec![("text", " \n ")], 422),
        ("assign", vec![("to", "nobody we know")], 422),
        ("ignore", vec![("until", "more"), ("more", "0")], 422),
        ("ignore", vec![("until", "date"), ("date", "tomorrow")], 422),
    ] {
        let fields: Vec<_> = fields.into_iter().chain([("csrf", CSRF)]).collect();
        assert_eq!(pages.post(&analyst, &format!("{page}/{path}"), &fields).status, expected, "{path}");
    }
}

#[test]
fn a_group_comes_back_when_its_logs_say_so_and_not_before() {
    for (until, value, first, second) in [
        ("more", "3", GroupState::Ignored, GroupState::Unknown),
        ("date", "2016-05-10", GroupState::Ignored, GroupState::Unknown),
        ("rate", "2", GroupState::Ignored, GroupState::Unknown),
        ("always", "", GroupState::Ignored, GroupState::Ignored),
    ] {
        let (pages, analyst) = with_three_groups();
        let group = pages.group("locked");
        pages.done(&analyst, &format!("/errors/{}/ignore", group.id), &[("until", until), (until, value)]);
        pages.ingest("b.log", &log_of(9, &[LOCKED]));
        assert_eq!(pages.group("locked").state, first, "{until}");
        // A file of a day before, that arrives late, is no return at a later date.
        pages.ingest("c.log", &log_of(7, &[LOCKED]));
        pages.ingest("d.log", &log_of(10, &[LOCKED, LOCKED, LOCKED]));
        let group = pages.group("locked");
        assert_eq!((group.state, group.triage.review), (second, second == GroupState::Unknown), "{until}");
        if second == GroupState::Unknown {
            let shown = pages.get(&analyst, &format!("/errors/{}", group.id)).body;
            assert!(shown.contains("It came back"), "{until}");
            assert!(pages.get(&analyst, "/errors?state=review").body.contains(&group.id.to_string()), "{until}");
        }
    }
}

#[test]
fn many_groups_are_counted_changed_once_and_put_back() {
    let (pages, analyst) = with_three_groups();
    let [locked, expired, full] = ["locked", "expired", "full"].map(|part| pages.group(part).id.to_string());
    let rows = [("group", locked.as_str()), ("group", expired.as_str()), ("csrf", CSRF), ("back", "/errors?sort=last")];
    let ignore = [("do", "ignore"), ("until", "always"), ("token", "1")];
    let fields: Vec<_> = rows.into_iter().chain(ignore).collect();
    let counted = pages.post(&analyst, "/errors/bulk", &fields);
    assert!(counted.status == 200 && counted.body.contains("2 groups with 3 Logs"), "{}", counted.body);
    assert_eq!(pages.group("locked").state, GroupState::Unknown);
    let to = pages.done(&analyst, "/errors/bulk/apply", &fields);
    assert_eq!(pages.done(&analyst, "/errors/bulk/apply", &fields), to);
    let states = || ["locked", "expired", "full"].map(|part| pages.group(part).state);
    assert_eq!(states(), [GroupState::Ignored, GroupState::Ignored, GroupState::Unknown]);
    assert!(pages.get(&analyst, &to).body.contains("Groups changed: 2."));
    // One of the two is decided anew in the meantime: it stays.
    pages.done(&analyst, &format!("/errors/{expired}/ignore"), &[("until", "more"), ("more", "9")]);
    let id = to.split("done=").nth(1).unwrap();
    let counted = pages.get(&analyst, &format!("/errors/bulk/{id}/undo?back=/errors%3Fsort%3Dlast")).body;
    assert!(counted.contains("1 groups would stand again") && counted.contains("1 stay as they are"), "{counted}");
    assert!(counted.contains("value=\"/errors?sort=last\"") && !counted.contains("goes back to its own group"), "{counted}");
    assert_eq!(states(), [GroupState::Ignored, GroupState::Ignored, GroupState::Unknown]);
    let back = pages.done(&analyst, &format!("/errors/bulk/{id}/undo"), &[("back", "https://elsewhere/")]);
    assert_eq!(back, format!("/errors?done={id}&back=1"));
    assert_eq!(states(), [GroupState::Unknown, GroupState::Ignored, GroupState::Unknown]);
    assert_eq!(pages.group("expired").triage.ignored.unwrap().until, Until::More(9));
    assert_eq!(pages.group("full").id.to_string(), full);
}

#[test]
fn a_merging_of_many_is_undone_with_all_logs() {
    let (pages, analyst) = with_three_groups();
    let [locked, expired, full] = ["locked", "expired", "full"].map(|part| pages.group(part).id.to_string());
    let rows = [("group", locked.as_str()), ("group", expired.as_str()), ("group", full.as_str())];
    let fields: Vec<_> = rows.into_iter().chain([("do", "merge"), ("into", &locked), ("token", "2")]).collect();
    let to = pages.done(&analyst, "/errors/bulk/apply", &fields);
    let counts = || ["locked", "expired", "full"].map(|part| pages.group(part).count);
    assert_eq!(counts(), [4, 0, 0]);
    let listed = pages.get(&analyst, "/errors").body;
    assert!(listed.contains(&locked) && !listed.contains(&expired) && !listed.contains(&full));
    // What comes meanwhile goes where it belongs when the merging is undone.
    pages.ingest("b.log", &log_of(9, &[EXPIRED, LOCKED]));
    assert_eq!(counts(), [6, 0, 0]);
    let id = to.split("done=").nth(1).unwrap();
    let counted = pages.get(&analyst, &format!("/errors/bulk/{id}/undo")).body;
    assert!(counted.contains("2 groups would stand again") && counted.contains("goes back to its own group"), "{counted}");
    pages.done(&analyst, &format!("/errors/bulk/{id}/undo"), &[]);
    assert_eq!(counts(), [3, 2, 1]);
    let counted = pages.get(&analyst, &format!("/errors/bulk/{id}/undo")).body;
    assert!(counted.contains("0 groups would stand again") && counted.contains("2 stay as they are"), "{counted}");
    assert!(pages.get(&analyst, "/errors").body.contains(&full));
    pages.ingest("c.log", &log_of(10, &[FULL]));
    assert_eq!(counts(), [3, 2, 2]);
}

#[test]
fn what_happened_around_an_error_is_shown_with_the_page_and_alone() {
    let (pages, analyst) = with_three_groups();
    let page = format!("/errors/{}", pages.group("expired").id);
    for path in [page.clone(), format!("{page}/around")] {
        for query in ["?by=session", "?by=server&span=600s", "?by=branch&span=20", "?near=zz&by=x&span=x"] {
            let shown = pages.get(&analyst, &format!("{path}{query}"));
            assert_eq!(shown.status, 200, "{path}{query}");
            assert_eq!(shown.body.matches("class=\"tag unknown\"").count() - usize::from(path == page), 4, "{path}{query}");
        }
        let near = pages.get(&analyst, &format!("{path}?span=60s")).body;
        assert_eq!(near.matches("class=\"tag unknown\"").count() - usize::from(path == page), 3, "{path}");
    }
    assert!(!pages.get(&analyst, &format!("{page}/around")).body.contains("<html"));
}
