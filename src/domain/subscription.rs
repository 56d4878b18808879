//! Subscription: by what way, how often and in which language a branch's people are told what fails there.

use std::{fmt, str::FromStr};

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::{BranchCode, SubscriptionId};

/// Longest address of mail and of a receiver.
const MAX_MAIL: usize = 254;
const MAX_URL: usize = 2000;
/// Addresses that one subscription may have.
const MAX_ADDRESSES: usize = 20;

/// Why something is no way to tell a branch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// No address of mail.
    #[error("`{0}` is no address of mail")]
    Mail(String),
    /// None, or too many.
    #[error("1 to {} addresses are taken", MAX_ADDRESSES)]
    Number,
    /// No address of a receiver.
    #[error("`{0}` is no address of the form `https://host/path`")]
    Url(String),
}

fn brief(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// An address of mail: nothing in it can end a header or begin another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct MailAddress(String);

impl MailAddress {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MailAddress {
    type Err = ChannelError;

    fn from_str(text: &str) -> Result<Self, ChannelError> {
        let text = text.trim();
        let is_local = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&b));
        match text.split_once('@') {
            Some((local, host)) if !local.is_empty() && is_local(local) && is_host(host) && text.len() <= MAX_MAIL => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(ChannelError::Mail(brief(text))),
        }
    }
}

impl<'de> Deserialize<'de> for MailAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && !label.starts_with('-') && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    text.split('.').all(is_label)
}

/// The address of a receiver. It holds no name and no password: what is sent there is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct HookUrl(String);

impl HookUrl {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its host, in lower case; of an IPv6 address without brackets.
    pub fn host(&self) -> String {
        let authority = self.0.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?']).next().unwrap_or_default();
        let host = match authority.strip_prefix('[') {
            Some(v6) => v6.split(']').next(),
            None => authority.split(':').next(),
        };
        host.unwrap_or_default().to_ascii_lowercase()
    }
}

impl FromStr for HookUrl {
    type Err = ChannelError;

    fn from_str(text: &str) -> Result<Self, ChannelError> {
        let text = text.trim();
        let wrong = || ChannelError::Url(brief(text));
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or_else(wrong)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let (host, port) = match authority.strip_prefix('[') {
            Some(v6) => v6.split_once(']').ok_or_else(wrong)?,
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let is_v6 = authority.starts_with('[') && host.parse::<std::net::Ipv6Addr>().is_ok();
        let has_port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
        let is_plain = text.len() <= MAX_URL && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}#@".contains(&b));
        if is_plain && has_port && (is_v6 || is_host(host)) { Ok(Self(text.to_owned())) } else { Err(wrong()) }
    }
}

impl<'de> Deserialize<'de> for HookUrl {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// By what a receiver knows that a message is ours. It is needed whole to sign, so it is kept whole; it is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HookSecret(String);

impl HookSecret {
    /// The secret of these random digits.
    pub fn of(digits: &str) -> Self {
        Self(format!("lhs_{digits}"))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// By what way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Channel {
    /// By mail.
    Mail {
        /// To whom.
        addresses: Vec<MailAddress>,
    },
    /// By a request to a program of the branch.
    Webhook {
        /// Where it listens.
        url: HookUrl,
        /// What signs the requests.
        secret: HookSecret,
    },
}

impl Channel {
    /// Mail to these addresses, each once, by commas, blanks or lines.
    ///
    /// # Errors
    /// When one is none, or there are none or too many.
    pub fn mail(text: &str) -> Result<Self, ChannelError> {
        let mut addresses: Vec<MailAddress> = Vec::new();
        for word in text.split([',', ';', ' ', '\n', '\r', '\t']).filter(|word| !word.is_empty()) {
            let address: MailAddress = word.parse()?;
            if !addresses.contains(&address) {
                addresses.push(address);
            }
            if addresses.len() > MAX_ADDRESSES {
                return Err(ChannelError::Number);
            }
        }
        if addresses.is_empty() { Err(ChannelError::Number) } else { Ok(Self::Mail { addresses }) }
    }

    /// Where it goes, as people are shown it.
    pub fn target(&self) -> String {
        match self {
            Self::Mail { addresses } => addresses.iter().map(MailAddress::as_str).collect::<Vec<_>>().join(", "),
            Self::Webhook { url, .. } => url.as_str().to_owned(),
        }
    }

    /// Its word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Mail { .. } => "mail",
            Self::Webhook { .. } => "webhook",
        }
    }
}

