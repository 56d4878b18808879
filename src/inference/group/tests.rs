//! What is one group and what is not.

use proptest::prelude::*;

use super::{Distribution, Grouper, Kind, Rule, RuleError};
use crate::domain::GroupId;

/// The templates that the messages are put under, each once, in order.
fn templates(messages: &[&str]) -> Vec<String> {
    let mut grouper = Grouper::new();
    let mut ids: Vec<GroupId> = Vec::new();
    for message in messages {
        let id = grouper.assign(message).id;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids.iter().map(|id| grouper.template(*id).unwrap().to_string()).collect()
}

#[test]
fn variants_of_one_message_are_one_group() {
    let cases: [(&[&str], &str); 17] = [
        (&["Payment 17 rejected", "Payment 18 rejected"], "Payment <*> rejected"),
        (&["sent 5 bytes", "sent 18846 bytes (18.4 KB)", "sent 1.2 MB"], "sent <*>"),
        (&["lifetime <1 sec", "lifetime 00:17"], "lifetime <*>"),
        (&["from 10.0.0.1 (10.0.0.1) at Fri Jun 17 07:07:00 2005", "from 10.0.0.2 () at Sat Jun 18 02:08:10 2005"], "from <*> at <*>"),
        (
            &["Connection to host alpha refused by peer", "Connection to host beta refused by peer"],
            "Connection to host <*> refused by peer",
        ),
        (&["session opened for user cyrus", "session opened for user root"], "session opened for user <*>"),
        (&["Failed password for root from 10.0.0.1", "Failed password for oracle from 10.0.0.2"], "Failed password for <*> from <*>"),
        (&["invalid user bob [x]", "invalid user  [x]"], "invalid user <*> [x]"),
        (&["ids 1, 2, 3 missing", "ids 7 missing"], "ids <*> missing"),
        (&["free slots [] of 3", "free slots [1, 2] of 5"], "free slots [<*>] of <*>"),
        (&["state=OPEN tag=\"View Lock\" name=a.b", "state=CLOSED tag=\"x\" name=WorkSource{10}"], "state=<*> tag=<*> name=<*>"),
        (&["user= host=a", "user=b host=c"], "user=<*> host=<*>"),
        (&["ready: true", "ready: false"], "ready: <*>"),
        (&["cannot open /var/log/app.log", "cannot open C:\\Bank\\app.ini"], "cannot open <*>"),
        (&["GET https://a.example/x?y=1 failed", "GET http://b.example failed"], "GET <*> failed"),
        (&["address fe80::1 is taken", "address 00:a6:ca:db:93:cc is taken"], "address <*> is taken"),
        (&["relation \"users\" does not exist", "relation \"accounts\" does not exist"], "relation <*> does not exist"),
    ];
    for (messages, template) in cases {
        assert_eq!(templates(messages), [template]);
    }
}

#[test]
fn amounts_dates_and_numbers_make_no_groups() {
    let mut grouper = Grouper::new();
    for n in 0..10_000 {
        let (branch, request, coins) = (n % 97, n * 7919, n % 100);
        let message =
            format!("Рахунок {} не знайдено у відділенні {branch} (запит {request:08x}, сума {n}.{coins:02} UAH)", 26_000_000 + n);
        grouper.assign(&message);
    }
    assert_eq!(grouper.len(), 1);
}

#[test]
fn words_tell_messages_apart() {
    let messages = [
        "Account is blocked",
        "Account is closed",
        "VM paused",
        "VM resumed",
        "Certificate expired: renew it",
        "Certificate expired: revoke it",
        "received SCREEN_ON",
        "received SCREEN_OFF",
        "IPV4 address lost",
        "IPV6 address lost",
        "{\"error\":\"Account is blocked\"}",
        "{\"error\":\"Account is closed\"}",
        "{\"error\":\"denied\"}",
        "{\"error\":\"expired\"}",
        "user=a reason=denied",
        "user=a reason=expired",
        "Помилка...",
        "Таймаут...",
        "user session expired",
        "user password expired",
    ];
    assert_eq!(templates(&messages).len(), messages.len());
}

#[test]
fn a_place_of_many_words_is_a_variable_from_then_on() {
    let mut grouper = Grouper::new();
    let word = |n: u32| ["al", "be", "ce", "da"].into_iter().cycle().skip(n as usize % 4).take(2 + n as usize / 4).collect::<String>();
    let first: Vec<_> = (0..16).map(|n| grouper.assign(&format!("plug-in {} stopped early", word(n)))).collect();
    assert!(first.iter().all(|assigned| assigned.is_new));
    let next = grouper.assign("plug-in zeta stopped early");
    assert_eq!((next.id, next.is_new, next.changed), (first[0].id, false, true));
    assert_eq!(grouper.template(next.id).unwrap().to_string(), "plug-in <*> stopped early");
    // What was put elsewhere before stays there.
    for (n, assigned) in (0..16).zip(&first) {
        assert_eq!(grouper.assign(&format!("plug-in {} stopped early", word(n))).id, assigned.id);
    }
}

#[test]
fn hostile_messages_of_one_shape_make_boundedly_many_groups() {
    let word = |n: u32| n.to_string().bytes().map(|digit| char::from(b'g' + digit - b'0')).collect::<String>();
    let mut grouper = Grouper::new();
    for n in 0..100_000 {
        grouper.assign(&format!("{} went away quietly", word(n)));
    }
    assert!(grouper.len() <= 32, "{}", grouper.len());
    let mut grouper = Grouper::new();
    for n in 0..20_000 {
        grouper.assign(&format!("{} went {} quietly", word(n), word(n * 7)));
    }
    assert!(grouper.len() <= 4097, "{}", grouper.len());
}

#[test]
fn the_analyst_merges_groups() {
    let mut grouper = Grouper::new();
    let (blocked, closed) = (grouper.assign("Account is blocked").id, grouper.assign("Account is closed").id);
    let rule = Rule::Merge { group: closed, into: blocked };
    assert_eq!(grouper.apply(rule.clone()), Ok(blocked));
    assert_eq!(grouper.assign("Account is closed").id, blocked);
    assert_eq!(grouper.find("Account is closed"), Some(blocked));
    assert_eq!(grouper.apply(Rule::Merge { group: blocked, into: closed }), Err(RuleError::Circle(blocked)));
    assert_eq!(grouper.apply(Rule::Merge { group: blocked, into: blocked }), Err(RuleError::Circle(blocked)));
    let other = grouper.assign("Account is gone").id;
    assert_eq!(grouper.apply(Rule::Merge { group: closed, into: other }), Err(RuleError::Merged { group: closed, into: blocked }));
    assert!(grouper.withdraw(&rule));
    assert_eq!(grouper.assign("Account is closed").id, closed);
}

#[test]
fn the_analyst_divides_groups() {
    let mut grouper = Grouper::new();
    let whole = grouper.assign("server said status 403 to 10.0.0.1").id;
    let status = &grouper.variables(whole, "server said status 403 to 10.0.0.1")[0];
    let part = grouper.apply(Rule::Split { group: whole, place: status.place, value: "403".to_owned() }).unwrap();
    let assigned = grouper.assign("server said status 403 to 10.0.0.2");
    assert_eq!((assigned.id, assigned.is_new), (part, true));
    assert!(!grouper.assign("server said status 403 to 10.0.0.3").is_new);
    assert_eq!(grouper.assign("server said status 500 to 10.0.0.2").id, whole);
    assert_eq!(grouper.template(part).unwrap().to_string(), "server said status 403 to <*>");
    // A process that reads the part knows the rule.
    let mut other = Grouper::new();
    other.restore(part, &grouper.pattern(part).unwrap()).unwrap();
    assert_eq!(other.find("server said status 403 to 10.0.0.9"), Some(part));
    assert_eq!(other.rules(), grouper.rules());
}

#[test]
fn rules_are_stored_and_hold_before_their_groups_are_known() {
    let mut grouper = Grouper::new();
    let (blocked, closed) = (grouper.assign("Account is blocked").id, grouper.assign("Account is closed").id);
    grouper.apply(Rule::Merge { group: closed, into: blocked }).unwrap();
    grouper.apply(Rule::Split { group: blocked, place: 0, value: "Account".to_owned() }).unwrap();
    let stored = serde_json::to_string(&grouper.rules()).unwrap();
    let mut other = Grouper::new();
    for rule in serde_json::from_str::<Vec<Rule>>(&stored).unwrap() {
        other.apply(rule).unwrap();
    }
    assert_eq!(other.rules(), grouper.rules());
    assert_eq!(other.assign("Account is closed").id, blocked);
}

#[test]
fn variables_are_named_typed_and_counted() {
    let mut grouper = Grouper::new();
    let message = "Transfer 17 from account 26007233566001 failed: host=db-1.bank.local took 15 ms, user petrenko, path /srv/bars";
    let id = grouper.assign(message).id;
    let variables = grouper.variables(id, message);
    let seen: Vec<_> = variables.iter().map(|variable| (variable.name.as_str(), variable.kind, variable.value)).collect();
    let expected = [
        ("transfer", Kind::Number, "17"),
        ("account", Kind::Account, "26007233566001"),
        ("host", Kind::Host, "db-1.bank.local"),
        ("took", Kind::Duration, "15 ms"),
        ("user", Kind::Word, "petrenko"),
        ("path", Kind::Path, "/srv/bars"),
    ];
    assert_eq!(seen, expected);
    let mut distribution = Distribution::default();
    distribution.add(&variables);
    assert_eq!(distribution.get("took").unwrap().kind(), Kind::Duration);
    assert_eq!(distribution.iter().count(), expected.len());
}

#[test]
fn damaged_patterns_are_refused() {
    let id = Grouper::new().assign("a").id;
    for pattern in ["", "{}", "[1]", "[[]]", "[{\"word\":\"a\"}]", "\"a\"", "{\"group\":\"x\",\"place\":0,\"value\":\"\",\"pattern\":[]}"] {
        assert!(Grouper::new().restore(id, pattern).is_err(), "{pattern}");
    }
}

/// Messages of few words, so that many have the same shape.
fn messages() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-z]{1,2}( [a-d0-9]{1,2}){0,3}( x=[a-c]{0,2})?", 1..120)
}

