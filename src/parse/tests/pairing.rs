//! Requests and responses of one file.

use super::*;
use crate::domain::{
    LogState::{Complete, RequestOnly, ResponseOnly},
    Stretch, log_id,
};

fn states(input: &str) -> Vec<(LogState, Option<String>)> {
    let mut states: Vec<_> = logs(input).into_iter().map(|log| (log.state, log.message_id.map(String::from))).collect();
    states.sort_by(|a, b| a.1.cmp(&b.1).then(a.0.as_str().cmp(b.0.as_str())));
    states
}

fn session_only(half: &str, session: &str) -> String {
    half.replace("\"message_id\":\"x\"", &format!("\"sessionid\":\"{session}\""))
}

#[test]
fn halves_meet_across_sessions_in_any_order() {
    let expected = |state, id: &str| (state, Some(id.to_owned()));
    for (input, states_expected) in [
        ([request("a"), request("b"), response("b"), response("a")].concat(), vec![expected(Complete, "a"), expected(Complete, "b")]),
        ([response("a"), request("a")].concat(), vec![expected(Complete, "a")]),
        ([request("a"), response("b")].concat(), vec![expected(RequestOnly, "a"), expected(ResponseOnly, "b")]),
        ([request("a"), request("a"), response("a")].concat(), vec![expected(Complete, "a"), expected(RequestOnly, "a")]),
        (
            [request("a"), response("a").replace("5/8/2016", "5/10/2016")].concat(),
            vec![expected(RequestOnly, "a"), expected(ResponseOnly, "a")],
        ),
        ([request("a"), response("a").replace("<= S", "<= T")].concat(), vec![expected(RequestOnly, "a"), expected(ResponseOnly, "a")]),
    ] {
        assert_eq!(states(&input), states_expected, "{input}");
    }
}

#[test]
fn a_reused_message_id_gets_its_own_logs_in_order() {
    let second = |half: String| half.replace("7:17:4", "7:18:4");
    let logs = logs([request("a"), response("a"), second(request("a")), second(response("a"))].concat());
    let key = log_id("K01", "S", "a");
    let ids: Vec<_> = logs.iter().map(|log| (log.id, log.pairing_key)).collect();
    assert_eq!(ids, [(key, None), (LogId::of_later(key, logs[1].halves.request), Some(key))]);
    assert!(logs.iter().all(|log| log.state == Complete && log.duration_ms() == Some(1000)));
}

#[test]
fn a_repeated_record_has_a_fingerprint_of_its_own_and_a_replay_the_same() {
    let twice = request("a").repeat(2);
    let prints = |logs: &[PairedLog]| logs.iter().map(|log| log.halves.request).collect::<Vec<_>>();
    let first = logs(&twice);
    assert_ne!(first[0].halves, first[1].halves);
    assert_eq!(prints(&first), prints(&logs(&twice)));
}

#[test]
fn equal_records_without_an_id_are_known_by_their_place_where_that_is_known() {
    let one = session_only(&(request("x") + &response("x")), "s");
    let known = |text: &str, source: Option<(&str, usize)>| {
        let stretch = source.map(|(file, offset)| Stretch::of_file(file, offset as i64));
        let logs = logs_with(text, &Options { stretch, ..options() });
        logs.into_iter().map(|log| (log.id, log.halves.request, log.halves.response)).collect::<Vec<_>>()
    };
    let whole = known(&one.repeat(3), Some(("a", 7)));
    assert!(whole.iter().all(|log| whole.iter().filter(|other| *other == log).count() == 1));
    // In whatever pieces it is sent.
    let parts = [known(&one, Some(("a", 7))), known(&one.repeat(2), Some(("a", 7 + one.len())))].concat();
    assert_eq!(parts, whole);
    assert_ne!(known(&one, Some(("b", 7))), whole[..1]);
    assert_eq!(known(&one, None), known(&one.repeat(3), None)[..1]);
    // An exchange with an id is the same wherever it stood.
    let named = request("a") + &response("a");
    assert_eq!(known(&named, Some(("a", 7))), known(&named, None));
}

#[test]
fn without_message_id_session_and_order_pair_and_the_log_says_so() {
    let one = |session| session_only(&request("x"), session);
    let other = |session| session_only(&response("x"), session);
    let logs = logs([one("s1"), one("s2"), other("s2"), other("s1"), one("s1")].concat());
    let found: Vec<_> = logs.iter().map(|log| (log.state, log.session_key.as_deref(), kinds(log))).collect();
    let by_order = || vec![ProblemKind::PairedByOrder];
    let alone = || vec![ProblemKind::NoMessageId];
    assert_eq!(found, [(Complete, Some("s2"), by_order()), (Complete, Some("s1"), by_order()), (RequestOnly, Some("s1"), alone())]);
}

#[test]
fn a_half_without_message_id_that_stays_alone_says_so_and_where_it_stands() {
    for half in [request("x"), response("x")] {
        let before = request("a") + &response("a");
        let text = format!("{before}{}", session_only(&half, "s1"));
        let logs = logs(&text);
        let problem = logs.iter().find(|log| log.message_id.is_none()).unwrap().problems.clone();
        assert_eq!(problem, [Problem::alone(before.len() as i64)]);
    }
    // What is damaged may have had one.
    let cut = logs(request("x").replace("\"}", ""));
    assert!(!kinds(&cut[0]).contains(&ProblemKind::NoMessageId), "{cut:?}");
}

#[test]
fn halves_that_wait_on_disk_are_paired_as_those_in_memory() {
    let ids: Vec<String> = (0..3000).map(|n| format!("m{}", n % 2500)).collect();
    let requests = ids.iter().map(|id| request(id));
    let responses = ids.iter().rev().map(|id| response(id));
    let text = requests.chain(responses).collect::<String>() + &request("left") + &response("m1");
    let mut small = options();
    small.limits.pending_bytes = 50_000;
    let sorted = |options: &Options| {
        let mut logs = logs_with(&text, options);
        logs.sort_by_key(|log| (log.message_id.clone(), log.halves.request, log.halves.response));
        logs.iter_mut().for_each(|log| log.id = log_id("", "", ""));
        logs
    };
    let (on_disk, in_memory) = (sorted(&small), sorted(&options()));
    assert_eq!(in_memory.iter().filter(|log| log.state == Complete).count(), 3000);
    assert!(on_disk == in_memory);
}
