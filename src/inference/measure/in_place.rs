//! The alignment of a query with an entry of the same words in the same places: what most errors need, found at one look.

use super::{
    super::{
        entry::{Item, UNKNOWN},
        text::Kind,
    },
    Alignment, Weighted,
    pairs::MAX_ALIGNED,
};

/// The alignment of sequences that differ in nothing but their values, each of which is in its place.
///
/// It is what [`super::align`] would find, without a table: every token has its pair and could have none that counts more, so that
/// whatever leaves one out counts less. `None` where that is not certain. The words' weights are not asked for, so that
/// [`Alignment::total`] stays empty.
pub fn in_place(query: &[Weighted], entry: &[Item]) -> Option<Alignment> {
    if query.len() != entry.len() || query.len() > MAX_ALIGNED {
        return None;
    }
    let mut found = Alignment::default();
    for (place, (Weighted { item: query, .. }, known)) in query.iter().zip(entry).enumerate() {
        let is_same = query.key == known.key;
        let is_elsewhere = || entry.iter().any(|other| other.kind == query.kind && other.key == query.key);
        match (query.kind, known.kind) {
            (Kind::Word, Kind::Word) if is_same && query.key != UNKNOWN => {}
            (Kind::Word, Kind::Word) if query.soft && known.soft && !is_elsewhere() => {}
            (Kind::Value, Kind::Value) if is_same || !is_elsewhere() => {}
            _ => return None,
        }
        match known.kind {
            Kind::Word if !known.soft => found.matched += 1,
            _ => found.values[usize::from(!is_same)] += 1,
        }
        let n_values = u32::from(known.kind == Kind::Value);
        found.n_values = [found.n_values[0] + n_values, found.n_values[1] + n_values];
        found.pairs.push(place, place);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::align, *};

    /// Tokens of few words and values, some of them words in a value's place.
    fn tokens() -> impl Strategy<Value = Vec<Item>> {
        let kind = prop_oneof![4 => Just((Kind::Word, false)), 2 => Just((Kind::Word, true)), 3 => Just((Kind::Value, true))];
        prop::collection::vec((kind, 0_u32..6), 0..9)
            .prop_map(|tokens| tokens.into_iter().map(|((kind, soft), key)| Item { key, kind, soft }).collect())
    }

    fn weighted(items: &[Item]) -> Vec<Weighted> {
        items
            .iter()
            .map(|item| Weighted { item: *item, weight: if item.kind == Kind::Word { 0.7 + item.key as f32 } else { 0.0 } })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

        #[test]
        fn it_is_the_alignment_that_the_table_finds(known in tokens(), changes in prop::collection::vec((0_usize..9, 0_u32..12), 0..4)) {
            let mut query = known.clone();
            for (place, key) in changes {
                if let Some(item) = query.get_mut(place).filter(|item| item.soft) {
                    item.key = if key == 11 && item.kind == Kind::Word { UNKNOWN } else { key };
                }
            }
            let query = weighted(&query);
            if let Some(found) = in_place(&query, &known) {
                let expected = align(&query, &weighted(&known));
                let told = |found: &Alignment| (found.pairs.iter().collect::<Vec<_>>(), found.matched, found.values, found.n_values);
                prop_assert_eq!(told(&found), told(&expected));
                let missing = |found: &Alignment| (found.plain, found.soft, found.rarest, found.moved, found.gaps, found.swaps, found.unseen);
                prop_assert_eq!(missing(&found), missing(&expected));
            }
        }
    }
}
