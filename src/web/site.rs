//! Where people reach this server, for links that leave it.

use actix_web::{HttpRequest, http::header};

use crate::usecase::Services;

/// Scheme and host without a slash at the end: as configured, else as the person's own browser asked for it.
pub(super) fn base(request: &HttpRequest, services: &Services) -> String {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let config = &services.config;
    written(&config.notify.public_url, host, config.server.https)
}

fn written(public_url: &str, host: &str, https: bool) -> String {
    match (public_url.trim_end_matches('/'), host) {
        ("", "") => String::new(),
        ("", host) => format!("{}://{host}", if https { "https" } else { "http" }),
        (public_url, _) => public_url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_where_people_reach_the_server() {
        for (public_url, host, https, expected) in [
            ("", "10.0.0.5:8080", false, "http://10.0.0.5:8080"),
            ("", "logs.bank.example", true, "https://logs.bank.example"),
            ("https://logs.bank.example/", "10.0.0.5:8080", false, "https://logs.bank.example"),
            ("", "", true, ""),
        ] {
            assert_eq!(written(public_url, host, https), expected);
        }
    }
}
