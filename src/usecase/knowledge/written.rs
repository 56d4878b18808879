//! What is written about known errors, as the index takes it: an entry's text, titles and answers.

use rustc_hash::FxHashMap;

use super::Knowledge;
use crate::{
    domain::{Answer, KnownError, KnownErrorId},
    store::{self, Store},
};

/// Entries whose answers are asked for by name: more of them make a longer query than all answers are.
const MAX_NAMED: usize = 500;

impl Knowledge {
    /// The answers of the entries that were saved since they were last loaded: answers are saved with their entry.
    pub(super) async fn answers_of_changed(
        &self,
        store: &dyn Store,
        entries: &[KnownError],
    ) -> store::Result<FxHashMap<KnownErrorId, Vec<Answer>>> {
        let changed: Vec<KnownErrorId> = {
            let state = self.read();
            let is_changed = |entry: &&KnownError| state.entries.get(&entry.id).is_none_or(|before| !is_one_version(before, entry));
            entries.iter().filter(is_changed).map(|entry| entry.id.clone()).collect()
        };
        let found = if changed.len() > MAX_NAMED { store.list_answers(None).await? } else { store.find_answers(&changed).await? };
        let mut answers: FxHashMap<KnownErrorId, Vec<Answer>> = changed.into_iter().map(|id| (id, Vec::new())).collect();
        for answer in found {
            if let Some(answers) = answers.get_mut(&answer.known_error_id) {
                answers.push(answer);
            }
        }
        Ok(answers)
    }
}

/// Whether two states of an entry are one version of it, with the same answers.
pub fn is_one_version(a: &KnownError, b: &KnownError) -> bool {
    a.version == b.version && a.updated_at == b.updated_at
}

/// All that is written about an entry, in both languages, each text once: a title is often the entry's text.
pub fn description(entry: &KnownError, answers: &[Answer]) -> String {
    let own = [Some(&entry.text), Some(&entry.title), entry.title_uk.as_ref()];
    let texts = own.into_iter().chain(answers.iter().flat_map(|answer| [Some(&answer.text), answer.text_uk.as_ref()]));
    let mut written = String::new();
    for text in texts.flatten().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        if !written.contains(text) {
            written.push_str(text);
            written.push('\n');
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use bson::DateTime;

    use super::*;
    use crate::usecase::knowledge_base::KnownErrorEntry;

    #[test]
    fn each_text_is_written_once() {
        let now = DateTime::from_millis(0);
        for (title, expected) in [(None, "paper is out\nload paper\n"), (Some("Printer"), "paper is out\nPrinter\nload paper\n")] {
            let entry = KnownErrorEntry { text: "paper is out".into(), title: title.map(str::to_owned), ..KnownErrorEntry::default() };
            let (entry, _) = entry.to_documents("test", now);
            let answers = crate::review::answers(&entry.id, &[("load paper".into(), Some("load paper".into()))], "test", now);
            assert_eq!(description(&entry, &answers), expected);
        }
    }
}