/// A process that has read the groups of another from the store.
fn restarted(grouper: &Grouper, ids: &[GroupId]) -> Grouper {
    let mut restored = Grouper::new();
    for id in ids {
        restored.restore(*id, &grouper.pattern(*id).unwrap()).unwrap();
    }
    restored
}

proptest! {
    #[test]
    fn a_message_keeps_its_group_whatever_comes_later(messages in messages()) {
        let mut grouper = Grouper::new();
        let ids: Vec<_> = messages.iter().map(|message| grouper.assign(message).id).collect();
        let mut again = Grouper::new();
        for (message, id) in messages.iter().zip(&ids) {
            prop_assert_eq!(grouper.assign(message).id, *id);
            prop_assert_eq!(again.assign(message).id, *id);
        }
    }

    #[test]
    fn groups_are_the_same_after_a_restart_in_any_order(messages in messages(), reversed in any::<bool>()) {
        let mut grouper = Grouper::new();
        let ids: Vec<_> = messages.iter().map(|message| grouper.assign(message).id).collect();
        let mut stored = ids.clone();
        if reversed {
            stored.reverse();
        }
        let mut other = restarted(&grouper, &stored);
        for (message, id) in messages.iter().zip(&ids) {
            prop_assert_eq!(other.find(message), Some(*id));
            prop_assert_eq!(other.assign(message).id, *id);
        }
    }

    #[test]
    fn no_message_makes_it_panic(message in "(\\PC|[-=:\"'«»()\\[\\]{}<>#+/\\\\., a0]){0,80}") {
        let mut grouper = Grouper::new();
        let id = grouper.assign(&message).id;
        prop_assert_eq!(grouper.assign(&message).id, id);
        prop_assert_eq!(grouper.find(&message), Some(id));
        let places = grouper.variables(id, &message);
        prop_assert!(places.windows(2).all(|pair| pair[0].place < pair[1].place));
        for variable in &places {
            prop_assert!(message.contains(variable.value));
        }
    }

    #[test]
    fn no_pattern_makes_it_panic(pattern in ".{0,80}") {
        let _ = Grouper::new().restore(GroupId::from_content(&[b"x"]), &pattern);
    }
}

