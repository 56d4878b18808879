//! What every store promises of the steps in which processes learn groups: one order, without gaps, the same for all.

use loghelper::{
    domain::{GroupId, GroupPattern, GroupStep},
    store::SharedStore,
};

use crate::support::{mongodb, sqlite};

contract! {
    steps_are_kept_once_and_told_in_order,
    of_two_that_race_one_has_each_number,
}

fn step(number: i64, patterns: &[&str]) -> GroupStep {
    let pattern = |pattern: &&str| GroupPattern { group: GroupId::from_content(&[pattern.as_bytes()]), pattern: (*pattern).to_owned() };
    GroupStep { number, patterns: patterns.iter().map(pattern).collect() }
}

async fn steps_are_kept_once_and_told_in_order(store: SharedStore) {
    assert_eq!(store.list_group_steps(0, usize::MAX).await.unwrap(), []);
    let steps = [step(1, &["[\"a\"]"]), step(2, &["[\"b\"]", "[\"a\"]"]), step(3, &["[\"c\"]"])];
    for step in &steps {
        assert!(store.insert_group_step(step).await.unwrap());
        assert!(!store.insert_group_step(step).await.unwrap());
    }
    assert!(!store.insert_group_step(&step(2, &["[\"other\"]"])).await.unwrap());
    assert_eq!(store.list_group_steps(0, usize::MAX).await.unwrap(), steps);
    assert_eq!(store.list_group_steps(1, usize::MAX).await.unwrap(), steps[1..]);
    assert_eq!(store.list_group_steps(1, 1).await.unwrap(), steps[1..2]);
    assert_eq!(store.list_group_steps(3, usize::MAX).await.unwrap(), []);
}

/// Adds steps as a process does that knows all before; what it was told of others, and its own, in order.
async fn add(store: &SharedStore, who: &str, n_steps: usize) -> Vec<GroupStep> {
    let (mut known, mut n_own) = (Vec::new(), 0);
    while n_own < n_steps {
        let own = step(known.len() as i64 + 1, &[&format!("{who} {n_own}")]);
        if store.insert_group_step(&own).await.unwrap() {
            known.push(own);
            n_own += 1;
        } else {
            let others = store.list_group_steps(known.len() as i64, usize::MAX).await.unwrap();
            assert!(others.iter().all(|step| !step.patterns[0].pattern.starts_with(who)), "{others:?}");
            known.extend(others);
        }
    }
    known
}

async fn of_two_that_race_one_has_each_number(store: SharedStore) {
    let (one, two) = tokio::join!(add(&store, "one", 40), add(&store, "two", 40));
    let all = store.list_group_steps(0, usize::MAX).await.unwrap();
    assert!(all.iter().map(|step| step.number).eq(1..=80), "{all:?}");
    // Each was told what was taken, to where it stopped.
    assert_eq!(one, all[..one.len()]);
    assert_eq!(two, all[..two.len()]);
}
