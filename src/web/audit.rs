//! The audit log, for administrators: who did what to what, and what was refused.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::{Bson, DateTime};
use serde::Deserialize;

use super::{
    error::{PageError, page},
    escape::percent,
    session::{Frame, Viewer},
};
use crate::{
    domain::{AuditAction, AuditEntry, Role},
    store::{AuditCursor, AuditPage},
    usecase::{Services, audit},
};

/// Entries on a page.
const PAGE: usize = 100;

/// Which entries; blank fields ask for nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    actor: String,
    action: String,
    target: String,
    refused: Option<String>,
    after: Option<String>,
}

impl Asked {
    fn is(&self, action: &AuditAction) -> bool {
        self.action == action.as_str()
    }

    fn page(&self) -> AuditPage {
        let word = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        AuditPage {
            actor: word(&self.actor),
            action: AuditAction::ALL.iter().copied().find(|action| self.is(action)),
            target: word(&self.target),
            refused: self.refused.is_some(),
            after: self.after.as_deref().and_then(cursor),
            limit: PAGE,
            ..AuditPage::default()
        }
    }

    fn address(&self, next: AuditCursor) -> String {
        let refused = if self.refused.is_some() { "&refused=1" } else { "" };
        let (actor, action, target) = (percent(&self.actor), percent(&self.action), percent(&self.target));
        let after = format!("{}_{}", next.at.timestamp_millis(), next.id);
        format!("/audit?actor={actor}&action={action}&target={target}{refused}&after={after}")
    }
}

/// `1462691865000_<id>`.
fn cursor(text: &str) -> Option<AuditCursor> {
    let (at, id) = text.split_once('_')?;
    Some(AuditCursor { at: DateTime::from_millis(at.parse().ok()?), id: id.parse().ok()? })
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    frame: Frame,
    asked: Asked,
    actions: &'static [AuditAction],
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    entry: AuditEntry,
    /// What was there before and is there now, as JSON.
    states: Vec<(&'static str, String)>,
}

/// `GET /audit`; administrators.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    let found = audit::list(&services, asked.page()).await;
    let (entries, next) = found.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let template = Page {
        rows: entries.into_iter().map(row).collect(),
        next: next.map(|next| asked.address(next)),
        asked: asked.into_inner(),
        actions: AuditAction::ALL,
        frame: viewer.frame,
    };
    page(&template.frame, &template)
}

fn row(entry: AuditEntry) -> Row {
    let shown = |state: &Bson| serde_json::to_string_pretty(&state.clone().into_relaxed_extjson()).unwrap_or_default();
    let states = [("audit.before", &entry.before), ("audit.after", &entry.after)];
    let states = states.into_iter().filter_map(|(key, state)| Some((key, shown(state.as_ref()?)))).collect();
    Row { entry, states }
}
