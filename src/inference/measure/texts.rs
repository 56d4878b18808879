//! How alike two texts are character by character: digits masked, and by their punctuation alone.

use super::{super::text::map_into, indel::similarity};

/// Bytes of which it is seen at once whether one is punctuation.
const N_AT_ONCE: usize = 8;

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
        // Behind the characters first stands which of them are punctuation, then, in the same place, the punctuation.
        map_into(folded, |byte| u8::from(byte.is_ascii_punctuation()), &mut self.bytes);
        let (mut end, mut head_marks) = (length, 0);
        for place in (0..length).step_by(N_AT_ONCE) {
            let mut marks = self.bytes[length + place..].first_chunk().map_or(0, |marks| u64::from_le_bytes(*marks));
            while marks != 0 {
                let at = place + (marks.trailing_zeros() / u8::BITS) as usize;
                self.bytes[end] = self.bytes[at];
                end += 1;
                head_marks += u16::from(at < head);
                marks &= marks - 1;
            }
        }
        self.bytes.truncate(end);
        (self.length, self.head, self.head_marks) = (length as u16, head as u16, head_marks);
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
