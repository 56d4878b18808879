//! Forms of an error's page: who deals with it, until when it is set aside, what is said of it.

use actix_web::{HttpResponse, web};
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, see},
    errors,
    escape::restored,
    form,
    session::{Frame, Viewer},
};
use crate::{
    domain::{GroupId, Role, Until},
    usecase::{
        Services,
        triage::{self, Decision, TriageError},
    },
};

#[derive(Deserialize)]
pub(super) struct Assign {
    csrf: String,
    /// Blank for nobody.
    #[serde(default)]
    to: String,
}

/// `POST /errors/{id}/assign`; expert analysts.
pub(super) async fn assign(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Assign>,
) -> Result<HttpResponse, PageError> {
    let group = errors::asked_about(&viewer, &form.csrf, &id)?;
    decide(viewer, &services, group, &Decision::Assign(assignee(&form.to))).await
}

/// The person that a form names.
pub(super) fn assignee(name: &str) -> Option<String> {
    Some(restored(name.trim())).filter(|name| !name.is_empty())
}

#[derive(Deserialize)]
pub(super) struct Ignore {
    csrf: String,
    #[serde(flatten)]
    until: UntilForm,
}

/// Until when, as the forms say it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct UntilForm {
    /// `always`, `more`, `date` or `rate`; blank or always where a field below decides.
    pub(super) until: String,
    /// How many more.
    pub(super) more: String,
    /// A day, or a moment in UTC.
    pub(super) date: String,
    /// How many in an hour.
    pub(super) rate: String,
}

impl UntilForm {
    /// Until when, by the field that is filled in; `None` where that cannot be read, another choice is made, or several are.
    pub(super) fn read(&self) -> Option<Until> {
        let number = |text: &str| text.trim().parse().ok().filter(|n| (1..=Until::MOST).contains(n));
        let fields = [("more", &self.more), ("date", &self.date), ("rate", &self.rate)];
        let mut filled = fields.into_iter().filter(|(_, value)| !value.trim().is_empty()).map(|(word, _)| word);
        let word = match (filled.next(), filled.next(), self.until.as_str()) {
            (None, _, chosen) => chosen,
            (Some(word), None, "" | "always") => word,
            (Some(word), None, chosen) if chosen == word => word,
            _ => return None,
        };
        match word {
            "" | "always" => Some(Until::Always),
            "more" => number(&self.more).map(Until::More),
            "date" => moment(self.date.trim()).map(Until::Date),
            "rate" => number(&self.rate).map(Until::Rate),
            _ => None,
        }
    }
}

/// `2016-05-08` or `2016-05-08T07:17`, in UTC.
pub(super) fn moment(text: &str) -> Option<DateTime> {
    let civil = text.parse::<jiff::civil::DateTime>().or_else(|_| text.parse::<jiff::civil::Date>().map(|day| day.at(0, 0, 0, 0))).ok()?;
    let moment = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(DateTime::from_millis(moment.as_millisecond()))
}

/// `POST /errors/{id}/ignore`; expert analysts.
pub(super) async fn ignore(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Ignore>,
) -> Result<HttpResponse, PageError> {
    let group = errors::asked_about(&viewer, &form.csrf, &id)?;
    let Some(until) = form.until.read() else {
        let problem = viewer.frame.t("until.unreadable");
        return errors::refused(viewer, &services, &id, problem).await;
    };
    decide(viewer, &services, group, &Decision::Ignore(until)).await
}

#[derive(Deserialize)]
pub(super) struct Reopen {
    csrf: String,
}

/// `POST /errors/{id}/reopen`; expert analysts.
pub(super) async fn reopen(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Reopen>,
) -> Result<HttpResponse, PageError> {
    let group = errors::asked_about(&viewer, &form.csrf, &id)?;
    decide(viewer, &services, group, &Decision::Reopen).await
}

async fn decide(viewer: Viewer, services: &Services, group: GroupId, decision: &Decision) -> Result<HttpResponse, PageError> {
    match triage::decide(services, group, decision, &viewer.user.name, DateTime::now()).await {
        Ok(_) => Ok(see(&format!("/errors/{group}"))),
        Err(error) => answer(viewer, services, group, error).await,
    }
}

#[derive(Deserialize)]
pub(super) struct Comment {
    csrf: String,
    #[serde(default)]
    text: String,
}

/// `POST /errors/{id}/comment`; programmers and analysts.
pub(super) async fn comment(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Comment>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    viewer.check_csrf(&form.csrf)?;
    let group: GroupId = id.parse().map_err(|_| PageError::NotFound(viewer.frame.clone()))?;
    match triage::comment(&services, group, &restored(&form.text), &viewer.user.name, DateTime::now()).await {
        Ok(()) => Ok(see(&format!("/errors/{group}#activity"))),
        Err(error) => answer(viewer, &services, group, error).await,
    }
}

/// The page that says why a decision does not hold.
async fn answer(viewer: Viewer, services: &Services, group: GroupId, error: TriageError) -> Result<HttpResponse, PageError> {
    match error {
        TriageError::Store(error) => Err(PageError::failed(viewer.frame, error)),
        TriageError::NotFound(_) => Err(PageError::NotFound(viewer.frame)),
        other => {
            let problem = told(&viewer.frame, &other);
            errors::refused(viewer, services, &group.to_string(), problem).await
        }
    }
}

/// Why a decision does not hold, in the reader's language.
pub(super) fn told(frame: &Frame, error: &TriageError) -> String {
    match error {
        TriageError::Known(_) => frame.t("triage.known"),
        TriageError::Nobody(name) => frame.say("triage.nobody", &[("name", name)]),
        TriageError::Comment => frame.say("triage.comment", &[("n", &triage::MAX_COMMENT.to_string())]),
        TriageError::Busy(_) => frame.t("triage.busy"),
        TriageError::NotFound(_) | TriageError::Store(_) => frame.t("error.not_found"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_say_until_when() {
        let date = Until::Date(DateTime::from_millis(1_462_691_820_000));
        for (until, [more, day, rate], expected) in [
            ("", ["", "", ""], Some(Until::Always)),
            ("always", [" ", "", ""], Some(Until::Always)),
            ("more", [" 5 ", "", ""], Some(Until::More(5))),
            ("more", ["", "", ""], None),
            ("more", ["0", "", ""], None),
            ("more", ["-1", "", ""], None),
            ("rate", ["", "", "1000000001"], None),
            ("rate", ["", "", "7"], Some(Until::Rate(7))),
            ("date", ["", "2016-05-08T07:17", ""], Some(date)),
            ("date", ["", "2016-05-32", ""], None),
            ("never", ["", "", ""], None),
            // What is filled in decides over what was chosen beforehand.
            ("always", ["5", "", ""], Some(Until::More(5))),
            ("", ["", "2016-05-08T07:17", ""], Some(date)),
            ("always", ["x", "", ""], None),
            ("date", ["5", "", ""], None),
            ("more", ["5", "", "7"], None),
            ("always", ["5", "2016-05-08", ""], None),
        ] {
            let form = UntilForm { until: until.to_owned(), more: more.to_owned(), date: day.to_owned(), rate: rate.to_owned() };
            assert_eq!(form.read(), expected, "{until} {more} {day} {rate}");
        }
        assert_eq!(moment("2016-05-08"), Some(DateTime::from_millis(1_462_665_600_000)));
    }
}
