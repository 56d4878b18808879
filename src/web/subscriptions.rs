//! Who is told what fails at a branch: subscriptions made, tried and removed, and what became of the latest messages.

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, page, page_as, see},
    form,
    session::{Frame, Viewer},
};
use crate::{
    domain::{Branch, ChannelError, Delivery, Often, Role, Subscription, SubscriptionId, Tongue},
    usecase::{
        Services,
        tell::{Lack, Outcome, SUBSCRIPTIONS, SubscribeError, Target, Wish},
    },
};

/// Messages shown.
const SHOWN: usize = 30;

/// What the form says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    csrf: String,
    pub(super) kind: String,
    pub(super) target: String,
    pub(super) often: String,
    pub(super) language: String,
    pub(super) known: Option<String>,
    pub(super) unknown: Option<String>,
    /// Of a subscription that is there: a new secret is wanted, and the version that was shown.
    pub(super) new_secret: Option<String>,
    pub(super) version: String,
}

impl Fields {
    /// The form of a subscription that is there.
    pub(super) fn of(subscription: &Subscription) -> Self {
        let on = |is_wanted: bool| is_wanted.then(|| "on".to_owned());
        Self {
            kind: subscription.channel.kind().to_owned(),
            target: subscription.channel.target(),
            often: subscription.often.as_str().to_owned(),
            language: subscription.language.as_str().to_owned(),
            known: on(subscription.known),
            unknown: on(subscription.unknown),
            version: subscription.version.to_string(),
            ..Self::default()
        }
    }

    pub(super) fn csrf(&self) -> &str {
        &self.csrf
    }

    /// What may be chosen.
    pub(super) fn frequencies(&self) -> &'static [Often] {
        Often::ALL
    }

    /// What may be chosen.
    pub(super) fn tongues(&self) -> &'static [Tongue] {
        Tongue::ALL
    }

    /// A form that nobody filled in yet.
    fn blank(frame: &Frame) -> Self {
        let on = || Some("on".to_owned());
        let language = frame.language.code().to_owned();
        Self { kind: "mail".into(), often: Often::AtOnce.as_str().into(), language, known: on(), unknown: on(), ..Self::default() }
    }

    pub(super) fn wish(&self) -> Option<Wish> {
        let target = match self.kind.as_str() {
            "mail" => Target::Mail(self.target.clone()),
            "webhook" => Target::Webhook(self.target.clone()),
            _ => return None,
        };
        let (often, language) = (Often::named(&self.often)?, Tongue::named(&self.language)?);
        Some(Wish { target, often, language, known: self.known.is_some(), unknown: self.unknown.is_some() })
    }
}

#[derive(Template)]
#[template(path = "subscriptions.html")]
struct Page {
    frame: Frame,
    branch: Branch,
    subscriptions: Vec<Subscription>,
    deliveries: Vec<Delivery>,
    fields: Fields,
    problem: Option<String>,
    /// What was done, in words.
    done: Option<String>,
    /// What signs the requests of a webhook that was just made; it is shown this once.
    secret: Option<String>,
}

/// What a page shows beside what is stored.
#[derive(Default)]
pub(super) struct Told {
    pub(super) fields: Option<Fields>,
    pub(super) problem: Option<String>,
    pub(super) done: Option<String>,
    pub(super) secret: Option<String>,
}

/// How often, in words.
pub(super) fn often_in_words(frame: &Frame, often: &Often) -> String {
    frame.t(&format!("subs.often.{}", often.as_str()))
}

/// A language by its own name.
pub(super) fn own_name(tongue: &Tongue) -> &'static str {
    match tongue {
        Tongue::English => "English",
        Tongue::Ukrainian => "Українська",
    }
}

/// The page with all of the branch's subscriptions.
pub(super) async fn drawn(viewer: Viewer, services: &Services, branch: Branch, told: Told) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let subscriptions = services.store.list_subscriptions(Some(&branch.code), SUBSCRIPTIONS).await.map_err(failed)?;
    let deliveries = services.store.list_deliveries(&branch.code, SHOWN).await.map_err(failed)?;
    let Told { fields, problem, done, secret } = told;
    let frame = viewer.frame;
    let fields = fields.unwrap_or_else(|| Fields::blank(&frame));
    let invalid = problem.is_some();
    let template = Page { frame: frame.clone(), branch, subscriptions, deliveries, fields, problem, done, secret };
    if invalid { page_as(StatusCode::UNPROCESSABLE_ENTITY, &frame, &template) } else { page(&frame, &template) }
}

/// The branch that the address names.
pub(super) async fn branch(viewer: &Viewer, services: &Services, code: &str) -> Result<Branch, PageError> {
    let missing = || PageError::NotFound(viewer.frame.clone());
    let code = code.parse().map_err(|_| missing())?;
    let found = viewer.reads(services).find_branch(&code).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    found.ok_or_else(missing)
}

/// `GET /branches/{code}/subscriptions`; system administrators.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>, code: web::Path<String>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    let branch = branch(&viewer, &services, &code).await?;
    drawn(viewer, &services, branch, Told::default()).await
}

