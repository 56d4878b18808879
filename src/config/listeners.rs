//! Addresses beside the web server's, for what speaks no HTTP: syslog and GELF. None is open unless it is configured:
//!
//! ```toml
//! [[listeners]]
//! address = "0.0.0.0:6514"
//! protocol = "syslog_tls"
//! branch = "K01"
//! silence_seconds = 3600
//! allow = ["10.7.0.0/16"]
//! certificate = "/etc/loghelper/tls.crt"
//! private_key = "/etc/loghelper/tls.key"
//! ```

use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;

/// One address. Nothing is acknowledged there: what does not find room while the store is slow or away is counted and lost.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerConfig {
    /// Address and port.
    pub address: SocketAddr,
    /// What is spoken there.
    pub protocol: ListenerProtocol,
    /// Code of the branch whose logs come there.
    pub branch: String,
    /// Addresses and networks (`10.7.0.0/16`) from which they may come; this machine's alone where none is named.
    #[serde(default)]
    pub allow: Vec<String>,
    /// How long a connection may be silent before it is closed. Most silent ones are still wanted, and what is written to one that was
    /// closed may be lost: whoever is gone without a word is found out by the system long before.
    #[serde(default = "silence_seconds")]
    pub silence_seconds: u64,
    /// Certificates for TLS, PEM.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    #[serde(default)]
    pub private_key: Option<PathBuf>,
}

/// An hour: longer than a quiet program is between two messages, and than `mark` messages are apart.
fn silence_seconds() -> u64 {
    3600
}

/// What is spoken at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListenerProtocol {
    /// Syslog, a message a datagram.
    SyslogUdp,
    /// Syslog, messages counted or one a line.
    SyslogTcp,
    /// The same under TLS.
    SyslogTls,
    /// GELF, whole or in chunks, compressed or not.
    GelfUdp,
    /// GELF, messages parted by NUL.
    GelfTcp,
}

impl ListenerProtocol {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SyslogUdp => "syslog_udp",
            Self::SyslogTcp => "syslog_tcp",
            Self::SyslogTls => "syslog_tls",
            Self::GelfUdp => "gelf_udp",
            Self::GelfTcp => "gelf_tcp",
        }
    }
}
