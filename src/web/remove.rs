//! Taking a file back: what that means, and doing it.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    error::{PageError, page, see},
    form,
    session::{Frame, Viewer},
};
use crate::{
    domain::{LogFile, LogFileId, Role},
    usecase::{
        Services, audit,
        remove::{self, Consequences, Refused},
    },
};

#[derive(Template)]
#[template(path = "remove.html")]
struct Page {
    frame: Frame,
    file: LogFile,
    weighed: Consequences,
}

/// `GET /files/{id}/delete`; expert analysts.
pub(super) async fn ask(viewer: Viewer, services: web::Data<Services>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: LogFileId = id.parse().map_err(|_| missing())?;
    let file = viewer.reads(&services).find_log_file(&id).await.map_err(failed)?.ok_or_else(missing)?;
    let weighed = remove::weigh(&services, &id).await.map_err(failed)?;
    let template = Page { weighed, file, frame: viewer.frame };
    page(&template.frame, &template)
}

#[derive(Deserialize)]
pub(super) struct Remove {
    csrf: String,
}

/// `POST /files/{id}/delete`; expert analysts.
pub(super) async fn submit(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Remove>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    viewer.check_csrf(&form.csrf)?;
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: LogFileId = id.parse().map_err(|_| missing())?;
    let services = services.into_inner();
    // On a task of its own: a browser that goes away does not leave it half done.
    let removing = audit::spawn(async move { remove::remove(&services, &id).await });
    let removed = removing.await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    match removed.map_err(|error| PageError::failed(viewer.frame.clone(), error))? {
        Ok(removed) => {
            tracing::info!(file.id = %id, removed.n_logs, by = %viewer.user.name, "a file was removed");
            Ok(see("/files"))
        }
        Err(Refused::Missing) => Err(missing()),
        Err(Refused::Processing) => Err(PageError::Invalid(viewer.frame.clone(), viewer.frame.t("remove.processing"))),
    }
}
