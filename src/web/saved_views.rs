//! Saved views as the page of their kind shows them: the list, the one that is looked at, and the forms that save what is looked at.

use crate::{
    domain::{QueryConfig, ViewKind},
    usecase::views::Shown,
};

/// The saved views of a page.
pub(super) struct Views {
    kind: ViewKind,
    pub(super) list: Vec<Listed>,
    /// The one that this page began as.
    pub(super) opened: Option<Opened>,
    /// What is looked at, as fields of the form that saves it; none where it cannot be saved.
    pub(super) fields: Vec<(&'static str, String)>,
}

/// A saved view in the list.
pub(super) struct Listed {
    pub(super) shown: Shown,
    pub(super) address: String,
    pub(super) is_open: bool,
}

/// The saved view that is looked at.
pub(super) struct Opened {
    pub(super) shown: Shown,
    /// As it was saved.
    pub(super) address: String,
    pub(super) is_changed: bool,
}

impl Views {
    /// The views of a kind that a person sees; `open` is the id of the one that is looked at.
    pub(super) fn of(
        kind: ViewKind,
        seen: Vec<Shown>,
        open: &str,
        is_changed: impl Fn(&QueryConfig) -> bool,
        fields: Vec<(&'static str, String)>,
    ) -> Self {
        let page = if kind == ViewKind::Logs { "/logs" } else { "/errors" };
        let listed = |shown: Shown| {
            let id = shown.config.id.to_string();
            Listed { address: format!("{page}?view={id}"), is_open: id == open, shown }
        };
        let list: Vec<Listed> = seen.into_iter().map(listed).collect();
        let opened = list.iter().find(|listed| listed.is_open).map(|listed| Opened {
            shown: listed.shown.clone(),
            address: listed.address.clone(),
            is_changed: is_changed(&listed.shown.config),
        });
        Self { kind, list, opened, fields }
    }

    /// Whether they are of the Logs.
    pub(super) fn are_of_logs(&self) -> bool {
        self.kind == ViewKind::Logs
    }

    /// Below which address each view has its forms.
    pub(super) fn at(&self) -> &'static str {
        if self.are_of_logs() { "/logs/saved" } else { "/errors/views" }
    }

    /// Where a view is saved.
    pub(super) fn save_at(&self) -> &'static str {
        if self.are_of_logs() { "/logs/save" } else { "/errors/views" }
    }
}
