//! Messages in a stream of bytes: parted by NUL (GELF), or by line ends or counted (syslog, RFC 6587).

/// Longest message; a longer one is cut, and its rest comes as messages of their own.
const LONGEST: usize = 256 << 10;

/// How messages are told from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Each ends with NUL.
    Nul,
    /// Each begins with the count of its bytes and a blank, or else ends with its line.
    Syslog,
}

/// The messages of a stream.
pub struct Frames {
    framing: Framing,
    buffer: Vec<u8>,
    /// Where the next message begins.
    start: usize,
    /// Up to where its end was looked for.
    searched: usize,
}

impl Frames {
    /// Of a stream that begins.
    pub fn new(framing: Framing) -> Self {
        Self { framing, buffer: Vec::new(), start: 0, searched: 0 }
    }

    /// Takes bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.forward();
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message; `None` until more bytes have come.
    pub fn pull(&mut self) -> Option<Vec<u8>> {
        self.skip_ends();
        match (self.framing, self.count()) {
            (Framing::Syslog, Count::Of(from, size)) => {
                let whole = self.buffer.get(from..from + size)?.to_vec();
                self.step_to(from + size);
                return Some(whole);
            }
            (Framing::Syslog, Count::Unfinished) => return None,
            _ => {}
        }
        let end = if self.framing == Framing::Nul { 0 } else { b'\n' };
        let found = memchr::memchr(end, self.buffer.get(self.searched..)?).map(|at| self.searched + at);
        self.searched = self.buffer.len();
        let cut = || (self.buffer.len() - self.start >= LONGEST).then_some(self.start + LONGEST);
        let end = found.filter(|end| end - self.start <= LONGEST).or_else(cut)?;
        let message = self.buffer.get(self.start..end)?.to_vec();
        self.step_to(end);
        Some(message)
    }

    /// Gives back what messages took that were handed out; bytes that are held for one that is not whole yet.
    pub fn settle(&mut self) -> usize {
        self.skip_ends();
        self.forward();
        if self.buffer.capacity() > 2 * self.buffer.len() {
            self.buffer.shrink_to_fit();
        }
        self.buffer.capacity()
    }

    /// Drops what was handed out.
    fn forward(&mut self) {
        self.buffer.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
    }

    /// What is left when the stream ended.
    pub fn rest(mut self) -> Option<Vec<u8>> {
        self.skip_ends();
        let rest = self.buffer.split_off(self.start);
        (!rest.is_empty()).then_some(rest)
    }

    fn step_to(&mut self, at: usize) {
        self.start = at;
        self.searched = at;
    }

    /// Steps over what stands between messages.
    fn skip_ends(&mut self) {
        while self.buffer.get(self.start).is_some_and(|byte| matches!(byte, 0 | b'\n' | b'\r')) {
            self.step_to(self.start + 1);
        }
    }

    /// The count that the next message begins with.
    fn count(&self) -> Count {
        const DIGITS: usize = 7;
        let text = self.buffer.get(self.start..).unwrap_or_default();
        let n_digits = text.iter().take(DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
        let digits = text.get(..n_digits).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default();
        match (digits.parse::<usize>(), text.get(n_digits)) {
            (Ok(1..), None) if n_digits <= DIGITS => Count::Unfinished,
            (Ok(size @ 1..=LONGEST), Some(b' ')) => Count::Of(self.start + n_digits + 1, size),
            _ => Count::None,
        }
    }
}

/// Whether a message is counted.
enum Count {
    /// It is not.
    None,
    /// Its digits may go on.
    Unfinished,
    /// From where, and how many bytes.
    Of(usize, usize),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parse::fuzzing::shipped::{frames, messages};

    fn read(framing: Framing, pieces: &[&[u8]]) -> Vec<String> {
        messages(framing, pieces).into_iter().map(|message| String::from_utf8_lossy(&message).into_owned()).collect()
    }

    #[test]
    fn memory_is_held_for_what_is_not_whole_alone() {
        for framing in [Framing::Nul, Framing::Syslog] {
            let mut frames = Frames::new(framing);
            frames.push(&[vec![b'x'; 100_000], vec![0, b'\n'], vec![b'y'; 10]].concat());
            assert!(frames.settle() >= 100_000);
            assert_eq!(frames.pull().map(|message| message.len() / 1000), Some(100));
            let held = frames.settle();
            assert!((1..1000).contains(&held), "{held}");
            frames.push(b"\0\n");
            assert!(frames.pull().is_some() && frames.pull().is_none());
            assert_eq!(frames.settle(), 0);
        }
    }

    #[test]
    fn messages_are_told_apart_however_they_arrive() {
        for (framing, text, expected) in [
            (Framing::Syslog, "<1>a\n<2>b\r\n\n<3>c", &["<1>a", "<2>b\r", "<3>c"][..]),
            (Framing::Syslog, "5 <1>ab6 <2>a\nb\n<3>c\n", &["<1>ab", "<2>a\nb", "<3>c"]),
            (Framing::Syslog, "2024-01-01 a\n99999999 b\n0 c\n", &["2024-01-01 a", "99999999 b", "0 c"]),
            (Framing::Syslog, "9 short", &["9 short"]),
            (Framing::Nul, "{\"a\":\n1}\0{}\0\0{", &["{\"a\":\n1}", "{}", "{"]),
        ] {
            assert_eq!(read(framing, &[text.as_bytes()]), expected, "{text:?}");
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            assert_eq!(read(framing, &bytes), expected, "{text:?} byte by byte");
        }
    }

    #[test]
    fn a_message_without_end_is_cut_and_nothing_of_it_is_lost() {
        let long = vec![b'x'; 2 * LONGEST + 5];
        for framing in [Framing::Syslog, Framing::Nul] {
            let found = read(framing, &long.chunks(4096).collect::<Vec<_>>());
            assert_eq!(found.iter().map(String::len).collect::<Vec<_>>(), [LONGEST, LONGEST, 5]);
        }
    }

    proptest! {
        #[test]
        fn bytes_come_out_as_they_went_in(way: u8, lengths: [u8; 2], stream: Vec<u8>) {
            frames(&[&[way], &lengths[..], &stream].concat());
        }
    }
}
