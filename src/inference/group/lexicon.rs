//! Words that say something about the values beside them: units, months, currencies, nouns that are followed by a name.
//!
//! English and Ukrainian; nothing here belongs to one system.

/// Whether `word`, standing after a number, belongs to it.
pub(super) fn is_unit(word: &str) -> bool {
    is_time_unit(word) || is_currency(word) || is_size_unit(word) || is_clock_suffix(word)
}

/// Units of time.
pub(super) fn is_time_unit(word: &str) -> bool {
    const UNITS: [&str; 24] = [
        "ns",
        "us",
        "µs",
        "ms",
        "s",
        "sec",
        "secs",
        "second",
        "seconds",
        "min",
        "mins",
        "minute",
        "minutes",
        "hour",
        "hours",
        "day",
        "days",
        "мс",
        "сек",
        "с",
        "хв",
        "год",
        "днів",
        "секунд",
    ];
    word.len() <= 14 && contains(&UNITS, word)
}

/// Currencies, by code or name.
pub(super) fn is_currency(word: &str) -> bool {
    const CODES: [&str; 14] = ["UAH", "USD", "EUR", "PLN", "GBP", "CHF", "JPY", "CZK", "RON", "HUF", "CAD", "TRY", "грн", "коп"];
    CODES.contains(&word)
}

/// Units of size, frequency and speed.
fn is_size_unit(word: &str) -> bool {
    const UNITS: [&str; 20] = [
        "b", "byte", "bytes", "kb", "kib", "mb", "mib", "gb", "gib", "tb", "tib", "hz", "khz", "mhz", "ghz", "bps", "kbps", "mbps", "gbps",
        "байт",
    ];
    word.len() <= 8 && contains(&UNITS, word)
}

/// Halves of the day and time zones.
fn is_clock_suffix(word: &str) -> bool {
    const SUFFIXES: [&str; 20] = [
        "AM", "PM", "am", "pm", "UTC", "GMT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "CET", "CEST", "EET", "EEST", "BST",
        "JST",
    ];
    SUFFIXES.contains(&word)
}

/// Months and days of the week, which beside a number are a date.
pub(super) fn is_calendar(word: &str) -> bool {
    const WORDS: [&str; 37] = [
        "jan",
        "feb",
        "mar",
        "apr",
        "may",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    ];
    const UKRAINIAN: [&str; 12] =
        ["січня", "лютого", "березня", "квітня", "травня", "червня", "липня", "серпня", "вересня", "жовтня", "листопада", "грудня"];
    (3..=9).contains(&word.len()) && contains(&WORDS, word) || UKRAINIAN.contains(&word)
}

/// Words that are a value wherever they stand.
pub(super) fn is_literal(word: &str) -> bool {
    const LITERALS: [&str; 13] =
        ["true", "false", "null", "nil", "True", "False", "None", "TRUE", "FALSE", "NULL", "NaN", "localhost", "N/A"];
    word.len() <= 9 && LITERALS.contains(&word)
}

/// Names that have a digit without being a value.
pub(super) fn is_numbered_name(word: &str) -> bool {
    const NAMES: [&str; 16] = [
        "ipv4", "ipv6", "socks4", "socks5", "md5", "sha1", "sha256", "utf8", "utf-8", "utf16", "oauth2", "x509", "http2", "base64",
        "win32", "log4j",
    ];
    word.len() <= 6 && contains(&NAMES, word)
}

/// Nouns whose next word is a name.
pub(super) fn names_somebody(word: &str) -> bool {
    const NOUNS: [&str; 9] = ["user", "username", "login", "host", "hostname", "користувач", "користувача", "користувачу", "хост"];
    word.len() <= 22 && contains(&NOUNS, word)
}

/// Nouns whose next word is a name if it looks like one.
pub(super) fn names_something(word: &str) -> bool {
    const NOUNS: [&str; 19] = [
        "domain",
        "node",
        "device",
        "interface",
        "file",
        "service",
        "process",
        "module",
        "queue",
        "table",
        "database",
        "topic",
        "job",
        "task",
        "group",
        "path",
        "session",
        "thread",
        "server",
    ];
    word.len() <= 9 && contains(&NOUNS, word)
}

/// Words that are no name although they follow a noun that is followed by one.
pub(super) fn is_no_name(word: &str) -> bool {
    const WORDS: [&str; 77] = [
        "is",
        "was",
        "are",
        "were",
        "be",
        "been",
        "has",
        "have",
        "had",
        "not",
        "no",
        "in",
        "on",
        "at",
        "to",
        "from",
        "for",
        "by",
        "with",
        "of",
        "and",
        "or",
        "the",
        "a",
        "an",
        "as",
        "that",
        "this",
        "will",
        "can",
        "cannot",
        "could",
        "did",
        "does",
        "already",
        "too",
        "into",
        "unknown",
        "name",
        "id",
        "session",
        "password",
        "group",
        "agent",
        "data",
        "input",
        "error",
        "info",
        "profile",
        "role",
        "key",
        "unreachable",
        "unavailable",
        "down",
        "up",
        "offline",
        "online",
        "invalid",
        "limit",
        "request",
        "mode",
        "account",
        "list",
        "controller",
        "bus",
        "bridge",
        "adapter",
        "не",
        "є",
        "з",
        "у",
        "в",
        "на",
        "має",
        "вже",
        "та",
        "до",
    ];
    contains(&WORDS, word) || word.len() > 4 && (word.ends_with("ed") || word.ends_with("ing"))
}

/// Whether the last part of a dotted name is the top of a domain.
pub(super) fn is_top_domain(part: &str) -> bool {
    const DOMAINS: [&str; 16] = [
        "com",
        "net",
        "org",
        "edu",
        "gov",
        "mil",
        "int",
        "info",
        "biz",
        "local",
        "localdomain",
        "lan",
        "internal",
        "intranet",
        "corp",
        "arpa",
    ];
    // Two letters are a country, unless they are the ending of a common file or a short word after a missing blank.
    const NO_COUNTRIES: [&str; 24] = [
        "so", "sh", "py", "rs", "cc", "js", "db", "ko", "md", "ps", "pl", "is", "to", "in", "it", "at", "no", "be", "me", "id", "gz", "go",
        "ts", "my",
    ];
    DOMAINS.contains(&part) || part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_lowercase()) && !NO_COUNTRIES.contains(&part)
}

/// Whether the last part of a dotted name is the ending of a file's name.
pub(super) fn is_file_ending(part: &str) -> bool {
    const ENDINGS: [&str; 36] = [
        "txt", "log", "xml", "json", "csv", "conf", "cfg", "ini", "yml", "yaml", "pdf", "doc", "docx", "xls", "xlsx", "zip", "gz", "tar",
        "jar", "war", "so", "dll", "exe", "sh", "py", "bat", "html", "sql", "bak", "tmp", "dat", "bin", "png", "pem", "crt", "dbf",
    ];
    ENDINGS.contains(&part)
}

fn contains(words: &[&str], word: &str) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}
