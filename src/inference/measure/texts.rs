//! How alike two texts are character by character: digits masked, and by their punctuation alone.

use std::cell::OnceCell;

use super::indel::{Pattern, similarity};

/// A query's characters, compared with many others.
pub struct Texts {
    characters: Characters,
    masked: OnceCell<Pattern>,
    punctuation: OnceCell<Pattern>,
}

/// The characters of a text and its punctuation, of all of it and of its first line.
#[derive(Debug, Clone)]
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
    pub fn new(mut folded: Vec<u8>, head: usize) -> Self {
        let (length, head) = (folded.len(), head.min(folded.len()));
        let mut head_marks = 0;
        for place in 0..length {
            let Some(mark) = folded.get(place).copied().filter(u8::is_ascii_punctuation) else { continue };
            folded.push(mark);
            head_marks += u16::from(place < head);
        }
        Self { bytes: folded, length: length as u16, head: head as u16, head_marks }
    }

    /// For keeping: without room to spare.
    pub fn shrunk(mut self) -> Self {
        self.bytes.shrink_to_fit();
        self
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

    /// Bytes on the heap.
    pub fn memory_bytes(&self) -> usize {
        self.bytes.len()
    }
}

impl Texts {
    pub fn new(folded: Vec<u8>) -> Self {
        let head = folded.len();
        Self { characters: Characters::new(folded, head), masked: OnceCell::new(), punctuation: OnceCell::new() }
    }

    /// How alike another text is.
    pub fn likeness(&self, other: Line) -> Likeness {
        let own = self.characters.whole();
        Likeness {
            masked: similarity(&self.masked, own.masked, other.masked),
            punctuation: similarity(&self.punctuation, own.punctuation, other.punctuation),
        }
    }
}
