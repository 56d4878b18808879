//! What a request says of where its body came from: by that equal lines of two deliveries are two, and a repetition is known.

use actix_web::http::header::HeaderMap;

use crate::{
    api::error::{ApiError, Code},
    domain::Stretch,
};

/// Longest idempotency key, and longest name of a source.
const MAX_NAME: usize = 255;
/// The file of which the body is a stretch, and how many bytes of it stand before.
const SOURCE: &str = "LogHelper-Source";
const OFFSET: &str = "LogHelper-Offset";

/// The key under which the body is delivered.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    named(headers, "Idempotency-Key")
}

/// Where the body stood: in a file, or as all of the delivery with this key.
pub(super) fn stretch(headers: &HeaderMap, key: Option<&str>) -> Result<Option<Stretch>, ApiError> {
    let is_named = |name: &&str| !name.is_empty();
    let Some(source) = named(headers, SOURCE)?.filter(is_named) else { return Ok(key.filter(is_named).map(Stretch::of_key)) };
    let offset = match named(headers, OFFSET)? {
        None => Some(0),
        Some(text) => text.parse().ok().filter(|offset: &i64| *offset >= 0),
    };
    let offset = offset.ok_or_else(|| ApiError::new(Code::Malformed, format!("the {OFFSET} is no number of bytes")))?;
    Ok(Some(Stretch::of_file(source, offset)))
}

fn named<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, ApiError> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    match value.to_str() {
        Ok(text) if text.len() <= MAX_NAME => Ok(Some(text)),
        _ => Err(ApiError::new(Code::Malformed, format!("the {name} is longer than {MAX_NAME} characters, or not ASCII"))),
    }
}
