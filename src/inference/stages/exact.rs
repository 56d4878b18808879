//! Complete coincidence: the normalised texts are equal.

use crate::domain::Method;

use super::{
    super::text::{ExactKey, quick},
    Admissible, Entry, Found, Index, OTHER_CODE, Prepared, THRESHOLD,
};

/// How sure a coincidence is that nothing contradicts.
const SURE: f64 = 0.99;

/// The entries with the query's text that its words do not exclude. Where several are left after condition and code, each is that much
/// less sure; one that names another code is a hint at most.
pub fn same_text(index: &Index, prepared: &Prepared, admissible: Admissible) -> Vec<Found> {
    let slots = index.same_text(quick(prepared.query.text));
    if slots.is_empty() {
        return Vec::new();
    }
    let Some(key) = ExactKey::new(prepared.query.text) else { return Vec::new() };
    let entries = slots.iter().filter_map(|slot| Some((*slot, index.entry(*slot)?))).filter(|(_, entry)| entry.exact == Some(key));
    let fitting = entries.filter(|(_, entry)| !prepared.judge(entry).excluded);
    let admitted: Vec<_> = fitting.filter(|(_, entry)| !entry.is_conditional() || admissible(&entry.id)).collect();
    let rank = |entry: &Entry| (!prepared.contradicts(entry), entry.facts, prepared.has_code_of(entry));
    let highest = admitted.iter().map(|(_, entry)| rank(entry)).max().unwrap_or_default();
    let n_equal = admitted.iter().filter(|(_, entry)| rank(entry) == highest).count();
    let found = admitted.into_iter().map(|(slot, entry)| {
        if prepared.contradicts(entry) {
            return Found::new(slot, Method::Exact, SURE * OTHER_CODE);
        }
        let score = if rank(entry) == highest { (SURE / n_equal as f64).max(THRESHOLD) } else { SURE - THRESHOLD };
        Found { order: SURE, ..Found::new(slot, Method::Exact, score) }
    });
    found.collect()
}
