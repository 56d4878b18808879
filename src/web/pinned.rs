//! Pinned views, seen from every page: a page of them, and the same list alone for the menu that shows it in place.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    error::{PageError, page},
    session::{Frame, Viewer},
};
use crate::{
    domain::ViewKind,
    store,
    usecase::{Services, views},
};

/// A pinned view.
struct Pin {
    name: String,
    address: String,
    /// Where it is said how much it finds.
    count: String,
}

/// Pinned views of a kind.
struct Pins {
    /// The key of the kind's name, and its page.
    name: &'static str,
    address: &'static str,
    views: Vec<Pin>,
}

#[derive(Template)]
#[template(path = "pinned.html")]
struct Page {
    frame: Frame,
    pins: Vec<Pins>,
}

#[derive(Template)]
#[template(path = "pinned_views.html")]
struct Fragment {
    frame: Frame,
    pins: Vec<Pins>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    /// Only the list.
    part: Option<String>,
}

/// `GET /pinned`; whoever is signed in.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    let pins = pins(&viewer, &services).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let frame = viewer.frame;
    match asked.part {
        Some(_) => page(&frame.clone(), &Fragment { frame, pins }),
        None => page(&frame.clone(), &Page { frame, pins }),
    }
}

async fn pins(viewer: &Viewer, services: &Services) -> store::Result<Vec<Pins>> {
    let mut pins = Vec::new();
    for (kind, name, address, counts) in
        [(ViewKind::Errors, "menu.errors", "/errors", "/errors/views"), (ViewKind::Logs, "menu.logs", "/logs", "/logs/saved")]
    {
        let shown = views::list(services, &viewer.user, kind).await?.into_iter().filter(|shown| shown.config.pinned);
        let pin = |shown: views::Shown| Pin {
            address: format!("{address}?view={}", shown.config.id),
            count: format!("{counts}/{}/count", shown.config.id),
            name: shown.config.name,
        };
        let views: Vec<Pin> = shown.map(pin).collect();
        if !views.is_empty() {
            pins.push(Pins { name, address, views });
        }
    }
    Ok(pins)
}
