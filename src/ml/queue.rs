//! Those who wait for the model: analysts before the background, first come first served among equals, each told its place.

use tokio::sync::mpsc::{OwnedPermit, Sender};

use crate::suggest::{Event, Fault, Priority, Request};

/// A request that waits.
pub(super) struct Job {
    pub(super) request: Request,
    pub(super) line: Line,
    told: Option<usize>,
}

/// The way back to who asked. A place for the last event is kept from the start, so that it always arrives.
pub(super) struct Line {
    pub(super) events: Sender<Event>,
    pub(super) last: OwnedPermit<Event>,
}

impl Line {
    /// Ends it.
    pub(super) fn fail(self, fault: Fault) {
        self.last.send(Event::Failed(fault));
    }
}

impl Job {
    pub(super) fn new(request: Request, line: Line) -> Self {
        Self { request, line, told: None }
    }
}

/// All that wait, in the order in which they come on.
#[derive(Default)]
pub(super) struct Queue(Vec<Job>);

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes a request in. Where there is no room, an analyst takes the place of the background's last; nobody else is taken in.
    pub(super) fn push(&mut self, job: Job, room: usize) -> Result<(), Fault> {
        if self.0.len() >= room {
            let gives_way = |last: &Job| last.request.priority < job.request.priority;
            match self.0.pop_if(|last| gives_way(last)) {
                Some(last) => last.line.fail(Fault::Overloaded(room)),
                None => return Err(Fault::Overloaded(self.0.len())),
            }
        }
        let place = self.0.partition_point(|other| other.request.priority >= job.request.priority);
        self.0.insert(place, job);
        Ok(())
    }

    /// The next; only one that a person waits for where that is said.
    pub(super) fn pop(&mut self, for_people: bool) -> Option<Job> {
        let first = self.0.first()?;
        let fits = !for_people || first.request.priority > Priority::Background;
        fits.then(|| self.0.remove(0))
    }

    /// Lets go of those that nobody wants any more.
    pub(super) fn sweep(&mut self) {
        self.0.retain(|job| !job.line.events.is_closed());
    }

    /// Tells each its place where that has changed.
    pub(super) fn announce(&mut self, n_running: usize) {
        for (place, job) in self.0.iter_mut().enumerate() {
            let ahead = place + n_running;
            if job.told != Some(ahead) && job.line.events.try_send(Event::Queued { ahead }).is_ok() {
                job.told = Some(ahead);
            }
        }
    }

    /// Ends all.
    pub(super) fn fail(&mut self, fault: &Fault) {
        self.0.drain(..).for_each(|job| job.line.fail(fault.clone()));
    }
}