macro_rules! words {
    ($(#[doc = $about:literal])+ $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stored word.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// What the word names.
            pub fn named(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

words! {
    /// How often.
    Often {
        /// As soon as it is noticed.
        AtOnce = "at_once",
        /// What an hour brought.
        Hourly = "hourly",
        /// What a day brought, in the morning of the branch.
        Daily = "daily",
    }
}

words! {
    /// In which language.
    Tongue {
        /// English.
        English = "en",
        /// Ukrainian.
        Ukrainian = "uk",
    }
}

/// A branch is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// From branch and the target that it was made for: a target is told once.
    #[serde(rename = "_id")]
    pub id: SubscriptionId,
    /// The branch whose errors are told.
    pub branch: BranchCode,
    /// By what way.
    pub channel: Channel,
    /// How often.
    pub often: Often,
    /// In which language.
    pub language: Tongue,
    /// Known errors are told, with their answers.
    pub known: bool,
    /// Errors that nobody knows yet are told.
    pub unknown: bool,
    /// Who wanted it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime,
    /// Up to which notice of the branch everything is in a delivery.
    pub told: i64,
    /// When a delivery was made last, or might have been.
    pub told_at: DateTime,
    /// How often it was changed; whoever changes it names the version that they saw.
    #[serde(default)]
    pub version: i64,
}

impl Subscription {
    /// The id of a target.
    pub fn id_for(branch: &BranchCode, channel: &Channel) -> SubscriptionId {
        SubscriptionId::from_content(&[branch.as_str().as_bytes(), channel.kind().as_bytes(), channel.target().as_bytes()])
    }

    /// The id of a target where one that was made for it goes elsewhere by now.
    pub fn later_id_for(branch: &BranchCode, channel: &Channel, now: DateTime) -> SubscriptionId {
        let (target, now) = (channel.target(), now.timestamp_millis().to_le_bytes());
        SubscriptionId::from_content(&[branch.as_str().as_bytes(), channel.kind().as_bytes(), target.as_bytes(), &now])
    }

    /// Whether it goes where this way leads.
    pub fn goes_where(&self, channel: &Channel) -> bool {
        self.channel.kind() == channel.kind() && self.channel.target() == channel.target()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_mail_are_checked() {
        for good in ["olena@bank.ua", " o.k+logs@mail.bank-1.ua ", "a@localhost"] {
            assert!(good.parse::<MailAddress>().is_ok(), "{good}");
        }
        let long = format!("a@{}.ua", "x".repeat(260));
        for bad in
            ["", "olena", "@bank.ua", "a@", "a@b@c", "a b@c.ua", "a@b..c", "a@b\r\nBcc: x@y.ua", "<a@b.ua>", "a@-b.ua", "о@банк.ua", &long]
        {
            assert!(bad.parse::<MailAddress>().is_err(), "{bad}");
        }
        assert_eq!(Channel::mail("a@b.ua, c@d.ua;\na@b.ua").unwrap().target(), "a@b.ua, c@d.ua");
        assert_eq!(Channel::mail(" ,\n").unwrap_err(), ChannelError::Number);
        let many: String = (0..21).map(|n| format!("a{n}@b.ua ")).collect();
        assert_eq!(Channel::mail(&many).unwrap_err(), ChannelError::Number);
    }

    #[test]
    fn addresses_of_receivers_are_checked() {
        for (good, host) in [
            ("https://hooks.bank.ua/loghelper?x=1", "hooks.bank.ua"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("http://[::1]:80/x", "::1"),
            ("https://HOST", "host"),
        ] {
            assert_eq!(good.parse::<HookUrl>().unwrap().host(), host);
        }
        for bad in [
            "",
            "ftp://x/",
            "https://",
            "https:///x",
            "https://u:p@x/",
            "https://x:port/",
            "https://x/#a",
            "https://x y/",
            "https://[::1",
            "https://x/\u{1}",
            "//x",
        ] {
            assert!(bad.parse::<HookUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn secrets_are_not_printed_and_words_come_back() {
        let channel = Channel::Webhook { url: "https://x/".parse().unwrap(), secret: HookSecret::of("5e") };
        assert!(!format!("{channel:?}").contains("5e"));
        assert!(Often::ALL.iter().all(|often| Often::named(often.as_str()) == Some(*often)));
        assert_eq!(Tongue::named("de"), None);
    }
}
