//! What a piece of a text is by its form: a code, a path, a part of a date, the end of the message.

/// Whether it is a code that names the error (`ORA-00942`, `E0308`), not a number of something.
pub fn is_code(text: &[u8]) -> bool {
    let letters = text.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let rest = &text[letters..];
    let digits = rest.strip_prefix(b"-").unwrap_or(rest);
    (1..=5).contains(&letters) && (3..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

/// Whether after a word of this stem a name stands, which is a variable although it is a word.
pub fn is_lead(stem: &[u8]) -> bool {
    matches!(stem, b"user" | b"host" | b"node" | b"from" | b"by" | b"bi" | b"for" | b"koristuvach" | b"vid" | b"klient")
}

/// Whether it is the stem of a day's or a month's name as they stand in dates.
pub fn is_of_date(stem: &[u8]) -> bool {
    matches!(stem, b"mon" | b"tue" | b"wed" | b"thu" | b"fri" | b"sat" | b"sun")
        || matches!(stem, b"jan" | b"feb" | b"mar" | b"apr" | b"mai" | b"jun" | b"jul" | b"aug" | b"sep" | b"oct" | b"nov" | b"dec")
}

/// Whether it is a path, by its beginning.
pub fn is_path(piece: &[u8]) -> bool {
    matches!(piece, [b'/' | b'\\' | b'~', ..] | [b'.', b'/', ..])
}

/// Whether it joins words to one name.
pub const fn is_joint(byte: u8) -> bool {
    matches!(byte, b'_' | b'.' | b'-' | b'/' | b'\\' | b'#' | b'$' | b'&' | b'*' | b'+' | b'~' | b'%')
}

/// Where the first line, or its part before ` | `, ends; the whole text where that would leave nothing.
pub fn head_end(text: &str) -> usize {
    if memchr::memchr2(b'\n', b'|', text.as_bytes()).is_none() {
        return text.len();
    }
    let start = text.len() - text.trim_start().len();
    let body = &text[start..];
    let line = &body[..body.find('\n').unwrap_or(body.len())];
    let is_apart = |at: usize| line[..at].ends_with(' ') && line[at + 1..].starts_with(' ');
    let bar = line.match_indices('|').map(|(at, _)| at).find(|at| is_apart(*at));
    start + bar.map_or(line.len(), |at| at - 1)
}
