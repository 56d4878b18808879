//! Language, colours and time zone, kept in cookies.

use actix_web::{
    HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
};
use serde::Deserialize;

use super::{error::see, form, zone};

#[derive(Deserialize)]
pub(super) struct Form {
    #[serde(default)]
    language: String,
    #[serde(default)]
    theme: String,
    #[serde(default)]
    zone: String,
    #[serde(default)]
    back: String,
}

/// `POST /preferences`; anybody.
pub(super) async fn submit(form::Form(form): form::Form<Form>) -> HttpResponse {
    let mut response = see(local(&form.back));
    for (name, value, is_allowed) in [
        ("language", &form.language, ["en", "uk"].contains(&form.language.as_str())),
        ("theme", &form.theme, ["light", "dark"].contains(&form.theme.as_str())),
        ("zone", &form.zone, zone::is_choice(&form.zone)),
    ] {
        if is_allowed {
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
    // Browsers drop tabs and line ends from addresses and read `\` as `/`; what is no plain ASCII cannot stand in a header.
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let ours = plain && path.starts_with('/') && !path.starts_with("//");
    if ours { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(local("/logs?filter=x%20y"), "/logs?filter=x%20y");
        for path in ["//evil", "https://evil", "/\\evil", "/\t/evil", "/\r\nSet-Cookie: a=b", "/шлях", "logs", ""] {
            assert_eq!(local(path), "/", "{path:?}");
        }
    }
}
