//! Where a request comes from: the address of the connection, or, where that is a trusted proxy, what the proxy says of it.

use std::net::{IpAddr, SocketAddr};

use actix_web::{HttpRequest, http::header};

/// The address of the client.
pub(super) fn address(request: &HttpRequest, trusted: &[IpAddr]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let lines = request.headers().get_all("X-Forwarded-For").filter_map(|value| value.to_str().ok());
    Some(behind(peer, lines.collect::<Vec<_>>().join(",").as_str(), trusted))
}

/// The address and what the browser says of itself, by which a person recognises a session.
pub(super) fn described(request: &HttpRequest, address: Option<IpAddr>) -> String {
    let browser = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let address = address.map(|address| address.to_string()).unwrap_or_default();
    [address.as_str(), browser].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Each proxy writes at the end from whom it heard: read from there, the first that is not trusted is the client. What stands before it
/// could be anybody's invention.
fn behind(peer: IpAddr, forwarded: &str, trusted: &[IpAddr]) -> IpAddr {
    let mut client = peer.to_canonical();
    for hop in forwarded.rsplit(',') {
        if !trusted.contains(&client) {
            break;
        }
        let hop = hop.trim();
        let Some(address) = hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|hop| hop.ip())) else { break };
        client = address.to_canonical();
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted: [IpAddr; 2] = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        for (peer, forwarded, trusted, expected) in [
            ("198.51.100.7", "", &trusted[..], "198.51.100.7"),
            ("198.51.100.7", "203.0.113.9", &trusted, "198.51.100.7"),
            ("10.0.0.1", "203.0.113.9", &[], "10.0.0.1"),
            ("10.0.0.1", "203.0.113.9", &trusted, "203.0.113.9"),
            ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", &trusted, "203.0.113.9"),
            ("10.0.0.1", "203.0.113.9:4711", &trusted, "203.0.113.9"),
            ("10.0.0.1", "10.0.0.2", &trusted, "10.0.0.2"),
            ("10.0.0.1", "nonsense", &trusted, "10.0.0.1"),
            ("10.0.0.1", "", &trusted, "10.0.0.1"),
            ("::ffff:10.0.0.1", "2001:db8::9", &trusted, "2001:db8::9"),
        ] {
            assert_eq!(behind(peer.parse().unwrap(), forwarded, trusted), expected.parse::<IpAddr>().unwrap(), "{peer} {forwarded}");
        }
    }
}
