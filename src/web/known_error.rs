//! One known error: its answers and how they worked, how it is recognised, how often it is seen, where it stands in its life.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, page},
    known,
    known_trend::Trend,
    moment,
    session::{Frame, Viewer},
};
use crate::{
    domain::{Answer, AnswerId, Feedback, KnownError, KnownErrorId, LifeCycle, Log, StatusError},
    query::{Filter, Operator, Test, Value},
    store::{self, LogPage, Scope, ScopedStore},
    usecase::{
        Services,
        diagnose::{self, Advice},
        four_eyes, revise,
    },
};

/// Logs that are looked at for the latest one that a person may see.
const SCAN: usize = 100_000;
/// Logs of a person's own branches that are counted.
const COUNTED: usize = 10_000;

#[derive(Template)]
#[template(path = "known_error.html")]
struct Page {
    frame: Frame,
    address: String,
    entry: KnownError,
    status_path: Vec<StatusError>,
    answers: Vec<Answer>,
    said: Vec<Feedback>,
    /// The states that the person may lead it to.
    moves: Vec<&'static str>,
    now: String,
    /// What the last change came to.
    note: Option<String>,
    judging: bool,
    /// That another person has to approve it, and who wrote it.
    eyes: Option<String>,
    trend: Trend,
    /// There are more Logs than were counted.
    more: bool,
    merged_into: Option<(String, String)>,
    /// Why the latest Log matched.
    latest: Option<(String, Advice)>,
}

impl Page {
    /// What the person said of an answer.
    fn own(&self, answer: &AnswerId) -> Option<bool> {
        self.said.iter().find(|said| said.answer_id == *answer).map(|said| said.worked)
    }

    /// How surely an answer works, where somebody tried it.
    fn success(&self, answer: &Answer) -> Option<String> {
        let tried = answer.n_worked + answer.n_failed;
        let percent = format!("{:.0}", answer.success() * 100.0);
        let of = [("worked", self.frame.number(&answer.n_worked)), ("tried", self.frame.number(&tried)), ("percent", percent)];
        let of = of.each_ref().map(|(name, value)| (*name, value.as_str()));
        (tried > 0).then(|| self.frame.say("answers.success", &of))
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    approved: Option<i64>,
    changed: Option<i64>,
}

/// `GET /known/{id}`; whoever is signed in.
pub(super) async fn show(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let (id, store) = (KnownErrorId(id.into_inner()), services.store.as_ref());
    let found = revise::load(store, &id).await.map_err(failed)?;
    let (mut entry, mut answers) = found.ok_or_else(|| PageError::NotFound(viewer.frame.clone()))?;
    Answer::sort_by_success(&mut answers);
    services.knowledge.refresh(store).await.map_err(failed)?;
    let said = store.list_feedback(&id, Some(&viewer.user.name)).await.map_err(failed)?;
    let now = DateTime::now();
    let reads = viewer.reads(&services);
    let more = *reads.scope() != Scope::All && own_figures(&reads, &mut entry).await.map_err(failed)?;
    let trend = Trend::of(&reads, &entry, now).await.map_err(failed)?;
    let merged_into = entry.tenure.merged_into.as_ref().map(|into| (known::address(into), viewer.frame.title_of(&services, into)));
    let mut moves: Vec<LifeCycle> = revise::moves(entry.state, viewer.user.role).collect();
    let mut eyes = None;
    if four_eyes::is_on(&services) && matches!(entry.state, LifeCycle::Draft | LifeCycle::Review) {
        let authors = four_eyes::authors(store, &entry).await.map_err(failed)?;
        let approvers = four_eyes::approvers(store, &authors).await.map_err(failed)?;
        eyes = Some(waits(&viewer.frame, &authors, &approvers));
        moves.retain(|to| !to.matches() || !authors.contains(&viewer.user.name));
    }
    let template = Page {
        address: known::address(&id),
        latest: latest(&viewer, &services, &id).await?,
        status_path: entry.status.map(|code| services.knowledge.status_path(code)).unwrap_or_default(),
        moves: moves.into_iter().map(LifeCycle::as_str).collect(),
        eyes,
        now: moment::to_field(Some(now)),
        note: note(&viewer.frame, &services, &entry, &asked),
        judging: entry.rejudge_pending,
        entry,
        answers,
        said,
        trend,
        more,
        merged_into,
        frame: viewer.frame,
    };
    page(&template.frame, &template)
}

/// That another person has to approve what these wrote.
fn waits(frame: &Frame, authors: &[String], approvers: &[String]) -> String {
    let waits = frame.say("eyes.waits", &[("authors", &authors.join(", "))]);
    let who = match approvers {
        [] => frame.t("eyes.none"),
        names => frame.say("eyes.who", &[("names", &names.join(", "))]),
    };
    format!("{waits} {who}")
}

/// What is to be said of the change that led here.
fn note(frame: &Frame, services: &Services, entry: &KnownError, asked: &Asked) -> Option<String> {
    if let Some(n) = asked.approved {
        return Some(format!("{} {}", frame.t("known.approved"), frame.number(&n)));
    }
    let version = asked.changed.filter(|version| *version == entry.version)?;
    let number = frame.number(&version);
    let outcome = services.outcome(&entry.id).filter(|outcome| outcome.version == version && !entry.rejudge_pending);
    Some(match outcome {
        Some(outcome) => {
            let (gained, lost) = (frame.number(&outcome.n_gained), frame.number(&outcome.n_lost));
            frame.say("known.changed", &[("version", &number), ("gained", &gained), ("lost", &lost)])
        }
        None => frame.say("known.saved", &[("version", &number)]),
    })
}

/// The Logs of a known error.
fn logs_of(id: &KnownErrorId) -> Option<Filter> {
    let path = "verdict.known_error_id".parse().ok()?;
    Some(Filter::Test(Test { path, operator: Operator::Equal, value: Value::Text(id.to_string()) }))
}

/// Puts what the person's own branches saw in the place of what all saw; whether there is more than was counted.
async fn own_figures(reads: &ScopedStore, entry: &mut KnownError) -> store::Result<bool> {
    (entry.count, entry.last_seen) = (0, None);
    let Some(filter) = logs_of(&entry.id) else { return Ok(false) };
    let found = reads.list_moments(&LogPage { filter: &filter, limit: COUNTED, after: None, scan_limit: SCAN }).await?;
    entry.count = i64::try_from(found.moments.len()).unwrap_or(i64::MAX);
    entry.last_seen = found.moments.first().and_then(|moment| moment.date);
    Ok(found.incomplete)
}

/// The latest Log that the person may see, and why it matched.
async fn latest(viewer: &Viewer, services: &Services, id: &KnownErrorId) -> Result<Option<(String, Advice)>, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let Some(filter) = logs_of(id) else { return Ok(None) };
    let wanted = LogPage { filter: &filter, limit: 1, after: None, scan_limit: SCAN };
    let found = viewer.reads(services).list_logs(&wanted).await.map_err(failed)?;
    let Some(log) = found.logs.first().and_then(|log| bson::deserialize_from_slice::<Log>(log.as_bytes()).ok()) else { return Ok(None) };
    Ok(diagnose::advice(services, &log).await.map_err(failed)?.map(|advice| (log.id.to_string(), advice)))
}
