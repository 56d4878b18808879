//! One status: its fields, its place in the tree, where it is used; merging it into another and retiring it.

use actix_web::{HttpResponse, http, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, page_as, see},
    escape::restored,
    form, known,
    known_life::problem as entry_problem,
    session::{Frame, Viewer},
    statuses, told,
};
use crate::{
    domain::{KnownError, KnownErrorId, Role, StatusCode, StatusError},
    usecase::{
        Services,
        approve::{DraftError, RuleError},
        statuses::{self as tree, StatusFault, StatusRefused},
    },
};

/// Known errors named as users of a status.
const USERS: usize = 20;

/// What stands in the form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    csrf: String,
    /// The mark of the status as it was shown.
    seen: String,
    code: String,
    title: String,
    title_uk: String,
    parent: String,
    keywords: String,
    colour: String,
    meaning: String,
    meaning_uk: String,
    retired: Option<String>,
}

impl Fields {
    fn of(status: &StatusError) -> Self {
        let plain = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            csrf: String::new(),
            seen: tree::mark(status),
            code: status.code.to_string(),
            title: status.title.clone(),
            title_uk: plain(&status.title_uk),
            parent: status.parent.map(|parent| parent.to_string()).unwrap_or_default(),
            keywords: status.keywords.join("\n"),
            colour: plain(&status.colour),
            meaning: plain(&status.meaning),
            meaning_uk: plain(&status.meaning_uk),
            retired: status.retired.then(|| "yes".to_owned()),
        }
    }

    /// The status that the fields state; `None` where the number is none.
    fn status(&self) -> Option<StatusError> {
        let number = |text: &str| text.trim().parse().ok().map(StatusCode);
        let some = |text: &str| Some(restored(text.trim())).filter(|text| !text.is_empty());
        Some(StatusError {
            code: number(&self.code)?,
            title: some(&self.title).unwrap_or_default(),
            title_uk: some(&self.title_uk),
            parent: number(&self.parent),
            keywords: form::words(&restored(&self.keywords)),
            colour: some(&self.colour),
            meaning: some(&self.meaning),
            meaning_uk: some(&self.meaning_uk),
            retired: self.retired.is_some(),
        })
    }
}

#[derive(Template)]
#[template(path = "status_edit.html")]
struct Page {
    frame: Frame,
    /// None for a new one.
    status: Option<StatusError>,
    /// What it may stand below.
    nodes: Vec<statuses::Node>,
    /// What it may be merged into.
    targets: Vec<statuses::Node>,
    fields: Fields,
    problem: Option<String>,
    users: Vec<(String, String)>,
    n_users: usize,
}

impl Page {
    /// Where the form is sent.
    fn action(&self) -> String {
        self.status.as_ref().map_or_else(|| "/statuses/new".to_owned(), |status| format!("/statuses/{}", status.code))
    }
}

pub(super) async fn render(
    viewer: Viewer,
    services: &Services,
    code: Option<StatusCode>,
    fields: Option<Fields>,
    problem: Option<String>,
) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let all = services.store.list_status_errors().await.map_err(failed)?;
    let status = match code {
        None => None,
        Some(code) => {
            let found = all.iter().find(|status| status.code == code).cloned();
            Some(found.ok_or_else(|| PageError::NotFound(viewer.frame.clone()))?)
        }
    };
    services.knowledge.refresh(services.store.as_ref()).await.map_err(failed)?;
    let named = |entry: &KnownError| (viewer.frame.either(&entry.title, &entry.title_uk).to_owned(), entry.id.clone());
    let mut users: Vec<(String, KnownErrorId)> = match code {
        None => Vec::new(),
        Some(code) => services.knowledge.select(|entry| entry.status == Some(code), named),
    };
    users.sort();
    let n_users = users.len();
    users.truncate(USERS);
    let answer = if problem.is_some() { http::StatusCode::UNPROCESSABLE_ENTITY } else { http::StatusCode::OK };
    let fields = fields.or_else(|| status.as_ref().map(Fields::of)).unwrap_or_default();
    let others: Vec<StatusError> = all.into_iter().filter(|other| Some(other.code) != code).collect();
    let parent = status.as_ref().and_then(|status| status.parent).map(|code| code.to_string()).unwrap_or_default();
    let template = Page {
        nodes: statuses::offered(others.clone(), &parent),
        targets: statuses::offered(others, ""),
        users: users.into_iter().map(|(title, id)| (known::address(&id), title)).collect(),
        n_users,
        status,
        fields,
        problem,
        frame: viewer.frame,
    };
    page_as(answer, &template.frame, &template)
}

