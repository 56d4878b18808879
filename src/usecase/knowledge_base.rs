//! The knowledge base as one JSON document: import, export, check.

pub use super::import::{Plan, Planned, Step, import, plan};

use bson::DateTime;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{Answer, KnownError, KnownErrorId, LifeCycle, StatusCode, StatusError, Tenure},
    review,
    store::{self, Store},
};

/// The document. Unknown fields are refused so that a misspelt one is not lost in silence.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Statuses, parents and children alike.
    #[serde(default)]
    pub statuses: Vec<StatusEntry>,
    /// Known errors with their answers.
    #[serde(default)]
    pub known_errors: Vec<KnownErrorEntry>,
}

/// A status in the document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusEntry {
    /// Its number.
    pub code: StatusCode,
    /// Its title.
    pub title: String,
    /// Its title in Ukrainian.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_uk: Option<String>,
    /// The status above it.
    #[serde(default)]
    pub parent: Option<StatusCode>,
    /// Words that mark its errors.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// What it means, in Ukrainian.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning_uk: Option<String>,
    /// Whether it is no longer given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// A known error in the document; `text` alone is enough.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownErrorEntry {
    /// Its identifier; derived from the text where there is none.
    #[serde(default)]
    pub id: Option<String>,
    /// A short name; the beginning of the text where there is none.
    #[serde(default)]
    pub title: Option<String>,
    /// A short name in Ukrainian.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_uk: Option<String>,
    /// The text by which it is recognised.
    #[serde(default)]
    pub text: String,
    /// Words most of which mark it.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Words any one of which marks it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords_any: Vec<String>,
    /// Words all of which must be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords_all: Vec<String>,
    /// Words none of which may be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords_none: Vec<String>,
    /// A filter that the Log must satisfy.
    #[serde(default)]
    pub conditions: Option<String>,
    /// The server's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// A regular expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// Its status.
    #[serde(default)]
    pub status: Option<StatusCode>,
    /// Where it stands in its life.
    #[serde(default)]
    pub state: LifeCycle,
    /// Remedies, best first.
    #[serde(default)]
    pub answers: Vec<AnswerEntry>,
}

/// An answer in the document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerEntry {
    /// What to do.
    pub text: String,
    /// The same in Ukrainian.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_uk: Option<String>,
}

impl StatusEntry {
    /// The status as a stored document.
    pub fn to_document(&self) -> StatusError {
        let status = self.clone();
        StatusError {
            code: status.code,
            title: status.title,
            title_uk: status.title_uk,
            parent: status.parent,
            keywords: status.keywords,
            colour: status.colour,
            meaning: status.meaning,
            meaning_uk: status.meaning_uk,
            retired: status.retired,
        }
    }
}

impl KnownErrorEntry {
    /// The entry as a stored document and its answers.
    pub fn to_documents(&self, by: &str, now: DateTime) -> (KnownError, Vec<Answer>) {
        let seed = [&self.text, self.title.as_ref().unwrap_or(&self.text)].into_iter().find(|text| !text.is_empty()).cloned();
        let id = self.id.clone().filter(|id| !id.is_empty());
        let id = id.map_or_else(|| KnownErrorId::from_text(&seed.unwrap_or_else(|| self.keywords.join(" "))), KnownErrorId);
        let texts: Vec<_> = self.answers.iter().map(|answer| (answer.text.clone(), answer.text_uk.clone())).collect();
        let answers = review::answers(&id, &texts, by, now);
        let title = self.title.clone().filter(|title| !title.is_empty());
        let entry = KnownError {
            title: title.unwrap_or_else(|| self.text.lines().next().unwrap_or_default().chars().take(120).collect()),
            id,
            title_uk: self.title_uk.clone(),
            text: self.text.clone(),
            keywords: self.keywords.clone(),
            keywords_any: self.keywords_any.clone(),
            keywords_all: self.keywords_all.clone(),
            keywords_none: self.keywords_none.clone(),
            code: self.code.clone(),
            regex: self.regex.clone(),
            conditions: self.conditions.clone().filter(|text| !text.trim().is_empty()),
            status: self.status,
            state: self.state,
            tenure: Tenure::default(),
            version: 0,
            rejudge_pending: false,
            from_group: None,
            approved_by: by.to_owned(),
            approved_at: now,
            updated_at: now,
            count: 0,
            last_seen: None,
        };
        (entry, answers)
    }
}

