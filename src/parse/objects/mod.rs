//! Where the objects of a JSON text are: of an array, of one behind the other, of one a line; and where the next whole one is when one of
//! them is cut or broken, so that it spoils no neighbour.
//!
//! An object that stands where one is expected is taken as it is. Behind a fault the next object is sought from the beginning of the
//! broken one on, for what was cut off may be its end. Of those found there that are whole and are followed as an element is
//!
//! - one is taken whose first key is that of an object met before, or of the broken one: programs write their keys in one order;
//! - one is taken that begins at the fault, in the string that the fault ended (its quotation mark was never closed), or behind the place
//!   where the brackets of the broken one close;
//! - one that stands within what the broken one holds, and what holds it was closed before the fault, is a part of it;
//! - any other may be one. The first is taken when no better one follows within [`LOOK`] bytes.
//!
//! This is a guess where the broken object itself holds objects with its own first key, or the next one has a first key that nobody had:
//! then a part may be taken for a neighbour, or a neighbour of another kind stay in the broken stretch. No byte is lost in either case.
//!
//! Memory: no more than [`HELD`] and a little is waited for. Time: a byte that is looked at for the first time pays for [`AGAIN`] looks at
//! bytes that were looked at before; where that is used up nothing is sought in what was seen. So all of it takes `1 + AGAIN` looks a byte
//! at most, whatever the bytes are.

mod around;
mod broken;
mod grammar;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use memchr::memchr;

pub(super) use around::first_key;
use around::{Follow, GAP, behind_space, follow, last_mark};
use broken::{Attempt, Broken, Level};
use grammar::{Grammar, Walk};

/// The largest object that is waited for: a larger one is no Log.
const HELD: usize = 16 << 20;
/// How far behind an object that may be none a better one is sought.
const LOOK: usize = 64 << 10;
/// How often a byte may be looked at again, on average.
pub(super) const AGAIN: usize = 8;
/// First keys that are remembered.
const KEYS: usize = 8;

/// What is found next. Places are those of the bytes that were handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A whole object.
    Object {
        from: usize,
        to: usize,
        /// The comma before it, where a broken stretch ends with it.
        comma: Option<usize>,
        /// Where line ends of a broken stretch before it are white space within an object.
        within: Option<(usize, usize)>,
    },
    /// A bracket or comma between the elements.
    Mark(usize),
    /// More bytes are needed, and none of those before this place; at the end of the text, all of them were looked at.
    More { done: usize, within: Option<(usize, usize)> },
}

/// What is looked at just now.
#[derive(Debug)]
enum State {
    /// Nothing: an element may begin.
    Between,
    /// An element that began here.
    Element(usize),
    /// An element whose end was found; what follows it says whether it is one.
    Ended(usize, usize),
    /// What follows a fault.
    Broken(Broken),
}

/// A search through one text.
#[derive(Debug)]
pub(super) struct Objects {
    in_array: bool,
    state: State,
    grammar: Grammar,
    /// The next byte to be looked at.
    at: usize,
    /// The first byte that was never looked at.
    fresh: usize,
    /// Looks at other bytes that are paid for: always enough to come from `at` to `fresh`.
    credit: usize,
    keys: VecDeque<Box<[u8]>>,
    /// Looks that were taken.
    #[cfg(any(test, fuzzing))]
    pub(super) n_looks: usize,
}

impl Default for Objects {
    fn default() -> Self {
        Self {
            in_array: false,
            state: State::Between,
            grammar: Grammar::new(),
            at: 0,
            fresh: 0,
            credit: 0,
            keys: VecDeque::new(),
            #[cfg(any(test, fuzzing))]
            n_looks: 0,
        }
    }
}

impl Objects {
    /// The bytes before this place are no longer at hand.
    pub(super) fn forget(&mut self, n: usize) {
        let less = |place: &mut usize| *place = place.saturating_sub(n);
        less(&mut self.at);
        less(&mut self.fresh);
        [&mut self.grammar.string_from, &mut self.grammar.closed].into_iter().flatten().for_each(less);
        match &mut self.state {
            State::Between => {}
            State::Element(from) => less(from),
            State::Ended(from, to) => [from, to].into_iter().for_each(less),
            State::Broken(broken) => {
                if broken.fault < n {
                    // Nothing stands there any more.
                    (broken.string_from, broken.fault) = (usize::MAX, 0);
                }
                broken.places().for_each(less);
            }
        }
    }

