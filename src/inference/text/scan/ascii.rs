//! A chunk of ASCII, taken apart by its bytes: the tokens are those of any text, found at a part of the work.

use super::{
    super::stem::push_ascii_stem,
    Kind, Scan,
    form::{is_joint, is_path},
};

/// What a byte is: a letter or a digit, a digit, a dot, an at sign.
const WORD: u8 = 1;
const DIGIT: u8 = 2;
const DOT: u8 = 4;
const AT: u8 = 8;
/// What parts pieces, and what joins words to one name.
const COLON: u8 = 16;
const JOINT: u8 = 32;

/// What each byte is.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < classes.len() {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' => WORD | DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' => WORD,
            b'.' => DOT | JOINT,
            b':' => COLON,
            byte if is_joint(byte) => JOINT,
            b'@' => AT,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// A piece without what stands before its first and behind its last letter or digit.
#[derive(Default)]
struct Trimmed {
    /// Where the piece ends.
    length: usize,
    start: usize,
    end: usize,
    /// What its bytes are.
    classes: u8,
}

impl Trimmed {
    /// Of the piece that a chunk begins with.
    fn first_of(chunk: &[u8]) -> Self {
        // What stands between letters counts once another follows.
        let (mut trimmed, mut between) = (Self { length: chunk.len(), ..Self::default() }, 0);
        for (place, byte) in chunk.iter().enumerate() {
            let class = CLASSES[usize::from(*byte)];
            if class & WORD == 0 {
                if class & COLON != 0 {
                    trimmed.length = place;
                    break;
                }
                between |= class;
                continue;
            }
            if trimmed.end == 0 {
                trimmed.start = place;
            } else {
                trimmed.classes |= between;
            }
            trimmed.classes |= class;
            trimmed.end = place + 1;
            between = 0;
        }
        trimmed
    }

    fn has(&self, class: u8) -> bool {
        self.classes & class != 0
    }
}

impl Scan {
    /// [`Scan::any_chunk`] of ASCII.
    pub(super) fn ascii_chunk(&mut self, text: &str, offset: usize, in_value: bool) {
        let (mut from, mut after_name) = (0, false);
        while let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) {
            let trimmed = Trimmed::first_of(rest.as_bytes());
            if trimmed.end > 0 {
                let soft = in_value || after_name || self.is_led();
                self.ascii_piece(rest, offset + from, &trimmed, soft);
            }
            after_name = trimmed.length > 0;
            from += trimmed.length + 1;
        }
    }

    fn ascii_piece(&mut self, piece: &str, offset: usize, trimmed: &Trimmed, soft: bool) {
        let offset = offset + trimmed.start;
        let text = piece.get(trimmed.start..trimmed.end).unwrap_or_default();
        if trimmed.has(DIGIT) {
            return self.number(text, offset);
        }
        if is_path(piece) || trimmed.has(AT) {
            return self.literal(Kind::Value, true, offset, text);
        }
        let soft = soft || trimmed.has(DOT);
        if !trimmed.has(JOINT) {
            return self.ascii_word(text.as_bytes(), offset, soft);
        }
        let mut from = 0;
        for word in text.as_bytes().split(|byte| CLASSES[usize::from(*byte)] & JOINT != 0) {
            self.ascii_word(word, offset + from, soft);
            from += word.len() + 1;
        }
    }

    fn ascii_word(&mut self, word: &[u8], start: usize, soft: bool) {
        let stem = self.stems.len();
        push_ascii_stem(word, &mut self.stems);
        if self.stems.len() > stem {
            self.add(Kind::Word, soft, (start as u32, (start + word.len()) as u32), stem as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Scan;

    type Seen = Vec<(String, super::Kind, bool, (u32, u32))>;

    fn tokens(chunks: &[String], take: fn(&mut Scan, &str, usize, bool)) -> Seen {
        let mut scan = Scan::default();
        for (n, chunk) in chunks.iter().enumerate() {
            take(&mut scan, chunk, 10 * n, n % 3 == 2);
        }
        scan.tokens.iter().map(|token| (scan.stem(token).to_owned(), token.kind, token.soft, token.at)).collect()
    }

    proptest! {
        #[test]
        fn ascii_has_the_tokens_that_any_text_has(
            chunks in prop::collection::vec("(ORA-00942|Mar|user|[./~]?)[a-zA-Z0-9_./:@#&*+~%$'-]{0,12}", 0..6),
        ) {
            prop_assert_eq!(tokens(&chunks, Scan::ascii_chunk), tokens(&chunks, Scan::any_chunk));
        }
    }
}
