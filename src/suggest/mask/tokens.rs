//! Secrets that are known by their form: JSON Web Tokens, `Bearer …`, keys of well-known services, the password of an address, private keys.

use super::spans::{Kind, Span, begins_word};

/// Characters of a key that are looked at.
const LONGEST_KEY: usize = 256;
/// Characters of an address before its host that are looked at.
const USER_INFO: usize = 256;

/// How keys of well-known services begin, and how many characters follow at least: Amazon, Google, GitHub, GitLab, Slack, Vault, npm, and
/// servers of language models.
const BEGINNINGS: [(&str, usize); 15] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 35),
    ("ghp_", 36),
    ("gho_", 36),
    ("ghs_", 36),
    ("ghu_", 36),
    ("github_pat_", 22),
    ("glpat-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("hvs.", 24),
    ("hvb.", 24),
    ("npm_", 36),
    ("sk-", 20),
];

/// Finds secrets by their form.
pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    web_tokens(text, spans);
    for scheme in ["bearer", "basic", "token"] {
        schemes(text, scheme, spans);
    }
    keys(text, spans);
    addresses(text, spans);
    private_keys(text, spans);
}

/// Keys that are known by their beginning.
fn keys(text: &str, spans: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    for (beginning, least) in BEGINNINGS {
        for (start, _) in text.match_indices(beginning) {
            let rest = bytes.get(start + beginning.len()..).unwrap_or_default();
            let length = rest.iter().take(LONGEST_KEY).take_while(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte)).count();
            // Without a digit it is a word.
            let has_digit = rest.iter().take(length).any(u8::is_ascii_digit);
            if length >= least && has_digit && begins_word(bytes, start) {
                spans.push(Span { start, end: start + beginning.len() + length, kind: Kind::Token });
            }
        }
    }
}

/// Three parts of base64, the first of which begins as `{"` does.
fn web_tokens(text: &str, spans: &mut Vec<Span>) {
    let mut done = 0;
    for (start, _) in text.match_indices("eyJ") {
        if start < done {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'=')).count();
        let token = rest.get(..length).unwrap_or_default().trim_end_matches('.');
        // Whatever begins later in this run has no more parts than it.
        done = start + length;
        if token.split('.').count() >= 3 && token.len() >= 20 {
            spans.push(Span { start, end: start + token.len(), kind: Kind::Token });
        }
    }
}

/// What a header would say: the scheme, a blank, the secret.
fn schemes(text: &str, scheme: &str, spans: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    for at in 0..bytes.len().saturating_sub(scheme.len()) {
        let is_scheme = bytes.get(at..at + scheme.len()).is_some_and(|word| word.eq_ignore_ascii_case(scheme.as_bytes()));
        let start = at + scheme.len() + 1;
        if !is_scheme || !matches!(bytes.get(start - 1), Some(b' ' | b'\t')) || !begins_word(bytes, at) {
            continue;
        }
        let secret = bytes.get(start..).unwrap_or_default();
        let length = secret.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte)).count();
        let secret = secret.get(..length).unwrap_or_default();
        // `Basic authentication`, `bearer token` are words.
        let is_word = length < 20 && !secret.iter().any(|byte| byte.is_ascii_digit() || *byte == b'=');
        if length >= 8 && !is_word {
            spans.push(Span { start, end: start + length, kind: Kind::Token });
        }
    }
}

/// `scheme://user:password@host`.
fn addresses(text: &str, spans: &mut Vec<Span>) {
    for (at, scheme) in text.match_indices("://") {
        let start = at + scheme.len();
        let rest = text.as_bytes().get(start..).unwrap_or_default();
        let info = rest.iter().take(USER_INFO).position(|byte| matches!(byte, b'/' | b'@' | b' ' | b'"' | b'\n' | b'?' | b'#'));
        let Some(end) = info.filter(|end| rest.get(*end) == Some(&b'@')) else { continue };
        let colon = rest.iter().take(end).position(|byte| *byte == b':');
        if let Some(colon) = colon {
            spans.push(Span { start: start + colon + 1, end: start + end, kind: Kind::Password });
        }
    }
}

/// A key in armour, to the end of the text if that is missing.
fn private_keys(text: &str, spans: &mut Vec<Span>) {
    let mut done = 0;
    for (at, marker) in text.match_indices("PRIVATE KEY-----") {
        let start = at + marker.len();
        if start < done {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let end = start + rest.find("-----END").unwrap_or(rest.len());
        // Behind the last line of one is no key.
        let head: String = text.get(..at).unwrap_or_default().chars().rev().take(24).collect();
        if !head.contains("DNE-") {
            spans.push(Span { start, end, kind: Kind::Password });
            done = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut spans = Vec::new();
        find(text, &mut spans);
        spans.iter().map(|span| &text[span.start..span.end]).collect()
    }

    #[test]
    fn secrets_are_known_by_their_form() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
        assert_eq!(found(&format!("got {jwt}.")), [jwt]);
        for (text, expected) in [
            ("BEARER abcdef12", "abcdef12"),
            ("\"Basic dXNlcjpwYXNz=\"", "dXNlcjpwYXNz="),
            ("mongodb://u:p4ss@h/db", "p4ss"),
            ("key AKIAIOSFODNN7EXAMPLE!", "AKIAIOSFODNN7EXAMPLE"),
            ("push with ghp_0123456789abcdefghijABCDEFGHIJ012345.", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
            ("hvs.CAESIJ0123456789abcdefghij", "hvs.CAESIJ0123456789abcdefghij"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x", "\nMIIE\n"),
            ("-----BEGIN PRIVATE KEY-----\nMIIE", "\nMIIE"),
        ] {
            assert_eq!(found(text), [expected], "{text}");
        }
    }

    #[test]
    fn words_are_no_secrets() {
        for text in [
            "Basic authentication failed",
            "bearer token missing",
            "eyJ.",
            "eyJeyJeyJ",
            "http://host:8080/a@b",
            "xbearer abcdef12",
            "AKIA1234",
            "NAKIAIOSFODNN7EXAMPLE",
            "sk-this-is-a-name-of-something-long",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