/// A process that was told what another has settled.
fn told(steps: &[(GroupId, String)]) -> Grouper {
    let mut grouper = Grouper::new();
    steps.iter().for_each(|(id, pattern)| grouper.restore(*id, pattern).unwrap());
    grouper
}

proptest! {
    #[test]
    fn what_is_taken_back_was_never_learnt(before in messages(), tentative in messages(), after in messages()) {
        let (mut grouper, mut other) = (Grouper::new(), Grouper::new());
        for message in &before {
            prop_assert_eq!(grouper.assign(message), other.assign(message));
        }
        grouper.settle(usize::MAX);
        let (turn, n_groups) = (grouper.turn(), grouper.len());
        tentative.iter().for_each(|message| _ = grouper.assign(message));
        let had_any = grouper.n_untold() > 0;
        prop_assert_eq!(grouper.take_back(), had_any);
        prop_assert_eq!(grouper.turn() > turn, had_any);
        prop_assert_eq!(grouper.len(), n_groups);
        for message in &after {
            let (own, expected) = (grouper.assign(message), other.assign(message));
            prop_assert_eq!(own, expected);
            prop_assert_eq!(grouper.template(own.id).unwrap().to_string(), other.template(expected.id).unwrap().to_string());
        }
    }

    #[test]
    fn who_is_told_what_was_learnt_step_by_step_agrees(messages in messages(), most in 1_usize..5) {
        let mut grouper = Grouper::new();
        let ids: Vec<_> = messages.iter().map(|message| grouper.assign(message).id).collect();
        let mut steps = Vec::new();
        while grouper.n_untold() > 0 {
            let untold = grouper.untold(most, usize::MAX);
            grouper.settle(untold.len());
            steps.extend(untold);
        }
        let mut other = told(&steps);
        prop_assert_eq!(other.n_untold(), 0);
        for (message, id) in messages.iter().zip(&ids) {
            prop_assert_eq!(other.assign(message).id, *id);
            prop_assert_eq!(other.settled(*id), grouper.settled(*id));
        }
        // A step that is told again is no news.
        let turn = grouper.turn();
        grouper.assign("{something} (else) altogether [happened]");
        steps.iter().for_each(|(id, pattern)| grouper.restore(*id, pattern).unwrap());
        prop_assert!(grouper.n_untold() > 0 && grouper.turn() == turn);
    }

    #[test]
    fn two_that_take_turns_are_as_one(messages in messages(), whose in prop::collection::vec(any::<bool>(), 120)) {
        let mut pair = [Grouper::new(), Grouper::new()];
        // Each has a message in hand that it grouped before the other told what it had learnt.
        let mut in_hand: [Option<&String>; 2] = [None, None];
        let (mut in_order, mut ids) = (Vec::new(), Vec::new());
        let messages = messages.iter().zip(&whose).map(|(message, second)| (Some(message), usize::from(*second)));
        for (message, own) in messages.chain([(None, 0), (None, 1)]) {
            if let Some(before) = in_hand[own].take() {
                let steps = pair[own].untold(usize::MAX, usize::MAX);
                pair[own].settle(steps.len());
                ids.push(pair[own].assign(before).id);
                in_order.push(before);
                steps.iter().for_each(|(id, pattern)| pair[1 - own].restore(*id, pattern).unwrap());
                if let Some(other) = in_hand[1 - own] {
                    pair[1 - own].assign(other);
                }
            }
            if let Some(message) = message {
                pair[own].assign(message);
                in_hand[own] = Some(message);
            }
        }
        let mut alone = Grouper::new();
        for (message, id) in in_order.into_iter().zip(ids) {
            prop_assert_eq!(alone.assign(message).id, id, "{}", message);
        }
    }
}

