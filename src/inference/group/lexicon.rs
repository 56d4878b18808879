//! Words that say something about the values beside them: units, months, currencies, nouns that are followed by a name.
//!
//! English and Ukrainian; nothing here belongs to one system.

/// A list of words that answers quickly for most words that it lacks.
struct Words<const N: usize> {
    words: [&'static str; N],
    /// The lengths of the words by the last five bits of their first byte, which are the same for capitals.
    lengths: [u32; 32],
}

impl<const N: usize> Words<N> {
    const fn new(words: [&'static str; N]) -> Self {
        let mut lengths = [0; 32];
        let mut index = 0;
        while index < N {
            let bytes = words[index].as_bytes();
            lengths[(bytes[0] & 31) as usize] |= 1 << (bytes.len() & 31);
            index += 1;
        }
        Self { words, lengths }
    }

    /// Whether the word is there, capitals aside.
    fn contains(&self, word: &str) -> bool {
        self.may_contain(word) && self.words.iter().any(|known| known.eq_ignore_ascii_case(word))
    }

    /// Whether the word is there as it is written.
    fn contains_exactly(&self, word: &str) -> bool {
        self.may_contain(word) && self.words.contains(&word)
    }

    fn may_contain(&self, word: &str) -> bool {
        let first = word.as_bytes().first().copied().unwrap_or_default();
        self.lengths[usize::from(first & 31)] >> (word.len() & 31) & 1 == 1
    }
}

/// Units of time.
static TIME_UNITS: Words<24> = Words::new([
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
]);

/// Units of size, frequency and speed.
static SIZE_UNITS: Words<20> = Words::new([
    "b", "byte", "bytes", "kb", "kib", "mb", "mib", "gb", "gib", "tb", "tib", "hz", "khz", "mhz", "ghz", "bps", "kbps", "mbps", "gbps",
    "байт",
]);

/// Currencies, by code or name.
static CURRENCIES: Words<14> =
    Words::new(["UAH", "USD", "EUR", "PLN", "GBP", "CHF", "JPY", "CZK", "RON", "HUF", "CAD", "TRY", "грн", "коп"]);

/// Halves of the day and time zones.
static CLOCK_SUFFIXES: Words<20> = Words::new([
    "AM", "PM", "am", "pm", "UTC", "GMT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "CET", "CEST", "EET", "EEST", "BST",
    "JST",
]);

/// Months and days of the week.
static CALENDAR: Words<50> = Words::new([
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
    "sunday",
    "січня",
    "лютого",
    "березня",
    "квітня",
    "травня",
    "червня",
    "липня",
    "серпня",
    "вересня",
    "жовтня",
    "листопада",
    "грудня",
]);

/// Values that are words.
static LITERALS: Words<13> =
    Words::new(["true", "false", "null", "nil", "True", "False", "None", "TRUE", "FALSE", "NULL", "NaN", "localhost", "N/A"]);

/// Names that have a digit.
static NUMBERED_NAMES: Words<16> = Words::new([
    "ipv4", "ipv6", "socks4", "socks5", "md5", "sha1", "sha256", "utf8", "utf-8", "utf16", "oauth2", "x509", "http2", "base64", "win32",
    "log4j",
]);

/// Nouns whose next word is the name of somebody or some machine.
static HOLDERS: Words<9> =
    Words::new(["user", "username", "login", "host", "hostname", "користувач", "користувача", "користувачу", "хост"]);

/// Nouns whose next word is a name if it looks like one.
static THINGS: Words<19> = Words::new([
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
]);

/// Words that follow such a noun without being a name.
static NO_NAMES: Words<77> = Words::new([
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
]);

/// Tops of domains that are no country.
static TOP_DOMAINS: Words<16> = Words::new([
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
]);

/// Endings of two letters that are no country: those of common files, and short words after a missing blank.
static NO_COUNTRIES: Words<24> = Words::new([
    "so", "sh", "py", "rs", "cc", "js", "db", "ko", "md", "ps", "pl", "is", "to", "in", "it", "at", "no", "be", "me", "id", "gz", "go",
    "ts", "my",
]);

/// Endings of files' names.
static FILE_ENDINGS: Words<36> = Words::new([
    "txt", "log", "xml", "json", "csv", "conf", "cfg", "ini", "yml", "yaml", "pdf", "doc", "docx", "xls", "xlsx", "zip", "gz", "tar",
    "jar", "war", "so", "dll", "exe", "sh", "py", "bat", "html", "sql", "bak", "tmp", "dat", "bin", "png", "pem", "crt", "dbf",
]);

/// Whether `word`, standing after a number, belongs to it.
pub(super) fn is_unit(word: &str) -> bool {
    is_time_unit(word) || SIZE_UNITS.contains(word) || is_currency(word) || CLOCK_SUFFIXES.contains_exactly(word)
}

/// Whether it is a unit of time.
pub(super) fn is_time_unit(word: &str) -> bool {
    TIME_UNITS.contains(word)
}

/// Whether it is a currency.
pub(super) fn is_currency(word: &str) -> bool {
    CURRENCIES.contains_exactly(word)
}

/// Whether it is a month or a day of the week, which beside a number is a date.
pub(super) fn is_calendar(word: &str) -> bool {
    CALENDAR.contains(word)
}

/// Whether it is a value wherever it stands.
pub(super) fn is_literal(word: &str) -> bool {
    LITERALS.contains_exactly(word)
}

/// Whether it is a name that has a digit without being a value.
pub(super) fn is_numbered_name(word: &str) -> bool {
    NUMBERED_NAMES.contains(word)
}

/// Whether `noun` announces a name and `word` can be one.
pub(super) fn announces(noun: &str, word: &str) -> bool {
    HOLDERS.contains(noun) && !is_no_name(word) || THINGS.contains(noun) && word.contains('_')
}

/// Whether it is no name although it follows a word that a name follows.
pub(super) fn is_no_name(word: &str) -> bool {
    NO_NAMES.contains(word) || word.len() > 4 && (word.ends_with("ed") || word.ends_with("ing"))
}

/// Whether the last part of a dotted name is the top of a domain.
pub(super) fn is_top_domain(part: &str) -> bool {
    let is_country = || part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_lowercase()) && !NO_COUNTRIES.contains_exactly(part);
    TOP_DOMAINS.contains_exactly(part) || is_country()
}

/// Whether the last part of a dotted name is the ending of a file's name.
pub(super) fn is_file_ending(part: &str) -> bool {
    FILE_ENDINGS.contains_exactly(part)
}
