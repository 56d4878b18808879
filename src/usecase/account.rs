//! A person's own account: the password, what they want of pages, and the sessions that are open.

use bson::DateTime;
use secrecy::SecretString;

use super::{
    Services,
    audit::{self, AuditAction, Deed},
    people::{PeopleError, check_password},
    sign_in::{is_right, new_user},
};
use crate::{
    domain::{Session, User},
    store,
};

/// Characters of a session's hash by which people and addresses name it.
const NAME_LENGTH: usize = 16;

/// The word that names a session.
pub fn session_name(session: &Session) -> &str {
    session.token_hash.get(..NAME_LENGTH).unwrap_or(&session.token_hash)
}

/// Changes the person's password and ends every other session, so that whoever knew the old one is out.
///
/// # Errors
/// When the old password is wrong, the new one too short, or the store fails.
pub async fn change_password(
    services: &Services,
    user: &User,
    session: &Session,
    old: SecretString,
    new: SecretString,
) -> Result<u64, PeopleError> {
    check_password(&new)?;
    if !is_right(&user.password_hash, old).await? {
        audit::record(services, Deed::new(AuditAction::UserPassword, &user.name).refused()).await?;
        return Err(PeopleError::WrongPassword);
    }
    let hashed = new_user(&user.name, new, user.role, Vec::new(), user.created_at).await?;
    // Read again: role and branches may have changed since the request began.
    let now = services.store.find_user(&user.name).await?.ok_or(PeopleError::NotFound)?;
    services.store.update_user(&User { password_hash: hashed.password_hash, ..now }).await?;
    let n_ended = services.store.delete_sessions(&user.name, Some(&session.token_hash)).await?;
    audit::record(services, Deed::new(AuditAction::UserPassword, &user.name)).await?;
    Ok(n_ended)
}

/// Says whether pages act on single letters for the person.
///
/// # Errors
/// When the store fails.
pub async fn set_single_keys_off(services: &Services, user: &User, off: bool) -> store::Result<()> {
    // Read again: role and branches may have changed since the request began.
    let Some(now) = services.store.find_user(&user.name).await? else { return Ok(()) };
    services.store.update_user(&User { single_keys_off: off, ..now }).await.map(drop)
}

/// The person's open sessions, newest first.
///
/// # Errors
/// When the store fails.
pub async fn sessions(services: &Services, user: &User, now: DateTime) -> store::Result<Vec<Session>> {
    services.store.list_sessions(&user.name, now).await
}

/// Ends one of the person's sessions; false when there is none of that name.
///
/// # Errors
/// When the store fails.
pub async fn end_session(services: &Services, user: &User, name: &str, now: DateTime) -> store::Result<bool> {
    let open = services.store.list_sessions(&user.name, now).await?;
    let Some(session) = open.iter().find(|session| session_name(session) == name) else { return Ok(false) };
    services.store.delete_session(&session.token_hash).await?;
    audit::record(services, Deed::new(AuditAction::SessionRevoke, &user.name).before(&session.opened_from)).await?;
    Ok(true)
}
