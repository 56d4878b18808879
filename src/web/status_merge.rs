//! What merging a status into another would move, before it is done.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    error::{PageError, page},
    known,
    session::{Frame, Viewer},
    status_edit,
};
use crate::{
    domain::{KnownErrorId, StatusCode, StatusError},
    usecase::{
        Services,
        statuses::{self as tree, MergePlan},
    },
};

/// Known errors that are named.
const NAMED: usize = 20;

#[derive(Template)]
#[template(path = "status_merge.html")]
struct Page {
    frame: Frame,
    said: String,
    gone: StatusError,
    stays: StatusError,
    keywords: Vec<String>,
    children: Vec<StatusError>,
    /// How many known errors and groups go over, in words.
    n_known: Option<String>,
    n_groups: Option<String>,
    /// Some of the known errors: address and title.
    known: Vec<(String, String)>,
    /// That there are more of them.
    more: Option<String>,
    /// What becomes of the status itself.
    retired: String,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    into: String,
}

/// `GET /statuses/{code}/merge`; expert analysts. Nothing is changed.
pub(super) async fn show(
    viewer: Viewer,
    services: web::Data<Services>,
    code: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let code = status_edit::named(&viewer, &code)?;
    let from = code.ok_or_else(|| PageError::NotFound(viewer.frame.clone()))?;
    let Ok(into) = asked.into.trim().parse().map(StatusCode) else {
        let problem = viewer.frame.t("group.status.missing");
        return status_edit::render(viewer, &services, code, None, Some(problem)).await;
    };
    let MergePlan { gone, stays, keywords, children, known_errors, groups } = match tree::plan_merge(&services, from, into).await {
        Ok(plan) => plan,
        Err(error) => {
            let problem = status_edit::refused(&viewer.frame, error)?;
            return status_edit::render(viewer, &services, code, None, Some(problem)).await;
        }
    };
    let frame = viewer.frame;
    let counted = |key: &str, n: usize| (n > 0).then(|| frame.say(key, &[("n", &frame.number(&i64::try_from(n).unwrap_or(i64::MAX)))]));
    let named = |status: &StatusError| format!("{} {}", status.code, frame.either(&status.title, &status.title_uk));
    let titled = |id: &KnownErrorId| {
        let title = services.knowledge.entry(id).map(|entry| frame.either(&entry.title, &entry.title_uk).to_owned());
        (known::address(id), title.unwrap_or_else(|| id.to_string()))
    };
    let template = Page {
        said: frame.say("statuses.merge.title", &[("from", &named(&gone)), ("into", &named(&stays))]),
        n_known: counted("statuses.merge.known", known_errors.len()),
        n_groups: counted("statuses.merge.groups", groups.len()),
        known: known_errors.iter().take(NAMED).map(titled).collect(),
        retired: frame.say("statuses.merge.retire", &[("from", frame.either(&gone.title, &gone.title_uk))]),
        more: counted("statuses.merge.more", known_errors.len().saturating_sub(NAMED)),
        gone,
        stays,
        keywords,
        children,
        frame,
    };
    page(&template.frame, &template)
}
