//! Which words of a text name a thing that is or is not: addresses, paths, codes, commands, numbers. Words of prose name nothing.

use std::net::{IpAddr, SocketAddr};

use super::programs;

/// What is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Named {
    /// An address of the web.
    Url,
    /// An address of the network.
    Ip,
    /// A host, with its port or without, or a mail address.
    Host,
    /// A file or a folder.
    Path,
    /// Something to be run.
    Command,
    /// A code, a version, an identifier of a program.
    Code,
    /// A number of three digits or more.
    Number,
}

/// A word that names something, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    pub start: usize,
    pub end: usize,
    pub named: Named,
}

/// Endings of files.
const FILES: [&str; 34] = [
    "bak",
    "bat",
    "bin",
    "cer",
    "cfg",
    "cmd",
    "conf",
    "config",
    "crt",
    "csv",
    "dll",
    "exe",
    "gz",
    "htm",
    "html",
    "ini",
    "jar",
    "js",
    "json",
    "key",
    "log",
    "pem",
    "properties",
    "ps1",
    "py",
    "service",
    "sh",
    "sql",
    "txt",
    "toml",
    "xml",
    "yaml",
    "yml",
    "zip",
];
/// Units that may follow a number without a blank, and endings of ordinal numbers.
const UNITS: [&str; 22] =
    ["st", "nd", "rd", "th", "h", "s", "ms", "min", "m", "d", "x", "kb", "mb", "gb", "tb", "k", "с", "хв", "год", "мс", "й", "го"];

/// The words that name something, in order, none within another.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(length) = quoted(rest) {
            found.extend(trimmed(text, at + 1, at + 1 + length).map(|(start, end)| Word {
                start,
                end,
                named: kind_of_quoted(text, start, end),
            }));
            at += length + 2;
            continue;
        }
        let length = rest.find(is_break).unwrap_or(rest.len());
        if length == 0 {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let end = at + length;
        if let Some((start, end)) = trimmed(text, at, end) {
            let word = text.get(start..end).unwrap_or_default();
            match kind(word, next_word(text, end).map_or("", |(start, end)| text.get(start..end).unwrap_or_default())) {
                Some(Named::Command) => found.push(Word { start, end: command_end(text, start, end), named: Named::Command }),
                Some(named) => found.push(Word { start, end, named }),
                None => {}
            }
        }
        at = found.last().map_or(end, |word| end.max(word.end));
    }
    found
}

/// What parts words. A backtick begins something quoted.
pub(super) fn is_break(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, ',' | ';' | '"' | '`' | '(' | ')' | '«' | '»' | '“' | '”' | '„' | '–' | '—' | '|' | '<' | '>' | '{' | '}')
}

/// The length of what stands between the backtick here and the next one, on one line.
fn quoted(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('`')?;
    let end = inner.find(['`', '\n'])?;
    (end > 0 && inner.get(end..)?.starts_with('`')).then_some(end)
}

/// What is quoted is meant to the letter: a command, if it is nothing else.
fn kind_of_quoted(text: &str, start: usize, end: usize) -> Named {
    let inner = text.get(start..end).unwrap_or_default();
    if inner.contains(char::is_whitespace) { Named::Command } else { kind(inner, "").unwrap_or(Named::Code) }
}

/// Marks of punctuation that a word may end with.
pub(super) const ENDS: [char; 12] = ['\'', ']', ':', '.', '!', '?', '…', '*', ' ', '’', '%', '='];

/// Without marks of punctuation at the ends.
fn trimmed(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let word = text.get(start..end)?;
    let open = word.trim_start_matches(['\'', '[', ':', '=', '*', ' ', '’', '!', '?']);
    let close = open.trim_end_matches(ENDS);
    let start = start + (word.len() - open.len());
    (!close.is_empty()).then_some((start, start + close.len()))
}

/// The word behind the one that ends here, if it is on the same side of a mark of punctuation.
fn next_word(text: &str, end: usize) -> Option<(usize, usize)> {
    let next = text.get(end..)?.strip_prefix(' ')?;
    trimmed(text, end + 1, end + 1 + next.find(is_break).unwrap_or(next.len()))
}

/// Words behind a program that belong to it at most.
const ARGUMENTS: usize = 8;

/// A program and what is run with it: its options and one more word; of a statement also what it is about.
fn command_end(text: &str, start: usize, end: usize) -> usize {
    let first = text.get(start..end).unwrap_or_default().to_lowercase();
    let (mut at, mut has_argument) = (end, false);
    for place in 0..ARGUMENTS {
        let Some((from, to)) = next_word(text, at) else { break };
        let word = text.get(from..to).unwrap_or_default();
        let belongs = programs::is_option(word) || (place == 0 && programs::is_statement(&first, word));
        if !belongs && has_argument {
            break;
        }
        (at, has_argument) = (to, has_argument || !belongs);
    }
    at
}