    /// What is found next in bytes of which those at hand are never fewer than before; `last` where none follow.
    pub(super) fn next(&mut self, bytes: &[u8], last: bool) -> Found {
        loop {
            let found = match std::mem::replace(&mut self.state, State::Between) {
                State::Between => self.between(bytes),
                State::Element(from) => self.element(bytes, last, from),
                State::Ended(from, to) => self.ended(bytes, last, (from, to)),
                State::Broken(broken) => self.broken(bytes, last, broken),
            };
            if let Some(found) = found {
                return found;
            }
        }
    }

    fn between(&mut self, bytes: &[u8]) -> Option<Found> {
        while let Some(&byte) = bytes.get(self.at) {
            let at = self.at;
            match byte {
                b'[' if !self.in_array => self.in_array = true,
                b']' => self.in_array = false,
                b',' if self.in_array => {}
                b'{' | b'[' | b'"' => {
                    self.grammar.restart();
                    self.state = State::Element(at);
                    return None;
                }
                _ => {
                    self.look_to(at + 1);
                    continue;
                }
            }
            self.look_to(at + 1);
            return Some(Found::Mark(at));
        }
        Some(Found::More { done: self.at, within: None })
    }

    fn element(&mut self, bytes: &[u8], last: bool, from: usize) -> Option<Found> {
        let walk = self.grammar.walk(bytes, self.at);
        let (fault, may_guess) = match walk {
            Walk::Ends(to) => {
                self.look_to(to);
                if bytes.get(from) == Some(&b'{') {
                    self.remember(first_key(bytes, from));
                    return Some(Found::Object { from, to, comma: None, within: None });
                }
                self.state = State::Ended(from, to);
                return None;
            }
            Walk::Open => {
                self.look_to(bytes.len());
                if !last && bytes.len() - from <= HELD {
                    self.state = State::Element(from);
                    return Some(Found::More { done: from, within: None });
                }
                // It is cut off, or larger than a Log: nothing says that what it holds is not a part of it.
                (bytes.len(), false)
            }
            Walk::Fault(fault) => {
                self.look_to(fault);
                (fault, true)
            }
        };
        self.breaks(bytes, from, fault, may_guess);
        None
    }

    /// A text or an array that is an element: where it is followed otherwise it was none, and hides others.
    fn ended(&mut self, bytes: &[u8], last: bool, (from, to): (usize, usize)) -> Option<Found> {
        match follow(bytes, to, last) {
            None => {
                self.state = State::Ended(from, to);
                Some(Found::More { done: from, within: None })
            }
            Some(Follow::Element | Follow::Perhaps) => None,
            Some(Follow::No) => {
                self.breaks(bytes, from, to, true);
                None
            }
        }
    }

    /// The element that began here is broken: from now on the next one is sought.
    fn breaks(&mut self, bytes: &[u8], from: usize, fault: usize, may_guess: bool) {
        let is_line = |at: &usize| bytes.get(*at).is_some_and(|byte| byte.is_ascii_whitespace());
        let spaces = (from..fault).rev().take(GAP).take_while(is_line).count();
        // Where the last thing that the text says closes the array, it may be that of the text.
        let is_end = |closed: &usize| behind_space(bytes, *closed, true) == Some(bytes.len());
        // Behind a string it may be that the text of strings is taken for what is between them: that says nothing of brackets.
        let is_lost = last_mark(bytes, fault).is_some_and(|at| at >= from && bytes.get(at) == Some(&b'"'));
        let level = Level { at: fault, depth: self.grammar.depth(), in_string: false, escaped: false, is_lost };
        self.state = State::Broken(Broken {
            from,
            fault,
            string_from: self.grammar.string_from.unwrap_or(fault),
            depth: self.grammar.depth(),
            parts_to: self.grammar.closed.filter(|closed| !is_end(closed)).unwrap_or(from),
            lines_to: fault - spaces,
            key: Some(from).filter(|&from| bytes.get(from) == Some(&b'{')).and_then(|from| first_key(bytes, from)).map(Box::from),
            before: bytes.get(from).copied().unwrap_or_default(),
            may_guess,
            guess: None,
            attempt: Attempt::None,
            level,
        });
        self.go_back_to(from + 1, fault);
    }

