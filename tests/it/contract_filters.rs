//! What every store promises of filters: each means what it means to whoever reads the documents one by one.

use bson::rawdoc;
use loghelper::{
    query::Filter,
    store::{LogPage, SharedStore},
};
use proptest::{prelude::*, strategy::ValueTree};

use crate::{
    contract::{IDS, all, put},
    support::{a_log, mongodb, sqlite},
};

contract! {
    filters_mean_the_same_as_in_process,
}

/// All pages of a filter, each of which may look at few Logs.
async fn in_small_steps(store: &SharedStore, filter: &Filter) -> Vec<bson::RawDocumentBuf> {
    let (mut logs, mut after) = (Vec::new(), None);
    loop {
        let page = store.list_logs(&LogPage { filter, limit: 5, after, scan_limit: 9 }).await.unwrap();
        logs.extend(page.logs);
        let Some(next) = page.next else { return logs };
        after = Some(next);
    }
}

/// Filters over the fields that the documents below have.
fn filters() -> impl Strategy<Value = String> {
    let path = prop_oneof![
        Just("branch"),
        Just("message_id"),
        Just("state"),
        Just("request.n"),
        Just("request.s"),
        Just("request.list"),
        Just("request.list.n"),
        Just("request.method"),
        Just("response.n"),
        Just("error"),
        Just("date"),
        Just("request.none"),
        Just("verdict.known_error_id"),
    ];
    let value = prop_oneof![
        Just("1"),
        Just("2"),
        Just("\"a\""),
        Just("\"B\""),
        Just("K1"),
        Just("complete"),
        Just("null"),
        Just("true"),
        Just("1970-01-01T00:00:02Z"),
        Just("2.5"),
    ];
    let test = prop_oneof![
        (path.clone(), prop_oneof![Just("="), Just("!=")], value.clone()).prop_map(|(p, o, v)| format!("{p} {o} {v}")),
        (
            path.clone(),
            prop_oneof![Just("<"), Just("<="), Just(">"), Just(">=")],
            prop_oneof![Just("1"), Just("2"), Just("\"a\""), Just("1970-01-01T00:00:02Z")]
        )
            .prop_map(|(p, o, v)| format!("{p} {o} {v}")),
        (path.clone(), value.clone(), value.clone()).prop_map(|(p, a, b)| format!("{p} in ({a}, {b})")),
        (path.clone(), Just(())).prop_map(|(p, ())| format!("{p} between 1 and 2")),
        path.clone().prop_map(|p| format!("{p} exists")),
        (path.clone(), prop_oneof![Just("contains"), Just("starts"), Just("ends")]).prop_map(|(p, o)| format!("{p} {o} \"б\"")),
        path.prop_map(|p| format!("{p} matches \"^[a-z]$\"")),
    ];
    test.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not ({part})")),
        ]
    })
}

async fn filters_mean_the_same_as_in_process(store: SharedStore) {
    let bodies = [
        rawdoc! { "method": "A", "n": 1, "s": "a", "list": [1, 2, "a"] },
        rawdoc! { "method": ["A", "B"], "n": 2.5, "s": "Бa", "list": [{ "n": 1 }, { "n": 2 }] },
        rawdoc! { "n": 2_i64, "s": ["б", "x"], "none": null, "list": [] },
        rawdoc! { "n": "a", "s": true, "list": { "n": [1, 3] } },
        rawdoc! {},
    ];
    let logs: Vec<_> = IDS
        .iter()
        .zip(bodies.iter().cycle())
        .enumerate()
        .map(|(n, (id, body))| {
            let n = n as i64;
            let mut log = a_log(id, (n % 3 != 0).then_some((n, n % 4)), (n % 2 == 0 || n % 3 == 0).then_some((n + 50, n % 4)));
            log.body = body.clone();
            log.verdict = (n % 5 == 0)
                .then(|| rawdoc! { "known_error_id": if n % 2 == 0 { "a" } else { "B" }, "group_id": null, "method": null, "score": 0.5 });
            log
        })
        .collect();
    put(&store, &logs).await;
    let everything = all(&store, "").await;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..400 {
        let text = filters().new_tree(&mut runner).unwrap().current();
        let filter: Filter = text.parse().unwrap();
        let expected: Vec<_> = everything.iter().filter(|log| filter.accepts(log)).cloned().collect();
        assert_eq!(all(&store, &text).await, expected, "{text}");
        assert_eq!(in_small_steps(&store, &filter).await, expected, "{text}");
    }
}
