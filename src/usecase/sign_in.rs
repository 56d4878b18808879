//! Signing in and out: argon2id passwords, sessions whose secret only the browser has.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use bson::DateTime;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    domain::{BranchCode, Role, Session, User},
    store,
};

use super::{
    Services,
    audit::{self, AuditAction, Deed, Via},
};

/// Why nobody could be signed in or added.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The operating system gives no random numbers, or hashing failed.
    #[error("cannot make a secret: {0}")]
    Secret(String),
}

/// Hash against which the password of an unknown name is checked, so that names cannot be told by the time taken.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$W3LhMAb0nkEPfyFNOKTSCQDdnxc7dbHHtQvLmyfBhcQ";

/// Longest description of where a session was opened from, in characters.
const MAX_OPENED_FROM: usize = 200;

/// A new secret of 32 random bytes, hexadecimal.
///
/// # Errors
/// When the operating system gives no random numbers.
pub fn new_secret() -> Result<String, SignInError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| SignInError::Secret(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A person's record with the password hashed.
///
/// # Errors
/// When hashing fails.
pub async fn new_user(
    name: &str,
    password: SecretString,
    role: Role,
    branches: Vec<BranchCode>,
    now: DateTime,
) -> Result<User, SignInError> {
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.expose_secret().as_bytes()).map(|hash| hash.to_string())
    });
    let password_hash = hashed.await.map_err(|error| SignInError::Secret(error.to_string()))?;
    let password_hash = password_hash.map_err(|error| SignInError::Secret(error.to_string()))?;
    Ok(User { name: name.to_owned(), password_hash, role, branches, disabled: false, single_keys_off: false, created_at: now })
}

/// Whether a password is the one that was hashed.
pub(super) async fn is_right(hash: &str, password: SecretString) -> Result<bool, SignInError> {
    let hash = hash.to_owned();
    let right = tokio::task::spawn_blocking(move || {
        PasswordHash::new(&hash).is_ok_and(|hash| Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok())
    });
    right.await.map_err(|error| SignInError::Secret(error.to_string()))
}

/// Checks name and password; the cookie's secret and the session when they are right.
///
/// # Errors
/// When the store fails.
pub async fn sign_in(
    services: &Services,
    name: &str,
    password: SecretString,
    opened_from: &str,
    now: DateTime,
) -> Result<Option<(String, Session)>, SignInError> {
    let user = services.store.find_user(name).await?;
    let hash = user.as_ref().map_or_else(|| NOBODY.to_owned(), |user| user.password_hash.clone());
    let right = is_right(&hash, password).await?;
    let Some(user) = user.filter(|user| right && !user.disabled) else {
        audit::record(services, Deed::new(AuditAction::SignIn, name).by(name).refused()).await?;
        return Ok(None);
    };
    let token = new_secret()?;
    let lifetime_ms = i64::from(services.config.session.hours) * 3_600_000;
    let session = Session {
        token_hash: token_hash(&token),
        user: user.name,
        csrf: new_secret()?,
        opened_from: opened_from.chars().take(MAX_OPENED_FROM).collect(),
        created_at: now,
        expires_at: DateTime::from_millis(now.timestamp_millis() + lifetime_ms),
    };
    services.store.delete_expired_sessions(now).await?;
    services.store.insert_session(&session).await?;
    audit::identify(&session.user, Via::Session);
    audit::record(services, Deed::new(AuditAction::SignIn, &session.user)).await?;
    Ok(Some((token, session)))
}

/// Who the cookie's secret belongs to.
///
/// # Errors
/// When the store fails.
pub async fn session(services: &Services, token: &str, now: DateTime) -> store::Result<Option<(User, Session)>> {
    let Some(session) = services.store.find_session(&token_hash(token), now).await? else { return Ok(None) };
    let user = services.store.find_user(&session.user).await?.filter(|user| !user.disabled);
    Ok(user.map(|user| (user, session)))
}

/// Ends the session.
///
/// # Errors
/// When the store fails.
pub async fn sign_out(services: &Services, token: &str) -> store::Result<()> {
    services.store.delete_session(&token_hash(token)).await?;
    let who = audit::actor().map(|(name, _)| name).unwrap_or_default();
    audit::record(services, Deed::new(AuditAction::SignOut, who)).await
}

/// BLAKE3 of a secret, hexadecimal. One fast hash is enough for secrets of 32 random bytes: nobody can go through them.
pub(super) fn token_hash(token: &str) -> String {
    blake3::hash(token.as_bytes()).to_hex().to_string()
}