    fn broken(&mut self, bytes: &[u8], last: bool, mut broken: Broken) -> Option<Found> {
        loop {
            match broken.attempt {
                Attempt::None => {
                    // There must be enough to look at what was seen, and to come back.
                    if let Some((from, to)) = broken.guess
                        && (self.at > from + LOOK || self.credit < 2 * self.fresh.saturating_sub(to))
                    {
                        return Some(self.take(bytes, &broken, from, to));
                    }
                    let rest = bytes.get(self.at..).unwrap_or_default();
                    let begin = memchr(b'{', rest).map(|n| self.at + n);
                    let is_key = begin.map(|begin| behind_space(bytes, begin + 1, last).map(|at| bytes.get(at).copied()));
                    match (begin, is_key) {
                        (Some(begin), Some(Some(Some(b'"' | b'}')))) => {
                            self.look_to(begin);
                            self.grammar.restart();
                            broken.attempt = Attempt::Begun(begin);
                        }
                        (Some(begin), Some(Some(_))) => self.look_to(begin + 1),
                        (begin, _) => {
                            let to = begin.unwrap_or(bytes.len());
                            self.look_to(to);
                            if let (true, Some((from, to))) = (last, broken.guess) {
                                return Some(self.take(bytes, &broken, from, to));
                            }
                            if last {
                                self.look_to(bytes.len());
                                return Some(Found::More { done: bytes.len(), within: broken.within(bytes.len()) });
                            }
                            return Some(self.wait(bytes, broken, to));
                        }
                    }
                }
                Attempt::Begun(begin) => {
                    let (fault, is_open) = match self.grammar.walk(bytes, self.at) {
                        Walk::Ends(to) => {
                            self.look_to(to);
                            broken.attempt = Attempt::Ended(begin, to);
                            continue;
                        }
                        Walk::Fault(fault) => (fault, false),
                        Walk::Open => (bytes.len(), true),
                    };
                    self.look_to(fault);
                    if is_open && !last && bytes.len() - begin <= HELD {
                        return Some(self.wait(bytes, broken, begin));
                    }
                    broken.attempt = Attempt::None;
                    self.go_back_to(begin + 1, fault);
                }
                Attempt::Ended(begin, to) => {
                    let Some(follow) = follow(bytes, to, last) else {
                        return Some(self.wait(bytes, broken, begin));
                    };
                    match self.judge(bytes, &mut broken, begin, follow) {
                        Some(true) => return Some(self.take(bytes, &broken, begin, to)),
                        Some(false) if broken.guess.is_none() => broken.guess = Some((begin, to)),
                        _ => {}
                    }
                    broken.attempt = Attempt::None;
                }
            }
        }
    }

    /// Whether a whole object that is followed so is the next element, or (`false`) may be if no better one comes; `None` where it is a
    /// part of the broken one.
    fn judge(&mut self, bytes: &[u8], broken: &mut Broken, begin: usize, follow: Follow) -> Option<bool> {
        let level = self.level(bytes, broken, begin);
        // No object begins in a string: what was taken for strings is none.
        broken.level.is_lost |= level.is_some() && broken.level.in_string;
        let level = level.filter(|_| !broken.level.is_lost);
        let before = last_mark(bytes, begin).map_or(broken.before, |at| bytes.get(at).copied().unwrap_or_default());
        let is_at_fault = broken.string_from <= begin && begin <= broken.fault;
        // No member is followed by an object.
        let is_part = begin < broken.parts_to && !is_at_fault && !(before == b':' && follow == Follow::Element);
        if follow == Follow::No || is_part {
            return None;
        }
        let is_within = matches!(before, b':' | b'[');
        let key = first_key(bytes, begin);
        let is_known = key.is_some() && (broken.key.as_deref() == key || self.keys.iter().any(|known| Some(&**known) == key));
        match follow {
            Follow::Element if is_known => Some(true),
            _ if !is_within && (is_known || is_at_fault || level == Some(0)) => Some(true),
            // What was opened behind the fault holds parts.
            Follow::Element if !is_within && broken.may_guess && level.is_none_or(|level| level <= broken.depth) => Some(false),
            _ => None,
        }
    }

