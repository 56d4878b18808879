//! What tells branches that something fails: mail, and requests to programs of theirs.
//!
//! ```toml
//! [notify]
//! public_url = "https://logs.bank.example"
//! webhook_hosts = ["hooks.bank.example"]
//!
//! [notify.smtp]
//! host = "mail.bank.example"
//! user = "loghelper"
//! password = "…"
//! from = "LogHelper <loghelper@bank.example>"
//! ```

use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

/// Messages to branches.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotifyConfig {
    /// Where people reach this server, for links in messages; no links where blank.
    pub public_url: String,
    /// How often it is looked at whether there is something to tell, in seconds.
    pub look_seconds: u64,
    /// At what hour of the branch's day a day's digest is made.
    pub daily_hour: i8,
    /// How long a message that nobody takes is tried, in hours.
    pub give_up_hours: u32,
    /// Hosts that webhooks may go to: `hooks.bank.example`, or `.bank.example` for all below it. None where empty. They have to be at
    /// public addresses, whatever their name resolves to.
    #[serde(deserialize_with = "words")]
    pub webhook_hosts: Vec<String>,
    /// The same, for hosts that may be at private addresses: inside the bank, or on this machine.
    #[serde(deserialize_with = "words")]
    pub webhook_private_hosts: Vec<String>,
    /// The server that takes mail.
    pub smtp: SmtpConfig,
}

impl Default for NotifyConfig {
    fn default() -> Self {
        Self {
            public_url: String::new(),
            look_seconds: 15,
            daily_hour: 8,
            give_up_hours: 48,
            webhook_hosts: Vec::new(),
            webhook_private_hosts: Vec::new(),
            smtp: SmtpConfig::default(),
        }
    }
}

/// The server that takes mail.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpConfig {
    /// Its name; no mail is sent where blank.
    pub host: String,
    /// Its port; 465, 587 or 25 by the kind of TLS where 0.
    pub port: u16,
    /// How the connection is kept secret.
    pub tls: SmtpTls,
    /// Certificates (PEM) to trust beside the public ones.
    pub ca_file: Option<PathBuf>,
    /// Who signs in; nobody where blank.
    pub user: String,
    /// With what.
    pub password: SecretString,
    /// Who writes: `LogHelper <loghelper@bank.example>`.
    pub from: String,
}

/// How the connection to the mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    /// TLS from the first byte.
    #[default]
    Implicit,
    /// TLS by STARTTLS, without which nothing is sent.
    Starttls,
    /// None: for a server on this machine.
    None,
}

/// Environment variables hold no lists: there the words stand in one text.
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Words {
        List(Vec<String>),
        Text(String),
    }
    let words = match Words::deserialize(deserializer)? {
        Words::List(words) => words,
        Words::Text(text) => text.split(',').map(str::to_owned).collect(),
    };
    Ok(words.iter().map(|word| word.trim().to_ascii_lowercase()).filter(|word| !word.is_empty()).collect())
}
