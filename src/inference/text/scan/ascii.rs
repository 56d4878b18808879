//! A text of ASCII, taken apart by its bytes: the tokens are those of any text, found at a part of the work.
//!
//! All of it is spelt at once before it is cut, so that a stem is a part of what was spelt and no letter is looked at word by word.

use super::{
    super::{
        split::Chunks,
        squeeze::{any_pair, map_into},
        stem::{MAX_WORD, plain_stem, push_odd_stem, spelt},
    },
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
/// What ends a chunk, and what may be part of one or begin a placeholder.
const END: u8 = 64;
const ODD: u8 = 128;

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
            b'%' | b'$' => ODD | JOINT,
            b'\'' => ODD,
            byte if is_joint(byte) => JOINT,
            b'@' => AT,
            _ => END,
        };
        byte += 1;
    }
    classes
};

/// Where [`Scan::stems`] has a text of ASCII: as words are spelt, and behind that in lower case.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Spelt {
    /// The place in the text at which it begins.
    offset: usize,
    words: usize,
    literals: usize,
    has_kh: bool,
}

/// What stands between two colons.
#[derive(Default)]
struct Piece {
    length: usize,
    /// Its first letter or digit, and the end of its last one.
    start: usize,
    end: usize,
    /// What stands from the first to the last.
    classes: u8,
}

impl Piece {
    /// The piece at a place of a text that was spelt from there on; where its chunk ends is known, or seen by a byte.
    fn new(text: &[u8], spelt: &[u8], at: usize, until: Option<usize>) -> Self {
        match until {
            Some(end) => Self::first_of(&text[at..end], spelt, COLON),
            None => Self::first_of(&text[at..], spelt, COLON | END | ODD),
        }
    }

    /// The piece that a text begins with, which any of these ends.
    fn first_of(text: &[u8], spelt: &[u8], ends: u8) -> Self {
        let (mut piece, mut at) = (Self::default(), 0);
        loop {
            // What stands between letters counts once another follows.
            let mut between = 0;
            loop {
                let class = text.get(at).map_or(ends, |byte| CLASSES[usize::from(*byte)]);
                if class & WORD != 0 {
                    break;
                }
                if class & ends != 0 {
                    return Self { length: at, ..piece };
                }
                between |= class;
                at += 1;
            }
            if piece.end == 0 {
                piece.start = at;
            } else {
                piece.classes |= between;
            }
            let (length, has_digit) = run(&spelt[at..]);
            piece.classes |= if has_digit { DIGIT } else { 0 };
            at += length;
            piece.end = at;
        }
    }

    fn has(&self, class: u8) -> bool {
        self.classes & class != 0
    }
}

/// The letters and digits that a spelt text begins with, and whether a digit is among them; eight bytes at a time, of which those that end
/// it are zero.
fn run(spelt: &[u8]) -> (usize, bool) {
    const ONES: u64 = u64::MAX / 0xff;
    let (mut length, mut digits) = (0, 0);
    while let Some(bytes) = spelt.get(length..).and_then(|rest| rest.first_chunk()) {
        let bytes = u64::from_le_bytes(*bytes);
        // The lowest of the bits that are set is that of the first zero.
        let zeros = bytes.wrapping_sub(ONES) & !bytes & (ONES << 7);
        let n_bytes = zeros.trailing_zeros() / u8::BITS;
        // Of letters and digits, the letters have this bit.
        let others = !bytes & (ONES << 6);
        length += n_bytes as usize;
        if zeros != 0 {
            digits |= others & ((1 << (n_bytes * u8::BITS)) - 1);
            break;
        }
        digits |= others;
    }
    (length, digits != 0)
}

impl Scan {
    /// Spells a text of ASCII that stands at a place of the whole text.
    pub(super) fn spell(&mut self, text: &[u8], offset: usize) {
        let words = self.stems.len();
        map_into(text, spelt, &mut self.stems);
        let literals = self.stems.len();
        let has_kh = any_pair(&self.stems[words..], |letter, next| (letter == b'k') & (next == b'h'));
        map_into(text, |byte| byte.to_ascii_lowercase(), &mut self.stems);
        self.spelt = Spelt { offset, words, literals, has_kh };
    }

    /// The end of a chunk that is taken apart if it is what most are: nothing but letters and digits.
    #[inline]
    pub(super) fn plain_chunk(&mut self, text: &[u8], offset: usize, in_value: bool) -> Option<usize> {
        let (length, has_digit) = run(&self.stems[self.spelt.words + offset - self.spelt.offset..]);
        let end = offset + length;
        if length == 0 || text.get(end).is_some_and(|byte| CLASSES[usize::from(*byte)] != END) {
            return None;
        }
        if has_digit {
            self.ascii_number(text, offset, end);
        } else {
            let soft = in_value || self.is_led();
            self.ascii_word(text, offset, end, soft, self.spelt.has_kh);
        }
        Some(end)
    }

