//! Vectors of texts asked for lately: an error page that is opened again costs the model nothing.

use std::{collections::HashMap, sync::Arc};

/// Texts of the young half; as many are remembered from before.
const HALF: usize = 1024;

/// Longest text that is remembered.
const MAX_BYTES: usize = 4 * 1024;

/// Two halves: when the young one is full it becomes the old one, whose texts are forgotten unless they were asked for meanwhile.
#[derive(Default)]
pub struct Cache {
    young: HashMap<String, Arc<[f32]>>,
    old: HashMap<String, Arc<[f32]>>,
}

impl Cache {
    /// The vector of a text.
    pub fn find(&mut self, text: &str) -> Option<Arc<[f32]>> {
        if let Some(found) = self.young.get(text) {
            return Some(found.clone());
        }
        let (text, found) = self.old.remove_entry(text)?;
        self.keep(text, found.clone());
        Some(found)
    }

    /// Remembers the vector of a text.
    pub fn keep(&mut self, text: String, vector: Arc<[f32]>) {
        if text.len() > MAX_BYTES {
            return;
        }
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(text, vector);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_lately_stays_and_the_rest_goes() {
        let mut cache = Cache::default();
        let vector = || Arc::from([1.0_f32].as_slice());
        cache.keep("often".into(), vector());
        for n in 0..4 * HALF {
            cache.keep(format!("text {n}"), vector());
            assert!(cache.find("often").is_some());
        }
        assert!(cache.find("text 0").is_none());
        assert!(cache.young.len() + cache.old.len() <= 2 * HALF);
        cache.keep("x".repeat(MAX_BYTES + 1), vector());
        assert!(cache.find(&"x".repeat(MAX_BYTES + 1)).is_none());
    }
}
