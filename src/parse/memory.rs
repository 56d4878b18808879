//! What the reading of one input leaves for the next: memory that is there already, and names, hours and origins that are looked up
//! instead of found out again. A small input costs more in these than in its own bytes.
//!
//! It changes nothing about what is read: what depends on the options or on the encoding is forgotten with them. It is bounded, and what
//! a hostile input filled is forgotten as well.

use super::{
    Options,
    date::Zone,
    input::{Charset, Window},
    json::Transcoder,
    origin::Origins,
    scan::header::Memo,
};

/// Most bytes that are kept for the next input.
const KEPT: usize = 2 << 20;

/// For inputs that are read one after the other.
#[derive(Default)]
pub struct Memory {
    /// Where the text of an input is put.
    text: Vec<u8>,
    transcoder: Option<Transcoder>,
    zone: Option<Zone>,
    headers: Memo,
    origins: Origins,
    /// The encoding that the origins were read in.
    charset: Option<Charset>,
}

/// What a reading in the branch record format works with.
pub(super) struct Tools {
    pub transcoder: Transcoder,
    pub zone: Zone,
    pub headers: Memo,
    pub origins: Origins,
}

impl Memory {
    /// Where the text of the next input is put.
    pub(super) fn take_text(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text)
    }

    /// Keeps the place of a text that was read.
    pub(super) fn keep_text<R: std::io::Read>(&mut self, window: Window<'_, R>) {
        self.text = Some(window.into_memory()).filter(|text| text.capacity() <= KEPT).unwrap_or_default();
    }

    /// What an input of this encoding is read with.
    pub(super) fn take_tools(&mut self, options: &Options, charset: Charset) -> Tools {
        let is_same = self.charset.replace(charset) == Some(charset);
        Tools {
            transcoder: self
                .transcoder
                .take()
                .filter(|known| known.serves(&options.limits))
                .unwrap_or_else(|| Transcoder::new(&options.limits)),
            zone: self.zone.take().filter(|known| known.is_of(&options.timezone)).unwrap_or_else(|| Zone::new(options.timezone.clone())),
            headers: std::mem::take(&mut self.headers),
            origins: Some(std::mem::take(&mut self.origins)).filter(|known| is_same && !known.is_full()).unwrap_or_default(),
        }
    }

    /// Keeps what was read with.
    pub(super) fn keep_tools(&mut self, Tools { transcoder, zone, headers, origins }: Tools) {
        self.transcoder = Some(transcoder).filter(|transcoder| transcoder.size_bytes() <= KEPT);
        (self.zone, self.headers, self.origins) = (Some(zone), headers, origins);
    }
}
