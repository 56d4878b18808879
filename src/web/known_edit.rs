//! Writing a known error: a new draft or another version of one that is there, tried on history before it is saved.

use actix_web::{HttpResponse, http, web};
use askama::Template;
use bson::DateTime;

use super::{
    error::{PageError, page_as, see},
    form, known,
    known_form::Fields,
    known_life::{problem, refused},
    session::{Frame, Viewer},
    statuses, told,
};
use crate::{
    domain::{KnownError, KnownErrorId, LogId, Role},
    query::FilterError,
    usecase::{
        Services,
        approve::DraftError,
        aside, four_eyes,
        preview::{self, Draft, Preview, PreviewError},
        revise::{self, ReviseError},
    },
};

/// Errors that a preview looks at, the newest.
const PREVIEW_ERRORS: u64 = 200_000;

#[derive(Template)]
#[template(path = "known_edit.html")]
struct Page {
    frame: Frame,
    /// The page of the known error, and its title; none for a new one.
    entry: Option<(String, KnownError)>,
    statuses: Vec<statuses::Node>,
    fields: Fields,
    /// Another person has to approve what is saved.
    four_eyes: bool,
    problem: Option<String>,
    /// The condition before, at and behind the place where it is wrong.
    pointer: Option<[String; 3]>,
    tried: Option<Tried>,
}

impl Page {
    /// Where the form is sent.
    fn action(&self, what: &str) -> String {
        match &self.entry {
            Some((address, _)) => format!("{address}/{what}"),
            None if what == "edit" => "/knowledge/new".to_owned(),
            None => "/knowledge/preview".to_owned(),
        }
    }
}

/// A preview in words.
struct Tried {
    lines: Vec<String>,
    /// What it takes from others: address, title, how many.
    taken: Vec<(String, String, String)>,
    examples: Vec<(LogId, String)>,
}

impl Tried {
    fn new(frame: &Frame, services: &Services, entry: Option<&KnownError>, found: Preview) -> Self {
        let number = |n: u64| frame.number(&i64::try_from(n).unwrap_or(i64::MAX));
        let mut lines = vec![frame.say("group.preview.unknown", &[("n", &number(found.unknown.iter().map(|(_, n)| n).sum()))])];
        if let Some(entry) = entry {
            lines.push(frame.say("known.preview.own", &[("n", &number(found.n_own)), ("all", &frame.number(&entry.count))]));
        }
        let seen = match (found.incomplete, found.is_of_period) {
            (true, _) => "group.preview.newest",
            (false, true) => "group.preview.period",
            (false, false) => "group.preview.all",
        };
        lines.push(frame.say(seen, &[("n", &number(found.n_errors))]));
        let named = |(id, n): &(KnownErrorId, u64)| {
            let title = frame.title_of(services, id);
            (known::address(id), title, number(*n))
        };
        Self { lines, taken: found.taken.iter().map(named).collect(), examples: found.examples }
    }
}

/// What a form is shown with.
#[derive(Default)]
struct Said {
    problem: Option<String>,
    pointer: Option<[String; 3]>,
    tried: Option<Tried>,
}

impl Said {
    /// What is wrong with the fields.
    fn wrong(frame: &Frame, fields: &Fields, error: &ReviseError) -> Self {
        let place = match error {
            ReviseError::Invalid(DraftError::Condition(error)) => Some(error),
            _ => None,
        };
        Self { problem: Some(problem(frame, error)), pointer: place.and_then(|error| pointer(&fields.ways.conditions, error)), tried: None }
    }
}

/// The condition before, at and behind the place where it is wrong.
fn pointer(condition: &str, error: &FilterError) -> Option<[String; 3]> {
    let at = match error {
        FilterError::Unclosed { at } | FilterError::Unexpected { at, .. } => *at,
        FilterError::Ended { .. } => condition.len(),
        _ => return None,
    };
    let (before, rest) = (condition.get(..at)?, condition.get(at..)?);
    let width = rest.chars().next().map_or(0, char::len_utf8);
    let mark = if width == 0 { "␣" } else { rest.get(..width)? };
    Some([before.to_owned(), mark.to_owned(), rest.get(width..)?.to_owned()])
}

async fn render(
    viewer: Viewer,
    services: &Services,
    entry: Option<KnownError>,
    fields: Fields,
    said: Said,
) -> Result<HttpResponse, PageError> {
    let statuses = services.store.list_status_errors().await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let code = if said.problem.is_some() { http::StatusCode::UNPROCESSABLE_ENTITY } else { http::StatusCode::OK };
    let template = Page {
        entry: entry.map(|entry| (known::address(&entry.id), entry)),
        statuses: statuses::offered(statuses, &fields.status),
        fields,
        four_eyes: four_eyes::is_on(services),
        problem: said.problem,
        pointer: said.pointer,
        tried: said.tried,
        frame: viewer.frame,
    };
    page_as(code, &template.frame, &template)
}

