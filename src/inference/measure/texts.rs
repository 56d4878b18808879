//! How alike two texts are character by character: digits masked, and by their punctuation alone.

use super::indel::Pattern;

/// A query's characters, prepared for many comparisons.
pub struct Texts {
    masked: Pattern,
    punctuation: Pattern,
}

/// Two similarities, 0 to 1.
#[derive(Debug, Clone, Copy, Default)]
pub struct Likeness {
    /// With all digits alike: their places count.
    pub masked: f32,
    /// Of what is neither letter, digit nor space: a format's skeleton.
    pub punctuation: f32,
}

fn masked(text: &[u8]) -> impl Iterator<Item = u8> {
    text.iter().map(|byte| if byte.is_ascii_digit() { b'0' } else { *byte })
}

fn punctuation(text: &[u8]) -> impl Iterator<Item = u8> {
    text.iter().copied().filter(u8::is_ascii_punctuation)
}

impl Texts {
    pub fn new(folded: &[u8]) -> Self {
        Self { masked: Pattern::new(masked(folded)), punctuation: Pattern::new(punctuation(folded)) }
    }

    /// How alike another text is.
    pub fn likeness(&self, other: &[u8]) -> Likeness {
        Likeness { masked: self.masked.similarity(masked(other)), punctuation: self.punctuation.similarity(punctuation(other)) }
    }
}
