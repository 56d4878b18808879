//! Tokens: keys with which programs act for a person. The secret is shown once, when it is made.

use bson::DateTime;

use super::{
    Services,
    audit::{self, AuditAction, Deed},
    sign_in::{SignInError, new_secret, token_hash},
};
use crate::{
    domain::{ApiToken, TokenId, TokenScope, User},
    store,
};

/// What every secret begins with, so that a leaked one is found by searching for it.
pub const PREFIX: &str = "lh_";
/// Characters of the secret that stay visible.
const VISIBLE: usize = PREFIX.len() + 6;
/// Tokens of one person that are not revoked.
pub const MAX_TOKENS: usize = 50;
/// Tokens listed.
const LISTED: usize = 200;
/// Longest life, in days.
pub const MAX_DAYS: u32 = 366;
/// A use is noted again after this long: a write for every request would cost more than the request.
const NOTED_EVERY_MS: i64 = 60_000;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Its name is blank or too long.
    #[error("name: 1 to 100 characters")]
    Name,
    /// It may do nothing.
    #[error("scopes: at least one is needed")]
    NoScope,
    /// Its life is too short or too long.
    #[error("days: 1 to {MAX_DAYS}")]
    Days,
    /// The person has too many.
    #[error("there are {MAX_TOKENS} tokens already: revoke those that are not used")]
    TooMany,
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// No secret could be made.
    #[error(transparent)]
    Secret(#[from] SignInError),
}

/// What a new token is to be.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Name for people.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<TokenScope>,
    /// Days until it ends.
    pub days: u32,
}

/// Makes a token for a person: its secret and its record.
///
/// # Errors
/// When a field is not right, the person has too many, or the store fails.
pub async fn create(services: &Services, user: &User, new: NewToken, now: DateTime) -> Result<(String, ApiToken), TokenError> {
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(TokenError::Name);
    }
    let mut scopes = new.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(TokenError::NoScope);
    }
    if !(1..=MAX_DAYS).contains(&new.days) {
        return Err(TokenError::Days);
    }
    let n_valid = services.store.list_api_tokens(&user.name, LISTED).await?.iter().filter(|token| token.is_valid(now)).count();
    if n_valid >= MAX_TOKENS {
        return Err(TokenError::TooMany);
    }
    let secret = format!("{PREFIX}{}", new_secret()?);
    let hash = token_hash(&secret);
    let token = ApiToken {
        id: ApiToken::id_for(&hash),
        token_hash: hash,
        prefix: secret.chars().take(VISIBLE).collect(),
        name: name.to_owned(),
        user: user.name.clone(),
        scopes,
        created_at: now,
        expires_at: DateTime::from_millis(now.timestamp_millis() + i64::from(new.days) * DAY_MS),
        last_used_at: None,
        revoked_at: None,
    };
    services.store.insert_api_token(&token).await?;
    audit::record(services, Deed::new(AuditAction::TokenCreate, &token.prefix).after(&told(&token))).await?;
    Ok((secret, token))
}

/// Whose token this is, and what it may do; `None` for one that is not valid or whose owner is not.
///
/// # Errors
/// When the store fails.
pub async fn authenticate(services: &Services, secret: &str, now: DateTime) -> store::Result<Option<(User, ApiToken)>> {
    let hash = token_hash(secret);
    let found = services.store.find_api_token(&ApiToken::id_for(&hash)).await?;
    let Some(token) = found.filter(|token| token.token_hash == hash && token.is_valid(now)) else { return Ok(None) };
    let Some(user) = services.store.find_user(&token.user).await?.filter(|user| !user.disabled) else { return Ok(None) };
    let noted = token.last_used_at.map_or(i64::MIN, DateTime::timestamp_millis);
    if now.timestamp_millis().saturating_sub(noted) >= NOTED_EVERY_MS {
        services.store.update_api_token_use(&token.id, now).await?;
    }
    Ok(Some((user, token)))
}

/// The person's tokens, newest first.
///
/// # Errors
/// When the store fails.
pub async fn list(services: &Services, user: &User) -> store::Result<Vec<ApiToken>> {
    services.store.list_api_tokens(&user.name, LISTED).await
}

/// Revokes one of the person's tokens; false when there is no such one in force.
///
/// # Errors
/// When the store fails.
pub async fn revoke(services: &Services, user: &User, id: &TokenId, now: DateTime) -> store::Result<bool> {
    let Some(token) = services.store.find_api_token(id).await?.filter(|token| token.user == user.name) else { return Ok(false) };
    let done = services.store.revoke_api_token(id, now).await?;
    if done {
        audit::record(services, Deed::new(AuditAction::TokenRevoke, &token.prefix).before(&told(&token))).await?;
    }
    Ok(done)
}

/// What the audit log keeps of a token.
fn told(token: &ApiToken) -> bson::Document {
    let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    bson::doc! { "name": &token.name, "user": &token.user, "scopes": scopes, "expires_at": token.expires_at }
}