/// Whether bytes are a document, and not a table: it begins with a brace.
pub fn is_document(text: &[u8]) -> bool {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text).trim_ascii_start().starts_with(b"{")
}

/// What is wrong with a document, a sentence a fault; empty when it can be imported. `known` are the statuses the store has.
pub fn check(document: &Document, known: &[StatusError]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut codes = std::collections::BTreeMap::new();
    for status in &document.statuses {
        if codes.insert(status.code, status.parent).is_some() {
            faults.push(format!("status {} stands there twice", status.code));
        }
    }
    let parents: std::collections::BTreeMap<_, _> = known.iter().map(|status| (status.code, status.parent)).chain(codes).collect();
    for status in &document.statuses {
        let mut above = status.parent;
        for step in 0.. {
            match above {
                None => break,
                Some(code) if code == status.code || step > 64 => {
                    faults.push(format!("status {} is its own ancestor", status.code));
                    break;
                }
                Some(code) => match parents.get(&code) {
                    Some(parent) => above = *parent,
                    None => {
                        faults.push(format!("status {}: there is no parent {code}", status.code));
                        break;
                    }
                },
            }
        }
    }
    let mut ids = std::collections::BTreeMap::new();
    for (index, entry) in document.known_errors.iter().enumerate() {
        let (known_error, _) = entry.to_documents("check", DateTime::from_millis(0));
        let name = format!("known_errors[{index}] (`{}`)", known_error.title.chars().take(60).collect::<String>());
        if let Some(first) = ids.insert(known_error.id.clone(), index) {
            faults.push(format!("{name}: known_errors[{first}] has the same id or text"));
        }
        if let Some(code) = entry.status.filter(|code| !parents.contains_key(code)) {
            faults.push(format!("{name}: there is no status {code}"));
        }
        if let Err(error) = review::check_rule(&known_error) {
            faults.push(format!("{name}: {error}"));
        }
    }
    faults
}

/// The store's knowledge base as a document.
///
/// # Errors
/// When the store fails.
pub async fn export(store: &dyn Store) -> store::Result<Document> {
    let mut answers: std::collections::BTreeMap<KnownErrorId, Vec<AnswerEntry>> = std::collections::BTreeMap::new();
    for answer in store.list_answers(None).await? {
        answers.entry(answer.known_error_id).or_default().push(AnswerEntry { text: answer.text, text_uk: answer.text_uk });
    }
    let statuses = store.list_status_errors().await?.into_iter().map(|status| StatusEntry {
        code: status.code,
        title: status.title,
        title_uk: status.title_uk,
        parent: status.parent,
        keywords: status.keywords,
        colour: status.colour,
        meaning: status.meaning,
        meaning_uk: status.meaning_uk,
        retired: status.retired,
    });
    let known_errors = store.list_known_errors().await?.into_iter().map(|known| KnownErrorEntry {
        answers: answers.remove(&known.id).unwrap_or_default(),
        id: Some(known.id.0),
        title: Some(known.title),
        title_uk: known.title_uk,
        text: known.text,
        keywords: known.keywords,
        keywords_any: known.keywords_any,
        keywords_all: known.keywords_all,
        keywords_none: known.keywords_none,
        conditions: known.conditions,
        code: known.code,
        regex: known.regex,
        status: known.status,
        state: known.state,
    });
    Ok(Document { statuses: statuses.collect(), known_errors: known_errors.collect() })
}
