//! Alphabets: a word whose letters were borrowed from a look-alike alphabet, and Cyrillic written in Latin letters.

/// Lower-case letters that look alike in Latin and Cyrillic (in either case).
const TWINS: [(char, char); 14] = [
    ('a', 'а'),
    ('b', 'в'),
    ('c', 'с'),
    ('e', 'е'),
    ('h', 'н'),
    ('i', 'і'),
    ('j', 'ј'),
    ('k', 'к'),
    ('m', 'м'),
    ('o', 'о'),
    ('p', 'р'),
    ('t', 'т'),
    ('x', 'х'),
    ('y', 'у'),
];

fn to_latin(c: char) -> Option<char> {
    TWINS.iter().find(|(_, cyrillic)| *cyrillic == c).map(|(latin, _)| *latin)
}

fn to_cyrillic(c: char) -> Option<char> {
    TWINS.iter().find(|(latin, _)| *latin == c).map(|(_, cyrillic)| *cyrillic)
}

/// Whether it is a Cyrillic letter.
pub fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52f}')
}

/// Whether a text is more Cyrillic than Latin, by its beginning.
pub fn is_mostly_cyrillic(text: &str) -> bool {
    const LOOKED_AT: usize = 400;
    if text.as_bytes().get(..LOOKED_AT).unwrap_or(text.as_bytes()).is_ascii() {
        return false;
    }
    let letters = text.chars().take(LOOKED_AT);
    let balance: i32 = letters.map(|c| i32::from(is_cyrillic(c)) - i32::from(c.is_ascii_alphabetic())).sum();
    balance > 0
}

/// Gives a word of mixed alphabets one alphabet: that of its letters that have no twin, else that of the text around it.
pub fn unmix(word: &mut [char], in_cyrillic: bool) {
    let latin = word.iter().any(char::is_ascii_alphabetic);
    let cyrillic = word.iter().any(|c| is_cyrillic(*c));
    if !(latin && cyrillic) {
        return;
    }
    let own_latin = word.iter().filter(|c| c.is_ascii_alphabetic() && to_cyrillic(**c).is_none()).count();
    let own_cyrillic = word.iter().filter(|c| is_cyrillic(**c) && to_latin(**c).is_none()).count();
    let is_cyrillic = own_cyrillic > own_latin || (own_cyrillic == own_latin && in_cyrillic);
    let twin = if is_cyrillic { to_cyrillic } else { to_latin };
    for c in word {
        *c = twin(*c).unwrap_or(*c);
    }
}

/// Appends the letter in Latin, after the Ukrainian national table with the vowels' spellings made one (`и`, `і`, `й`, `ї`: `i`).
pub fn push_latin(c: char, out: &mut String) {
    let latin = match c {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ґ' => "h",
        'д' => "d",
        'е' | 'э' | 'ё' => "e",
        'є' => "ie",
        'ж' => "zh",
        'з' => "z",
        'и' | 'і' | 'й' | 'ї' | 'ы' => "i",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' | 'ў' => "u",
        'ф' => "f",
        'х' => "h",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ю' => "iu",
        'я' => "ia",
        'ь' | 'ъ' => "",
        other => return out.push(other),
    };
    out.push_str(latin);
}
