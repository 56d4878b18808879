//! By what an error is recognised, as the fields that the form which explains a group and the form of a known error have in common.

use super::{escape::restored, form};
use crate::usecase::{approve::Ways, revise::Revision};

/// What stands in the fields.
#[derive(Debug, Default)]
pub(super) struct WaysFields {
    pub(super) keywords: String,
    pub(super) keywords_any: String,
    pub(super) keywords_all: String,
    pub(super) keywords_none: String,
    pub(super) code: String,
    pub(super) regex: String,
    pub(super) conditions: String,
}

impl WaysFields {
    /// The fields of an entry.
    pub(super) fn of(revision: &Revision) -> Self {
        let plain = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            keywords: revision.keywords.join("\n"),
            keywords_any: revision.keywords_any.join("\n"),
            keywords_all: revision.keywords_all.join("\n"),
            keywords_none: revision.keywords_none.join("\n"),
            code: plain(&revision.code),
            regex: plain(&revision.regex),
            conditions: plain(&revision.conditions),
        }
    }

    /// Takes what a browser sent under a name; false where that is none of these fields.
    pub(super) fn take(&mut self, name: &str, value: &str) -> bool {
        let field = match name {
            "keywords" => &mut self.keywords,
            "keywords_any" => &mut self.keywords_any,
            "keywords_all" => &mut self.keywords_all,
            "keywords_none" => &mut self.keywords_none,
            "code" => &mut self.code,
            "regex" => &mut self.regex,
            "conditions" => &mut self.conditions,
            _ => return false,
        };
        *field = restored(value).replace("\r\n", "\n");
        true
    }

    /// Whether something stands in the fields that few need.
    pub(super) fn has_further(&self) -> bool {
        let fields = [&self.keywords_any, &self.keywords_all, &self.keywords_none, &self.code, &self.regex, &self.conditions];
        fields.iter().any(|field| !field.trim().is_empty())
    }

    /// The key words.
    pub(super) fn words(&self) -> Vec<String> {
        form::words(&self.keywords)
    }

    /// The further ways.
    pub(super) fn ways(&self) -> Ways {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Ways {
            keywords_any: form::words(&self.keywords_any),
            keywords_all: form::words(&self.keywords_all),
            keywords_none: form::words(&self.keywords_none),
            code: some(&self.code),
            regex: some(&self.regex),
            conditions: some(&self.conditions),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_were_sent_say_by_what_it_is_recognised() {
        let mut fields = WaysFields::default();
        assert!(fields.take("keywords", "drawer, cash\r\ndesk") && !fields.has_further());
        assert!(fields.take("regex", " ^a$ ") && fields.has_further() && !fields.take("title", "x"));
        assert_eq!(fields.words(), ["drawer", "cash", "desk"]);
        assert_eq!(fields.ways(), Ways { regex: Some("^a$".to_owned()), ..Ways::default() });
    }
}
