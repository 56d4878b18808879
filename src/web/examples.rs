//! Example exchanges of a group of unknown errors: request and response side by side.

use bson::{Bson, RawBson};

use super::{
    json::{self, Piece},
    session::Frame,
};
use crate::{
    domain::{Log, LogError},
    query::Filter,
    store,
    usecase::{Services, examples, values::Sample},
};

/// Bytes shown of a body; the whole is a link away.
const MAX_SHOWN: usize = 12_000;

/// An exchange as it is shown.
pub(super) struct Exchange {
    /// Why it is an example: the key of a message.
    pub(super) why: String,
    /// The address of all of it.
    pub(super) address: String,
    pub(super) branch: String,
    pub(super) date: String,
    pub(super) server: String,
    pub(super) method: String,
    /// What the bodies are called by a screen reader.
    pub(super) request_name: String,
    pub(super) response_name: String,
    /// Each body in pieces, and whether it was cut.
    pub(super) request: Option<(Vec<Piece>, bool)>,
    pub(super) response: Option<(Vec<Piece>, bool)>,
}

/// The examples of a group; `sample` are its latest Logs.
pub(super) async fn exchanges(services: &Services, frame: &Frame, group: &LogError, sample: &Sample) -> store::Result<Vec<Exchange>> {
    let found = examples::examples(services, group, sample).await?;
    Ok(found.into_iter().map(|(example, log)| exchange(frame, &format!("example.{}", example.as_str()), &log)).collect())
}

fn exchange(frame: &Frame, why: &str, log: &Log) -> Exchange {
    let why = frame.t(why);
    let method = match &log.request {
        Some(RawBson::Document(request)) => request.get_str("method").unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    Exchange {
        request_name: format!("{}: {why}", frame.t("request")),
        response_name: format!("{}: {why}", frame.t("response")),
        why,
        address: format!("/logs/{}", log.id),
        branch: log.branch.to_string(),
        date: frame.date(&log.date),
        server: log.server.clone(),
        method,
        request: body(&log.request, "request"),
        response: body(&log.response, "response"),
    }
}

fn body(body: &Option<RawBson>, path: &str) -> Option<(Vec<Piece>, bool)> {
    let value = Bson::try_from(body.clone()?).ok()?.into_relaxed_extjson();
    Some(json::beginning(&value, path, &Filter::All, MAX_SHOWN))
}
