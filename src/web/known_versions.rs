//! Versions of a known error: who made which, what differs between two of them, and taking one back.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, page, see},
    form, known,
    known_life::refused,
    session::{Frame, Viewer},
};
use crate::{
    domain::{KnownError, KnownErrorId, KnownErrorVersion, Role},
    usecase::{
        Services, aside,
        revise::{self, FieldDiff, Piece},
    },
};

/// Versions on a page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "known_versions.html")]
struct Page {
    frame: Frame,
    address: String,
    entry: KnownError,
    versions: Vec<KnownErrorVersion>,
    /// The older and the newer version that are compared.
    pair: Option<(i64, i64)>,
    differences: Vec<FieldDiff>,
    /// From where on earlier versions are listed.
    next: Option<i64>,
}

impl Page {
    /// Whether the version is the one it stands at.
    fn is_latest(&self, version: &KnownErrorVersion) -> bool {
        version.number == self.entry.version
    }

    /// Whether the version is one of those that are compared.
    fn is_shown(&self, version: &KnownErrorVersion, newer: bool) -> bool {
        self.pair.is_some_and(|(old, new)| version.number == if newer { new } else { old })
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    from: Option<i64>,
    to: Option<i64>,
    before: Option<i64>,
}

/// `GET /known/{id}/versions`; programmers and analysts.
pub(super) async fn show(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let missing = || PageError::NotFound(viewer.frame.clone());
    let (id, store) = (KnownErrorId(id.into_inner()), services.store.as_ref());
    let (entry, _) = revise::load(store, &id).await.map_err(failed)?.ok_or_else(missing)?;
    let mut versions = store.list_known_error_versions(&id, asked.before, PAGE + 1).await.map_err(failed)?;
    let more = versions.len() > PAGE;
    versions.truncate(PAGE);
    // Where nothing is asked for, the latest change is shown.
    let newer = asked.to.or_else(|| versions.first().map(|version| version.number));
    let older = asked.from.or_else(|| versions.get(1).map(|version| version.number));
    let (mut pair, mut differences) = (None, Vec::new());
    if let (Some(a), Some(b)) = (older, newer) {
        let (old, new) = (a.min(b), a.max(b));
        let old = store.find_known_error_version(&id, old).await.map_err(failed)?.ok_or_else(missing)?;
        let new = store.find_known_error_version(&id, new).await.map_err(failed)?.ok_or_else(missing)?;
        (pair, differences) = (Some((old.number, new.number)), revise::diff(&old, &new));
    }
    let next = versions.last().filter(|_| more).map(|last| last.number);
    let template = Page { address: known::address(&id), entry, versions, pair, differences, next, frame: viewer.frame };
    page(&template.frame, &template)
}

#[derive(Deserialize)]
pub(super) struct Restore {
    csrf: String,
    #[serde(default)]
    seen: i64,
    #[serde(default)]
    number: i64,
}

/// `POST /known/{id}/restore`; expert analysts. What is taken back is a new version.
pub(super) async fn restore(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Restore>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    viewer.check_csrf(&form.csrf)?;
    let id = KnownErrorId(id.into_inner());
    match revise::restore(&services, &id, form.seen, form.number, &viewer.user.name, DateTime::now()).await {
        Ok(version) => {
            aside::judge(&services, &id).await;
            Ok(see(&format!("{}?changed={version}", known::address(&id))))
        }
        Err(error) => Err(refused(viewer.frame, error)),
    }
}

#[cfg(test)]
mod tests {
    use crate::{domain::Change, usecase::revise::FIELDS, web::i18n::Language};

    #[test]
    fn every_change_and_field_is_said() {
        for key in
            Change::ALL.map(|change| format!("change.{}", change.as_str())).into_iter().chain(FIELDS.map(|field| format!("field.{field}")))
        {
            assert_ne!(Language::Ukrainian.text(&key), key);
        }
    }
}
