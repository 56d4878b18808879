//! The quarantine: what could not be read, byte for byte, who sent it and why it is here; and reading it again.

use std::fmt::Write;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    error::{PageError, page, see},
    form,
    session::{Frame, Viewer},
};
use crate::{
    api::ingest::Gate,
    domain::{BranchCode, LogFile, QuarantineId, Quarantined, Role},
    store::QuarantineCursor,
    usecase::{Services, ingest::replay::Replayed},
};

/// Pieces on a page.
const PAGE: usize = 50;
/// Bytes shown of a piece, and of the beginning of one in the list.
const SHOWN: usize = 4096;
const BEGINNING: usize = 200;
/// Bytes in a row of the hexadecimal form.
const ROW: usize = 16;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    branch: String,
    /// Moment and id of the last piece of the page before.
    after: Option<String>,
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "quarantine.html")]
struct List {
    frame: Frame,
    branch: String,
    rows: Vec<(Quarantined, String)>,
    next: Option<String>,
    done: Option<String>,
}

/// `GET /quarantine`; whoever reads all branches.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let branch: Option<BranchCode> = asked.branch.trim().parse().ok();
    let after = asked.after.as_deref().and_then(|after| after.parse().ok());
    let mut pieces = services.store.list_quarantine_page(branch.as_ref(), after, PAGE + 1).await.map_err(failed)?;
    let more = pieces.len() > PAGE;
    pieces.truncate(PAGE);
    let next = pieces.last().filter(|_| more).map(|last| {
        let branch = branch.as_ref().map(|branch| format!("branch={branch}&")).unwrap_or_default();
        format!("/quarantine?{branch}after={}", QuarantineCursor { date: last.created_at, id: last.id })
    });
    let rows = pieces.into_iter().map(|piece| {
        let text = text(&piece, BEGINNING);
        (piece, text)
    });
    let done = asked.done.parse::<i64>().ok().map(|n| viewer.frame.say("quarantine.done", &[("n", &viewer.frame.number(&n))]));
    let template =
        List { branch: branch.map(|branch| branch.to_string()).unwrap_or_default(), rows: rows.collect(), next, done, frame: viewer.frame };
    page(&template.frame, &template)
}

#[derive(Template)]
#[template(path = "piece.html")]
struct Page {
    frame: Frame,
    piece: Quarantined,
    file: Option<LogFile>,
    text: String,
    hex: String,
    /// Only the beginning of the bytes is shown.
    cut: bool,
    problem: Option<String>,
}

/// `GET /quarantine/{id}`; whoever reads all branches.
pub(super) async fn show(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let piece = find(&viewer, &services, &id).await?;
    let file = services.store.find_log_file(&piece.log_file_id).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let problem = match asked.done.as_str() {
        "unreadable" => Some(viewer.frame.t("quarantine.unreadable")),
        "cut" => Some(viewer.frame.t("quarantine.cut")),
        _ => None,
    };
    let bytes = &piece.raw.bytes;
    let (text, hex) = (text(&piece, SHOWN), hex(bytes.get(..SHOWN).unwrap_or(bytes)));
    let template = Page { cut: bytes.len() > SHOWN, text, hex, file, piece, problem, frame: viewer.frame };
    page(&template.frame, &template)
}

#[derive(Deserialize)]
pub(super) struct Fields {
    csrf: String,
}

/// `POST /quarantine/{id}/replay`; expert analysts.
pub(super) async fn replay(
    viewer: Viewer,
    services: web::Data<Services>,
    gate: web::Data<Gate>,
    id: web::Path<String>,
    form::Form(form): form::Form<Fields>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    viewer.check_csrf(&form.csrf)?;
    let piece = find(&viewer, &services, &id).await?;
    let replayed = gate.replay(&services, piece).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    Ok(see(&match replayed {
        Replayed::Unreadable => format!("/quarantine/{id}?done=unreadable"),
        Replayed::Cut => format!("/quarantine/{id}?done=cut"),
        Replayed::Done(posted) => format!("/quarantine?done={}", posted.new + posted.paired + posted.already_known),
    }))
}

async fn find(viewer: &Viewer, services: &Services, id: &str) -> Result<Quarantined, PageError> {
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: QuarantineId = id.parse().map_err(|_| missing())?;
    services.store.find_quarantined(&id).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?.ok_or_else(missing)
}

/// The beginning of a piece as text; what is no UTF-8 shows as replaced.
fn text(piece: &Quarantined, limit: usize) -> String {
    let bytes = piece.raw.bytes.get(..limit).unwrap_or(&piece.raw.bytes);
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

/// Bytes as offsets, hexadecimal digits and printable characters.
fn hex(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (n, row) in bytes.chunks(ROW).enumerate() {
        let digits: String = row.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x} "));
        let shown: String = row.iter().map(|byte| if (0x20..0x7F).contains(byte) { char::from(*byte) } else { '.' }).collect();
        // Writing to a text cannot fail.
        _ = writeln!(out, "{:08x}  {digits:<48} {shown}", n * ROW);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_in_rows() {
        assert_eq!(hex(b"<b>\x00\xFF"), format!("00000000  {:<48} <b>..\n", "3c 62 3e 00 ff "));
        assert_eq!(hex(&[b'a'; 17]).lines().count(), 2);
        for (text, is_place) in [("-5-0123456789abcdef01234567", true), ("x", false), ("5-x", false)] {
            assert_eq!(text.parse::<QuarantineCursor>().is_ok(), is_place, "{text}");
        }
    }
}
