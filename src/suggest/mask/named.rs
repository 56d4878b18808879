//! Values whose name says what they are: `"password": "…"`, `pwd=…`, `<token>…</token>`, `Authorization: …`, in JSON, in JSON within
//! JSON, in forms, headers and command lines. Linear: what was found is not read again.

use super::spans::{Kind, Span};

/// Endings of names, and what is behind such a name. Names are compared in lower case, without `_` and `-`.
const ENDINGS: [(&str, Kind); 27] = [
    ("password", Kind::Password),
    ("passwd", Kind::Password),
    ("passphrase", Kind::Password),
    ("passcode", Kind::Password),
    ("pwd", Kind::Password),
    ("secret", Kind::Password),
    ("secretkey", Kind::Password),
    ("privatekey", Kind::Password),
    ("pincode", Kind::Password),
    ("otpcode", Kind::Password),
    ("smscode", Kind::Password),
    ("cvv2", Kind::Password),
    ("пароль", Kind::Password),
    ("token", Kind::Token),
    ("apikey", Kind::Token),
    ("accesskey", Kind::Token),
    ("authorization", Kind::Token),
    ("jwt", Kind::Token),
    ("sessionid", Kind::Session),
    ("sessid", Kind::Session),
    ("sessionkey", Kind::Session),
    ("cookie", Kind::Session),
    ("edrpou", Kind::Tax),
    ("rnokpp", Kind::Tax),
    ("taxid", Kind::Tax),
    ("taxcode", Kind::Tax),
    ("taxnumber", Kind::Tax),
];
/// Whole names.
const NAMES: [(&str, Kind); 16] = [
    ("pass", Kind::Password),
    ("pin", Kind::Password),
    ("cvv", Kind::Password),
    ("cvc", Kind::Password),
    ("cvc2", Kind::Password),
    ("otp", Kind::Password),
    ("пін", Kind::Password),
    ("auth", Kind::Token),
    ("sid", Kind::Session),
    ("session", Kind::Session),
    ("inn", Kind::Tax),
    ("ipn", Kind::Tax),
    ("drfo", Kind::Tax),
    ("іпн", Kind::Tax),
    ("рнокпп", Kind::Tax),
    ("єдрпоу", Kind::Tax),
];
/// Characters of a name that are looked at, from its end.
const NAME: usize = 40;
/// A quote in XML.
const ENTITY: &str = "&quot;";
/// Blanks between a name, its sign and its value at most.
const BLANKS: usize = 16;

