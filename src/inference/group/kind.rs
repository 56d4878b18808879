//! What kind of thing a value is, from its text and the name beside it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::lexicon;

/// The kind of a variable's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An IP address, with or without port.
    Ip,
    /// The number of an account or a card.
    Account,
    /// The number of a document.
    Document,
    /// A sum of money.
    Amount,
    /// A length of time.
    Duration,
    /// A day, with or without time.
    Date,
    /// A time of day.
    Time,
    /// A path of files or of a server.
    Path,
    /// An address with a scheme.
    Url,
    /// The name of a machine.
    Host,
    /// A UUID.
    Uuid,
    /// A hexadecimal number.
    Hex,
    /// A number.
    Number,
    /// Anything else.
    Word,
}

impl Kind {
    /// The name of its name in the messages of the pages.
    pub fn key(self) -> &'static str {
        match self {
            Self::Ip => "kind.ip",
            Self::Account => "kind.account",
            Self::Document => "kind.document",
            Self::Amount => "kind.amount",
            Self::Duration => "kind.duration",
            Self::Date => "kind.date",
            Self::Time => "kind.time",
            Self::Path => "kind.path",
            Self::Url => "kind.url",
            Self::Host => "kind.host",
            Self::Uuid => "kind.uuid",
            Self::Hex => "kind.hex",
            Self::Number => "kind.number",
            Self::Word => "kind.word",
        }
    }

    /// The kind of a value that stands beside this name.
    pub fn of(value: &str, name: &str) -> Self {
        let text = value.trim_matches(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | '«' | '»' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>')
        });
        by_form(text).or_else(|| by_unit(text)).or_else(|| by_name(text, name)).unwrap_or_else(|| by_letters(text))
    }
}

/// Values that tell by themselves what they are.
fn by_form(text: &str) -> Option<Kind> {
    if text.contains("://") {
        return Some(Kind::Url);
    }
    if is_uuid(text) {
        return Some(Kind::Uuid);
    }
    if is_ip(text) {
        return Some(Kind::Ip);
    }
    if is_path(text) {
        return Some(Kind::Path);
    }
    if is_iban(text) {
        return Some(Kind::Account);
    }
    let mut parts = text.split([' ', 'T', ',']).filter(|part| !part.is_empty());
    if text.split_whitespace().any(lexicon::is_calendar) && has_digit(text) || parts.clone().any(is_date) {
        return Some(Kind::Date);
    }
    parts.next().is_some_and(is_clock).then_some(Kind::Time)
}

/// Numbers with a unit behind them.
fn by_unit(text: &str) -> Option<Kind> {
    let digits_end = text.rfind(|c: char| c.is_ascii_digit()).map(|at| at + 1)?;
    let (number, unit) = text.split_at_checked(digits_end)?;
    if !is_number(number.trim_start_matches('<').trim()) {
        return None;
    }
    match unit.trim() {
        unit if lexicon::is_currency(unit) => Some(Kind::Amount),
        unit if lexicon::is_time_unit(unit) => Some(Kind::Duration),
        unit if lexicon::is_unit(unit) => Some(Kind::Number),
        _ => None,
    }
}

/// Numbers that only their name explains.
fn by_name(text: &str, name: &str) -> Option<Kind> {
    const ACCOUNTS: [&str; 7] = ["account", "acct", "iban", "card", "рахун", "карт", "pan"];
    const AMOUNTS: [&str; 9] = ["amount", "sum", "total", "balance", "fee", "price", "сума", "суму", "залиш"];
    const DOCUMENTS: [&str; 10] = ["document", "doc", "invoice", "payment", "order", "contract", "докум", "плат", "заявк", "догов"];
    const DURATIONS: [&str; 7] = ["duration", "elapsed", "latency", "timeout", "took", "lifetime", "trival"];
    let name = name.to_lowercase();
    let named = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let long = text.bytes().filter(|byte| byte.is_ascii_digit() || *byte == b'*').count() >= 4;
    if !has_digit(text) {
        None
    } else if named(&ACCOUNTS) && long {
        Some(Kind::Account)
    } else if named(&AMOUNTS) && is_number(text) {
        Some(Kind::Amount)
    } else if named(&DURATIONS) && is_number(text) {
        Some(Kind::Duration)
    } else if named(&DOCUMENTS) {
        Some(Kind::Document)
    } else {
        None
    }
}

