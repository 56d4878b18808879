//! People, for administrators: who may do what, invitations, and whoever is refused.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, page_as, see},
    form,
    session::{Frame, Viewer},
    site, told,
};
use crate::{
    domain::{Branch, BranchCode, Invitation, Role, User},
    usecase::{
        Services,
        people::{self, Membership, PeopleError},
    },
};

/// The roles, the one that may least first.
pub(super) const ROLES: [Role; 4] = [Role::BranchOperator, Role::ProgrammerDeveloper, Role::ExpertAnalyst, Role::SystemAdministrator];

/// What a form about a person holds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    csrf: String,
    name: String,
    role: String,
    branches: String,
    disabled: Option<String>,
}

impl Form {
    fn is(&self, role: &Role) -> bool {
        self.role == role.as_str()
    }

    /// Role and branches; `None` where no such role or branch can be.
    fn membership(&self) -> Option<Membership> {
        let role = ROLES.into_iter().find(|role| self.is(role))?;
        let branches = form::words(&self.branches).iter().map(|code| code.parse()).collect::<Result<_, _>>().ok()?;
        Some(Membership { role, branches })
    }
}

#[derive(Template)]
#[template(path = "people.html")]
struct List {
    frame: Frame,
    users: Vec<User>,
    invitations: Vec<Invitation>,
    branches: Vec<Branch>,
    form: Form,
    problem: Option<String>,
    /// Address of a new invitation, to be sent to the person.
    link: Option<String>,
}

/// `GET /people`; administrators.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    render(viewer, &services, Form::default(), None, None).await
}

async fn render(
    viewer: Viewer,
    services: &Services,
    form: Form,
    problem: Option<String>,
    link: Option<String>,
) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let users = services.store.list_users().await.map_err(failed)?;
    let invitations = services.store.list_invitations(DateTime::now()).await.map_err(failed)?;
    let branches = viewer.reads(services).list_branches().await.map_err(failed)?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let template = List { users, invitations, branches, form, problem, link, frame: viewer.frame };
    page_as(status, &template.frame, &template)
}

/// `POST /people/invite`; administrators. The page shows the link this once.
pub(super) async fn invite(
    viewer: Viewer,
    services: web::Data<Services>,
    request: HttpRequest,
    form::Form(form): form::Form<Form>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    viewer.check_csrf(&form.csrf)?;
    let Some(membership) = form.membership() else {
        let problem = viewer.frame.t("people.error.role");
        return render(viewer, &services, form, Some(problem), None).await;
    };
    match people::invite(&services, form.name.trim(), membership, &viewer.user.name, DateTime::now()).await {
        Ok((secret, _)) => {
            render(viewer, &services, Form::default(), None, Some(format!("{}/join/{secret}", site::base(&request, &services)))).await
        }
        Err(error) => {
            let problem = refusal(&viewer.frame, error)?;
            render(viewer, &services, form, Some(problem), None).await
        }
    }
}

/// What stands in the way, in words; a failure of ours is no such thing.
pub(super) fn refusal(frame: &Frame, error: PeopleError) -> Result<String, PageError> {
    match error {
        PeopleError::NotFound => Err(PageError::NotFound(frame.clone())),
        PeopleError::Store(error) => Err(PageError::failed(frame.clone(), error)),
        PeopleError::Secret(error) => Err(PageError::failed(frame.clone(), error)),
        error => Ok(told::person(frame, &error)),
    }
}

#[derive(Deserialize)]
pub(super) struct Token {
    csrf: String,
}

impl Token {
    /// Fails unless the form carries the session's token.
    pub(super) fn check(&self, viewer: &Viewer) -> Result<(), PageError> {
        viewer.check_csrf(&self.csrf)
    }
}

/// `POST /people/invitations/{id}/withdraw`; administrators.
pub(super) async fn withdraw(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Token>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    form.check(&viewer)?;
    let id = id.parse().map_err(|_| PageError::NotFound(viewer.frame.clone()))?;
    match people::uninvite(&services, &id, DateTime::now()).await {
        Ok(()) => Ok(see("/people")),
        Err(error) => Err(refusal(&viewer.frame, error).err().unwrap_or(PageError::NotFound(viewer.frame))),
    }
}

#[derive(Template)]
#[template(path = "person.html")]
struct Person {
    frame: Frame,
    user: User,
    form: Form,
    problem: Option<String>,
}

async fn person(viewer: Viewer, services: &Services, name: &str, sent: Option<(Form, String)>) -> Result<HttpResponse, PageError> {
    let found = services.store.find_user(name).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let user = found.ok_or_else(|| PageError::NotFound(viewer.frame.clone()))?;
    let (form, problem) = sent.map_or_else(|| (stored(&user), None), |(form, problem)| (form, Some(problem)));
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let template = Person { user, form, problem, frame: viewer.frame };
    page_as(status, &template.frame, &template)
}

/// The form as it says what is so now.
fn stored(user: &User) -> Form {
    Form {
        role: user.role.as_str().to_owned(),
        branches: user.branches.iter().map(BranchCode::as_str).collect::<Vec<_>>().join(", "),
        disabled: user.disabled.then(String::new),
        ..Form::default()
    }
}

/// `GET /people/{person}`; administrators.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>, name: web::Path<String>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    person(viewer, &services, &name, None).await
}

/// `POST /people/{person}`; administrators.
pub(super) async fn change(
    viewer: Viewer,
    services: web::Data<Services>,
    name: web::Path<String>,
    form::Form(form): form::Form<Form>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    viewer.check_csrf(&form.csrf)?;
    let Some(membership) = form.membership() else {
        let problem = viewer.frame.t("people.error.role");
        return person(viewer, &services, &name, Some((form, problem))).await;
    };
    match people::change(&services, &name, membership, form.disabled.is_some()).await {
        Ok(_) => Ok(see("/people")),
        Err(error) => {
            let problem = refusal(&viewer.frame, error)?;
            person(viewer, &services, &name, Some((form, problem))).await
        }
    }
}
