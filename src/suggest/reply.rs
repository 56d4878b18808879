//! What replies have in common, whatever was asked: one JSON object, bounded texts, citations of what was retrieved.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    clean,
    source::{Citable, Source},
};

/// Bytes of a reply at most: whatever is longer satisfies no schema of this room.
pub const MAX_REPLY: usize = 32 << 10;

/// What is wrong with a reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// It ends in the middle.
    #[error("the reply ends in the middle")]
    Cut,
    /// It is no JSON.
    #[error("the reply is no JSON: {0}")]
    NotJson(String),
    /// It is JSON of another form.
    #[error("the reply is not of the form asked for: {0}")]
    Form(String),
    /// It is larger than any reply can be.
    #[error("the reply is longer than {MAX_REPLY} bytes")]
    TooLong,
    /// A text is much longer than asked for.
    #[error("`{0}` is longer than {1} characters")]
    LongText(&'static str, usize),
    /// A list is longer than asked for.
    #[error("`{0}` has more than {1} items")]
    TooMany(&'static str, usize),
    /// A number is none that was asked for.
    #[error("`{0}` is out of range")]
    OutOfRange(&'static str),
    /// What must be said is not said.
    #[error("`{0}` is blank")]
    Blank(&'static str),
    /// It cites what it was not given.
    #[error("the reply cites `{0}`, which it was not given")]
    Cites(String),
}

/// Reads one JSON object.
pub(super) fn read<T: DeserializeOwned>(reply: &str) -> Result<T, ReplyError> {
    if reply.len() > MAX_REPLY {
        return Err(ReplyError::TooLong);
    }
    serde_json::from_str(unfenced(reply)).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => ReplyError::Cut,
        serde_json::error::Category::Data => ReplyError::Form(clean::line(&error.to_string(), 200)),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => ReplyError::NotJson(clean::line(&error.to_string(), 200)),
    })
}

/// The reply without the fence of Markdown that models of servers without schemas put around JSON.
pub(super) fn unfenced(reply: &str) -> &str {
    let reply = reply.trim();
    let fenced = reply.strip_prefix("```json").or_else(|| reply.strip_prefix("```"));
    fenced.map_or(reply, |inner| inner.strip_suffix("```").unwrap_or(inner))
}

/// A text of a reply, cleaned. It may be twice as long as was asked for: not every server counts, and a long sentence is no danger.
pub(super) fn words(name: &'static str, text: &str, asked: usize) -> Result<String, ReplyError> {
    let limit = 2 * asked;
    if text.chars().nth(limit).is_some() {
        return Err(ReplyError::LongText(name, limit));
    }
    Ok(clean::visible(text).trim().to_owned())
}

/// What the labels of a reply stand for, each once.
pub(super) fn cites(labels: &[String], limit: usize, citable: &Citable) -> Result<Vec<Source>, ReplyError> {
    if labels.len() > limit {
        return Err(ReplyError::TooMany("cites", limit));
    }
    let mut found: Vec<Source> = Vec::new();
    for label in labels {
        let source = citable.get(label).ok_or_else(|| ReplyError::Cites(clean::line(label, 40)))?;
        if !found.contains(&source) {
            found.push(source);
        }
    }
    Ok(found)
}

/// The schema of a list of labels.
pub(super) fn cites_schema(citable: &Citable, limit: usize) -> Value {
    let labels: Vec<String> = citable.labels().collect();
    // An empty `enum` is no schema.
    if labels.is_empty() {
        return json!({"type": "array", "items": {"type": "string", "maxLength": 0}, "maxItems": 0});
    }
    json!({"type": "array", "items": {"type": "string", "enum": labels}, "minItems": 1, "maxItems": limit.min(labels.len())})
}
