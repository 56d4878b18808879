//! People and invitations, for administrators.

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
    domain::{BranchCode, Invitation, Role, User},
    usecase::{
        Services,
        people::{self, Membership, PeopleError},
    },
};

shape! {
    /// All people, by name.
    People {
        /// The people.
        users: Vec<UserShape>,
    }
    /// A person who signs in.
    UserShape {
        /// Sign-in name.
        name: String,
        /// What they may do.
        role: Role,
        /// Branches that a branch operator sees.
        branches: Vec<BranchCode>,
        /// Whether sign-in is refused.
        disabled: bool,
        /// When the account was made.
        created_at: Moment,
    }
    /// What a person is to be.
    UserInput {
        /// What they may do.
        role: Role,
        /// Branches that a branch operator sees; not kept for other roles.
        branches: Option<Vec<BranchCode>>,
        /// Whether sign-in is refused.
        disabled: Option<bool>,
    }
    /// Invitations that have not ended, newest first.
    Invitations {
        /// The invitations.
        invitations: Vec<InvitationShape>,
    }
    /// An invitation.
    InvitationShape {
        /// Its identifier.
        id: Id,
        /// Sign-in name of whoever joins.
        name: String,
        /// What they may do.
        role: Role,
        /// Branches that a branch operator sees.
        branches: Vec<BranchCode>,
        /// Who invites.
        invited_by: String,
        /// When.
        created_at: Moment,
        /// When the link ends.
        expires_at: Moment,
    }
    /// Who is to be invited.
    InvitationInput {
        /// Sign-in name, at most 64 bytes.
        name: String,
        /// What they may do.
        role: Role,
        /// Branches that a branch operator sees; not kept for other roles.
        branches: Option<Vec<BranchCode>>,
    }
    /// A new invitation with its link, which is shown only now.
    Invited {
        /// The invitation.
        invitation: InvitationShape,
        /// Path of the link, to be sent to the person.
        path: String,
    }
}

impl From<User> for UserShape {
    fn from(user: User) -> Self {
        let User { name, role, branches, disabled, created_at, .. } = user;
        Self { name, role, branches, disabled, created_at: Moment(created_at) }
    }
}

impl From<Invitation> for InvitationShape {
    fn from(invitation: Invitation) -> Self {
        let Invitation { id, name, role, branches, invited_by, created_at, expires_at, .. } = invitation;
        let (created_at, expires_at) = (Moment(created_at), Moment(expires_at));
        Self { id: Id::of(id), name, role, branches, invited_by, created_at, expires_at }
    }
}

impl From<PeopleError> for ApiError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::NotFound => missing(),
            PeopleError::NameTaken | PeopleError::LastAdministrator => Self::new(Code::Conflict, error.to_string()),
            PeopleError::Store(error) => error.into(),
            PeopleError::Secret(error) => Self::failed(error),
            error => Self::new(Code::Invalid, error.to_string()),
        }
    }
}

/// `GET /api/v1/users`.
pub(super) async fn list(services: Data<Services>) -> Result<Json<People>, ApiError> {
    let users = services.store.list_users().await?;
    Ok(Json(People { users: users.into_iter().map(UserShape::from).collect() }))
}

/// `GET /api/v1/users/{name}`.
pub(super) async fn show(services: Data<Services>, name: Path<String>) -> Result<Json<UserShape>, ApiError> {
    Ok(Json(services.store.find_user(&name).await?.ok_or_else(missing)?.into()))
}

/// `PUT /api/v1/users/{name}`.
pub(super) async fn change(
    services: Data<Services>,
    name: Path<String>,
    Body(input): Body<UserInput>,
) -> Result<Json<UserShape>, ApiError> {
    let membership = Membership { role: input.role, branches: input.branches.unwrap_or_default() };
    Ok(Json(people::change(&services, &name, membership, input.disabled.unwrap_or_default()).await?.into()))
}

/// `GET /api/v1/invitations`.
pub(super) async fn invitations(services: Data<Services>) -> Result<Json<Invitations>, ApiError> {
    let open = services.store.list_invitations(DateTime::now()).await?;
    Ok(Json(Invitations { invitations: open.into_iter().map(InvitationShape::from).collect() }))
}

/// `POST /api/v1/invitations`.
pub(super) async fn invite(caller: Caller, services: Data<Services>, Body(input): Body<InvitationInput>) -> Result<HttpResponse, ApiError> {
    let membership = Membership { role: input.role, branches: input.branches.unwrap_or_default() };
    let (secret, invitation) = people::invite(&services, &input.name, membership, &caller.user.name, DateTime::now()).await?;
    let invited = Invited { invitation: invitation.into(), path: format!("/join/{secret}") };
    Ok(HttpResponse::Created().json(invited))
}

/// `DELETE /api/v1/invitations/{id}`.
pub(super) async fn uninvite(services: Data<Services>, id: Path<String>) -> Result<HttpResponse, ApiError> {
    people::uninvite(&services, &input::id(&id)?, DateTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
