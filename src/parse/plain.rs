//! Any input as plain bytes, whatever it is compressed with: for readers that know nothing of logs.

use std::io::{self, Read};

use super::input::Input;

/// An input, decompressed where its first bytes say gzip or Zstandard. Where the compressed form is damaged or ends too early, reading
/// fails at that place, once all before it was read.
pub struct Plain<R: Read>(Input<'static, R>);

impl<R: Read> Plain<R> {
    /// Looks at the first bytes.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn open(input: R) -> io::Result<Self> {
        Input::open(input, &|_| {}).map(Self)
    }
}

impl<R: Read> Read for Plain<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n_read = self.0.read(out)?;
        match self.0.damage() {
            Some(damage) if n_read == 0 && !out.is_empty() => Err(io::Error::new(io::ErrorKind::InvalidData, damage.to_owned())),
            _ => Ok(n_read),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_is_read_up_to_there_and_then_fails() {
        let text: Vec<u8> = (0..200_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let compressed = zstd::encode_all(text.as_slice(), 1).unwrap();
        for (input, is_whole) in [(text.as_slice(), true), (&compressed, true), (&compressed[..compressed.len() / 2], false)] {
            let mut read = Vec::new();
            let done = Plain::open(input).unwrap().read_to_end(&mut read);
            assert_eq!((done.is_ok(), read.len() == text.len()), (is_whole, is_whole));
            assert!(!read.is_empty() && text.starts_with(&read));
        }
    }
}
