//! What every store promises of vectors of known errors.

use loghelper::{
    domain::{KnownErrorId, KnownErrorVectors},
    store::SharedStore,
};

use crate::support::{mongodb, sqlite};

contract! {
    vectors_take_the_place_of_those_of_the_same_model,
    vectors_are_no_change_of_knowledge,
    known_errors_with_vectors_are_listed_by_pages,
    deleted_vectors_are_gone_for_every_model,
}

fn id(name: &str) -> KnownErrorId {
    KnownErrorId(name.to_owned())
}

fn vectors(name: &str, model: &str, passage: &str) -> KnownErrorVectors {
    KnownErrorVectors::new(id(name), model, &[passage.to_owned()], &[passage.as_bytes().to_vec()])
}

async fn vectors_take_the_place_of_those_of_the_same_model(store: SharedStore) {
    store.save_known_error_vectors(&[]).await.unwrap();
    store.save_known_error_vectors(&[vectors("a", "m", "one"), vectors("b", "m", "two"), vectors("a", "n", "other")]).await.unwrap();
    store.save_known_error_vectors(&[vectors("a", "m", "three")]).await.unwrap();
    let mut found = store.find_known_error_vectors("m", &[id("b"), id("a"), id("absent")]).await.unwrap();
    found.sort_by(|a, b| a.known_error_id.cmp(&b.known_error_id));
    assert_eq!(found, [vectors("a", "m", "three"), vectors("b", "m", "two")]);
    assert_eq!(found[0].vectors().collect::<Vec<_>>(), [b"three"]);
    assert_eq!(store.find_known_error_vectors("n", &[id("a"), id("b")]).await.unwrap(), [vectors("a", "n", "other")]);
    assert!(store.find_known_error_vectors("m", &[]).await.unwrap().is_empty());
}

async fn vectors_are_no_change_of_knowledge(store: SharedStore) {
    let before = store.knowledge_version().await.unwrap();
    store.save_known_error_vectors(&[vectors("a", "m", "one")]).await.unwrap();
    store.delete_known_error_vectors(&[id("a")]).await.unwrap();
    assert_eq!(store.knowledge_version().await.unwrap(), before);
}

async fn known_errors_with_vectors_are_listed_by_pages(store: SharedStore) {
    let all: Vec<_> = ["c", "a", "b"].iter().flat_map(|name| [vectors(name, "m", name), vectors(name, "n", name)]).collect();
    store.save_known_error_vectors(&all).await.unwrap();
    assert_eq!(store.list_known_errors_with_vectors(None, 2).await.unwrap(), [id("a"), id("b")]);
    assert_eq!(store.list_known_errors_with_vectors(Some(&id("b")), 2).await.unwrap(), [id("c")]);
    assert!(store.list_known_errors_with_vectors(Some(&id("c")), 2).await.unwrap().is_empty());
}

async fn deleted_vectors_are_gone_for_every_model(store: SharedStore) {
    store.save_known_error_vectors(&[vectors("a", "m", "one"), vectors("a", "n", "one"), vectors("b", "m", "two")]).await.unwrap();
    store.delete_known_error_vectors(&[id("a"), id("absent")]).await.unwrap();
    store.delete_known_error_vectors(&[]).await.unwrap();
    assert_eq!(store.list_known_errors_with_vectors(None, 10).await.unwrap(), [id("b")]);
    assert!(store.find_known_error_vectors("n", &[id("a")]).await.unwrap().is_empty());
}
