//! Words that say something about the values beside them: units, months, currencies, nouns that are followed by a name.
//!
//! English and Ukrainian; nothing here belongs to one system.

/// A list of words that answers quickly for most words that it lacks.
struct Words<const N: usize> {
    /// By the last five bits of their first byte, which are the same for capitals.
    words: [&'static str; N],
    /// Where the words with these bits begin.
    starts: [usize; 33],
    /// Which lengths they have.
    lengths: [u32; 32],
}

impl<const N: usize> Words<N> {
    const fn new(mut words: [&'static str; N]) -> Self {
        let (mut starts, mut lengths) = ([0; 33], [0; 32]);
        let (mut sorted, mut bits) = (0, 0);
        while bits < 32 {
            let mut index = sorted;
            while index < N {
                let bytes = words[index].as_bytes();
                if (bytes[0] & 31) as usize == bits {
                    lengths[bits] |= 1 << (bytes.len() & 31);
                    let word = words[index];
                    words[index] = words[sorted];
                    words[sorted] = word;
                    sorted += 1;
                }
                index += 1;
            }
            bits += 1;
            starts[bits] = sorted;
        }
        Self { words, starts, lengths }
    }

    /// Whether the word is there, capitals aside.
    fn contains(&self, word: &str) -> bool {
        self.candidates(word).iter().any(|known| known.eq_ignore_ascii_case(word))
    }

    /// Whether the word is there as it is written.
    fn contains_exactly(&self, word: &str) -> bool {
        self.candidates(word).contains(&word)
    }

    /// Words that begin like this one, if one has its length.
    fn candidates(&self, word: &str) -> &[&'static str] {
        let bits = usize::from(word.as_bytes().first().copied().unwrap_or_default() & 31);
        if self.lengths[bits] >> (word.len() & 31) & 1 == 0 {
            return &[];
        }
        self.words.get(self.starts[bits]..self.starts[bits + 1]).unwrap_or_default()
    }
}

/// A static list of the words of a text.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $text:literal) => {
        $(#[$doc])*
        static $name: Words<{ count($text) }> = Words::new(parted($text));
    };
}

const fn count(text: &str) -> usize {
    let (bytes, mut index, mut count) = (text.as_bytes(), 0, 1);
    while index < bytes.len() {
        if bytes[index] == b' ' {
            count += 1;
        }
        index += 1;
    }
    count
}

const fn parted<const N: usize>(mut text: &'static str) -> [&'static str; N] {
    let (mut words, mut word) = ([""; N], 0);
    while word < N {
        let mut length = 0;
        while length < text.len() && text.as_bytes()[length] != b' ' {
            length += 1;
        }
        let (first, rest) = text.split_at(length);
        words[word] = first;
        text = if rest.is_empty() { rest } else { rest.split_at(1).1 };
        word += 1;
    }
    words
}

words!(
    /// Units of time, size, frequency and speed.
    UNITS,
    "ns us µs ms s sec secs second seconds min mins minute minutes hour hours day days мс сек с хв год днів секунд b byte \
     bytes kb kib mb mib gb gib tb tib hz khz mhz ghz bps kbps mbps gbps байт"
);

words!(
    /// Currencies, halves of the day, time zones.
    CAPITAL_UNITS,
    "UAH USD EUR PLN GBP CHF JPY CZK RON HUF CAD TRY грн коп AM PM am pm UTC GMT EST EDT CST CDT MST MDT PST PDT CET CEST \
     EET EEST BST JST"
);

words!(
    /// Units of time.
    TIME_UNITS,
    "ns us µs ms s sec secs second seconds min mins minute minutes hour hours day days мс сек с хв год днів секунд"
);

words!(
    /// Currencies, by code or name.
    CURRENCIES,
    "UAH USD EUR PLN GBP CHF JPY CZK RON HUF CAD TRY грн коп"
);

words!(
    /// Months and days of the week.
    CALENDAR,
    "jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september october \
     november december mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday січня лютого \
     березня квітня травня червня липня серпня вересня жовтня листопада грудня"
);

words!(
    /// Values that are words.
    LITERALS,
    "true false null nil True False None TRUE FALSE NULL NaN localhost N/A"
);

words!(
    /// Names that have a digit.
    NUMBERED_NAMES,
    "ipv4 ipv6 socks4 socks5 md5 sha1 sha256 utf8 utf16 oauth2 x509 http2 base64 win32 log4j"
);

words!(
    /// Nouns whose next word is the name of somebody or some machine.
    HOLDERS,
    "user username login host hostname користувач користувача користувачу хост Користувач Користувача Користувачу Хост"
);

words!(
    /// Properties whose value says what happened.
    TELLING,
    "error err message msg reason cause exception event fault errmsg error_message помилка причина"
);

words!(
    /// Nouns whose next word is a name if it looks like one.
    THINGS,
    "domain node device interface file service process module queue table database topic job task group path session \
     thread server"
);

words!(
    /// Words that follow such a noun without being a name.
    NO_NAMES,
    "is was are were be been has have had not no in on at to from for by with of and or the a an as that this will can \
     cannot could did does already too into unknown name id session password group agent data input error info profile \
     role key unreachable unavailable down up offline online invalid limit request mode account list controller bus bridge \
     adapter authentication authorization"
);

words!(
    /// Tops of domains that are no country.
    TOP_DOMAINS,
    "com net org edu gov mil int info biz local localdomain lan internal intranet corp arpa"
);

words!(
    /// Endings of two letters that are no country: those of common files, and short words after a missing blank.
    NO_COUNTRIES,
    "so sh py rs cc js db ko md ps pl is to in it at no be me id gz go ts my"
);

words!(
    /// Endings of files' names.
    FILE_ENDINGS,
    "txt log xml json csv conf cfg ini yml yaml pdf doc docx xls xlsx zip gz tar jar war so dll exe sh py bat html sql bak \
     tmp dat bin png pem crt dbf"
);

/// Whether `word`, standing after a number, belongs to it.
pub(super) fn is_unit(word: &str) -> bool {
    let word = word.strip_suffix("/s").unwrap_or(word);
    UNITS.contains(word) || CAPITAL_UNITS.contains_exactly(word)
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

/// Whether a name belongs behind `noun` in any case, so that two blanks there are an empty one.
pub(super) fn needs_name(noun: &str) -> bool {
    HOLDERS.contains(noun)
}

/// Whether `noun`, with a mark between them, says that `word` is a name.
pub(super) fn labels(noun: &str, word: &str) -> bool {
    HOLDERS.contains(noun) && !is_no_name(word)
}

/// Whether words that are the value of this property tell messages apart.
pub(super) fn is_telling(property: &str) -> bool {
    TELLING.contains(property)
}

/// Whether it is no name although it follows a word that a name follows.
pub(super) fn is_no_name(word: &str) -> bool {
    !word.is_ascii() || NO_NAMES.contains(word) || word.len() > 4 && (word.ends_with("ed") || word.ends_with("ing"))
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
