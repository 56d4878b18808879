//! Syslog: RFC 5424 and RFC 3164, with or without the priority in front, and rsyslog's files with RFC 3339 dates.

use std::borrow::Cow;

use bson::{RawDocumentBuf, raw::CString};

use super::{Context, Event, level, time, words};

/// Names of severities (RFC 5424, table 2).
const SEVERITIES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
/// Names of facilities (RFC 5424, table 1).
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "security", "console",
    "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];

pub(super) fn read<'a>(line: &'a str, context: &Context<'_>) -> Option<Event<'a>> {
    let (priority, rest) = priority(line).map_or((None, line), |(priority, rest)| (Some(priority), rest));
    priority.and_then(|priority| rfc5424(rest, priority, context)).or_else(|| after_priority(rest, priority, context))
}

/// `<34>`: facility times eight plus severity.
fn priority(line: &str) -> Option<(usize, &str)> {
    let (number, rest) = line.strip_prefix('<')?.split_once('>')?;
    let number = number.parse().ok().filter(|number| *number < FACILITIES.len() * 8)?;
    Some((number, rest))
}

fn facility(priority: Option<usize>) -> &'static str {
    priority.and_then(|priority| FACILITIES.get(priority / 8)).copied().unwrap_or_default()
}

fn severity(priority: Option<usize>) -> Option<&'static str> {
    priority.and_then(|priority| SEVERITIES.get(priority % 8)).copied()
}

/// `1 2003-10-11T22:14:15.003Z host app proc msgid [data] message`.
fn rfc5424<'a>(text: &'a str, priority: usize, context: &Context<'_>) -> Option<Event<'a>> {
    let rest = text.strip_prefix("1 ")?;
    let mut parts = rest.splitn(6, ' ');
    let mut part = || parts.next().map(|part| if part == "-" { "" } else { part });
    let (date, host, app, process, id, rest) = (part()?, part()?, part()?, part()?, part()?, part()?);
    let (data, message) = structured_data(rest)?;
    let message = message.trim_start_matches('\u{FEFF}');
    let fields = [("facility", facility(Some(priority))), ("app", app), ("process", process), ("msgid", id)];
    let moment = time::whole(date, context);
    let mut event = Event::new(moment, severity(Some(priority)), message, &fields).by(host);
    if moment.is_none() {
        event.put("time", date);
    }
    if !data.is_empty() {
        event.fields.append(bson::cstr!("data"), data);
    }
    Some(event)
}

/// Structured data (`-`, or `[id name="value"]…` with `\` before `"`, `\` and `]` in values) and the message behind it.
fn structured_data(text: &str) -> Option<(RawDocumentBuf, &str)> {
    let mut all = RawDocumentBuf::new();
    let mut rest = text.strip_prefix('-').unwrap_or(text);
    while let Some(inside) = rest.strip_prefix('[') {
        let end = inside.find([' ', ']'])?;
        let (id, mut params) = inside.split_at_checked(end)?;
        let mut element = RawDocumentBuf::new();
        while let Some(param) = params.strip_prefix(' ').filter(|param| !param.starts_with(']')) {
            let (name, value) = param.split_once("=\"")?;
            let (value, after) = quoted(value)?;
            element.append(CString::try_from(name).ok()?, value.as_ref());
            params = after;
        }
        all.append(CString::try_from(id).ok()?, element);
        rest = params.trim_start().strip_prefix(']')?;
    }
    // An empty message may follow, with its blank or without.
    (rest.is_empty() || rest.starts_with(' ')).then(|| (all, rest.trim_start()))
}

/// The value up to its closing quote, escapes resolved, and what follows.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    let value = text.get(..end)?;
    let after = text.get(end + 1..)?;
    if !value.contains('\\') {
        return Some((Cow::Borrowed(value), after));
    }
    let (mut plain, mut rest) = (String::with_capacity(value.len()), value.chars().peekable());
    while let Some(c) = rest.next() {
        let is_escape = c == '\\' && matches!(rest.peek(), Some('"' | '\\' | ']'));
        plain.push(if is_escape { rest.next().unwrap_or(c) } else { c });
    }
    Some((Cow::Owned(plain), after))
}

/// `Jun 14 15:16:01 host app[19939]: message`, or the same with an RFC 3339 date.
pub(super) fn after_priority<'a>(text: &'a str, priority: Option<usize>, context: &Context<'_>) -> Option<Event<'a>> {
    let (date, rest) = time::month_day(text, context).or_else(|| {
        let (date, rest) = time::start(text, context).filter(|_| text.as_bytes().get(10) == Some(&b'T'))?;
        Some((Some(date), rest))
    })?;
    let written = text.get(..text.len() - rest.len()).filter(|_| date.is_none()).unwrap_or_default();
    let rest = rest.strip_prefix(' ')?;
    let (host, after_host) = words::word(rest)?;
    // A program on the same machine may leave the host out.
    let (host, rest) = if host.ends_with(':') { ("", rest) } else { (host, after_host.strip_prefix(' ').unwrap_or(after_host)) };
    let tag = tag(rest).unwrap_or(Tag { message: rest, ..Tag::default() });
    let level = severity(priority).or_else(|| level::stated(tag.message));
    let fields = [("facility", facility(priority)), ("app", tag.app), ("process", tag.process), ("remark", tag.remark), ("time", written)];
    Some(Event::new(date, level, tag.message.trim_end(), &fields).by(host))
}

/// `app[process] (remark): message`.
#[derive(Default)]
struct Tag<'a> {
    app: &'a str,
    process: &'a str,
    remark: &'a str,
    message: &'a str,
}

/// The tag and the message behind it. A version (`syslogd 1.4.1:`) or a remark in brackets may follow the name.
fn tag(text: &str) -> Option<Tag<'_>> {
    const LONGEST: usize = 128;
    let end = text.bytes().take(LONGEST).position(|byte| matches!(byte, b'[' | b':' | b' ' | b'\t'))?;
    let (mut app, mut rest) = text.split_at_checked(end)?;
    let (mut process, mut remark) = ("", "");
    if let Some((inside, after)) = words::bracketed(rest).filter(|_| rest.starts_with('[')) {
        (process, rest) = (inside, after);
    }
    if let Some((inside, after)) = rest.strip_prefix(' ').and_then(words::bracketed) {
        (remark, rest) = (inside, after);
    } else if let Some((version, _)) = words::word(rest).filter(|(word, _)| rest.starts_with(' ') && word.ends_with(':'))
        && process.is_empty()
        && version.starts_with(|c: char| c.is_ascii_digit())
    {
        app = text.get(..end + version.len())?;
        rest = text.get(end + version.len()..)?;
    }
    let message = rest.strip_prefix(':')?;
    let is_tag = !app.is_empty() && (message.is_empty() || message.starts_with(' '));
    is_tag.then(|| Tag { app, process, remark, message: message.trim_start() })
}