/// What a word names before that next one.
fn kind(word: &str, next: &str) -> Option<Named> {
    // A value that stays masked.
    if word.contains('⟦') {
        return None;
    }
    let lower = word.to_lowercase();
    if lower.contains("://") || lower.starts_with("www.") {
        return Some(Named::Url);
    }
    if is_ip(word) {
        return Some(Named::Ip);
    }
    if is_path(word, &lower) {
        return Some(Named::Path);
    }
    if programs::begins(word, &lower, next) {
        return Some(Named::Command);
    }
    is_host(word, &lower).then_some(Named::Host).or_else(|| number_or_code(word, &lower))
}

fn is_ip(word: &str) -> bool {
    let address = word.split_once('/').map_or(word, |(address, _)| address);
    let v6 = address.contains(':') && address.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() && address.len() > 2;
    v6 || address.parse::<std::net::Ipv4Addr>().is_ok() || word.parse::<SocketAddr>().is_ok()
}

fn is_path(word: &str, lower: &str) -> bool {
    let rooted = ["/", "./", "../", "~/", "\\\\", "$"].iter().any(|root| word.starts_with(root)) && word.len() > 2;
    let drive = matches!(word.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    let file = lower.rsplit_once('.').is_some_and(|(name, ending)| !name.is_empty() && FILES.contains(&ending));
    rooted || drive || file || word.matches(['/', '\\']).count() >= 2
}

/// Labels parted by dots, of which the last has no digits; or a port behind a name; or a mail address.
fn is_host(word: &str, lower: &str) -> bool {
    let name = lower.rsplit_once('@').map_or(lower, |(_, host)| host);
    let (name, port) = name.rsplit_once(':').map_or((name, ""), |(name, port)| (name, port));
    let has_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let labels: Vec<&str> = name.split('.').collect();
    let valid = |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let zone = labels.last().is_some_and(|zone| zone.chars().nth(1).is_some() && zone.chars().all(char::is_alphabetic));
    let parted = labels.len() > 1 && zone && (port.is_empty() || has_port);
    if !labels.iter().all(valid) {
        return false;
    }
    if name.is_ascii() {
        // `5:30` is a time, `e.g` has labels too short for a host.
        return (has_port && name.bytes().any(|byte| byte.is_ascii_alphabetic())) || (parted && word.len() > 4);
    }
    // A word before a colon and a number is prose (`Помилка:503`), as are short forms (`т.д`) and sentences without a blank between them.
    let short = labels.iter().any(|label| label.chars().nth(1).is_none());
    let sentence =
        word.rsplit_once('.').is_some_and(|(_, last)| last.starts_with(char::is_uppercase) && last.chars().any(char::is_lowercase));
    (parted && !short && !sentence) || (has_port && name.contains(|c: char| c.is_ascii_digit() || c == '-' || c == '.'))
}

/// Words with digits, with underscores, with capitals in the middle.
fn number_or_code(word: &str, lower: &str) -> Option<Named> {
    let n_digits = word.bytes().filter(u8::is_ascii_digit).count();
    let digits_end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    if n_digits > 0 && digits_end > 0 && UNITS.contains(&lower.get(digits_end..)?.trim_start_matches('-')) {
        return None;
    }
    let letters = word.bytes().any(|byte| byte.is_ascii_alphabetic());
    if n_digits > 0 && !letters {
        // `10-15`, `7:30` and `1/2` are counts and times.
        let is_large = word.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= 3);
        return match word.contains('.') {
            true => Some(Named::Code),
            false => is_large.then_some(Named::Number),
        };
    }
    let mut humps = word.chars().zip(word.chars().skip(1));
    let hump = humps.any(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_uppercase());
    let joined = word.contains('_') && word.len() > 2;
    // `check-out` is a word; `ORA-12541` has digits.
    (n_digits > 0 || hump || joined || mixes_scripts(word)).then_some(Named::Code)
}

/// Letters of two scripts side by side: one that is written like another program, host or person (`раypal` with a Cyrillic `ра`).
fn mixes_scripts(word: &str) -> bool {
    word.split(|c: char| !c.is_alphabetic())
        .any(|run| run.contains(|c: char| c.is_ascii_alphabetic()) && run.contains(|c: char| matches!(c, '\u{370}'..='\u{52f}')))
}
