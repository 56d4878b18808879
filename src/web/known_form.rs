//! The form in which a known error is written: its fields as texts, and what they say.

use super::{escape::restored, moment, ways_fields::WaysFields};
use crate::{
    domain::{Answer, KnownError, StatusCode},
    usecase::{approve::Ways, revise::Revision},
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
    /// By what it is recognised, beside its text.
    pub(super) ways: WaysFields,
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
            ways: WaysFields::of(&revision),
            title: revision.title,
            title_uk: plain(revision.title_uk),
            text: revision.text,
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
            if fields.ways.take(&name, &value) {
                continue;
            }
            let value = restored(&value).replace("\r\n", "\n");
            let field = match name.as_str() {
                "csrf" => &mut fields.csrf,
                "title" => &mut fields.title,
                "title_uk" => &mut fields.title_uk,
                "text" => &mut fields.text,
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
        let Ways { keywords_any, keywords_all, keywords_none, code, regex, conditions } = self.ways.ways();
        Ok(Revision {
            title: self.title.clone(),
            title_uk: some(&self.title_uk),
            text: self.text.clone(),
            keywords: self.ways.words(),
            keywords_any,
            keywords_all,
            keywords_none,
            code,
            regex,
            conditions,
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
