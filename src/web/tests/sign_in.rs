//! Guessing passwords: who has to wait, and who must not.

use std::net::{IpAddr, Ipv4Addr};

use super::*;

fn attempt(pages: &Pages, name: &str, forwarded: &str) -> u16 {
    let body = http::form(&[("name", name), ("password", "wrong")]);
    let headers = [("X-Forwarded-For", forwarded), ("Content-Type", "application/x-www-form-urlencoded")];
    http::exchange(&pages.address, &http::request("POST", "/sign-in", &headers, body.as_bytes())).status
}

#[test]
fn behind_a_trusted_proxy_one_guesser_waits_and_others_do_not() {
    let pages = Pages::empty(|config| config.server.trusted_proxies = vec![IpAddr::from(Ipv4Addr::LOCALHOST)]);
    let statuses: Vec<u16> = (0..9).map(|_| attempt(&pages, "olena", "203.0.113.9")).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 401, 401, 401, 429]);
    assert_eq!(attempt(&pages, "olena", "198.51.100.7"), 401);
    // What the guesser writes before the proxy's own word changes nothing.
    assert_eq!(attempt(&pages, "olena", "198.51.100.8, 203.0.113.9"), 429);
}

#[test]
fn nobody_escapes_the_pause_by_a_header_that_no_trusted_proxy_wrote() {
    let pages = Pages::empty(|_| ());
    let last = (0..9).map(|n| attempt(&pages, "olena", &format!("203.0.113.{n}"))).last();
    assert_eq!(last, Some(429));
    assert_eq!(attempt(&pages, "petro", ""), 401);
}
