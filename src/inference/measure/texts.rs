//! How alike two texts are character by character: digits masked, and by their punctuation alone.

use super::indel::similarity;

/// The characters of a text and its punctuation, of all of it and of its first line.
#[derive(Debug, Clone, Default)]
pub struct Characters {
    /// First all characters, then the punctuation.
    bytes: Vec<u8>,
    length: u16,
    head: u16,
    head_marks: u16,
}

/// The characters of a text or of its first line.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    masked: &'a [u8],
    punctuation: &'a [u8],
}

/// Two similarities, 0 to 1.
#[derive(Debug, Clone, Copy, Default)]
pub struct Likeness {
    /// With all digits alike: their places count.
    pub masked: f32,
    /// Of what is neither letter, digit nor space: a format's skeleton.
    pub punctuation: f32,
}

/// Whether a byte is punctuation.
const IS_MARK: [bool; 256] = {
    let mut is_mark = [false; 256];
    let mut byte = 0;
    while byte < is_mark.len() {
        is_mark[byte] = (byte as u8).is_ascii_punctuation();
        byte += 1;
    }
    is_mark
};

impl Characters {
    /// Of a folded text whose first line has so many bytes.
    pub fn new(folded: &[u8], head: usize) -> Self {
        let mut characters = Self::default();
        characters.read(folded, head);
        characters.bytes.shrink_to_fit();
        characters
    }

    /// The same in the room that another text had.
    pub fn read(&mut self, folded: &[u8], head: usize) {
        let (length, head) = (folded.len(), head.min(folded.len()));
        self.bytes.clear();
        self.bytes.extend_from_slice(folded);
        self.bytes.resize(2 * length, 0);
        let marks = &mut self.bytes[length..];
        let mut n_marks = 0;
        let mut take = |part: &[u8]| {
            for byte in part {
                // Written in any case: whether it stays is a sum, not a branch that a processor would have to guess.
                if let Some(mark) = marks.get_mut(n_marks) {
                    *mark = *byte;
                }
                n_marks += usize::from(IS_MARK[usize::from(*byte)]);
            }
            n_marks
        };
        let (first, rest) = folded.split_at(head);
        let (head_marks, n_marks) = (take(first), take(rest));
        self.bytes.truncate(length + n_marks);
        (self.length, self.head, self.head_marks) = (length as u16, head as u16, head_marks as u16);
    }

    /// All of it.
    pub fn whole(&self) -> Line<'_> {
        let (masked, punctuation) = self.bytes.split_at(usize::from(self.length));
        Line { masked, punctuation }
    }

    /// The first line.
    pub fn head(&self) -> Line<'_> {
        let Line { masked, punctuation } = self.whole();
        Line { masked: &masked[..usize::from(self.head)], punctuation: &punctuation[..usize::from(self.head_marks)] }
    }

    /// Whether there is more than the first line.
    pub fn has_details(&self) -> bool {
        self.head < self.length
    }

    /// Bytes on the heap.
    pub fn memory_bytes(&self) -> usize {
        self.bytes.len()
    }
}

impl Line<'_> {
    /// How alike another text is.
    pub fn likeness(self, other: Line) -> Likeness {
        if self.masked == other.masked {
            return Likeness { masked: 1.0, punctuation: 1.0 };
        }
        Likeness { masked: similarity(self.masked, other.masked), punctuation: similarity(self.punctuation, other.punctuation) }
    }
}
