//! English and Ukrainian.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Language {
    /// English.
    #[default]
    English,
    /// Ukrainian.
    Ukrainian,
}

type Messages = FxHashMap<String, String>;

impl Language {
    /// The language of a code such as `uk`.
    pub(super) fn from_code(code: &str) -> Option<Self> {
        match code.trim().get(..2)? {
            "uk" => Some(Self::Ukrainian),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The first language of an `Accept-Language` header that we have.
    pub(super) fn accepted(header: &str) -> Self {
        header.split(',').find_map(Self::from_code).unwrap_or_default()
    }

    /// Its code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Ukrainian => "uk",
        }
    }

    fn messages(self) -> &'static Messages {
        static ENGLISH: OnceLock<Messages> = OnceLock::new();
        static UKRAINIAN: OnceLock<Messages> = OnceLock::new();
        let load = |text: &str| serde_json::from_str(text).unwrap_or_default();
        match self {
            Self::English => ENGLISH.get_or_init(|| load(include_str!("messages/en.json"))),
            Self::Ukrainian => UKRAINIAN.get_or_init(|| load(include_str!("messages/uk.json"))),
        }
    }

    /// The message of a key; the key itself where there is none.
    pub(super) fn text(self, key: &str) -> String {
        self.messages().get(key).cloned().unwrap_or_else(|| key.to_owned())
    }

    /// The message of a key with these values where it names them: `{name}`. What stands in a value is not looked at again.
    pub(super) fn fill(self, key: &str, values: &[(&str, &str)]) -> String {
        let message = self.text(key);
        let mut filled = String::new();
        let mut rest = message.as_str();
        while let Some((before, (name, after))) = rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?))) {
            filled.push_str(before);
            filled.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
            rest = after;
        }
        filled + rest
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::{FileState, GroupState, Method, ProblemKind};

    #[test]
    fn every_word_of_the_domain_is_said() {
        let methods = [Method::Exact, Method::Template, Method::Keyword, Method::Regex, Method::Code, Method::Semantic, Method::Approved];
        let states = [FileState::Processing, FileState::Done, FileState::Failed, FileState::Deleting, FileState::Reprocessing]
            .map(FileState::as_str);
        let groups = [GroupState::Unknown, GroupState::Known, GroupState::Ignored].map(GroupState::as_str);
        let words = methods.map(|method| format!("method.{}", method.as_str())).into_iter();
        let words = words.chain(ProblemKind::ALL.map(|kind| format!("problem.{}", kind.as_str())));
        for word in words.chain(states.into_iter().chain(groups).map(str::to_owned)) {
            assert!(Language::English.messages().contains_key(&word), "{word}");
        }
    }

    #[test]
    fn values_stand_where_the_message_names_them() {
        let filled = Language::English.fill("reason.typo", &[("written", "{read_as}"), ("read_as", "b")]);
        assert_eq!(filled, "`{read_as}` read as `b`");
    }

    #[test]
    fn both_languages_have_the_same_messages_and_pages_use_no_others() {
        let (en, uk) = (Language::English.messages(), Language::Ukrainian.messages());
        assert!(en.len() > 50);
        for key in en.keys().chain(uk.keys()) {
            assert!(en.contains_key(key) && uk.contains_key(key), "{key} is not in both languages");
            let places =
                |text: &str| text.split('{').skip(1).filter_map(|part| part.split('}').next()).map(str::to_owned).collect::<BTreeSet<_>>();
            assert_eq!(places(&en[key]), places(&uk[key]), "{key} names other values in the other language");
        }
        let call = regex::Regex::new(r#"\.t\("([^"]+)"\)"#).unwrap();
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        for entry in ["templates", "src/web"].into_iter().flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap()) {
            let Ok(text) = std::fs::read_to_string(entry.unwrap().path()) else { continue };
            for found in call.captures_iter(&text) {
                assert!(en.contains_key(&found[1]), "{} is used and not there", &found[1]);
            }
        }
    }

    #[test]
    fn the_browsers_wish_is_followed() {
        assert_eq!(Language::accepted("de-DE,uk;q=0.8,en;q=0.5"), Language::Ukrainian);
        assert_eq!(Language::accepted(""), Language::English);
    }
}
