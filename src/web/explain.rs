//! Explaining a group of unknown errors: the form that makes a known error of it, tried on history before it is approved.

use actix_web::{HttpResponse, web};
use bson::DateTime;

use super::{
    error::{PageError, see},
    errors::{Said, asked_about, render},
    escape::restored,
    form, known,
    session::{Frame, Viewer},
    told,
    ways_fields::WaysFields,
};
use crate::{
    domain::{KnownErrorId, LogError, LogId, StatusCode, StatusError},
    query::Filter,
    usecase::{
        Services,
        approve::{self, Approval, ApproveError, DraftError, StatusChoice, Ways},
        preview::{self, Draft, Preview, PreviewError},
        proposals,
    },
};

/// Errors that a preview looks at, the newest.
const PREVIEW_ERRORS: u64 = 200_000;

/// What stands in the form; kept when it has to be filled in again.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) csrf: String,
    pub(super) status: String,
    pub(super) new_code: String,
    pub(super) new_title: String,
    pub(super) new_parent: String,
    pub(super) title: String,
    pub(super) text: String,
    /// By what it is recognised, beside its text.
    pub(super) ways: WaysFields,
    /// Proposed key words that were taken.
    pub(super) taken: Vec<String>,
    /// The proposed condition, where it was taken.
    pub(super) condition: String,
    pub(super) answers: String,
    /// A preview looks at the last so many days; at all where there is no number.
    pub(super) days: String,
}

impl Form {
    /// What a browser sent. Proposed key words come one by one under one name.
    fn read(pairs: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in pairs {
            if form.ways.take(&name, &value) {
                continue;
            }
            let field = match name.as_str() {
                "csrf" => &mut form.csrf,
                "status" => &mut form.status,
                "new_code" => &mut form.new_code,
                "new_title" => &mut form.new_title,
                "new_parent" => &mut form.new_parent,
                "title" => &mut form.title,
                "text" => &mut form.text,
                "days" => &mut form.days,
                "condition" => &mut form.condition,
                "answers" => &mut form.answers,
                "keyword" => {
                    form.taken.push(value);
                    continue;
                }
                _ => continue,
            };
            *field = value;
        }
        form
    }

    /// Key words: those that were written and those that were taken.
    fn words(&self) -> Vec<String> {
        let mut words = self.ways.words();
        for word in self.taken.iter().map(|word| restored(word)) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words
    }

    fn ways(&self) -> Ways {
        let mut ways = self.ways.ways();
        let taken = Some(restored(self.condition.trim())).filter(|text| !text.is_empty());
        ways.conditions = match (ways.conditions.take(), taken) {
            (Some(written), Some(taken)) => Some(format!("({written}) and ({taken})")),
            (written, taken) => written.or(taken),
        };
        ways
    }

    /// The status that the form names: a new one where its number or title is given. `None` when there is no readable number.
    fn choice(&self) -> Option<StatusChoice> {
        let number = |text: &str| text.trim().parse().map(StatusCode).ok();
        if self.new_code.trim().is_empty() && self.new_title.trim().is_empty() {
            return number(&self.status).map(StatusChoice::Existing);
        }
        Some(StatusChoice::New(StatusError {
            parent: number(&self.new_parent),
            ..StatusError::new(number(&self.new_code)?, self.new_title.trim().to_owned())
        }))
    }
}

/// By what else the group could be recognised.
pub(super) struct Proposed {
    pub(super) keywords: Vec<String>,
    pub(super) condition: Option<String>,
}

impl Proposed {
    pub(super) fn of(services: &Services, frame: &Frame, group: &LogError, shared: Option<&Filter>) -> Self {
        if !frame.may_explain() || group.known_error_id.is_some() {
            return Self { keywords: Vec::new(), condition: None };
        }
        Self { keywords: proposals::keywords(services, group), condition: shared.map(ToString::to_string) }
    }
}

/// A preview in words.
pub(super) struct Shown {
    /// By what it recognises: names and values.
    pub(super) ways: Vec<(String, String)>,
    /// What it catches of what nobody knew.
    pub(super) unknown: String,
    /// What it takes from others: address, title, how many.
    pub(super) taken: Vec<(String, String, String)>,
    /// How many errors were looked at.
    pub(super) seen: String,
    pub(super) examples: Vec<(LogId, String)>,
}

