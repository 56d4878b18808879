//! The rounds in which replies are written side by side: those that are no longer wanted leave, those that wait join, one piece of one
//! prompt is read, and each reply whose prompt is read gets its next token. So a reply joins and leaves between two tokens of the others.

use std::time::Instant;

use tokio::sync::mpsc::{Sender, error::TrySendError};

use super::{
    error::Error,
    text::Text,
    thread::Shared,
    writer::{Step, Stop, Writer},
};
use crate::suggest::{Event, Fault, Priority, Request};

/// A request that was taken from the queue.
pub(super) struct Taken {
    /// By which the queue knows it.
    pub(super) number: u64,
    pub(super) request: Request,
    pub(super) events: Sender<Event>,
    pub(super) due: Instant,
}

/// A reply under way.
struct Reply {
    number: u64,
    priority: Priority,
    events: Sender<Event>,
    due: Instant,
    text: Text,
}

/// All replies under way.
#[derive(Default)]
pub(super) struct Rounds(Vec<Reply>);

impl Rounds {
    /// How many they are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Begins a reply.
    pub(super) fn join(&mut self, shared: &Shared, writer: &mut Writer, taken: Taken) {
        let Taken { number, request, events, due } = taken;
        let under_way: Vec<usize> = self.0.iter().map(|reply| reply.text.stream).collect();
        let begun = match events.try_send(Event::Started) {
            Ok(()) => writer.begin(&request.prompt, request.seed, &under_way),
            Err(_) => Err(Stop::Unwanted),
        };
        match begun {
            Ok(text) => self.0.push(Reply { number, priority: request.priority, events, due, text }),
            Err(stop) => shared.finish(number, Err(stop)),
        }
    }

    /// One round; the number of tokens written.
    pub(super) fn round(&mut self, shared: &Shared, writer: &mut Writer) -> usize {
        self.leave(shared);
        self.read(shared, writer);
        self.write(shared, writer)
    }

    /// Lets go of those that nobody wants any more and of those whose time is over.
    fn leave(&mut self, shared: &Shared) {
        let now = Instant::now();
        self.0.retain(|reply| {
            let stop = if reply.events.is_closed() || shared.is_given_up(reply.number) {
                Stop::Unwanted
            } else if reply.due <= now {
                Stop::Fault(Fault::Deadline)
            } else {
                return true;
            };
            shared.finish(reply.number, Err(stop));
            false
        });
    }

    /// Reads a piece of the prompt of whoever waits for it first: people before what is made ahead, else in the order of coming.
    fn read(&mut self, shared: &Shared, writer: &mut Writer) {
        let alone = self.0.len() == 1;
        let unread = self.0.iter().enumerate().filter(|(_, reply)| !reply.text.is_read());
        let Some((place, _)) = unread.min_by_key(|(_, reply)| (std::cmp::Reverse(reply.priority), reply.number)) else { return };
        let failed =
            self.0.get_mut(place).and_then(|reply| writer.read_on(&mut reply.text, alone).err().map(|error| (reply.number, error)));
        if let Some((number, error)) = failed {
            self.0.remove(place);
            shared.finish(number, Err(error.into()));
        }
    }

    /// Writes a token of each reply whose prompt is read.
    fn write(&mut self, shared: &Shared, writer: &mut Writer) -> usize {
        let mut texts: Vec<&mut Text> = self.0.iter_mut().map(|reply| &mut reply.text).filter(|text| text.is_read()).collect();
        if texts.is_empty() {
            return 0;
        }
        let n_written = texts.len();
        let mut steps = match writer.write(&mut texts) {
            Ok(steps) => steps.into_iter(),
            Err(error) => {
                self.fail(shared, &error);
                return 0;
            }
        };
        self.0.retain(|reply| {
            if !reply.text.is_read() {
                return true;
            }
            let Some(step) = steps.next() else { return true };
            let ended = match step {
                Ok(Step::Said(said)) => match tell(shared, reply, said) {
                    Ok(()) => return true,
                    Err(stop) => Err(stop),
                },
                Ok(Step::Whole(said, usage)) => tell(shared, reply, said).map(|()| usage),
                Err(stop) => Err(stop),
            };
            shared.finish(reply.number, ended);
            false
        });
        n_written
    }

    /// The computation failed: of all replies that took part nobody knows where they stand.
    fn fail(&mut self, shared: &Shared, error: &Error) {
        for reply in self.0.extract_if(.., |reply| reply.text.is_read()) {
            shared.finish(reply.number, Err(Stop::Fault(Fault::Broken(error.chain()))));
        }
    }
}

/// Hands on what was said.
fn tell(shared: &Shared, reply: &Reply, said: String) -> Result<(), Stop> {
    if said.is_empty() {
        return Ok(());
    }
    if shared.is_given_up(reply.number) {
        return Err(Stop::Unwanted);
    }
    reply.events.try_send(Event::Text(said)).map_err(|error| match error {
        TrySendError::Closed(_) => Stop::Unwanted,
        TrySendError::Full(_) => Stop::Fault(Fault::Broken("nobody reads the reply".to_owned())),
    })
}