    /// How many brackets of the broken element are open at this place behind the fault, where an object may begin; `None` where nobody
    /// knows.
    fn level(&mut self, bytes: &[u8], broken: &mut Broken, place: usize) -> Option<usize> {
        let level = &mut broken.level;
        if level.is_lost || place < level.at {
            return None;
        }
        let cost = place - level.at;
        let back_to = broken.guess.map_or(self.at, |(_, to)| to.min(self.at));
        if self.credit < cost + 2 * self.fresh.saturating_sub(back_to) {
            level.is_lost = true;
            return None;
        }
        self.credit -= cost;
        self.count(cost);
        level.walk(bytes, place);
        Some(level.depth)
    }

    /// Goes on with this object as the next element.
    fn take(&mut self, bytes: &[u8], broken: &Broken, from: usize, to: usize) -> Found {
        self.at = to;
        self.remember(first_key(bytes, from));
        let comma = last_mark(bytes, from).filter(|&at| {
            let between = bytes.get(at..from).unwrap_or_default();
            between.first() == Some(&b',') && !between.contains(&b'\n') && !between.contains(&b'\r')
        });
        Found::Object { from, to, comma, within: broken.within(from) }
    }

    /// More bytes are needed; those before this place are not, but for the mark before it.
    fn wait(&mut self, bytes: &[u8], mut broken: Broken, place: usize) -> Found {
        let place = broken.guess.map_or(place, |(from, _)| from.min(place));
        let done = last_mark(bytes, place).unwrap_or(place);
        let within = broken.within(done);
        if let Some(at) = last_mark(bytes, done) {
            broken.before = bytes.get(at).copied().unwrap_or_default();
        }
        self.level(bytes, &mut broken, done);
        self.state = State::Broken(broken);
        Found::More { done, within }
    }

    fn remember(&mut self, key: Option<&[u8]>) {
        let Some(key) = key else { return };
        if self.keys.front().is_some_and(|first| **first == *key) {
            return;
        }
        match self.keys.iter().position(|known| **known == *key) {
            Some(place) => self.keys.swap(0, place),
            None => {
                self.keys.truncate(KEYS - 1);
                self.keys.push_front(key.into());
            }
        }
    }

    /// The bytes up to this place were looked at.
    fn look_to(&mut self, to: usize) {
        let seen = self.fresh.min(to).saturating_sub(self.at);
        let new = to.saturating_sub(self.fresh.max(self.at));
        self.credit = self.credit.saturating_sub(seen).saturating_add(new.saturating_mul(AGAIN));
        self.count(seen + new);
        self.at = to;
        self.fresh = self.fresh.max(to);
    }

    /// Looks again from here on, if that is paid for; otherwise it goes on behind the fault.
    fn go_back_to(&mut self, place: usize, fault: usize) {
        self.at = if self.credit >= self.fresh.saturating_sub(place) { place } else { fault.max(place) };
    }

    #[cfg(any(test, fuzzing))]
    fn count(&mut self, n: usize) {
        self.n_looks += n;
    }

    #[cfg(not(any(test, fuzzing)))]
    fn count(&mut self, _: usize) {}
}

/// The objects of a line that is none as a whole: the one that it begins with, and those that are glued to it or to what is left of
/// others, known by their first key: that of the line's first object, or this one.
pub(super) fn of_line(line: &[u8], known: Option<&[u8]>) -> Vec<(usize, usize)> {
    let mut objects = Objects { in_array: true, ..Objects::default() };
    objects.remember(known);
    let begin = behind_space(line, 0, true).unwrap_or_default();
    let own = Some(begin).filter(|&begin| line.get(begin) == Some(&b'{')).and_then(|begin| first_key(line, begin));
    let mut parts = Vec::new();
    loop {
        match objects.next(line, true) {
            Found::Object { from, to, .. } => {
                let key = first_key(line, from);
                if from == begin || (key.is_some() && (key == own || key == known)) {
                    parts.push((from, to));
                }
            }
            Found::Mark(_) => {}
            Found::More { .. } => return parts,
        }
    }
}