/// `POST /branches/{code}/subscriptions`; system administrators.
pub(super) async fn add(
    viewer: Viewer,
    services: web::Data<Services>,
    code: web::Path<String>,
    form::Form(fields): form::Form<Fields>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    viewer.check_csrf(&fields.csrf)?;
    let branch = branch(&viewer, &services, &code).await?;
    let Some(wish) = fields.wish() else {
        let problem = Some(viewer.frame.t("subs.problem.form"));
        return drawn(viewer, &services, branch, Told { fields: Some(fields), problem, ..Told::default() }).await;
    };
    let told = match services.subscribe(&branch.code, wish, &viewer.user.name, DateTime::now()).await {
        Ok(made) => {
            let done = viewer.frame.say("subs.added", &[("target", made.subscription.channel.target().as_str())]);
            Told { done: Some(done), secret: made.secret.map(|secret| secret.expose().to_owned()), ..Told::default() }
        }
        Err(SubscribeError::Store(error)) => return Err(PageError::failed(viewer.frame.clone(), error)),
        Err(SubscribeError::Secret(error)) => return Err(PageError::failed(viewer.frame.clone(), error)),
        Err(error) => Told { problem: Some(problem(&viewer.frame, &error)), fields: Some(fields), ..Told::default() },
    };
    drawn(viewer, &services, branch, told).await
}

/// Why there is no subscription, in the viewer's language.
pub(super) fn problem(frame: &Frame, error: &SubscribeError) -> String {
    let limit = SUBSCRIPTIONS.to_string();
    let (key, x) = match error {
        SubscribeError::Channel(ChannelError::Mail(text)) => ("mail", text.as_str()),
        SubscribeError::Channel(ChannelError::Url(text)) => ("url", text.as_str()),
        SubscribeError::Channel(ChannelError::Number) => ("number", ""),
        SubscribeError::Lack(Lack::MailServer) => ("server", ""),
        SubscribeError::Lack(Lack::Host(host)) => ("host", host.as_str()),
        SubscribeError::There(target) => ("there", target.as_str()),
        SubscribeError::TooMany => ("many", limit.as_str()),
        SubscribeError::Nothing => ("nothing", ""),
        SubscribeError::Branch(_) | SubscribeError::Secret(_) | SubscribeError::Store(_) => ("form", ""),
    };
    frame.say(&format!("subs.problem.{key}"), &[("x", x)])
}

#[derive(Deserialize)]
pub(super) struct Asked {
    csrf: String,
}

/// The subscription of this branch that the address names.
pub(super) async fn named(viewer: &Viewer, services: &Services, (code, id): &(String, String)) -> Result<Subscription, PageError> {
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: SubscriptionId = id.parse().map_err(|_| missing())?;
    let found = services.store.find_subscription(&id).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    found.filter(|found| found.branch.as_str() == code).ok_or_else(missing)
}

/// `POST /branches/{code}/subscriptions/{id}/remove`; system administrators.
pub(super) async fn remove(
    viewer: Viewer,
    services: web::Data<Services>,
    place: web::Path<(String, String)>,
    form::Form(form): form::Form<Asked>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    viewer.check_csrf(&form.csrf)?;
    let subscription = named(&viewer, &services, &place).await?;
    services.unsubscribe(&subscription.id).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    Ok(see(&format!("/branches/{}/subscriptions", subscription.branch)))
}

/// `POST /branches/{code}/subscriptions/{id}/test`; system administrators.
pub(super) async fn test(
    viewer: Viewer,
    services: web::Data<Services>,
    place: web::Path<(String, String)>,
    form::Form(form): form::Form<Asked>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    viewer.check_csrf(&form.csrf)?;
    let subscription = named(&viewer, &services, &place).await?;
    let branch = branch(&viewer, &services, &place.0).await?;
    let target = subscription.channel.target();
    let outcome = services.clone().into_inner().try_subscription(subscription, DateTime::now()).await;
    let told = match outcome.map_err(|error| PageError::failed(viewer.frame.clone(), error))? {
        Outcome::Taken => Told { done: Some(viewer.frame.say("subs.tested", &[("target", target.as_str())])), ..Told::default() },
        Outcome::Later(fault) | Outcome::Refused(fault) => {
            let fault = viewer.frame.delivery_fault(&fault);
            let problem = viewer.frame.say("subs.test.failed", &[("target", target.as_str()), ("fault", fault.as_str())]);
            Told { problem: Some(problem), ..Told::default() }
        }
    };
    drawn(viewer, &services, branch, told).await
}

impl Page {
    /// Where a message is, in words.
    fn state(&self, delivery: &Delivery) -> String {
        self.frame.t(&format!("delivery.{}", delivery.state.as_str()))
    }

    /// How much it says.
    fn count(&self, delivery: &Delivery) -> String {
        self.frame.number(&i64::try_from(delivery.news.len()).unwrap_or(i64::MAX))
    }
}
