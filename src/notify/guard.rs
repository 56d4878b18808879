//! Where webhooks may go: to hosts that an administrator named, and of those to no private address unless that was said as well. The
//! address is looked at when the connection is made, so that a name which resolves elsewhere a moment later leads nowhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ureq::{
    Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};

use super::Fault;
use crate::config::NotifyConfig;

/// What a host is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    /// To be at public addresses.
    Public,
    /// To be at private addresses too.
    Private,
}

/// What the configuration allows this host; `None` where it does not name it.
pub(super) fn permission(config: &NotifyConfig, host: &str) -> Option<Permission> {
    let fits = |named: &String| match named.starts_with('.') {
        true => host.len() > named.len() && host.ends_with(named.as_str()),
        false => host == named,
    };
    let is_in = |hosts: &[String]| hosts.iter().any(fits);
    match (is_in(&config.webhook_private_hosts), is_in(&config.webhook_hosts)) {
        (true, _) => Some(Permission::Private),
        (false, true) => Some(Permission::Public),
        (false, false) => None,
    }
}

impl Permission {
    /// Whether a connection to this address is allowed.
    fn allows(self, address: IpAddr) -> bool {
        let kind = kind(address);
        kind == Kind::Public || (self == Self::Private && kind == Kind::Private)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Public,
    /// Inside a network, or this machine.
    Private,
    /// No receiver is there: groups, the services of a cloud's machines for themselves, what is reserved.
    Never,
}

fn kind(address: IpAddr) -> Kind {
    match address.to_canonical() {
        IpAddr::V4(address) => kind_v4(address),
        IpAddr::V6(address) => kind_v6(address),
    }
}

fn kind_v4(address: Ipv4Addr) -> Kind {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        // "This network", link-local with the clouds' metadata, groups, reserved, broadcast.
        (0, ..) | (169, 254, _) | (224..=255, ..) => Kind::Never,
        // Documentation, protocol assignments, benchmarks.
        (192, 0, 0 | 2) | (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113) => Kind::Never,
        (10 | 127, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) => Kind::Private,
        _ => Kind::Public,
    }
}

fn kind_v6(address: Ipv6Addr) -> Kind {
    let [first, second, third, _, _, _, high, low] = address.segments();
    let embedded = |high: u16, low: u16| kind_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match (first, second) {
        _ if address.is_loopback() => Kind::Private,
        // NAT64, 6to4: what they wrap decides.
        (0x64, 0xff9b) => embedded(high, low),
        (0x2002, _) => embedded(second, third),
        (0xfc00..=0xfdff, _) => Kind::Private,
        // Documentation, Teredo.
        (0x2001, 0xdb8 | 0) => Kind::Never,
        (0x2000..=0x3fff, _) => Kind::Public,
        _ => Kind::Never,
    }
}

/// Resolves names to addresses that are allowed.
#[derive(Debug)]
pub(super) struct GuardedResolver(pub(super) Permission);

impl Resolver for GuardedResolver {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        let mut allowed = self.empty();
        for address in found.iter().filter(|address: &&SocketAddr| self.0.allows(address.ip())) {
            allowed.push(*address);
        }
        match allowed.is_empty() {
            true => Err(Error::Other(Fault::Address.into())),
            false => Ok(allowed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_those_that_were_named() {
        let config = NotifyConfig {
            webhook_hosts: vec!["hooks.bank.ua".into(), ".out.ua".into()],
            webhook_private_hosts: vec!["127.0.0.1".into()],
            ..NotifyConfig::default()
        };
        for (host, expected) in [
            ("hooks.bank.ua", Some(Permission::Public)),
            ("a.out.ua", Some(Permission::Public)),
            ("out.ua", None),
            (".out.ua", None),
            ("evilout.ua", None),
            ("hooks.bank.ua.evil.ua", None),
            ("127.0.0.1", Some(Permission::Private)),
            ("", None),
        ] {
            assert_eq!(permission(&config, host), expected, "{host}");
        }
        assert_eq!(permission(&NotifyConfig::default(), "hooks.bank.ua"), None);
    }

    #[test]
    fn private_addresses_need_a_word_and_some_are_never_allowed() {
        for (address, expected) in [
            ("8.8.8.8", Kind::Public),
            ("127.0.0.1", Kind::Private),
            ("10.7.73.12", Kind::Private),
            ("172.31.255.255", Kind::Private),
            ("172.32.0.1", Kind::Public),
            ("192.168.1.1", Kind::Private),
            ("100.64.0.1", Kind::Private),
            ("169.254.169.254", Kind::Never),
            ("0.0.0.0", Kind::Never),
            ("224.0.0.1", Kind::Never),
            ("255.255.255.255", Kind::Never),
            ("::1", Kind::Private),
            ("::", Kind::Never),
            ("fd00::1", Kind::Private),
            ("fe80::1", Kind::Never),
            ("ff02::1", Kind::Never),
            ("2606:4700::1111", Kind::Public),
            ("::ffff:10.0.0.1", Kind::Private),
            ("::ffff:169.254.169.254", Kind::Never),
            ("64:ff9b::a9fe:a9fe", Kind::Never),
            ("2002:0a00:0001::", Kind::Private),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(kind(address), expected, "{address}");
            assert_eq!(Permission::Public.allows(address), expected == Kind::Public);
            assert_eq!(Permission::Private.allows(address), expected != Kind::Never);
        }
    }
}