fn by_letters(text: &str) -> Kind {
    let hex = text.strip_prefix("0x").unwrap_or(text);
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_number(text) {
        Kind::Number
    } else if !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) && (hex.len() < text.len() || hex.len() >= 6) {
        Kind::Hex
    } else if text == "localhost" || is_host(text.split(':').next().unwrap_or(text), plain) {
        Kind::Host
    } else {
        Kind::Word
    }
}

fn is_host(text: &str, plain: impl Fn(&str) -> bool) -> bool {
    text.rsplit_once('.').is_some_and(|(_, last)| lexicon::is_top_domain(last)) && text.split('.').all(plain)
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_ip(text: &str) -> bool {
    let bare = text.trim_start_matches('/');
    let without_port = bare.rsplit_once([':', '/']).filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    bare.parse::<IpAddr>().is_ok() || without_port.is_some_and(|(host, _)| host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok())
}

fn is_path(text: &str) -> bool {
    let drive = text
        .as_bytes()
        .get(..3)
        .is_some_and(|start| start[0].is_ascii_alphabetic() && start[1] == b':' && matches!(start[2], b'\\' | b'/'));
    let has_letter = || text.chars().any(char::is_alphabetic);
    drive
        || text.starts_with(['/', '\\']) && text.len() > 1
        || text.matches(['/', '\\']).nth(1).is_some() && !text.contains(' ') && has_letter()
}

fn is_iban(text: &str) -> bool {
    (15..=34).contains(&text.len())
        && text.bytes().enumerate().all(|(at, byte)| match at {
            0 | 1 => byte.is_ascii_uppercase(),
            2 | 3 => byte.is_ascii_digit(),
            _ => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
        })
}

/// `2024-02-01`, `01.02.2024`, `1/2/2024`.
fn is_date(text: &str) -> bool {
    ['-', '.', '/'].iter().any(|separator| {
        let mut parts = text.split(*separator);
        let widths = [parts.next(), parts.next(), parts.next()]
            .map(|part| part.filter(|part| part.bytes().all(|byte| byte.is_ascii_digit())).map_or(0, str::len));
        parts.next().is_none() && matches!(widths, [4, 1..=2, 1..=2] | [1..=2, 1..=2, 4])
    })
}

/// `7:17`, `07:17:45.123`.
fn is_clock(text: &str) -> bool {
    let text = text.trim_end_matches('Z').split(['.', '+']).next().unwrap_or_default();
    let parts = text.split(':').count();
    (2..=3).contains(&parts) && text.split(':').all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_number(text: &str) -> bool {
    has_digit(text) && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'-' | b'+' | b'%' | b' '))
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn values_are_typed() {
        let cases = [
            ("10.7.73.12", "", Kind::Ip),
            ("10.7.73.12:8080", "", Kind::Ip),
            ("fe80::1", "", Kind::Ip),
            ("UA213223130000026007233566001", "", Kind::Account),
            ("26007233566001", "рахунок", Kind::Account),
            ("4149****1234", "card", Kind::Account),
            ("BARS-DOC-17", "document", Kind::Document),
            ("1200.50 UAH", "", Kind::Amount),
            ("1200.50", "amount", Kind::Amount),
            ("15 ms", "", Kind::Duration),
            ("30s", "", Kind::Duration),
            ("2.5", "elapsed", Kind::Duration),
            ("5/8/2016 7:17:45 AM", "", Kind::Date),
            ("2016-05-08T07:17:45Z", "", Kind::Date),
            ("08.05.2016", "", Kind::Date),
            ("Fri Jun 17 07:07:00 2005", "", Kind::Date),
            ("07:17:45", "", Kind::Time),
            ("/var/log/app.log", "", Kind::Path),
            (r"C:\Bank\app.ini", "", Kind::Path),
            ("https://bank.example/api", "", Kind::Url),
            ("db-1.bank.local", "", Kind::Host),
            ("localhost", "", Kind::Host),
            ("a489c868-f0c3-7da9-3b76-227c91bb0390", "", Kind::Uuid),
            ("0x1f", "", Kind::Hex),
            ("deadbeef", "", Kind::Hex),
            ("-12.5", "", Kind::Number),
            ("18846 bytes", "", Kind::Number),
            ("ivanov", "user", Kind::Word),
            ("", "", Kind::Word),
        ];
        for (value, name, kind) in cases {
            assert_eq!(Kind::of(value, name), kind, "{value} as {name}");
        }
    }
}
