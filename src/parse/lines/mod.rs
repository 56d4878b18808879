//! Logs of one event a line: JSON lines, syslog, log4j and its kin, supercomputers, Go-style, Android, user-defined.
//!
//! One file a format turns a line into an [`Entry`]; `detect` finds the format of a sample; `reader` walks a file and makes
//! Logs of the entries. An event becomes a Log in state `complete` whose request document holds its fields; lines that
//! continue it (a stack trace) belong to it. A line of JSON that is an exchange, as `parse` prints it or as others write
//! it, becomes that exchange.

mod bgl;
mod context;
mod custom;
mod detect;
mod event;
mod exchange;
mod foreign;
mod go;
mod jsonl;
mod level;
mod log4j;
mod logcat;
mod logs;
mod reader;
mod stack;
mod syslog;
#[cfg(test)]
mod tests;
mod time;
mod value;
mod words;

use std::{str::FromStr, sync::Arc};

pub use context::Context;
pub use custom::{CustomFormat, CustomFormatError};
pub use detect::detect;
pub(super) use detect::detect_in;
pub use event::{Entry, Event};
pub use exchange::{Bookkeeping, Exchange};
pub(super) use jsonl::{DATES, LEVELS, MESSAGES, SERVERS};
pub(super) use reader::parse;
pub use stack::is_continuation;

/// A format of one event a line.
#[derive(Debug, Clone)]
pub enum Format {
    /// A JSON object a line.
    Jsonl,
    /// RFC 3164, RFC 5424, and what rsyslog writes to files.
    Syslog,
    /// Date, level, class, message in the layouts of log4j, Spark, Hadoop, HDFS, ZooKeeper, OpenStack, Apache and many others.
    Log4j,
    /// Blue Gene/L.
    Bgl,
    /// Thunderbird, Spirit, Liberty: syslog behind a label, seconds and a node.
    Thunderbird,
    /// `[LEVEL][file:line] date message`.
    Go,
    /// Android.
    Logcat,
    /// A regular expression of the user's.
    Custom(Arc<CustomFormat>),
}

/// A name that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no format: auto, {names} or a name from the configuration is", names = Format::names())]
pub struct FormatError(String);

impl Format {
    /// The formats that come with the program; the first of two that read a sample equally well is taken.
    pub(super) const OWN: [Self; 7] = [Self::Jsonl, Self::Syslog, Self::Bgl, Self::Thunderbird, Self::Go, Self::Logcat, Self::Log4j];

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Syslog => "syslog",
            Self::Log4j => "log4j",
            Self::Bgl => "bgl",
            Self::Thunderbird => "thunderbird",
            Self::Go => "go",
            Self::Logcat => "logcat",
            Self::Custom(custom) => &custom.name,
        }
    }

    /// The names of the formats that come with the program, that of the branch records among them.
    pub fn names() -> String {
        Self::OWN.iter().fold("bars".to_owned(), |names, format| names + ", " + format.name())
    }

    /// What a line says, or `None` when it is not of this format.
    pub fn read<'a>(&self, line: &'a str, context: &mut Context<'_>) -> Option<Entry<'a>> {
        let event = match self {
            Self::Jsonl => return jsonl::read(line, context),
            Self::Syslog => syslog::read(line, context),
            Self::Log4j => log4j::read(line, context),
            Self::Bgl => bgl::read(line),
            Self::Thunderbird => bgl::read_thunderbird(line, context),
            Self::Go => go::read(line, context),
            Self::Logcat => logcat::read(line, context),
            Self::Custom(custom) => custom.read(line, context),
        };
        event.map(Entry::Event)
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(name: &str) -> Result<Self, FormatError> {
        match name {
            "spark" | "hadoop" | "hdfs" | "zookeeper" | "openstack" | "apache" | "nginx" => Ok(Self::Log4j),
            "syslog3164" | "syslog5424" => Ok(Self::Syslog),
            "json" | "ndjson" => Ok(Self::Jsonl),
            "android" => Ok(Self::Logcat),
            name => Self::OWN.into_iter().find(|format| format.name() == name).ok_or_else(|| FormatError(name.to_owned())),
        }
    }
}