#[test]
fn what_is_not_settled_is_told_to_nobody() {
    let mut grouper = Grouper::new();
    let word = |n: u32| ["al", "be", "ce", "da"].into_iter().cycle().skip(n as usize % 4).take(2 + n as usize / 4).collect::<String>();
    let id = grouper.assign(&format!("plug-in {} stopped early", word(0))).id;
    assert_eq!(grouper.settled(id), None);
    (1..16).for_each(|n| _ = grouper.assign(&format!("plug-in {} stopped early", word(n))));
    grouper.settle(16);
    assert_eq!(grouper.assign("plug-in zeta stopped early").id, id);
    let closed = grouper.settled(id).unwrap();
    assert_eq!((closed.template, closed.breadth), (format!("plug-in {} stopped early", word(0)), 0));
    let closed = closed.pattern;
    assert_eq!(grouper.template(id).unwrap().to_string(), "plug-in <*> stopped early");
    assert!(!grouper.is_more_general(id, &closed));
    grouper.settle(1);
    let open = grouper.settled(id).unwrap();
    assert_eq!((open.template.as_str(), open.breadth > 0), ("plug-in <*> stopped early", true));
    assert!(grouper.is_more_general(id, &closed) && !grouper.is_more_general(id, &open.pattern));
}

#[test]
fn processes_that_know_the_same_openings_agree_in_whatever_order_they_came() {
    let word = |n: u8| format!("{0}{0}{1}o", char::from(b'b' + n), char::from(b'm' + n % 7));
    let learnt = |message: &dyn Fn(String) -> String| {
        let mut grouper = Grouper::new();
        let ids: Vec<GroupId> = (0..20).map(|n| grouper.assign(&message(word(n))).id).collect();
        grouper.settle(usize::MAX);
        (grouper, ids)
    };
    let (mut one, ids_of_one) = learnt(&|word| format!("sending {word} slowly"));
    let (mut other, ids_of_other) = learnt(&|word| format!("sending zebra {word}"));
    let exchange = |from: &Grouper, ids: &[GroupId], to: &mut Grouper| {
        ids.iter().for_each(|id| to.restore(*id, &from.pattern(*id).unwrap()).unwrap());
    };
    exchange(&one, &ids_of_one, &mut other);
    exchange(&other, &ids_of_other, &mut one);
    let message = "sending zebra slowly";
    let group = one.find(message);
    assert!(ids_of_one.iter().chain(&ids_of_other).any(|id| Some(*id) == group), "an opening accepts it");
    assert_eq!(group, other.find(message));
}