    /// [`Scan::any_chunk`] of ASCII that was spelt; the end of the chunk. Without a length it ends where a byte says so, or, if an odd one
    /// stands in it, where `chunks` says.
    pub(super) fn ascii_chunk(&mut self, text: &[u8], offset: usize, length: Option<usize>, chunks: &Chunks, in_value: bool) -> usize {
        let (mut at, mut after_name) = (offset, false);
        let mut until = length.map(|length| offset + length);
        loop {
            let spelt = &self.stems[self.spelt.words + at - self.spelt.offset..];
            let mut piece = Piece::new(text, spelt, at, until);
            if until.is_none() && text.get(at + piece.length).is_some_and(|byte| CLASSES[usize::from(*byte)] & ODD != 0) {
                until = Some(offset + chunks.length_at(offset));
                piece = Piece::new(text, spelt, at, until);
            }
            if piece.end > 0 {
                self.ascii_piece(text, at, &piece, in_value || after_name, until.is_some());
            }
            after_name = piece.length > 0;
            at += piece.length;
            if until == Some(at) || text.get(at) != Some(&b':') {
                return at;
            }
            at += 1;
        }
    }

    /// A piece at a place; `is_odd` if it may have an apostrophe.
    fn ascii_piece(&mut self, text: &[u8], at: usize, piece: &Piece, soft: bool, is_odd: bool) {
        let (start, end) = (at + piece.start, at + piece.end);
        if piece.has(DIGIT) {
            return self.ascii_number(text, start, end);
        }
        if is_path(&text[at..end]) || piece.has(AT) {
            return self.ascii_literal(Kind::Value, start, end);
        }
        let soft = soft || piece.has(DOT) || self.is_led();
        let is_odd = is_odd || self.spelt.has_kh;
        if !piece.has(JOINT) {
            return self.ascii_word(text, start, end, soft, is_odd);
        }
        let mut from = start;
        for word in text[start..end].split(|byte| CLASSES[usize::from(*byte)] & JOINT != 0) {
            self.ascii_word(text, from, from + word.len(), soft, is_odd);
            from += word.len() + 1;
        }
    }

    #[inline]
    fn ascii_number(&mut self, text: &[u8], start: usize, end: usize) {
        let kind = self.kind_of_number(&text[start..end]);
        self.ascii_literal(kind, start, end);
    }

    #[inline(always)]
    fn ascii_word(&mut self, text: &[u8], start: usize, end: usize, soft: bool, is_odd: bool) {
        let mut from = self.spelt.words + start - self.spelt.offset;
        let length = if is_odd {
            from = self.stems.len();
            push_odd_stem(&text[start..end], &mut self.stems);
            self.stems.len() - from
        } else {
            plain_stem(&self.stems[from..from + end - start]).len()
        };
        if length > 0 {
            self.add(Kind::Word, soft, (start, end), (from, from + length));
        }
    }

    #[inline]
    fn ascii_literal(&mut self, kind: Kind, start: usize, end: usize) {
        let from = self.spelt.literals + start - self.spelt.offset;
        self.add(kind, kind == Kind::Value, (start, end), (from, from + (end - start).min(MAX_WORD)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{
        super::split::{Chunk, Chunks, Place},
        Scan,
    };

    type Seen = Vec<(String, super::Kind, bool, (u32, u32))>;

    fn seen(scan: &Scan) -> Seen {
        scan.tokens.iter().map(|token| (scan.stem(token).to_owned(), token.kind, token.soft, token.at)).collect()
    }

    /// The tokens as those of any text are found.
    fn any(chunks: Chunks) -> Seen {
        let mut scan = Scan::default();
        for chunk in chunks {
            match chunk {
                Chunk::Placeholder(offset) => scan.literal(super::Kind::Placeholder, true, offset, ""),
                Chunk::Text { text, offset, place } => scan.any_chunk(text, offset, place == Place::Value),
            }
        }
        seen(&scan)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn ascii_has_the_tokens_that_any_text_has(
            chunks in prop::collection::vec("(ORA-00942|Mar|user|[./~]?)[a-zA-Z0-9_./:@#&*+~%$'-]{0,12}([ =,]|<\\*>|%[ds]|\\{a?\\}|'| '|\")", 0..6),
        ) {
            let text = chunks.concat();
            prop_assert_eq!(seen(&Scan::new(&text)), any(Chunks::new(&text)), "{}", text);
            prop_assert_eq!(seen(&Scan::of_template(&text)), any(Chunks::of_template(&text)), "{}", text);
        }

        #[test]
        fn ascii_has_the_same_tokens_beside_other_letters(chunk in "[a-zA-Z0-9_./:@#&*+~%$'-]{0,12}") {
            let (text, other) = (format!("ж {chunk} kk"), format!("ж {chunk}\u{200b} kk"));
            let stems = |text: &str| seen(&Scan::new(text)).into_iter().map(|(stem, kind, soft, _)| (stem, kind, soft)).collect::<Vec<_>>();
            prop_assert_eq!(stems(&text), stems(&other), "{}", text);
        }
    }
}
