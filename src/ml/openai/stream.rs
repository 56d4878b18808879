//! A reply as the server sends it: a stream of events (text/event-stream of the HTML standard) or one document, read with bounds on a
//! line, on the whole and on the text in it.

use std::io::{self, BufRead, Read};

use serde_json::Value;

use super::wire::{Chunk, Usage};
use crate::suggest::{Fault, MAX_REPLY};

/// Bytes of a line at most.
const LINE: u64 = 256 << 10;
/// Bytes of a stream at most: servers wrap each token in some hundred bytes.
pub(super) const STREAM: u64 = 16 << 20;

/// What was read of a reply.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Pieces that held text.
    pub n_pieces: u32,
    /// What the server counted.
    pub usage: Option<Usage>,
    n_bytes: usize,
    finished: bool,
}

/// Why there is no more.
#[derive(Debug)]
pub(super) enum Broken {
    /// The connection.
    Io(io::Error),
    /// What was said on it.
    Said(Fault),
    /// An error of the server.
    Refused(Value),
}

fn said(what: impl Into<String>) -> Broken {
    Broken::Said(Fault::Broken(what.into()))
}

/// Reads events until the last one.
pub(super) fn events(mut reader: impl BufRead, on_text: &mut dyn FnMut(&str)) -> Result<Tally, Broken> {
    let (mut tally, mut line, mut data) = (Tally::default(), Vec::new(), Vec::new());
    loop {
        line.clear();
        let n_read = reader.by_ref().take(LINE).read_until(b'\n', &mut line).map_err(Broken::Io)?;
        if n_read as u64 == LINE {
            return Err(said("the server sent an endless line"));
        }
        if n_read == 0 {
            return if tally.finished { Ok(tally) } else { Err(said("the server broke off in the middle of the reply")) };
        }
        let text = line.trim_ascii_end();
        if text.is_empty() {
            let event = std::mem::take(&mut data);
            if event == b"[DONE]" {
                return Ok(tally);
            }
            if !event.is_empty() {
                tally.add(&event, on_text)?;
            }
        } else if let Some(value) = text.strip_prefix(b"data:") {
            if !data.is_empty() {
                data.push(b'\n');
            }
            data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            if data.len() as u64 > LINE {
                return Err(said("the server sent an endless event"));
            }
        }
        // Comments and fields of other names say nothing.
    }
}

/// Reads the one document of a server that does not stream.
pub(super) fn document(reader: impl Read, on_text: &mut dyn FnMut(&str)) -> Result<Tally, Broken> {
    let mut tally = Tally::default();
    let mut document = Vec::new();
    reader.take(LINE).read_to_end(&mut document).map_err(Broken::Io)?;
    tally.add(&document, on_text)?;
    if tally.finished { Ok(tally) } else { Err(said("the server broke off in the middle of the reply")) }
}

impl Tally {
    fn add(&mut self, json: &[u8], on_text: &mut dyn FnMut(&str)) -> Result<(), Broken> {
        let chunk: Chunk =
            serde_json::from_slice(json).map_err(|error| said(format!("the server sent what is not the protocol: {error}")))?;
        if let Some(error) = chunk.error {
            return Err(Broken::Refused(error));
        }
        self.usage = chunk.usage.or(self.usage);
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(()) };
        if let Some(text) = choice.delta.or(choice.message).and_then(|message| message.content).filter(|text| !text.is_empty()) {
            self.n_bytes += text.len();
            if self.n_bytes > MAX_REPLY {
                return Err(said(format!("the reply is longer than {MAX_REPLY} bytes")));
            }
            self.n_pieces += 1;
            on_text(&text);
        }
        match choice.finish_reason.as_deref() {
            None => {}
            Some("content_filter") => return Err(said("the server's filter withheld the reply")),
            Some(_) => self.finished = true,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(stream: &str) -> Result<(String, u32), String> {
        let mut text = String::new();
        let tally = events(stream.as_bytes(), &mut |piece| text.push_str(piece));
        match tally {
            Ok(tally) => Ok((text, tally.usage.map_or(0, |usage| usage.completion_tokens))),
            Err(Broken::Said(Fault::Broken(what))) => Err(what),
            Err(Broken::Refused(error)) => Err(error.to_string()),
            Err(other) => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn a_stream_is_read_to_its_end() {
        let piece = |text: &str| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\r\n\r\n");
        let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n";
        let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
        for (stream, expected) in [
            (format!(": hello\nevent: x\n\n{}{}{usage}data: [DONE]\n\n", piece("a"), piece("b")), Ok(("ab", 2))),
            (format!("{}{end}", piece("a")), Ok(("a", 0))),
            ("data:{\"choices\":\ndata:[]}\n\ndata: [DONE]\n\n".to_owned(), Ok(("", 0))),
            (piece("a"), Err("the server broke off")),
            (format!("{}data: [DO", piece("a")), Err("the server broke off")),
            ("data: {\"choices\n\n".to_owned(), Err("not the protocol")),
            ("data: 7\n\n".to_owned(), Err("not the protocol")),
            ("data: {\"error\":{\"message\":\"no memory\"}}\n\n".to_owned(), Err("no memory")),
            ("data: {\"choices\":[{\"finish_reason\":\"content_filter\"}]}\n\n".to_owned(), Err("withheld")),
            ("x".repeat(300 << 10), Err("endless line")),
            (format!("data: {}\n", "x".repeat(200 << 10)).repeat(2), Err("endless event")),
            (piece(&"x".repeat(20 << 10)).repeat(2), Err("longer than")),
        ] {
            match (read(&stream), expected) {
                (Ok((text, n)), Ok(expected)) => assert_eq!((text.as_str(), n), expected),
                (Err(what), Err(part)) => assert!(what.contains(part), "{what}"),
                (found, expected) => panic!("{found:?} instead of {expected:?}"),
            }
        }
    }

    #[test]
    fn a_document_is_a_reply_as_well() {
        let mut text = String::new();
        let reply = r#"{"choices":[{"message":{"role":"assistant","content":"ok"},"finish_reason":"length"}]}"#;
        document(reply.as_bytes(), &mut |piece| text.push_str(piece)).unwrap();
        assert_eq!(text, "ok");
        assert!(document(&b"<html>"[..], &mut |_| ()).is_err() && document(&b"{}"[..], &mut |_| ()).is_err());
    }
}
