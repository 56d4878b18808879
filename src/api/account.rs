//! The caller's own tokens and sessions. Tokens are made and revoked by a signed-in person, not by a token.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use bson::DateTime;

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::{self, Body, missing},
    schema::{Moment, shape},
    words::Id,
};
use crate::{
    domain::{ApiToken, Session, TokenScope},
    usecase::{
        Services, account,
        tokens::{self, NewToken, TokenError},
    },
};

shape! {
    /// The caller's tokens, newest first.
    Tokens {
        /// The tokens.
        tokens: Vec<TokenShape>,
    }
    /// A key with which a program acts for a person.
    TokenShape {
        /// Its identifier.
        id: Id,
        /// The first characters of the secret.
        prefix: String,
        /// Its name.
        name: String,
        /// What it may be used for.
        scopes: Vec<TokenScope>,
        /// When it was made.
        created_at: Moment,
        /// When it ends.
        expires_at: Moment,
        /// When it was used last; exact to a minute.
        last_used_at: Option<Moment>,
        /// When it was revoked.
        revoked_at: Option<Moment>,
    }
    /// A new password.
    PasswordInput {
        /// The one that the caller has.
        old: String,
        /// The one that they are to have.
        new: String,
    }
    /// A token to be made.
    TokenInput {
        /// Its name, at most 100 characters.
        name: String,
        /// What it may be used for; at least one.
        scopes: Vec<TokenScope>,
        /// Days until it ends, 1 to 366.
        days: u32,
    }
    /// A new token with its secret, which is shown only now.
    TokenMade {
        /// The secret, to be sent as `Authorization: Bearer …`.
        secret: String,
        /// The token.
        token: TokenShape,
    }
    /// The caller's open sessions, the one that lasts longest first.
    Sessions {
        /// The sessions.
        sessions: Vec<SessionShape>,
    }
    /// A signed-in browser.
    SessionShape {
        /// The word that names it.
        name: String,
        /// It is the one that asks.
        current: bool,
        /// Address and browser that it was opened from.
        opened_from: String,
        /// When it began.
        created_at: Moment,
        /// When it ends.
        expires_at: Moment,
    }
}

impl From<ApiToken> for TokenShape {
    fn from(token: ApiToken) -> Self {
        Self {
            id: Id::of(token.id),
            prefix: token.prefix,
            name: token.name,
            scopes: token.scopes,
            created_at: Moment(token.created_at),
            expires_at: Moment(token.expires_at),
            last_used_at: token.last_used_at.map(Moment),
            revoked_at: token.revoked_at.map(Moment),
        }
    }
}

/// `GET /api/v1/tokens`.
pub(super) async fn tokens(caller: Caller, services: Data<Services>) -> Result<Json<Tokens>, ApiError> {
    let tokens = tokens::list(&services, &caller.user).await?;
    Ok(Json(Tokens { tokens: tokens.into_iter().map(TokenShape::from).collect() }))
}

/// `POST /api/v1/tokens`.
pub(super) async fn make(caller: Caller, services: Data<Services>, Body(input): Body<TokenInput>) -> Result<HttpResponse, ApiError> {
    let new = NewToken { name: input.name, scopes: input.scopes, days: input.days };
    let (secret, token) = tokens::create(&services, &caller.user, new, DateTime::now()).await.map_err(|error| match error {
        TokenError::Store(error) => error.into(),
        TokenError::Secret(error) => ApiError::failed(error),
        TokenError::TooMany => ApiError::new(Code::Conflict, error.to_string()),
        error => ApiError::new(Code::Invalid, error.to_string()),
    })?;
    Ok(HttpResponse::Created().json(TokenMade { secret, token: token.into() }))
}

/// `DELETE /api/v1/tokens/{id}`.
pub(super) async fn revoke(caller: Caller, services: Data<Services>, id: Path<String>) -> Result<HttpResponse, ApiError> {
    let done = tokens::revoke(&services, &caller.user, &input::id(&id)?, DateTime::now()).await?;
    if done { Ok(HttpResponse::NoContent().finish()) } else { Err(missing()) }
}

/// `GET /api/v1/sessions`.
pub(super) async fn sessions(caller: Caller, services: Data<Services>) -> Result<Json<Sessions>, ApiError> {
    let open = account::sessions(&services, &caller.user, DateTime::now()).await?;
    let current = caller.session().map(|session| session.token_hash.as_str());
    let shape = |session: &Session| SessionShape {
        name: account::session_name(session).to_owned(),
        current: Some(session.token_hash.as_str()) == current,
        opened_from: session.opened_from.clone(),
        created_at: Moment(session.created_at),
        expires_at: Moment(session.expires_at),
    };
    Ok(Json(Sessions { sessions: open.iter().map(shape).collect() }))
}

/// `DELETE /api/v1/sessions/{name}`.
pub(super) async fn end_session(caller: Caller, services: Data<Services>, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let done = account::end_session(&services, &caller.user, &name, DateTime::now()).await?;
    if done { Ok(HttpResponse::NoContent().finish()) } else { Err(missing()) }
}

/// `POST /api/v1/me/password`: every other session of the caller ends.
pub(super) async fn password(caller: Caller, services: Data<Services>, Body(input): Body<PasswordInput>) -> Result<HttpResponse, ApiError> {
    let session = caller.session().ok_or_else(missing)?;
    account::change_password(&services, &caller.user, session, input.old.into(), input.new.into()).await?;
    Ok(HttpResponse::NoContent().finish())
}