/// The status of an address; `Ok(None)` for a new one.
pub(super) fn named(viewer: &Viewer, code: &str) -> Result<Option<StatusCode>, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    match code {
        "new" => Ok(None),
        code => code.parse().map(|code| Some(StatusCode(code))).map_err(|_| PageError::NotFound(viewer.frame.clone())),
    }
}

/// `GET /statuses/{code}`; expert analysts. `new` is a new one.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>, code: web::Path<String>) -> Result<HttpResponse, PageError> {
    let code = named(&viewer, &code)?;
    render(viewer, &services, code, None, None).await
}

/// `POST /statuses/{code}`; expert analysts.
pub(super) async fn save(
    viewer: Viewer,
    services: web::Data<Services>,
    code: web::Path<String>,
    form::Form(mut fields): form::Form<Fields>,
) -> Result<HttpResponse, PageError> {
    let code = named(&viewer, &code)?;
    viewer.check_csrf(&fields.csrf)?;
    if let Some(code) = code {
        fields.code = code.to_string();
    }
    let Some(status) = fields.status() else {
        let problem = viewer.frame.t("draft.bad_code");
        return render(viewer, &services, code, Some(fields), Some(problem)).await;
    };
    let done = match code {
        None => tree::add(&services, status).await,
        Some(_) => tree::change(&services, status, &fields.seen).await,
    };
    match done {
        Ok(()) => Ok(see("/statuses")),
        Err(error) => {
            let problem = refused(&viewer.frame, error)?;
            render(viewer, &services, code, Some(fields), Some(problem)).await
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Merge {
    csrf: String,
    #[serde(default)]
    into: String,
}

/// `POST /statuses/{code}/merge`; expert analysts.
pub(super) async fn merge(
    viewer: Viewer,
    services: web::Data<Services>,
    code: web::Path<String>,
    form::Form(form): form::Form<Merge>,
) -> Result<HttpResponse, PageError> {
    let code = named(&viewer, &code)?;
    viewer.check_csrf(&form.csrf)?;
    let from = code.ok_or_else(|| PageError::NotFound(viewer.frame.clone()))?;
    let Ok(into) = form.into.trim().parse().map(StatusCode) else {
        let problem = viewer.frame.t("group.status.missing");
        return render(viewer, &services, code, None, Some(problem)).await;
    };
    match tree::merge(&services, from, into, &viewer.user.name, DateTime::now()).await {
        Ok(_) => Ok(see("/statuses")),
        Err(error) => {
            let problem = refused(&viewer.frame, error)?;
            render(viewer, &services, code, None, Some(problem)).await
        }
    }
}

/// Why a status was not changed, in words.
pub(super) fn refused(frame: &Frame, error: StatusRefused) -> Result<String, PageError> {
    Ok(match error {
        StatusRefused::NotFound(_) => return Err(PageError::NotFound(frame.clone())),
        StatusRefused::Store(error) => return Err(PageError::failed(frame.clone(), error)),
        StatusRefused::Taken(title) => frame.say("statuses.taken", &[("title", &title)]),
        StatusRefused::Stale => frame.t("statuses.stale"),
        StatusRefused::Entry(error) => entry_problem(frame, &error),
        StatusRefused::Fault(StatusFault::Draft(error)) => told::draft(frame, &error),
        StatusRefused::Fault(StatusFault::Keyword(RuleError::Identifier { id, keyword })) => {
            told::draft(frame, &DraftError::Rule(RuleError::Identifier { id, keyword }))
        }
        StatusRefused::Fault(StatusFault::Circle | StatusFault::Keyword(_)) => frame.t("statuses.circle"),
        StatusRefused::Fault(StatusFault::Colour) => frame.t("statuses.bad_colour"),
    })
}
