//! The quarantine: what could not be read, byte for byte, who sent it and why it is here; and reading it again.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt::Write,
};

use actix_web::{HttpResponse, web};
use askama::Template;
use encoding_rs::{Encoding, UTF_8};
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
    let reads = viewer.reads(&services);
    let mut pieces = reads.list_quarantine_page(branch.as_ref(), after, PAGE + 1).await.map_err(failed)?;
    let more = pieces.len() > PAGE;
    pieces.truncate(PAGE);
    let next = pieces.last().filter(|_| more).map(|last| {
        let branch = branch.as_ref().map(|branch| format!("branch={branch}&")).unwrap_or_default();
        format!("/quarantine?{branch}after={}", QuarantineCursor { date: last.created_at, id: last.id })
    });
    let mut encodings = BTreeMap::new();
    for id in pieces.iter().map(|piece| piece.log_file_id) {
        if let Entry::Vacant(place) = encodings.entry(id) {
            place.insert(reads.find_log_file(&id).await.map_err(failed)?.map_or_else(String::new, |file| file.encoding));
        }
    }
    let rows = pieces.into_iter().map(|piece| {
        let encoding = encodings.get(&piece.log_file_id).map(String::as_str).unwrap_or_default();
        let text = text(&piece, encoding, BEGINNING);
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
    /// Where the rest of a piece is, of which only the beginning is kept.
    rest: Option<String>,
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
    let file =
        viewer.reads(&services).find_log_file(&piece.log_file_id).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let problem = match asked.done.as_str() {
        "unreadable" => Some(viewer.frame.t("quarantine.unreadable")),
        "cut" => Some(viewer.frame.t("quarantine.cut")),
        _ => None,
    };
    let rest = if piece.is_cut() {
        let kept = services.store.find_raw(&piece.log_file_id).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
        Some(viewer.frame.t(if kept.is_some() { "quarantine.part" } else { "quarantine.part_alone" }))
    } else {
        None
    };
    let bytes = &piece.raw.bytes;
    let encoding = file.as_ref().map(|file| file.encoding.as_str()).unwrap_or_default();
    let (text, hex) = (text(&piece, encoding, SHOWN), hex(bytes.get(..SHOWN).unwrap_or(bytes)));
    let template = Page { cut: bytes.len() > SHOWN, rest, text, hex, file, piece, problem, frame: viewer.frame };
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
    viewer.reads(services).find_quarantined(&id).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?.ok_or_else(missing)
}

/// The beginning of a piece as text in its file's encoding; bytes that are not of it show as replaced.
pub(super) fn text(piece: &Quarantined, encoding: &str, limit: usize) -> String {
    let encoding = Encoding::for_label(encoding.as_bytes()).unwrap_or(UTF_8);
    let bytes = piece.raw.bytes.get(..limit).unwrap_or(&piece.raw.bytes);
    encoding.decode(bytes).0.trim_end().to_owned()
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
    use crate::domain::{LogFileId, ProblemKind};

    #[test]
    fn a_piece_is_shown_in_the_encoding_of_its_file() {
        let mut piece = Quarantined {
            id: QuarantineId::from_content(&[]),
            branch: "K01".parse().unwrap(),
            log_file_id: LogFileId::from_content(&[]),
            offset: 0,
            kind: ProblemKind::Unrecognised,
            reason: String::new(),
            raw: bson::Binary { subtype: bson::spec::BinarySubtype::Generic, bytes: Vec::new() },
            size_bytes: 0,
            created_at: bson::DateTime::MIN,
            stretch: None,
        };
        for (encoding, bytes, limit, expected) in [
            ("UTF-16LE", &b"a\0b\0\n\0"[..], 9, "ab"),
            ("windows-1251", b"\xcd\xb3", 9, "Ні"),
            ("UTF-8", b"ab\xFFc", 3, "ab\u{FFFD}"),
            ("", b"ab \r\n", 9, "ab"),
        ] {
            piece.raw.bytes = bytes.to_vec();
            assert_eq!(text(&piece, encoding, limit), expected, "{encoding}");
        }
    }

    #[test]
    fn bytes_are_shown_in_rows() {
        assert_eq!(hex(b"<b>\x00\xFF"), format!("00000000  {:<48} <b>..\n", "3c 62 3e 00 ff "));
        assert_eq!(hex(&[b'a'; 17]).lines().count(), 2);
        for (text, is_place) in [("-5-0123456789abcdef01234567", true), ("x", false), ("5-x", false)] {
            assert_eq!(text.parse::<QuarantineCursor>().is_ok(), is_place, "{text}");
        }
    }
}
