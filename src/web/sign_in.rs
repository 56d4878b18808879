//! Signing in and out.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite},
    http::StatusCode,
    web,
};
use askama::Template;
use bson::DateTime;
use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::{
    client,
    error::{PageError, page, page_as, see},
    form,
    preferences::local,
    session::{COOKIE, Frame, Viewer},
};
use crate::usecase::{
    self, Services,
    audit::{self, AuditAction, Deed},
    refusals::Kind,
};

/// Failed attempts for one name from one address before it has to wait.
const MAX_ATTEMPTS: u32 = 8;
/// How long it waits.
const PAUSE: Duration = Duration::from_secs(60);
/// Names and addresses remembered; a flood of more has to wait as a whole.
const MAX_REMEMBERED: usize = 10_000;
/// Longest sign-in name.
const MAX_NAME: usize = 64;
/// Passwords checked at a time: each check is made to cost much memory and time.
const MAX_CHECKS: usize = 4;

/// By whom, from where. The address is a part of it so that a stranger cannot keep a person out.
type Who = (String, Option<IpAddr>);

/// Failed attempts, and the bound of attempts under way.
pub(super) struct Attempts {
    failed: Mutex<HashMap<Who, (u32, Instant)>>,
    checks: Semaphore,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { failed: Mutex::default(), checks: Semaphore::new(MAX_CHECKS) }
    }
}

impl Attempts {
    /// Whether this one may try now; counts the attempt.
    fn take(&self, who: &Who, now: Instant) -> bool {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |last: Instant| now.saturating_duration_since(last) < PAUSE;
        if failed.len() >= MAX_REMEMBERED {
            failed.retain(|_, (_, last)| waits(*last));
            if failed.len() >= MAX_REMEMBERED {
                return false;
            }
        }
        let (n, last) = failed.entry(who.clone()).or_insert((0, now));
        if !waits(*last) {
            *n = 0;
        }
        if *n >= MAX_ATTEMPTS {
            return false;
        }
        (*n, *last) = (*n + 1, now);
        true
    }

    fn forget(&self, who: &Who) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).remove(who);
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    frame: Frame,
    next: String,
    name: String,
    problem: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Form {
    name: String,
    password: SecretString,
    #[serde(default)]
    next: String,
}

/// `GET /sign-in`; anybody.
pub(super) async fn show(request: HttpRequest, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    let frame = Frame::of(&request);
    page(&frame.clone(), &Page { frame, next: asked.next.clone(), name: String::new(), problem: None })
}

/// `POST /sign-in`; anybody. A session begins here; other sites cannot use the form to any end, the cookie is theirs to bring.
pub(super) async fn submit(
    request: HttpRequest,
    services: web::Data<Services>,
    attempts: web::Data<Attempts>,
    form::Form(form): form::Form<Form>,
) -> Result<HttpResponse, PageError> {
    let frame = Frame::of(&request);
    let again = |status: StatusCode, key: &str| {
        let page = Page { problem: Some(frame.t(key)), frame: frame.clone(), next: form.next.clone(), name: frame.headline(&form.name) };
        page_as(status, &frame, &page)
    };
    if form.name.len() > MAX_NAME {
        return again(StatusCode::UNAUTHORIZED, "sign_in.wrong");
    }
    let who = (form.name.clone(), client::address(&request, &services.config.server.trusted_proxies));
    if !attempts.take(&who, Instant::now()) {
        let refused = Deed::new(AuditAction::SignIn, &form.name).by(&form.name);
        audit::record_stranger(&services, Kind::SignIn, refused).await;
        return again(StatusCode::TOO_MANY_REQUESTS, "sign_in.wait");
    }
    let turn = attempts.checks.acquire().await;
    let opened_from = client::described(&request, who.1);
    let done = usecase::sign_in::sign_in(&services, &form.name, form.password.clone(), &opened_from, DateTime::now()).await;
    drop(turn);
    let Some((token, _)) = done.map_err(|error| PageError::failed(frame.clone(), error))? else {
        return again(StatusCode::UNAUTHORIZED, "sign_in.wrong");
    };
    attempts.forget(&who);
    let cookie =
        Cookie::build(COOKIE, token).path("/").http_only(true).same_site(SameSite::Lax).secure(services.config.server.https).finish();
    let mut response = see(local(&form.next));
    response.add_cookie(&cookie).map_err(|error| PageError::failed(frame.clone(), error))?;
    Ok(response)
}

#[derive(Deserialize)]
pub(super) struct Out {
    csrf: String,
}

/// `POST /sign-out`; whoever is signed in.
pub(super) async fn out(
    viewer: Viewer,
    request: HttpRequest,
    services: web::Data<Services>,
    form::Form(form): form::Form<Out>,
) -> Result<HttpResponse, PageError> {
    viewer.check_csrf(&form.csrf)?;
    if let Some(cookie) = request.cookie(COOKIE) {
        usecase::sign_in::sign_out(&services, cookie.value()).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    }
    let mut response = see("/sign-in");
    let mut gone = Cookie::build(COOKIE, "").path("/").finish();
    gone.make_removal();
    response.add_cookie(&gone).map_err(|error| PageError::failed(viewer.frame, error))?;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_waits_after_many_attempts_from_one_address_and_no_longer_than_the_pause() {
        let (attempts, begin) = (Attempts::default(), Instant::now());
        let who = |address: [u8; 4]| ("olena".to_owned(), Some(IpAddr::from(address)));
        let (stranger, herself) = (who([10, 0, 0, 1]), who([10, 0, 0, 2]));
        let n_taken = (0..20).filter(|_| attempts.take(&stranger, begin)).count();
        assert_eq!(n_taken, MAX_ATTEMPTS as usize);
        assert!(attempts.take(&herself, begin));
        assert!(attempts.take(&stranger, begin + PAUSE));
    }

    #[test]
    fn a_flood_of_names_takes_bounded_memory() {
        let (attempts, begin) = (Attempts::default(), Instant::now());
        for n in 0..MAX_REMEMBERED + 10 {
            attempts.take(&(n.to_string(), None), begin);
        }
        assert_eq!(attempts.failed.lock().unwrap().len(), MAX_REMEMBERED);
        assert!(attempts.take(&("olena".to_owned(), None), begin + PAUSE));
    }
}