/// Finds named values.
pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let skipped = rest.find(is_name).unwrap_or(rest.len());
        let start = at + skipped;
        let name = text.get(start..).unwrap_or_default();
        let name = name.get(..name.find(|c| !is_name(c)).unwrap_or(name.len())).unwrap_or_default();
        at = start + name.len();
        let Some(kind) = kind(name) else { continue };
        let Some((value, end)) = value(text, at, name, kind) else { continue };
        at = end.max(at);
        if let Some(span) = trimmed(text, value, kind) {
            spans.push(span);
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// What a name says.
fn kind(name: &str) -> Option<Kind> {
    let letters = name.chars().rev().filter(|c| !matches!(c, '_' | '-')).take(NAME);
    let mut letters: Vec<char> = letters.flat_map(char::to_lowercase).collect();
    letters.reverse();
    let name: String = letters.into_iter().collect();
    let whole = NAMES.iter().find(|(known, _)| name == *known);
    whole.or_else(|| ENDINGS.iter().find(|(ending, _)| name.ends_with(ending))).map(|(_, kind)| *kind)
}

/// The value behind a name that ends here, and where reading goes on.
fn value(text: &str, at: usize, name: &str, kind: Kind) -> Option<((usize, usize), usize)> {
    let after_quote = at + quote(text, at).map_or(0, str::len);
    let sign = after_quote + blanks(text, after_quote);
    let start = match text.as_bytes().get(sign)? {
        // One of `:`, `=`, `:=`, `==`, `=>`.
        b':' | b'=' => sign + 1 + usize::from(matches!(text.as_bytes().get(sign + 1), Some(b'=' | b'>'))),
        // An element or an attribute's end: `<pin>1</pin>`; a closing tag has no value.
        b'>' if sign == at && !text.get(..at - name.len())?.ends_with('/') => return Some(until(text, sign + 1, &['<'])),
        _ if name.starts_with("--") && sign > at => sign,
        _ => return None,
    };
    let start = start + blanks(text, start);
    // The line of a header, not a member of JSON that is called like one.
    let line = is_header(name) && after_quote == at;
    if let Some(quote) = quote(text, start).filter(|_| !line) {
        let start = start + quote.len();
        let (end, next) = closing(text, start, quote);
        return Some(((start, end), next));
    }
    let first = *text.as_bytes().get(start)?;
    if matches!(first, b'{' | b'[') {
        let slashes = quote(text, at).map_or(0, |quote| quote.bytes().filter(|byte| *byte == b'\\').count());
        let end = brackets(text, start, slashes);
        return Some(((start, end), end));
    }
    let header = is_header(name);
    let found = if header {
        header_end(text, start)
    } else {
        until(text, start, &[' ', '\t', '\n', '\r', ',', ';', '&', '"', '\'', '<', '>', ')', '}', ']', '|', '\\'])
    };
    let bare = text.get(found.0.0..found.0.1)?;
    // Prose, as in `unexpected token: identifier`, `session: closed`.
    let prose =
        matches!(kind, Kind::Token | Kind::Session) && !header && bare.len() < 20 && !bare.bytes().any(|byte| byte.is_ascii_digit());
    (!prose).then_some(found)
}

/// Whether a name is that of a header, whose value goes on to the end of the line.
fn is_header(name: &str) -> bool {
    ["authorization", "cookie"].iter().any(|ending| {
        name.len().checked_sub(ending.len()).and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
    })
}

/// The value of a header: to the end of its line, or of the text in quotes that the whole header stands in. What it puts in quotes
/// itself stands behind a `=`, or is all of it.
fn header_end(text: &str, start: usize) -> ((usize, usize), usize) {
    let (mut run, mut open, mut last) = (0, None, b'=');
    for (at, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            b'\n' | b'\r' => return ((start, at), at),
            b'\\' => {
                run += 1;
                continue;
            }
            b'"' => match open {
                Some(slashes) if is_quote(run, slashes) => open = None,
                Some(_) => {}
                None if last == b'=' => open = Some(run),
                None => return ((start, at - run), at),
            },
            _ => {}
        }
        run = 0;
        last = if byte == b' ' { last } else { byte };
    }
    ((start, text.len()), text.len())
}

/// The quote that stands here, with the backslashes of JSON within JSON.
fn quote(text: &str, at: usize) -> Option<&str> {
    let rest = text.get(at..)?;
    if let Some(entity) = rest.get(..ENTITY.len()).filter(|head| *head == ENTITY) {
        return Some(entity);
    }
    let slashes = rest.bytes().take(16).take_while(|byte| *byte == b'\\').count();
    matches!(rest.as_bytes().get(slashes)?, b'"' | b'\'').then(|| rest.get(..=slashes)).flatten()
}

/// Where a value in such quotes ends, and what comes behind the quote; the end of the text if it is never closed.
fn closing(text: &str, start: usize, quote: &str) -> (usize, usize) {
    if quote == ENTITY {
        let end = text.get(start..).and_then(|rest| rest.find(ENTITY)).map_or(text.len(), |length| start + length);
        return (end, (end + ENTITY.len()).min(text.len()));
    }
    let bytes = text.as_bytes();
    let (slashes, mark) = (quote.len() - 1, quote.as_bytes().last().copied().unwrap_or(b'"'));
    let mut run = 0;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match *byte {
            b'\\' => run += 1,
            byte if byte == mark && is_quote(run, slashes) => return (at - slashes.min(run), at + 1),
            _ => run = 0,
        }
    }
    (text.len(), text.len())
}

