//! Who asks: a program with a token, or a signed-in browser of this site. Checked against the list of addresses before any handler runs.

use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest, ResponseError,
    body::BoxBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
    web,
};
use bson::DateTime;
use futures_util::future;

use super::{
    Access, Address, COOKIE,
    error::{ApiError, Code},
};
use crate::{
    domain::{ApiToken, Role, Session, TokenScope, User, Via},
    store::ScopedStore,
    usecase::{Services, audit, reading, sign_in, tokens},
};

/// The header in which a browser shows the session's token when it changes something.
const CSRF: &str = "x-csrf-token";

/// By which door somebody came.
#[derive(Clone)]
pub(crate) enum Door {
    /// A signed-in browser.
    Session(Session),
    /// A token.
    Token(ApiToken),
}

/// Whoever asks.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) user: User,
    pub(crate) door: Door,
}

impl Caller {
    /// Their session; those with a token have none.
    pub(crate) fn session(&self) -> Option<&Session> {
        match &self.door {
            Door::Session(session) => Some(session),
            Door::Token(_) => None,
        }
    }

    /// The store as they see it; whatever belongs to branches is read through it.
    pub(crate) fn reads(&self, services: &Services) -> ScopedStore {
        reading::scoped(services, &self.user)
    }

    /// Whether a token's scopes allow it; a person's own session does.
    fn may_use(&self, scope: TokenScope) -> bool {
        match &self.door {
            Door::Session(_) => true,
            Door::Token(token) => token.scopes.contains(&scope),
        }
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        future::ready(request.extensions().get::<Self>().cloned().ok_or_else(unauthenticated))
    }
}

fn unauthenticated() -> ApiError {
    ApiError::new(Code::Unauthenticated, "sign in, or send a token that is valid: `Authorization: Bearer lh_…`")
}

/// Lets a request to one of these addresses, which have one path, pass to its handler, or answers why not.
pub(crate) async fn guard(
    addresses: &'static [Address],
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match admit(addresses, &request).await {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            next.call(request).await
        }
        Err(error) => Ok(request.into_response(error.error_response())),
    }
}

/// Who it is, where the address wants to know.
async fn admit(addresses: &[Address], request: &ServiceRequest) -> Result<Option<Caller>, ApiError> {
    // A method that the address does not have is told by the router.
    let Some(address) = addresses.iter().find(|address| address.method == *request.method()) else { return Ok(None) };
    let (role, scope) = match address.access {
        Access::Public | Access::IngestionKey => return Ok(None),
        Access::Loopback if is_local(request) => return Ok(None),
        Access::Loopback => (Role::SystemAdministrator, Some(TokenScope::Admin)),
        Access::Person(role, scope) => (role, Some(scope)),
        Access::Session(role) => (role, None),
    };
    let caller = identify(request).await?;
    if caller.user.role < role {
        return Err(ApiError::new(Code::Forbidden, format!("this needs the role `{}`", role.as_str())));
    }
    match scope {
        None if caller.session().is_none() => Err(ApiError::new(Code::Forbidden, "this needs a signed-in person; a token does not do")),
        Some(scope) if !caller.may_use(scope) => {
            Err(ApiError::new(Code::Forbidden, format!("this needs a token with the scope `{}`", scope.as_str())))
        }
        _ => Ok(Some(caller)),
    }
}

async fn identify(request: &ServiceRequest) -> Result<Caller, ApiError> {
    let services = request.app_data::<web::Data<Services>>().ok_or_else(unauthenticated)?;
    if let Some(given) = request.headers().get(header::AUTHORIZATION) {
        let secret = given.to_str().ok().and_then(|given| given.split_once(' ')).filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
        let (_, secret) = secret.ok_or_else(unauthenticated)?;
        let found = tokens::authenticate(services, secret.trim(), DateTime::now()).await?;
        let (user, token) = found.ok_or_else(unauthenticated)?;
        audit::identify(&user.name, Via::Token);
        return Ok(Caller { user, door: Door::Token(token) });
    }
    let cookie = request.cookie(COOKIE).ok_or_else(unauthenticated)?;
    let found = sign_in::session(services, cookie.value(), DateTime::now()).await?;
    let (user, session) = found.ok_or_else(unauthenticated)?;
    audit::identify(&user.name, Via::Session);
    if !request.method().is_safe() {
        check_origin(request, &session)?;
    }
    Ok(Caller { user, door: Door::Session(session) })
}

/// Browsers send cookies along with what other sites ask for: a change needs the session's token, which only our pages can read.
fn check_origin(request: &ServiceRequest, session: &Session) -> Result<(), ApiError> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let same_site = header("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let shown = header(CSRF).unwrap_or_default();
    let same = blake3::hash(shown.as_bytes()) == blake3::hash(session.csrf.as_bytes());
    if same_site && same {
        return Ok(());
    }
    Err(ApiError::new(Code::Forbidden, format!("with a cookie, a change needs the header `{CSRF}` with the `csrf` of `/api/v1/me`")))
}

/// Whether the request comes from this machine and not through a proxy on it.
fn is_local(request: &ServiceRequest) -> bool {
    let forwarded = ["x-forwarded-for", "forwarded"].iter().any(|name| request.headers().contains_key(*name));
    !forwarded && request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback())
}
