//! The server's address: where requests go, and what may be shown of it.

use std::net::IpAddr;

use ureq::http::Uri;

/// A valid address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    base: String,
    host: String,
}

impl Address {
    /// Reads `http://host:port/v1`.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let base = url.trim().trim_end_matches('/');
        if base.is_empty() {
            return Err("no address of a server is configured".into());
        }
        // What is not shown: it may hold a password.
        if base.contains('@') {
            return Err("the server's address holds a user name; the key belongs in `llm.key`".into());
        }
        let uri: Uri = base.parse().map_err(|_| format!("`{base}` is no address"))?;
        let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        match uri.host().filter(|host| !host.is_empty()) {
            Some(host) if scheme && uri.query().is_none() => Ok(Self { base: base.to_owned(), host: host.to_owned() }),
            _ => Err(format!("`{base}` is no address of the form `http://host:port/v1`")),
        }
    }

    /// As people are shown it.
    pub(super) fn shown(&self) -> &str {
        &self.base
    }

    /// Where chats are completed.
    pub(super) fn chat(&self) -> String {
        format!("{}/chat/completions", self.base)
    }

    /// Whether it is this machine.
    pub(super) fn is_here(&self) -> bool {
        let host = self.host.trim_matches(['[', ']']);
        host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for (url, expected) in [
            ("http://127.0.0.1:11434/v1/", Some(("http://127.0.0.1:11434/v1/chat/completions", true))),
            ("http://[::1]:8000", Some(("http://[::1]:8000/chat/completions", true))),
            ("http://localhost/v1", Some(("http://localhost/v1/chat/completions", true))),
            ("https://llm.bank.ua/v1", Some(("https://llm.bank.ua/v1/chat/completions", false))),
            ("", None),
            ("ftp://x", None),
            ("llm.bank.ua", None),
            ("https://u:p@x/v1", None),
            ("http:///v1", None),
            ("http://x/v1?key=1", None),
        ] {
            let address = Address::parse(url).ok();
            let found = address.as_ref().map(|address| (address.chat(), address.is_here()));
            assert_eq!(found, expected.map(|(chat, here)| (chat.to_owned(), here)), "{url}");
        }
        assert!(!Address::parse("https://u:p4ss@x/v1").unwrap_err().contains("p4ss"));
    }
}
