//! People: who may do what, and the invitation by which they join.

use bson::DateTime;
use secrecy::{ExposeSecret, SecretString};

use super::{
    Services,
    audit::{self, AuditAction, Deed},
    sign_in::{SignInError, new_secret, new_user, token_hash},
};
use crate::{
    domain::{BranchCode, Invitation, InvitationId, Role, User},
    store,
};

/// Shortest password, in characters.
pub const MIN_PASSWORD: usize = 12;
/// Longest password, in bytes: hashing costs by length.
const MAX_PASSWORD: usize = 1024;
/// Longest sign-in name, in bytes.
const MAX_NAME: usize = 64;
/// How long a link lasts.
const LINK_HOURS: i64 = 72;

/// Why a person was not invited, added or changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// There is nobody of that name, or no such invitation.
    #[error("there is no such person or invitation")]
    NotFound,
    /// The name cannot be one.
    #[error("name: 1 to {MAX_NAME} bytes without blanks at the ends or control characters")]
    Name,
    /// The name is taken.
    #[error("name: it is taken")]
    NameTaken,
    /// A branch operator without branches would see nothing.
    #[error("branches: a branch operator needs at least one")]
    NoBranch,
    /// There is no such branch.
    #[error("branches: there is no branch `{0}`")]
    UnknownBranch(BranchCode),
    /// The new password is too short or too long.
    #[error("password: at least {MIN_PASSWORD} characters, at most {MAX_PASSWORD} bytes")]
    Password,
    /// The old password is wrong.
    #[error("the old password is wrong")]
    WrongPassword,
    /// Nobody could manage people any more.
    #[error("this is the last administrator")]
    LastAdministrator,
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// No secret could be made.
    #[error(transparent)]
    Secret(#[from] SignInError),
}

/// What a person is to be.
#[derive(Debug, Clone)]
pub struct Membership {
    /// What they may do.
    pub role: Role,
    /// Branches that a branch operator sees.
    pub branches: Vec<BranchCode>,
}

/// Invites a person: the secret of the link, and the invitation.
///
/// # Errors
/// When name or branches are not right, the name is taken, or the store fails.
pub async fn invite(
    services: &Services,
    name: &str,
    membership: Membership,
    by: &str,
    now: DateTime,
) -> Result<(String, Invitation), PeopleError> {
    let plain = !name.is_empty() && name.len() <= MAX_NAME && name.trim() == name && !name.chars().any(char::is_control);
    if !plain {
        return Err(PeopleError::Name);
    }
    let branches = checked(services, &membership).await?;
    if services.store.find_user(name).await?.is_some() {
        return Err(PeopleError::NameTaken);
    }
    let secret = new_secret()?;
    let hash = token_hash(&secret);
    let invitation = Invitation {
        id: Invitation::id_for(&hash),
        token_hash: hash,
        name: name.to_owned(),
        role: membership.role,
        branches,
        invited_by: by.to_owned(),
        created_at: now,
        expires_at: DateTime::from_millis(now.timestamp_millis() + LINK_HOURS * 3_600_000),
    };
    services.store.insert_invitation(&invitation).await?;
    let state = bson::doc! { "role": invitation.role.as_str(), "branches": words(&invitation.branches) };
    audit::record(services, Deed::new(AuditAction::UserInvite, name).after(&state)).await?;
    Ok((secret, invitation))
}

/// The invitation that a link's secret opens.
///
/// # Errors
/// When the store fails.
pub async fn invitation(services: &Services, secret: &str, now: DateTime) -> store::Result<Option<Invitation>> {
    let hash = token_hash(secret);
    let found = services.store.find_invitation(&Invitation::id_for(&hash), now).await?;
    Ok(found.filter(|invitation| invitation.token_hash == hash))
}

/// Takes an invitation back.
///
/// # Errors
/// When there is none or the store fails.
pub async fn uninvite(services: &Services, id: &InvitationId, now: DateTime) -> Result<(), PeopleError> {
    let invitation = services.store.find_invitation(id, now).await?.ok_or(PeopleError::NotFound)?;
    services.store.delete_invitation(id).await?;
    audit::record(services, Deed::new(AuditAction::UserUninvite, &invitation.name)).await?;
    Ok(())
}

/// Joins by a link: it works once, since the name that it gives is taken then.
///
/// # Errors
/// When the link is not valid, the password is too short, or the store fails.
pub async fn join(services: &Services, secret: &str, password: SecretString, now: DateTime) -> Result<User, PeopleError> {
    let invitation = invitation(services, secret, now).await?.ok_or(PeopleError::NotFound)?;
    check_password(&password)?;
    let user = new_user(&invitation.name, password, invitation.role, invitation.branches.clone(), now).await?;
    match services.store.insert_user(&user).await {
        Ok(()) => {}
        Err(store::Error::Conflict { .. }) => return Err(PeopleError::NameTaken),
        Err(error) => return Err(error.into()),
    }
    services.store.delete_invitation(&invitation.id).await?;
    let deed = Deed::new(AuditAction::UserJoin, &user.name).by(&user.name).after(&told(&user));
    audit::record(services, deed).await?;
    Ok(user)
}

/// Changes role, branches and whether a person may sign in. Whoever may not any more is signed out everywhere.
///
/// # Errors
/// When there is nobody of that name, a branch does not exist, nobody would be left to manage people, or the store fails.
pub async fn change(services: &Services, name: &str, membership: Membership, disabled: bool) -> Result<User, PeopleError> {
    let before = services.store.find_user(name).await?.ok_or(PeopleError::NotFound)?;
    let branches = checked(services, &membership).await?;
    let manages = |user: &User| user.role == Role::SystemAdministrator && !user.disabled;
    let after = User { role: membership.role, branches, disabled, ..before.clone() };
    if manages(&before) && !manages(&after) {
        let others = services.store.list_users().await?;
        if !others.iter().any(|other| other.name != name && manages(other)) {
            return Err(PeopleError::LastAdministrator);
        }
    }
    services.store.update_user(&after).await?;
    if disabled {
        services.store.delete_sessions(name, None).await?;
    }
    audit::record(services, Deed::new(AuditAction::UserChange, name).before(&told(&before)).after(&told(&after))).await?;
    Ok(after)
}

/// Checks a new password.
///
/// # Errors
/// When it is too short, or so long that hashing it would cost too much.
pub fn check_password(password: &SecretString) -> Result<(), PeopleError> {
    let password = password.expose_secret();
    let fits = password.chars().count() >= MIN_PASSWORD && password.len() <= MAX_PASSWORD;
    if fits { Ok(()) } else { Err(PeopleError::Password) }
}

/// The branches of a membership, each of which there is; none for roles that see all.
async fn checked(services: &Services, membership: &Membership) -> Result<Vec<BranchCode>, PeopleError> {
    if membership.role != Role::BranchOperator {
        return Ok(Vec::new());
    }
    if membership.branches.is_empty() {
        return Err(PeopleError::NoBranch);
    }
    let known = services.store.list_branches().await?;
    match membership.branches.iter().find(|code| !known.iter().any(|branch| branch.code == **code)) {
        Some(missing) => Err(PeopleError::UnknownBranch(missing.clone())),
        None => Ok(membership.branches.clone()),
    }
}

/// What the audit log keeps of a person.
fn told(user: &User) -> bson::Document {
    bson::doc! { "role": user.role.as_str(), "branches": words(&user.branches), "disabled": user.disabled }
}

fn words(branches: &[BranchCode]) -> Vec<&str> {
    branches.iter().map(BranchCode::as_str).collect()
}
