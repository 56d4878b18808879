//! The part of the text that is being looked at. It grows while a record needs more and is let go of from the front;
//! memory is bounded by whoever stops asking for more.

use std::io::{self, Read};

use encoding_rs::{Decoder, Encoding};

use super::{Charset, compression::Input};

/// How much is read at a time, at least.
const BLOCK: usize = 256 << 10;
/// Memory that is asked for first, and doubled while there is more to read: most posts are far smaller than a block.
const FIRST_STEP: usize = 8 << 10;

/// A window over the decoded text of an input.
pub(in crate::parse) struct Window<'p, R: Read> {
    input: Input<'p, R>,
    charset: Charset,
    /// How much is read at a time, at least.
    block: usize,
    /// `None` while the text is used as it comes.
    decoder: Option<Decoder>,
    /// Bytes read and not yet decoded; used with a decoder only.
    raw: Buffer,
    text: Buffer,
    start: usize,
    /// Place of `text[start]` in the decompressed file.
    offset: u64,
    /// Bytes of the decompressed file read so far.
    n_bytes: u64,
    ended: bool,
}

impl<'p, R: Read> Window<'p, R> {
    /// Opens the input and looks at its first bytes, which decide the encoding; its text is put into `memory`.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub(in crate::parse) fn open(
        input: R,
        encoding: Option<&'static Encoding>,
        progress: &'p dyn Fn(u64),
        memory: Vec<u8>,
    ) -> io::Result<Self> {
        Self::begin(input, encoding, progress, BLOCK, Buffer { memory, end: 0 })
    }

    /// As [`Window::open`], with blocks of another size.
    ///
    /// # Errors
    /// When the input cannot be read.
    #[cfg(any(test, fuzzing))]
    pub(in crate::parse) fn in_blocks(
        input: R,
        encoding: Option<&'static Encoding>,
        progress: &'p dyn Fn(u64),
        block: usize,
    ) -> io::Result<Self> {
        Self::begin(input, encoding, progress, block, Buffer::default())
    }

    fn begin(input: R, encoding: Option<&'static Encoding>, progress: &'p dyn Fn(u64), block: usize, mut raw: Buffer) -> io::Result<Self> {
        let mut input = Input::open(input, progress)?;
        let n_bytes = raw.read(&mut input, block)?;
        let charset = Charset::of(encoding, raw.bytes());
        raw.drop_front(charset.mark_bytes);
        let mut window = Self {
            input,
            charset,
            block,
            decoder: None,
            raw: Buffer::default(),
            text: Buffer::default(),
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

    /// The memory that its text was in.
    pub(in crate::parse) fn into_memory(self) -> Vec<u8> {
        if self.decoder.is_some() { self.raw.memory } else { self.text.memory }
    }

    /// The text from the current place on, as far as it was read.
    pub(in crate::parse) fn view(&self) -> &[u8] {
        self.text.bytes().get(self.start..).unwrap_or_default()
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
        self.text.drop_front(self.start);
        self.start = 0;
        let wanted = self.text.bytes().len().max(self.block);
        let into = if self.decoder.is_some() { &mut self.raw } else { &mut self.text };
        let n_read = into.read(&mut self.input, wanted)?;
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
        let raw = self.raw.bytes();
        let mut from = 0;
        let mut room = decoder.max_utf8_buffer_length(raw.len()).unwrap_or(3 * raw.len() + 16);
        loop {
            let source = raw.get(from..).unwrap_or_default();
            let (state, n_read, n_written, _) = decoder.decode_to_utf8(source, self.text.room(room), self.ended);
            from += n_read;
            self.text.end += n_written;
            match state {
                encoding_rs::CoderResult::InputEmpty => break,
                encoding_rs::CoderResult::OutputFull => room = 64 + 3 * (raw.len() - from),
            }
        }
        self.raw.end = 0;
    }
}

/// Bytes that are added at the end and let go of at the front. What was written once is written over, not blanked first.
#[derive(Default)]
struct Buffer {
    memory: Vec<u8>,
    end: usize,
}

impl Buffer {
    fn bytes(&self) -> &[u8] {
        self.memory.get(..self.end).unwrap_or_default()
    }

    /// At least this much memory behind the bytes.
    fn room(&mut self, size: usize) -> &mut [u8] {
        if self.memory.len() < self.end + size {
            self.memory.resize(self.end + size, 0);
        }
        self.memory.get_mut(self.end..).unwrap_or_default()
    }

    fn drop_front(&mut self, n: usize) {
        let n = n.min(self.end);
        self.memory.copy_within(n..self.end, 0);
        self.end -= n;
    }

    /// Reads this many bytes, or fewer at the end of the input; returns their number.
    fn read(&mut self, input: &mut impl Read, wanted: usize) -> io::Result<usize> {
        let mut n_read = 0;
        while n_read < wanted {
            // Memory that was used before costs nothing; new memory is blanked, so that a small input should not ask for much of it.
            let step = (wanted - n_read).min((self.memory.len() - self.end).max(self.end).max(FIRST_STEP));
            match input.read(self.room(step).get_mut(..step).unwrap_or_default()) {
                Ok(0) => break,
                Ok(n) => {
                    n_read += n;
                    self.end += n;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(n_read)
    }
}