impl Shown {
    fn new(frame: &Frame, services: &Services, draft: &Draft, found: Preview) -> Self {
        let number = |n: u64| frame.number(&i64::try_from(n).unwrap_or(i64::MAX));
        let n_unknown = found.unknown.iter().map(|(_, n)| n).sum();
        let named = |(id, n): &(KnownErrorId, u64)| {
            let title = frame.title_of(services, id);
            (known::address(id), title, number(*n))
        };
        let seen = match (found.incomplete, found.is_of_period) {
            (true, _) => "group.preview.newest",
            (false, true) => "group.preview.period",
            (false, false) => "group.preview.all",
        };
        let plain = |value: &Option<String>| value.clone().unwrap_or_default();
        let ways = [
            ("keywords", draft.keywords.join(", ")),
            ("keywords.any", draft.ways.keywords_any.join(", ")),
            ("keywords.all", draft.ways.keywords_all.join(", ")),
            ("keywords.none", draft.ways.keywords_none.join(", ")),
            ("code", plain(&draft.ways.code)),
            ("regex", plain(&draft.ways.regex)),
            ("condition", plain(&draft.ways.conditions)),
        ];
        Self {
            ways: ways.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (frame.t(name), value)).collect(),
            unknown: frame.say("group.preview.unknown", &[("n", &number(n_unknown))]),
            taken: found.taken.iter().map(named).collect(),
            seen: frame.say(seen, &[("n", &number(found.n_errors))]),
            examples: found.examples,
        }
    }
}

/// `POST /errors/{id}/preview`; expert analysts. What the rule in the form would have caught lately; nothing is saved.
pub(super) async fn preview(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(pairs): form::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let form = Form::read(pairs);
    asked_about(&viewer, &form.csrf, &id)?;
    let draft =
        Draft { title: form.title.clone(), text: restored(&form.text), keywords: form.words(), ways: form.ways(), ..Draft::default() };
    let now = DateTime::now();
    let (entry, since) = (preview::on_trial(draft.clone(), now), preview::since(form.days.trim().parse().ok(), now));
    match preview::preview(&services, &entry, since, PREVIEW_ERRORS).await {
        Ok(found) => {
            let preview = Some(Shown::new(&viewer.frame, &services, &draft, found));
            render(viewer, &services, &id, Said { form: Some(form), preview, ..Said::default() }).await
        }
        Err(PreviewError::Rule(error)) => {
            let problem = told::draft(&viewer.frame, &DraftError::Rule(error));
            render(viewer, &services, &id, Said::refused(form, problem)).await
        }
        Err(PreviewError::Condition(error)) => {
            let problem = told::draft(&viewer.frame, &DraftError::Condition(error));
            render(viewer, &services, &id, Said::refused(form, problem)).await
        }
        Err(PreviewError::Store(error)) => Err(PageError::failed(viewer.frame, error)),
    }
}

/// `POST /errors/{id}/approve`; expert analysts.
pub(super) async fn approve(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(pairs): form::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let form = Form::read(pairs);
    let group = asked_about(&viewer, &form.csrf, &id)?;
    let Some(status) = form.choice() else {
        let problem = viewer.frame.t("group.status.missing");
        return render(viewer, &services, &id, Said::refused(form, problem)).await;
    };
    let approval = Approval {
        group,
        status,
        title: form.title.clone(),
        text: restored(&form.text),
        keywords: form.words(),
        answers: form::paragraphs(&form.answers),
        ways: form.ways(),
        by: viewer.user.name.clone(),
    };
    match approve::approve(&services, approval, DateTime::now()).await {
        Ok(done) if done.waits => Ok(see(&known::address(&done.known_error_id))),
        Ok(done) => Ok(see(&format!("{}?approved={}", known::address(&done.known_error_id), done.n_logs))),
        Err(ApproveError::NotFound(_)) => Err(PageError::NotFound(viewer.frame)),
        Err(ApproveError::AlreadyKnown(known)) => Ok(see(&known::address(&known))),
        Err(ApproveError::Invalid(error)) => {
            let problem = told::draft(&viewer.frame, &error);
            render(viewer, &services, &id, Said::refused(form, problem)).await
        }
        Err(ApproveError::Store(error)) => Err(PageError::failed(viewer.frame, error)),
    }
}
