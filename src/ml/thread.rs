//! The model's thread, and the one that watches it. The model's thread loads, then writes one reply after the other; where it panics,
//! the model is gone and the product goes on. The other lets go of those who have waited too long, and says so when the model hangs.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::mpsc::{Sender, error::TrySendError};

use super::{
    counters::Counters,
    error::Error,
    queue::{Job, Line, Queue},
    writer::{Stop, Writer},
};
use crate::suggest::{Event, Fault, ModelState, Request, Usage};

/// How often the watcher looks while somebody waits.
const LOOK: Duration = Duration::from_millis(200);

/// What the threads and the handle share.
pub(super) struct Shared {
    inner: Mutex<Inner>,
    wake: Condvar,
    pub(super) counters: Counters,
    /// How long after its deadline a reply may still take before the model counts as hanging.
    grace: Duration,
}

pub(super) struct Inner {
    pub(super) queue: Queue,
    pub(super) state: ModelState,
    running: Option<Running>,
    is_running: bool,
    is_closed: bool,
}

/// The request under way: its line, which the watcher takes where the model hangs.
struct Running {
    line: Line,
}

impl Inner {
    /// Requests that wait or are under way.
    pub(super) fn n_waiting(&self) -> usize {
        self.queue.len() + usize::from(self.is_running)
    }
}

impl Shared {
    pub(super) fn new(state: ModelState, grace: Duration) -> Self {
        let inner = Inner { queue: Queue::default(), state, running: None, is_running: false, is_closed: false };
        Self { inner: Mutex::new(inner), wake: Condvar::new(), counters: Counters::default(), grace }
    }

    /// A panic while the lock is held leaves counts and lists that are still true.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody came.
    pub(super) fn notify(&self, inner: &mut Inner) {
        inner.queue.announce(usize::from(inner.is_running));
        self.wake.notify_all();
    }

    /// Nobody holds the model any more.
    pub(super) fn close(&self) {
        let mut inner = self.lock();
        inner.is_closed = true;
        inner.queue.fail(&Fault::Absent("the program ends".to_owned()));
        self.wake.notify_all();
    }

    /// There is no model from now on.
    fn give_up(&self, reason: String, remedy: String) {
        tracing::error!(reason, remedy, "there is no language model");
        let mut inner = self.lock();
        inner.queue.fail(&Fault::Absent(reason.clone()));
        inner.state = ModelState::Absent { reason, remedy };
        inner.is_closed = true;
        self.wake.notify_all();
    }

    /// Waits for the next request; nothing where there will be none.
    fn next(&self) -> Option<(Request, Sender<Event>, Instant)> {
        let mut inner = self.lock();
        loop {
            if inner.is_closed {
                return None;
            }
            inner.queue.sweep(Instant::now());
            if let Some(Job { request, line, .. }) = inner.queue.pop() {
                let (events, due) = (line.events.clone(), line.due);
                inner.running = Some(Running { line });
                inner.is_running = true;
                self.notify(&mut inner);
                return Some((request, events, due));
            }
            inner = self.wake.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The end of the request under way.
    fn finish(&self, event: Event) {
        let mut inner = self.lock();
        inner.is_running = false;
        if let Some(running) = inner.running.take() {
            running.line.last.send(event);
        } else if !inner.is_closed {
            tracing::warn!("the language model, which hung, goes on");
            inner.state = ModelState::Ready;
        }
        self.notify(&mut inner);
    }

    /// Whether the request under way was given up by the watcher, or the program ends.
    fn is_given_up(&self) -> bool {
        let inner = self.lock();
        inner.is_closed || inner.running.is_none()
    }
}

/// The model's thread.
pub(super) fn run(shared: &Shared, load: impl FnOnce() -> Result<Writer, Error>) {
    let mut writer = match catch_unwind(AssertUnwindSafe(load)) {
        Ok(Ok(writer)) => writer,
        Ok(Err(error)) => return shared.give_up(error.chain(), error.remedy()),
        Err(panic) => return shared.give_up(format!("loading ended in a panic: {}", said(&*panic)), Error::NotANumber.remedy()),
    };
    {
        let mut inner = shared.lock();
        if !inner.is_closed {
            inner.state = ModelState::Ready;
        }
    }
    while let Some((request, events, due)) = shared.next() {
        match catch_unwind(AssertUnwindSafe(|| reply(shared, &mut writer, &request, &events, due))) {
            Ok(Ok(usage)) => {
                shared.counters.replied(&usage);
                shared.finish(Event::Done(usage));
            }
            Ok(Err(Stop::Unwanted)) => {
                shared.counters.unwanted();
                shared.finish(Event::Failed(Fault::Broken("it was given up".to_owned())));
            }
            Ok(Err(Stop::Fault(fault))) => {
                shared.counters.failed();
                shared.finish(Event::Failed(fault));
            }
            Err(panic) => {
                let reason = format!("the model ended in a panic: {}", said(&*panic));
                shared.counters.failed();
                shared.finish(Event::Failed(Fault::Broken(reason.clone())));
                return shared.give_up(reason, "restart the program; `loghelper model check` tells whether the file is sound".to_owned());
            }
        }
    }
}

fn reply(shared: &Shared, writer: &mut Writer, request: &Request, events: &Sender<Event>, due: Instant) -> Result<Usage, Stop> {
    if events.try_send(Event::Started).is_err() {
        return Err(Stop::Unwanted);
    }
    writer.write(&request.prompt, request.seed, |text| {
        if events.is_closed() || shared.is_given_up() {
            return Err(Stop::Unwanted);
        }
        if Instant::now() >= due {
            return Err(Stop::Fault(Fault::Deadline));
        }
        if text.is_empty() {
            return Ok(());
        }
        events.try_send(Event::Text(text)).map_err(|error| match error {
            TrySendError::Closed(_) => Stop::Unwanted,
            TrySendError::Full(_) => Stop::Fault(Fault::Broken("nobody reads the reply".to_owned())),
        })
    })
}

/// The watcher's thread.
pub(super) fn watch(shared: &Arc<Shared>) {
    let mut inner = shared.lock();
    while !inner.is_closed {
        let is_idle = inner.queue.len() == 0 && inner.running.is_none();
        inner = match is_idle {
            true => shared.wake.wait(inner).unwrap_or_else(PoisonError::into_inner),
            false => shared.wake.wait_timeout(inner, LOOK).unwrap_or_else(PoisonError::into_inner).0,
        };
        let now = Instant::now();
        inner.queue.sweep(now);
        if let Some(Running { line }) = inner.running.take_if(|running| running.line.due + shared.grace <= now) {
            shared.counters.failed();
            line.fail(Fault::Deadline);
            let reason = "the model hangs: it went on past the deadline of a reply".to_owned();
            tracing::error!(reason, "there is no language model");
            inner.queue.fail(&Fault::Absent(reason.clone()));
            inner.state = ModelState::Absent { reason, remedy: "restart the program, or choose a smaller model".to_owned() };
        }
        let n_running = usize::from(inner.is_running);
        inner.queue.announce(n_running);
    }
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_else(|| "without a word".to_owned())
}