/// The end of the array or object that begins here, whose quotes have so many backslashes.
fn brackets(text: &str, start: usize, slashes: usize) -> usize {
    let (mut depth, mut quoted, mut run) = (0_usize, false, 0);
    for (at, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            b'\\' => {
                run += 1;
                continue;
            }
            b'"' if is_quote(run, slashes) => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth -= 1,
            _ => {}
        }
        run = 0;
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

/// Whether a quote behind so many backslashes ends a text whose quotes have so many: one within is escaped once more, by an odd number of
/// backslashes, or by more than the outer one has.
fn is_quote(run: usize, slashes: usize) -> bool {
    run == slashes || (slashes == 0 && run.is_multiple_of(2))
}

/// From here to one of these characters.
fn until(text: &str, start: usize, ends: &[char]) -> ((usize, usize), usize) {
    let rest = text.get(start..).unwrap_or_default();
    let end = start + rest.find(ends).unwrap_or(rest.len());
    ((start, end), end)
}

fn blanks(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.bytes().take(BLANKS).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// The value without blanks at its ends; nothing where it says nothing.
fn trimmed(text: &str, (start, end): (usize, usize), kind: Kind) -> Option<Span> {
    let value = text.get(start..end)?;
    let start = start + (value.len() - value.trim_start().len());
    let value = value.trim();
    let says_nothing = matches!(value, "" | "null" | "true" | "false" | "[]" | "{}") || value.bytes().all(|byte| byte == b'*');
    let number = |digits: &str| (8..=12).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let wrong = kind == Kind::Tax && !number(value);
    (!says_nothing && !wrong).then_some(Span { start, end: start + value.len(), kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_known_by_its_name() {
        for (text, expected) in [
            (r#"{"password": "p 1,2","a":1}"#, "p 1,2"),
            (r#"{"userPassword":"a\"b"}"#, r#"a\"b"#),
            (r#"{\"pwd\":\"x\\\"y\",\"z\":1}"#, r#"x\\\"y"#),
            ("pwd=hunter2&x=1", "hunter2"),
            ("OLD-PASSWD : 'q w'", "q w"),
            ("--password hunter2 --x", "hunter2"),
            ("<Password>abc</Password>", "abc"),
            (r#""pin": 1234}"#, "1234"),
            (r#""secret": {"a":"}","b":[1]}, "c":1"#, r#"{"a":"}","b":[1]}"#),
            (r#"{\"secret\":{\"a\":\"x}y\"},\"b\":1}"#, r#"{\"a\":\"x}y\"}"#),
            (r#""sessionid":"slxctezudkzyv0di3ymysxyd ","#, "slxctezudkzyv0di3ymysxyd"),
            ("Authorization: Digest a=\"b\", response=\"6629\"\nnext", "Digest a=\"b\", response=\"6629\""),
            (r#"curl -H "Authorization: Digest a=b, c" http://x"#, "Digest a=b, c"),
            (r#"{"head":"Authorization: Digest a=\"b\", c=\"d\"","x":1}"#, r#"Digest a=\"b\", c=\"d\""#),
            ("Authorization: Digest a = \"b\", c = \"d\"", "Digest a = \"b\", c = \"d\""),
            ("Cookie: \"a b\"; sid=c", "\"a b\"; sid=c"),
            ("Cookie: a=\"never closed\nnext", "a=\"never closed"),
            (r#"{"cookie": "a; b", "x": "y"}"#, "a; b"),
            (r#"{"Authorization":"Digest a=\"b\", c"}"#, r#"Digest a=\"b\", c"#),
            ("Set-Cookie: JSESSIONID=abc; Path=/\nnext", "JSESSIONID=abc; Path=/"),
            ("access_token=ab12", "ab12"),
            ("\"password\":\"never closed", "never closed"),
            ("Пароль: йцукен", "йцукен"),
            ("'password' => 'x y', 1", "x y"),
            ("pwd:=x1;", "x1"),
            ("{&quot;pin&quot;:&quot;77 88&quot;, &quot;", "77 88"),
            ("ЄДРПОУ 00032129, ЄДРПОУ: 00032129", "00032129"),
        ] {
            let mut spans = Vec::new();
            find(text, &mut spans);
            assert_eq!(spans.iter().map(|span| &text[span.start..span.end]).collect::<Vec<_>>(), [expected], "{text}");
        }
    }

    #[test]
    fn what_only_speaks_of_them_is_left() {
        for text in [
            "wrong password for user",
            "unexpected token: identifier",
            r#""password":null, "token":"", "pin":"****""#,
            "token at position 5",
            "session: closed",
            "inn: yes",
            "</password> x",
            "pin",
            "password=",
        ] {
            let mut spans = Vec::new();
            find(text, &mut spans);
            assert_eq!(spans, [], "{text}");
        }
    }
}
