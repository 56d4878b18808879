//! Each line format by its definition, their detection, and whole files of them.

mod files;
mod formats;
mod properties;

use std::sync::Arc;

use jiff::{civil, tz::TimeZone};

use super::{Context, CustomFormat, Entry, Event, Format};
use crate::{
    domain::LogFileId,
    parse::{self, Error, Foreign, Limits, Options, PairedLog, Piece, Report},
};

fn entry<'a>(format: &Format, line: &'a str) -> Option<Entry<'a>> {
    format.read(line, &mut Context::new(&TimeZone::UTC, Some(civil::date(2024, 12, 31)), &Limits::default()))
}

fn event<'a>(format: &Format, line: &'a str) -> Event<'a> {
    match entry(format, line) {
        Some(Entry::Event(event)) => event,
        other => panic!("{}: {line}: {other:?}", format.name()),
    }
}

fn custom(regex: &str, date_format: Option<&str>) -> Format {
    Format::Custom(Arc::new(CustomFormat::new("mine", regex, date_format.map(str::to_owned)).unwrap()))
}

/// What a file gave.
#[derive(Debug, PartialEq, Default)]
struct Read {
    logs: Vec<PairedLog>,
    foreign: Vec<Foreign>,
    report: Report,
}

fn options() -> Options {
    Options::new("K01".parse().unwrap(), LogFileId::from_content(&[]))
}

fn file_with(bytes: &[u8], options: &Options) -> Read {
    let mut read = Read::default();
    let mut sink = |piece| {
        match piece {
            Piece::Log(log) => read.logs.push(log),
            Piece::Quarantine(foreign) => read.foreign.push(foreign),
        }
        Ok::<(), Error>(())
    };
    let report = parse::parse(bytes, options, &mut sink, &|_| {}).unwrap();
    Read { report, ..read }
}

fn file(text: impl AsRef<[u8]>) -> Read {
    file_with(text.as_ref(), &options())
}
