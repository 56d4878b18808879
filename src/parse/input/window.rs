//! The part of the text that is being looked at. It grows while a record needs more and is let go of from the front;
//! memory is bounded by whoever stops asking for more.

use std::io::{self, Read};

use encoding_rs::{Decoder, Encoding};

use super::{Charset, compression::Input};

/// How much is read at a time, at least.
const BLOCK: usize = 256 << 10;

/// A window over the decoded text of an input.
pub(in crate::parse) struct Window<'p, R: Read> {
    input: Input<'p, R>,
    charset: Charset,
    /// How much is read at a time, at least.
    block: usize,
    /// `None` while the text is used as it comes.
    decoder: Option<Decoder>,
    /// Bytes read and not yet decoded; used with a decoder only.
    raw: Vec<u8>,
    text: Vec<u8>,
    start: usize,
    /// Place of `text[start]` in the decompressed file.
    offset: u64,
    /// Bytes of the decompressed file read so far.
    n_bytes: u64,
    ended: bool,
}

impl<'p, R: Read> Window<'p, R> {
    /// Opens the input and looks at its first bytes, which decide the encoding.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub(in crate::parse) fn open(input: R, encoding: Option<&'static Encoding>, progress: &'p dyn Fn(u64)) -> io::Result<Self> {
        Self::in_blocks(input, encoding, progress, BLOCK)
    }

    /// As [`Window::open`], with blocks of another size.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub(in crate::parse) fn in_blocks(
        input: R,
        encoding: Option<&'static Encoding>,
        progress: &'p dyn Fn(u64),
        block: usize,
    ) -> io::Result<Self> {
        let mut input = Input::open(input, progress)?;
        let mut raw = Vec::with_capacity(block);
        let n_bytes = input.by_ref().take(block as u64).read_to_end(&mut raw)?;
        let charset = Charset::of(encoding, &raw);
        raw.drain(..charset.mark_bytes);
        let mut window = Self {
            input,
            charset,
            block,
            decoder: None,
            raw: Vec::new(),
            text: Vec::new(),
            start: 0,
            offset: charset.mark_bytes as u64,
            n_bytes: n_bytes as u64,
            ended: n_bytes < block,
        };
        if charset.is_utf8() {
            window.text = raw;
        } else {
            window.decoder = Some(charset.encoding.new_decoder_without_bom_handling());
            window.raw = raw;
            window.decode();
        }
        Ok(window)
    }

    /// The text from the current place on, as far as it was read.
    pub(in crate::parse) fn view(&self) -> &[u8] {
        self.text.get(self.start..).unwrap_or_default()
    }

    /// Whether the view reaches the end of the input.
    pub(in crate::parse) fn is_last(&self) -> bool {
        self.ended
    }

    /// Reads on: the view becomes at least twice as long, so that looking at it again from its start stays linear.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub(in crate::parse) fn grow(&mut self) -> io::Result<()> {
        self.text.drain(..self.start);
        self.start = 0;
        let wanted = self.text.len().max(self.block);
        let into = if self.decoder.is_some() { &mut self.raw } else { &mut self.text };
        into.reserve(wanted);
        let n_read = self.input.by_ref().take(wanted as u64).read_to_end(into)?;
        self.n_bytes += n_read as u64;
        self.ended = n_read < wanted;
        self.decode();
        Ok(())
    }

    /// Lets go of the first `n` bytes of the view.
    pub(in crate::parse) fn consume(&mut self, n: usize) {
        let n = n.min(self.view().len());
        self.offset = self.offset_of(n);
        self.start += n;
    }

    /// The place in the decompressed file of a place in the view.
    pub(in crate::parse) fn offset_of(&self, at: usize) -> u64 {
        self.offset + self.charset.source_len(self.view().get(..at).unwrap_or(self.view()))
    }

    /// The bytes of the file behind a part of the view.
    pub(in crate::parse) fn source(&self, from: usize, to: usize) -> Vec<u8> {
        self.charset.source(self.view().get(from..to).unwrap_or_default())
    }

    /// The encoding.
    pub(in crate::parse) fn charset(&self) -> Charset {
        self.charset
    }

    /// Bytes of the decompressed file read so far.
    pub(in crate::parse) fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// Why the compressed form could not be read to its end, if so.
    pub(in crate::parse) fn damage(&self) -> Option<&str> {
        self.input.damage()
    }

    fn decode(&mut self) {
        let Some(decoder) = &mut self.decoder else { return };
        let (mut from, at) = (0, self.text.len());
        let room = decoder.max_utf8_buffer_length(self.raw.len()).unwrap_or(3 * self.raw.len() + 16);
        self.text.resize(at + room, 0);
        let mut end = at;
        loop {
            let (source, target) = (self.raw.get(from..).unwrap_or_default(), self.text.get_mut(end..).unwrap_or_default());
            let (state, n_read, n_written, _) = decoder.decode_to_utf8(source, target, self.ended);
            from += n_read;
            end += n_written;
            match state {
                encoding_rs::CoderResult::InputEmpty => break,
                encoding_rs::CoderResult::OutputFull => self.text.resize(end + 64 + 3 * (self.raw.len() - from), 0),
            }
        }
        self.text.truncate(end);
        self.raw.clear();
    }
}
