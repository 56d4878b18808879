//! A person's own account: password, open sessions, tokens.

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;
use bson::DateTime;
use secrecy::SecretString;
use serde::Deserialize;

use super::{
    error::{PageError, page_as, see},
    form, people,
    session::{Frame, Viewer},
    told,
};
use crate::{
    domain::{ApiToken, Session, TokenScope},
    usecase::{
        Services, account,
        tokens::{self, NewToken, TokenError},
    },
};

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    frame: Frame,
    role: String,
    branches: String,
    /// Each with the word that names it, and whether it is the one that asks.
    sessions: Vec<(Session, String, bool)>,
    /// Each with a word for its state.
    tokens: Vec<(ApiToken, &'static str)>,
    scopes: [TokenScope; 5],
    said: Said,
}

/// What the page says beside what is stored.
#[derive(Default)]
struct Said {
    /// What is wrong with the form for the password.
    password: Option<String>,
    /// What is wrong with the form for a token.
    token: Option<String>,
    /// A new token's secret.
    secret: Option<String>,
    /// The password was changed.
    changed: bool,
}

/// `GET /account`; whoever is signed in.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    let changed = asked.changed.is_some();
    render(viewer, &services, Said { changed, ..Said::default() }).await
}

#[derive(Deserialize)]
pub(super) struct Asked {
    changed: Option<String>,
}

async fn render(viewer: Viewer, services: &Services, said: Said) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let now = DateTime::now();
    let sessions = account::sessions(services, &viewer.user, now).await.map_err(failed)?;
    let tokens = tokens::list(services, &viewer.user).await.map_err(failed)?;
    let named = |session: Session| {
        let (name, own) = (account::session_name(&session).to_owned(), session.token_hash == viewer.session.token_hash);
        (session, name, own)
    };
    let state = |token: ApiToken| {
        let state = match (token.is_valid(now), token.revoked_at) {
            (true, _) => "token.valid",
            (false, Some(_)) => "token.revoked",
            (false, None) => "token.ended",
        };
        (token, state)
    };
    let refused = said.password.is_some() || said.token.is_some();
    let template = Page {
        role: viewer.frame.t(&format!("role.{}", viewer.user.role.as_str())),
        branches: viewer.user.branches.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        sessions: sessions.into_iter().map(named).collect(),
        tokens: tokens.into_iter().map(state).collect(),
        scopes: TokenScope::ALL,
        said,
        frame: viewer.frame,
    };
    page_as(if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &template.frame, &template)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Passwords {
    csrf: String,
    old: SecretString,
    new: SecretString,
}

/// `POST /account/password`; whoever is signed in. All their other sessions end.
pub(super) async fn password(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(form): form::Form<Passwords>,
) -> Result<HttpResponse, PageError> {
    viewer.check_csrf(&form.csrf)?;
    match account::change_password(&services, &viewer.user, &viewer.session, form.old, form.new).await {
        Ok(_) => Ok(see("/account?changed=1")),
        Err(error) => {
            let password = Some(people::refusal(&viewer.frame, error)?);
            render(viewer, &services, Said { password, ..Said::default() }).await
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Keys {
    csrf: String,
    off: Option<String>,
}

/// `POST /account/keys`; whoever is signed in. Whether pages act on single letters.
pub(super) async fn keys(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(form): form::Form<Keys>,
) -> Result<HttpResponse, PageError> {
    viewer.check_csrf(&form.csrf)?;
    match account::set_single_keys_off(&services, &viewer.user, form.off.is_some()).await {
        Ok(()) => Ok(see("/account#single-keys")),
        Err(error) => Err(PageError::failed(viewer.frame, error)),
    }
}

/// `POST /account/sessions/{id}/end`; whoever opened it.
pub(super) async fn end_session(
    viewer: Viewer,
    services: web::Data<Services>,
    name: web::Path<String>,
    form::Form(form): form::Form<people::Token>,
) -> Result<HttpResponse, PageError> {
    form.check(&viewer)?;
    let done = account::end_session(&services, &viewer.user, &name, DateTime::now()).await;
    ended(viewer, done)
}

fn ended(viewer: Viewer, done: crate::store::Result<bool>) -> Result<HttpResponse, PageError> {
    match done {
        Ok(true) => Ok(see("/account")),
        Ok(false) => Err(PageError::NotFound(viewer.frame)),
        Err(error) => Err(PageError::failed(viewer.frame, error)),
    }
}

/// A new token; its scopes are fields of their own, as browsers send boxes that are ticked.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct TokenForm {
    csrf: String,
    name: String,
    days: String,
    read: Option<String>,
    triage: Option<String>,
    knowledge: Option<String>,
    upload: Option<String>,
    admin: Option<String>,
}

/// `POST /account/tokens`; whoever is signed in. The page shows the secret this once.
pub(super) async fn make(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(form): form::Form<TokenForm>,
) -> Result<HttpResponse, PageError> {
    viewer.check_csrf(&form.csrf)?;
    let ticked = [&form.read, &form.triage, &form.knowledge, &form.upload, &form.admin];
    let scopes = TokenScope::ALL.into_iter().zip(ticked).filter(|(_, ticked)| ticked.is_some()).map(|(scope, _)| scope);
    let new = NewToken { name: form.name, scopes: scopes.collect(), days: form.days.trim().parse().unwrap_or_default() };
    match tokens::create(&services, &viewer.user, new, DateTime::now()).await {
        Ok((secret, _)) => render(viewer, &services, Said { secret: Some(secret), ..Said::default() }).await,
        Err(TokenError::Store(error)) => Err(PageError::failed(viewer.frame, error)),
        Err(TokenError::Secret(error)) => Err(PageError::failed(viewer.frame, error)),
        Err(error) => {
            let token = Some(told::token(&viewer.frame, &error));
            render(viewer, &services, Said { token, ..Said::default() }).await
        }
    }
}

/// `POST /account/tokens/{id}/revoke`; whoever made it.
pub(super) async fn revoke(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<people::Token>,
) -> Result<HttpResponse, PageError> {
    form.check(&viewer)?;
    let id = id.parse().map_err(|_| PageError::NotFound(viewer.frame.clone()))?;
    let done = tokens::revoke(&services, &viewer.user, &id, DateTime::now()).await;
    ended(viewer, done)
}
