//! What can be shown of a reply that is still being written: incomplete JSON, read as far as it goes.
//!
//! It is for the eye alone: nothing is made of a preview, and what it shows may turn out to be no draft.

use std::str::Chars;

use super::{
    clean,
    draft::MAX_STEPS,
    question::MAX_ANSWER,
    reply::{self, MAX_REPLY},
};

/// The reply so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// The cause, or the answer to a question.
    pub text: String,
    /// The steps; the last may be unfinished.
    pub steps: Vec<String>,
}

/// The text ended, or it is not of the form that is expected.
struct Ended;

impl Preview {
    /// Reads what has been written so far; nothing where it is not the beginning of a reply.
    pub fn of(partial: &str) -> Self {
        let mut end = partial.len().min(MAX_REPLY);
        while !partial.is_char_boundary(end) {
            end -= 1;
        }
        let mut preview = Self::default();
        let mut reader = Reader { chars: reply::unfenced(partial.get(..end).unwrap_or_default()).chars() };
        // Where it ends, there is nothing more to show.
        let _ = reader.object(&mut preview);
        preview.text = shown(&preview.text);
        preview.steps = preview.steps.iter().map(|step| shown(step)).filter(|step| !step.is_empty()).collect();
        preview
    }
}

fn shown(text: &str) -> String {
    let bounded: String = text.chars().take(MAX_ANSWER).collect();
    clean::visible(&bounded).trim().to_owned()
}

/// Reads the one object, whose values are scalars, texts and lists of texts.
struct Reader<'t> {
    chars: Chars<'t>,
}

impl Reader<'_> {
    fn object(&mut self, preview: &mut Preview) -> Result<(), Ended> {
        self.expect('{')?;
        loop {
            let mut key = String::new();
            self.expect('"')?;
            self.string(&mut key)?;
            self.expect(':')?;
            match (self.next()?, key.as_str()) {
                ('"', "cause" | "answer") => self.string(&mut preview.text)?,
                ('"', _) => self.string(&mut String::new())?,
                ('[', "steps") => self.list(&mut preview.steps)?,
                ('[', _) => self.list(&mut Vec::new())?,
                // A number or a word.
                (c, _) if c.is_ascii_alphanumeric() || c == '-' => {}
                _ => return Err(Ended),
            }
            while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+')) {
                self.chars.next();
            }
            self.expect(',')?;
        }
    }

    fn list(&mut self, texts: &mut Vec<String>) -> Result<(), Ended> {
        loop {
            match self.next()? {
                ']' => return Ok(()),
                '"' if texts.len() < MAX_STEPS => {
                    texts.push(String::new());
                    let Some(last) = texts.last_mut() else { return Err(Ended) };
                    self.string(last)?;
                }
                ',' => {}
                _ => return Err(Ended),
            }
        }
    }

    /// The rest of a text whose quote was read.
    fn string(&mut self, out: &mut String) -> Result<(), Ended> {
        loop {
            match self.chars.next().ok_or(Ended)? {
                '"' => return Ok(()),
                '\\' => out.push(self.escaped()?),
                c => out.push(c),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Ended> {
        match self.chars.next().ok_or(Ended)? {
            'n' => Ok('\n'),
            't' => Ok('\t'),
            'r' | 'b' | 'f' => Ok(' '),
            'u' => {
                let unit = self.unit()?;
                let pair = (0xd800..0xdc00).contains(&unit) && self.chars.as_str().starts_with("\\u");
                if !pair {
                    return Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                self.chars.next();
                self.chars.next();
                let low = self.unit()?;
                let code = 0x10000 + ((unit - 0xd800) << 10) + low.wrapping_sub(0xdc00) % 0x400;
                Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            }
            c => Ok(c),
        }
    }

    fn unit(&mut self) -> Result<u32, Ended> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + self.chars.next().and_then(|c| c.to_digit(16)).ok_or(Ended)?;
        }
        Ok(unit)
    }

    fn peek(&self) -> Option<char> {
        self.chars.clone().next()
    }

    /// The next character that is no white space.
    fn next(&mut self) -> Result<char, Ended> {
        self.chars.find(|c| !c.is_ascii_whitespace()).ok_or(Ended)
    }

    fn expect(&mut self, wanted: char) -> Result<(), Ended> {
        if self.next()? == wanted { Ok(()) } else { Err(Ended) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn preview(text: &str, steps: &[&str]) -> Preview {
        Preview { text: text.into(), steps: steps.iter().map(|step| (*step).into()).collect() }
    }

    #[test]
    fn what_is_there_is_shown() {
        for (partial, expected) in [
            ("", preview("", &[])),
            ("{\"verdict\": \"dra", preview("", &[])),
            (r#"{"verdict":"draft","cause":"The disk"#, preview("The disk", &[])),
            (r#"{"verdict":"draft","cause":"a\"b\nc","steps":["One.","Tw"#, preview("a\"b\nc", &["One.", "Tw"])),
            (r#"{ "confidence" : 12 , "cites":["K1"], "steps" : [ ] , "cause":"x"}"#, preview("x", &[])),
            (r#"{"verdict":"answer","answer":"\u0457\ud83d\ude00\ud83d"#, preview("ї😀\u{fffd}", &[])),
            (r#"{"cause":"a\u00"#, preview("a", &[])),
            (r#"{"cause":{"x":1}}"#, preview("", &[])),
            ("```json\n{\"cause\":\"x", preview("x", &[])),
            ("Sure! {\"cause\":\"x\"}", preview("", &[])),
            ("{\"cause\":\"a\u{1b}[31mb\u{202e}\"", preview("ab", &[])),
        ] {
            assert_eq!(Preview::of(partial), expected, "{partial}");
        }
    }

    proptest! {
        #[test]
        fn every_beginning_of_a_reply_shows_the_beginning_of_its_cause(cause in "[ -~їЇ\\n\\t😀]{0,40}", cut in 0..200_usize) {
            let reply = serde_json::json!({"verdict": "draft", "cause": cause, "steps": ["a", cause]}).to_string();
            let end = (0..=cut.min(reply.len())).rev().find(|end| reply.is_char_boundary(*end)).unwrap();
            let shown = Preview::of(&reply[..end]);
            prop_assert!(super::shown(&cause).starts_with(&shown.text), "{:?} {:?}", cause, shown.text);
            prop_assert_eq!(Preview::of(&reply).text, super::shown(&cause));
        }

        #[test]
        fn nothing_makes_it_panic(partial in "[\\[\\]{}\":,\\\\unabc0-9dD\u{1b} ї]{0,60}") {
            Preview::of(&partial);
            Preview::of(&format!("{{\"cause\":\"{partial}"));
            Preview::of(&format!("{{\"steps\":[\"{partial}"));
        }
    }
}
