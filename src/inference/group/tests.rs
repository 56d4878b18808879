//! What is one group and what is not.

use proptest::prelude::*;

use super::Grouper;

#[test]
fn variants_of_one_message_are_one_group() {
    let messages: Vec<String> = (0..10_000)
        .map(|n| {
            format!(
                "Рахунок {} не знайдено у відділенні {} (запит {:08x}, сума {}.{:02} UAH)",
                26_000_000 + n,
                n % 97,
                n * 7919,
                n % 5000,
                n % 100
            )
        })
        .collect();
    let mut grouper = Grouper::new();
    let ids: Vec<_> = messages.iter().map(|message| grouper.assign(message).id).collect();
    assert_eq!(grouper.len(), 1);
    assert_eq!(grouper.template(ids[0]).unwrap().to_string(), "Рахунок <*> не знайдено у відділенні <*> (запит <*>, сума <*>)");
}

#[test]
fn different_messages_are_different_groups_and_names_are_variables() {
    let mut grouper = Grouper::new();
    let first = grouper.assign("Connection to host alpha refused by peer");
    let second = grouper.assign("Connection to host beta refused by peer");
    assert_eq!((second.id, second.is_new, second.changed), (first.id, false, false));
    assert_eq!(grouper.template(first.id).unwrap().to_string(), "Connection to host <*> refused by peer");
    assert_ne!(grouper.assign("Account is blocked").id, first.id);
    assert_ne!(grouper.assign("Certificate expired: renew it").id, first.id);
    let lists = [grouper.assign("ids 1, 2, 3 missing"), grouper.assign("ids 7 missing")];
    assert_eq!(lists[0].id, lists[1].id);
}

proptest! {
    #[test]
    fn ids_are_stable_and_survive_storage(messages in prop::collection::vec("[a-c]{1,3}( [a-c0-9]{1,3}){0,5}", 1..40)) {
        let mut grouper = Grouper::new();
        let ids: Vec<_> = messages.iter().map(|message| grouper.assign(message).id).collect();
        let mut again = Grouper::new();
        let repeated: Vec<_> = messages.iter().map(|message| again.assign(message).id).collect();
        prop_assert_eq!(&ids, &repeated);
        let mut restored = Grouper::new();
        for id in &ids {
            restored.restore(*id, &grouper.pattern(*id).unwrap()).unwrap();
        }
        for message in &messages {
            prop_assert!(restored.find(message).is_some());
        }
    }

    #[test]
    fn no_message_makes_it_panic(message in ".{0,200}") {
        let mut grouper = Grouper::new();
        let id = grouper.assign(&message).id;
        prop_assert_eq!(grouper.assign(&message).id, id);
    }
}
