//! A stretch of a text that begins with a broken element, and how far the search for what follows it is.

/// A stretch that begins with a broken element.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) from: usize,
    /// Where the fault is, and the last string before it began.
    pub(super) fault: usize,
    pub(super) string_from: usize,
    /// Brackets that are open at the fault.
    pub(super) depth: usize,
    /// Up to here it can be read, and all that it holds is closed.
    pub(super) parts_to: usize,
    /// Where its last line ends before the fault begin.
    pub(super) lines_to: usize,
    /// Its own first key.
    pub(super) key: Option<Box<[u8]>>,
    /// The last byte before those at hand that was no white space.
    pub(super) before: u8,
    /// Whether an object may be taken that may be a part of it.
    pub(super) may_guess: bool,
    pub(super) guess: Option<(usize, usize)>,
    pub(super) attempt: Attempt,
    /// Its brackets behind the fault.
    pub(super) level: Level,
}

/// How far an object is that may be the next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Attempt {
    None,
    Begun(usize),
    Ended(usize, usize),
}

/// Brackets that are open, as far as can be told of what is broken.
#[derive(Debug)]
pub(super) struct Level {
    pub(super) at: usize,
    pub(super) depth: usize,
    pub(super) in_string: bool,
    pub(super) escaped: bool,
    pub(super) is_lost: bool,
}

impl Broken {
    /// All places, to be changed.
    pub(super) fn places(&mut self) -> impl Iterator<Item = &mut usize> {
        let attempt = match &mut self.attempt {
            Attempt::None => [None, None],
            Attempt::Begun(begin) => [Some(begin), None],
            Attempt::Ended(begin, to) => [Some(begin), Some(to)],
        };
        let guess = self.guess.as_mut().map(|(from, to)| [from, to]);
        [&mut self.from, &mut self.fault, &mut self.string_from, &mut self.parts_to, &mut self.lines_to, &mut self.level.at]
            .into_iter()
            .chain(attempt.into_iter().flatten())
            .chain(guess.into_iter().flatten())
    }

    /// Its part up to this place in which line ends are white space.
    pub(super) fn within(&self, to: usize) -> Option<(usize, usize)> {
        let to = to.min(self.lines_to);
        (self.from < to).then_some((self.from, to))
    }
}

impl Level {
    pub(super) fn walk(&mut self, bytes: &[u8], to: usize) {
        for byte in bytes.get(self.at..to).unwrap_or_default() {
            match byte {
                b'\n' => (self.in_string, self.escaped) = (false, false),
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = self.in_string,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        self.at = to;
    }
}