async fn load(viewer: &Viewer, services: &Services, id: &str) -> Result<(KnownError, Vec<crate::domain::Answer>), PageError> {
    let found = revise::load(services.store.as_ref(), &KnownErrorId(id.to_owned())).await;
    found.map_err(|error| PageError::failed(viewer.frame.clone(), error))?.ok_or_else(|| PageError::NotFound(viewer.frame.clone()))
}

/// `GET /known/{id}/edit`; expert analysts.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let (entry, answers) = load(&viewer, &services, &id).await?;
    let fields = Fields::of(&entry, &answers);
    render(viewer, &services, Some(entry), fields, Said::default()).await
}

/// `POST /known/{id}/edit`; expert analysts.
pub(super) async fn save(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(pairs): form::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let fields = asked(&viewer, pairs)?;
    let (entry, _) = load(&viewer, &services, &id).await?;
    let revision = match fields.revision() {
        Ok(revision) => revision,
        Err(text) => return unreadable(viewer, &services, Some(entry), fields, &text).await,
    };
    match revise::edit(&services, &entry.id, fields.seen, revision, &viewer.user.name, DateTime::now()).await {
        Ok(version) => {
            aside::judge(&services, &entry.id).await;
            Ok(see(&format!("{}?changed={version}", known::address(&entry.id))))
        }
        Err(error @ (ReviseError::NotFound | ReviseError::Store(_))) => Err(refused(viewer.frame, error)),
        Err(error) => {
            let said = Said::wrong(&viewer.frame, &fields, &error);
            render(viewer, &services, Some(entry), fields, said).await
        }
    }
}

/// `POST /known/{id}/preview`; expert analysts. What the known error would catch as written; nothing is saved.
pub(super) async fn try_entry(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(pairs): form::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let fields = asked(&viewer, pairs)?;
    let (entry, _) = load(&viewer, &services, &id).await?;
    try_fields(viewer, services, Some(entry), fields).await
}

/// `GET /knowledge/new`; expert analysts.
pub(super) async fn blank(viewer: Viewer, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let fields = Fields::blank(&viewer.user.name);
    render(viewer, &services, None, fields, Said::default()).await
}

/// `POST /knowledge/new`; expert analysts. What is saved is a draft.
pub(super) async fn create(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(pairs): form::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let fields = asked(&viewer, pairs)?;
    let revision = match fields.revision() {
        Ok(revision) => revision,
        Err(text) => return unreadable(viewer, &services, None, fields, &text).await,
    };
    match revise::draft(&services, revision, &viewer.user.name, DateTime::now()).await {
        Ok(id) => Ok(see(&known::address(&id))),
        Err(error @ (ReviseError::NotFound | ReviseError::Store(_))) => Err(refused(viewer.frame, error)),
        Err(error) => {
            let said = Said::wrong(&viewer.frame, &fields, &error);
            render(viewer, &services, None, fields, said).await
        }
    }
}

/// `POST /knowledge/preview`; expert analysts. What a draft would catch; nothing is saved.
pub(super) async fn try_draft(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(pairs): form::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let fields = asked(&viewer, pairs)?;
    try_fields(viewer, services, None, fields).await
}

fn asked(viewer: &Viewer, pairs: Vec<(String, String)>) -> Result<Fields, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let fields = Fields::read(pairs);
    viewer.check_csrf(&fields.csrf)?;
    Ok(fields)
}

async fn unreadable(
    viewer: Viewer,
    services: &Services,
    entry: Option<KnownError>,
    fields: Fields,
    text: &str,
) -> Result<HttpResponse, PageError> {
    let problem = viewer.frame.say("known.no_moment", &[("text", text)]);
    render(viewer, services, entry, fields, Said { problem: Some(problem), ..Said::default() }).await
}

async fn try_fields(
    viewer: Viewer,
    services: web::Data<Services>,
    entry: Option<KnownError>,
    fields: Fields,
) -> Result<HttpResponse, PageError> {
    let revision = match fields.revision() {
        Ok(revision) => revision,
        Err(text) => return unreadable(viewer, &services, entry, fields, &text).await,
    };
    let base = entry.clone().unwrap_or_else(|| preview::on_trial(Draft::default(), DateTime::now()));
    let (trial, shared) = (revision.applied_to(&base), services.clone().into_inner());
    let since = preview::since(fields.days.trim().parse().ok(), DateTime::now());
    let found = aside::aside(async move { preview::preview(&shared, &trial, since, PREVIEW_ERRORS).await }).await;
    let said = match found {
        Some(Ok(found)) => Said { tried: Some(Tried::new(&viewer.frame, &services, entry.as_ref(), found)), ..Said::default() },
        Some(Err(PreviewError::Rule(error))) => {
            Said { problem: Some(told::draft(&viewer.frame, &DraftError::Rule(error))), ..Said::default() }
        }
        Some(Err(PreviewError::Condition(error))) => Said::wrong(&viewer.frame, &fields, &DraftError::Condition(error).into()),
        Some(Err(PreviewError::Store(error))) => return Err(PageError::failed(viewer.frame, error)),
        None => return Err(PageError::failed(viewer.frame, anyhow::anyhow!("a preview broke down"))),
    };
    render(viewer, &services, entry, fields, said).await
}
