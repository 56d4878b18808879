//! Static files, embedded in the program; their addresses carry a hash, so that browsers may keep them for ever.

use std::sync::OnceLock;

use actix_web::{HttpRequest, HttpResponse, http::header, web};

const FILES: [(&str, &str, &[u8]); 12] = [
    ("style.css", "text/css; charset=utf-8", include_bytes!("../../static/style.css")),
    ("menu.js", "text/javascript; charset=utf-8", include_bytes!("../../static/menu.js")),
    ("logs.js", "text/javascript; charset=utf-8", include_bytes!("../../static/logs.js")),
    ("progress.js", "text/javascript; charset=utf-8", include_bytes!("../../static/progress.js")),
    ("tail.js", "text/javascript; charset=utf-8", include_bytes!("../../static/tail.js")),
    ("upload.js", "text/javascript; charset=utf-8", include_bytes!("../../static/upload.js")),
    ("around.js", "text/javascript; charset=utf-8", include_bytes!("../../static/around.js")),
    ("badges.js", "text/javascript; charset=utf-8", include_bytes!("../../static/badges.js")),
    ("keys.js", "text/javascript; charset=utf-8", include_bytes!("../../static/keys.js")),
    ("suggestion.js", "text/javascript; charset=utf-8", include_bytes!("../../static/suggestion.js")),
    ("ask.js", "text/javascript; charset=utf-8", include_bytes!("../../static/ask.js")),
    ("icon.svg", "image/svg+xml", include_bytes!("../../static/icon.svg")),
];

/// The address of a static file.
pub(super) fn address(name: &str) -> String {
    static HASHES: OnceLock<Vec<String>> = OnceLock::new();
    let hashes = HASHES.get_or_init(|| FILES.iter().map(|(_, _, bytes)| blake3::hash(bytes).to_hex().chars().take(12).collect()).collect());
    let index = FILES.iter().position(|(known, ..)| *known == name).unwrap_or_default();
    format!("/static/{name}?{}", hashes.get(index).map_or("", String::as_str))
}

/// `GET /static/{name}`; anybody.
pub(super) async fn file(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    let Some((_, kind, bytes)) = FILES.iter().find(|(known, ..)| *known == name.as_str()) else {
        return HttpResponse::NotFound().finish();
    };
    let keep = if request.query_string().is_empty() { "no-cache" } else { "public, max-age=31536000, immutable" };
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, keep)).content_type(*kind).body(*bytes)
}
