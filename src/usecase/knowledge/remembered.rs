//! Recognising once a template: what an error was recognised as is remembered for all that differ from it in nothing the knowledge base
//! could tell apart, that is in numbers that no entry has.
//!
//! The memory is bounded and holds one version of the knowledge base. Where an entry's condition was asked for, nothing but that is
//! remembered, and the Log is asked each time.

use std::{cell::Cell, sync::PoisonError};

use bson::RawDocument;
use rustc_hash::FxHashMap;

use super::{Knowledge, State};
use crate::{
    domain::{KnownErrorId, Method},
    inference::{Query, TextKey},
};

/// Texts remembered: an error that occurs a thousand times is matched once.
const REMEMBERED: usize = 65_536;

/// The known error that an error is.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognition {
    /// The known error.
    pub id: KnownErrorId,
    /// How it was recognised.
    pub method: Method,
    /// The probability that it is right.
    pub score: f64,
}

/// What was recognised, of one version of the knowledge base.
#[derive(Default)]
pub(super) struct Remembered {
    version: i64,
    told: FxHashMap<TextKey, Remember>,
}

/// What is remembered of a text.
#[derive(Debug, Clone)]
enum Remember {
    /// What it is.
    Always(Option<Recognition>),
    /// That a condition was asked for.
    DependsOnLog,
}

impl Knowledge {
    /// The known error that an error is, if it is one: what [`Self::classify`] says, without its reasons. `log` is asked for the encoded
    /// Log only where that depends on it.
    pub fn recognise_often<L: AsRef<RawDocument>>(
        &self,
        text: &str,
        code: Option<&str>,
        log: impl FnOnce() -> Option<L>,
    ) -> Option<Recognition> {
        let remember = {
            let state = self.read();
            let key = state.index.text_key(text, code);
            self.remembered(state.version, &key).unwrap_or_else(|| {
                let remember = state.recognise_without_log(text, code);
                self.remember(state.version, key, remember.clone());
                remember
            })
        };
        match remember {
            Remember::Always(recognition) => recognition,
            Remember::DependsOnLog => {
                let log = log();
                self.read().recognise(text, code, log.as_ref().map(AsRef::as_ref))
            }
        }
    }

    fn remembered(&self, version: i64, key: &TextKey) -> Option<Remember> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        (remembered.version == version).then(|| remembered.told.get(key).cloned()).flatten()
    }

    fn remember(&self, version: i64, key: TextKey, remember: Remember) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.version != version || remembered.told.len() >= REMEMBERED {
            *remembered = Remembered { version, told: FxHashMap::default() };
        }
        remembered.told.insert(key, remember);
    }
}

impl State {
    /// What an error is; `log` is the encoded Log, for entries with conditions.
    fn recognise(&self, text: &str, code: Option<&str>, log: Option<&RawDocument>) -> Option<Recognition> {
        self.recognise_where(text, code, &|id| self.holds(id, log))
    }

    /// The same, if no condition is asked for.
    fn recognise_without_log(&self, text: &str, code: Option<&str>) -> Remember {
        let depends = Cell::new(false);
        let holds = |id: &KnownErrorId| {
            depends.set(depends.get() || self.conditions.contains_key(id));
            true
        };
        let recognition = self.recognise_where(text, code, &holds);
        if depends.get() { Remember::DependsOnLog } else { Remember::Always(recognition) }
    }

    fn recognise_where(&self, text: &str, code: Option<&str>, holds: &dyn Fn(&KnownErrorId) -> bool) -> Option<Recognition> {
        let found = self.index.recognise(&Query { text, code, meaning: None }, holds).filter(|found| found.is_known)?;
        Some(Recognition { id: found.id.clone(), method: found.method, score: found.score })
    }
}

#[cfg(test)]
mod tests {
    use bson::{RawDocumentBuf, rawdoc};
    use proptest::prelude::*;

    use super::*;
    use crate::{
        inference::{Rule, Verdict},
        query::Filter,
    };

    /// A knowledge base of texts, some of which hold only for a branch.
    fn knowledge(texts: &[(String, bool)]) -> Knowledge {
        let mut state = State { version: 1, ..State::default() };
        for (n, (text, is_conditional)) in texts.iter().enumerate() {
            let id = KnownErrorId(n.to_string());
            let facts = usize::from(*is_conditional);
            if state.index.upsert(Rule { facts, ..Rule::from_text(id.clone(), text) }).is_ok() && *is_conditional {
                state.conditions.insert(id, "branch = 'KV'".parse::<Filter>().unwrap());
            }
        }
        Knowledge { state: state.into(), ..Knowledge::default() }
    }

    fn texts() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            Just("payment"),
            Just("failed"),
            Just("of"),
            Just("0"),
            Just("7"),
            Just("12"),
            Just("00"),
            Just("№3-А"),
            Just("x=")
        ];
        prop::collection::vec(word, 1..6).prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn what_is_remembered_is_what_would_be_said(
            known in prop::collection::vec((texts(), prop::bool::weighted(0.2)), 1..8),
            asked in prop::collection::vec((texts(), any::<bool>()), 1..20),
        ) {
            let knowledge = knowledge(&known);
            for (text, in_branch) in asked.iter().chain(&asked) {
                let log: RawDocumentBuf = rawdoc! { "branch": if *in_branch { "KV" } else { "LV" } };
                let said = match knowledge.classify(text, None, Some(&log)) {
                    Verdict::Known { best, .. } => Some(Recognition { id: best.id, method: best.method, score: best.score }),
                    Verdict::Unknown { .. } => None,
                };
                prop_assert_eq!(knowledge.recognise_often(text, None, || Some(&log)), said, "{}", text);
            }
        }
    }

    #[test]
    fn another_version_is_asked_anew() {
        let knowledge = knowledge(&[("payment of 5 failed".to_owned(), false)]);
        let asked = |text: &str| knowledge.recognise_often(text, None, || None::<RawDocumentBuf>).map(|found| found.id);
        assert_eq!(asked("payment of 6 failed"), Some(KnownErrorId("0".into())));
        let mut state = knowledge.state.write().unwrap();
        state.index.remove(&KnownErrorId("0".into()));
        state.version += 1;
        drop(state);
        assert_eq!(asked("payment of 6 failed"), None);
    }
}
