//! Addresses and networks from which messages are taken.

use std::net::IpAddr;

/// Networks; this machine's addresses where none is named.
#[derive(Debug)]
pub(super) struct Networks(Vec<(IpAddr, u32)>);

impl Networks {
    /// Reads `10.7.73.12`, `10.7.0.0/16`, `fd00::/8`.
    ///
    /// # Errors
    /// When one is none.
    pub(super) fn of(texts: &[String]) -> anyhow::Result<Self> {
        let read = |text: &String| network(text.trim()).ok_or_else(|| anyhow::anyhow!("`{text}` is no address and no network"));
        Ok(Self(texts.iter().map(read).collect::<anyhow::Result<_>>()?))
    }

    /// Whether an address is in one of them.
    pub(super) fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if self.0.is_empty() {
            return address.is_loopback();
        }
        self.0.iter().any(|(network, length)| match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => begins_alike(network.to_bits().into(), address.to_bits().into(), 32, *length),
            (IpAddr::V6(network), IpAddr::V6(address)) => begins_alike(network.to_bits(), address.to_bits(), 128, *length),
            _ => false,
        })
    }
}

fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(longest), |length| length.parse().ok())?;
    (length <= longest).then_some((address, length))
}

/// Whether two numbers of so many bits begin with the same bits.
fn begins_alike(one: u128, other: u128, n_bits: u32, length: u32) -> bool {
    (one ^ other).checked_shr(n_bits - length).unwrap_or_default() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_in_the_networks_that_are_named() {
        for (networks, address, expected) in [
            (&[][..], "127.0.0.1", true),
            (&[], "::1", true),
            (&[], "10.0.0.1", false),
            (&["10.7.0.0/16"], "10.7.73.12", true),
            (&["10.7.0.0/16"], "10.8.0.1", false),
            (&["10.7.73.12"], "::ffff:10.7.73.12", true),
            (&["10.7.73.12"], "10.7.73.13", false),
            (&["fd00::/8", "0.0.0.0/0"], "fdab::1", true),
            (&["fd00::/8", "0.0.0.0/0"], "8.8.8.8", true),
            (&["fd00::/8"], "fe80::1", false),
            (&["::/0"], "2001:db8::1", true),
        ] {
            let networks = Networks::of(&networks.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
            assert_eq!(networks.contain(address.parse().unwrap()), expected, "{networks:?} {address}");
        }
        for bad in ["10.7.0.0/33", "10.7", "::/129", "host", "1.2.3.4/x"] {
            assert!(Networks::of(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }
}
