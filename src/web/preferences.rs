//! Language and colours, kept in cookies.

use actix_web::{
    HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    web,
};
use serde::Deserialize;

use super::error::see;

#[derive(Deserialize)]
pub(super) struct Form {
    #[serde(default)]
    language: String,
    #[serde(default)]
    theme: String,
    #[serde(default)]
    back: String,
}

/// `POST /preferences`; anybody.
pub(super) async fn submit(form: web::Form<Form>) -> HttpResponse {
    let mut response = see(local(&form.back));
    for (name, value, allowed) in [("language", &form.language, ["en", "uk"]), ("theme", &form.theme, ["light", "dark"])] {
        if allowed.contains(&value.as_str()) {
            let cookie =
                Cookie::build(name, value.clone()).path("/").same_site(SameSite::Lax).http_only(true).max_age(Duration::days(365)).finish();
            // A cookie of our own making is always a valid header.
            let _ = response.add_cookie(&cookie);
        }
    }
    response
}

/// A path of ours, never another site.
pub(super) fn local(path: &str) -> &str {
    let ours = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n']);
    if ours { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for (path, expected) in [("/logs?filter=x", "/logs?filter=x"), ("//evil", "/"), ("https://evil", "/"), ("/\\evil", "/"), ("", "/")]
        {
            assert_eq!(local(path), expected);
        }
    }
}
