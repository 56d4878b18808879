//! Signing in and out.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite},
    web,
};
use askama::Template;
use bson::DateTime;
use secrecy::SecretString;
use serde::Deserialize;

use super::{
    error::{PageError, page, see},
    preferences::local,
    session::{COOKIE, Frame, Viewer},
};
use crate::usecase::{self, Services};

/// Failed attempts for one name from one address before it has to wait.
const MAX_ATTEMPTS: u32 = 8;
/// How long it waits.
const PAUSE: Duration = Duration::from_secs(60);

/// Failed attempts by name and address.
#[derive(Default)]
pub(super) struct Attempts(Mutex<HashMap<String, (u32, Instant)>>);

impl Attempts {
    /// Whether the name may try again now; counts the attempt.
    fn take(&self, name: &str) -> bool {
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.retain(|_, (_, last)| last.elapsed() < PAUSE);
        let (n, last) = attempts.entry(name.to_owned()).or_insert((0, Instant::now()));
        *n += 1;
        *last = Instant::now();
        *n <= MAX_ATTEMPTS
    }

    fn forget(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
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
    form: web::Form<Form>,
) -> Result<HttpResponse, PageError> {
    let frame = Frame::of(&request);
    let form = form.into_inner();
    let again = |key: &str| {
        page(&frame, &Page { problem: Some(frame.t(key)), frame: frame.clone(), next: form.next.clone(), name: form.name.clone() })
    };
    // By name and address, so that nobody locks another person out from elsewhere.
    let who = format!("{}\n{}", form.name, request.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default());
    if !attempts.take(&who) {
        return again("sign_in.wait");
    }
    let done = usecase::sign_in::sign_in(&services, &form.name, form.password.clone(), DateTime::now()).await;
    let Some((token, _)) = done.map_err(|error| PageError::failed(frame.clone(), error))? else { return again("sign_in.wrong") };
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
    form: web::Form<Out>,
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
