//! The form in which a known error is written: its fields as texts, and what they say.

use super::{escape::restored, form, moment};
use crate::{
    domain::{Answer, KnownError, StatusCode},
    usecase::revise::Revision,
};

/// Blank places for further answers.
const SPARE: usize = 2;

/// What stands in the form; kept when it has to be filled in again.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) csrf: String,
    /// The version that the author saw.
    pub(super) seen: i64,
    pub(super) title: String,
    pub(super) title_uk: String,
    pub(super) text: String,
    pub(super) keywords: String,
    pub(super) keywords_any: String,
    pub(super) keywords_all: String,
    pub(super) keywords_none: String,
    pub(super) code: String,
    pub(super) regex: String,
    pub(super) conditions: String,
    pub(super) status: String,
    pub(super) owner: String,
    pub(super) valid_from: String,
    pub(super) valid_to: String,
    /// A preview looks at the last so many days; at all where there is no number.
    pub(super) days: String,
    /// English and Ukrainian, with blank places at the end.
    pub(super) answers: Vec<(String, String)>,
}

impl Fields {
    /// The fields of an entry as it is.
    pub(super) fn of(entry: &KnownError, answers: &[Answer]) -> Self {
        let revision = Revision::of(entry, answers);
        let plain = |value: Option<String>| value.unwrap_or_default();
        let mut fields = Self {
            csrf: String::new(),
            seen: entry.version,
            title: revision.title,
            title_uk: plain(revision.title_uk),
            text: revision.text,
            keywords: revision.keywords.join("\n"),
            keywords_any: revision.keywords_any.join("\n"),
            keywords_all: revision.keywords_all.join("\n"),
            keywords_none: revision.keywords_none.join("\n"),
            code: plain(revision.code),
            regex: plain(revision.regex),
            conditions: plain(revision.conditions),
            status: revision.status.map(|code| code.to_string()).unwrap_or_default(),
            owner: plain(revision.owner),
            valid_from: moment::to_field(revision.valid_from),
            valid_to: moment::to_field(revision.valid_to),
            days: String::new(),
            answers: revision.answers.into_iter().map(|(text, text_uk)| (text, plain(text_uk))).collect(),
        };
        fields.make_room();
        fields
    }

    /// The fields of a new entry.
    pub(super) fn blank(owner: &str) -> Self {
        let mut fields = Self { owner: owner.to_owned(), ..Self::default() };
        fields.make_room();
        fields
    }

    /// What a browser sent; an answer's Ukrainian text follows the English one.
    pub(super) fn read(pairs: Vec<(String, String)>) -> Self {
        let mut fields = Self::default();
        for (name, value) in pairs {
            let value = restored(&value).replace("\r\n", "\n");
            let field = match name.as_str() {
                "csrf" => &mut fields.csrf,
                "title" => &mut fields.title,
                "title_uk" => &mut fields.title_uk,
                "text" => &mut fields.text,
                "keywords" => &mut fields.keywords,
                "keywords_any" => &mut fields.keywords_any,
                "keywords_all" => &mut fields.keywords_all,
                "keywords_none" => &mut fields.keywords_none,
                "code" => &mut fields.code,
                "regex" => &mut fields.regex,
                "conditions" => &mut fields.conditions,
                "status" => &mut fields.status,
                "owner" => &mut fields.owner,
                "valid_from" => &mut fields.valid_from,
                "valid_to" => &mut fields.valid_to,
                "days" => &mut fields.days,
                "answer" => {
                    fields.answers.push((value, String::new()));
                    continue;
                }
                "answer_uk" => {
                    if let Some((_, text_uk)) = fields.answers.last_mut() {
                        *text_uk = value;
                    }
                    continue;
                }
                "seen" => {
                    fields.seen = value.parse().unwrap_or(-1);
                    continue;
                }
                _ => continue,
            };
            *field = value;
        }
        fields.answers.retain(|(text, text_uk)| !text.trim().is_empty() || !text_uk.trim().is_empty());
        fields.make_room();
        fields
    }

    /// What the fields say; the text that is no moment where one of them should be.
    pub(super) fn revision(&self) -> Result<Revision, String> {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.trim().is_empty());
        // An answer in one language only is that answer in both.
        let answer = |(text, text_uk): &(String, String)| match some(text) {
            Some(text) => (text, some(text_uk)),
            None => (text_uk.clone(), None),
        };
        Ok(Revision {
            title: self.title.clone(),
            title_uk: some(&self.title_uk),
            text: self.text.clone(),
            keywords: form::words(&self.keywords),
            keywords_any: form::words(&self.keywords_any),
            keywords_all: form::words(&self.keywords_all),
            keywords_none: form::words(&self.keywords_none),
            code: some(&self.code),
            regex: some(&self.regex),
            conditions: some(&self.conditions),
            status: self.status.trim().parse().ok().map(StatusCode),
            owner: some(&self.owner),
            valid_from: moment::from_field(&self.valid_from)?,
            valid_to: moment::from_field(&self.valid_to)?,
            answers: self.answers.iter().map(answer).collect(),
        })
    }

    fn make_room(&mut self) {
        self.answers.extend(std::iter::repeat_n(Default::default(), SPARE));
    }
}
