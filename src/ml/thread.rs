//! The model's thread, and the one that watches it. The model's thread loads, then writes replies side by side; where it panics, what
//! was under way is lost and the model is loaded anew, a few times an hour, where the tensor library can go on. The other lets go of those
//! who wait and are no longer wanted, and says so when the model hangs: a thread that hangs cannot be ended.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    counters::Counters,
    error::Error,
    processors::Processors,
    queue::{Job, Line, Queue},
    rounds::{Rounds, Taken},
    threads,
    writer::{Stop, Writer},
};
use crate::suggest::{Event, Fault, ModelState, Usage};

/// How often the watcher looks while somebody waits.
const LOOK: Duration = Duration::from_millis(200);
/// Panics in [`PATIENCE`] after which the model is not loaded again.
const PANICS: usize = 3;
/// See [`PANICS`].
const PATIENCE: Duration = Duration::from_secs(3600);

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
    /// Requests under way: their lines, which the watcher takes where the model hangs.
    running: Vec<Running>,
    /// Requests that the model's thread has not ended, those that the watcher took among them.
    n_running: usize,
    n_taken: u64,
    hangs: bool,
    is_closed: bool,
}

struct Running {
    number: u64,
    line: Line,
    due: Instant,
}

impl Inner {
    /// Requests that wait or are under way.
    pub(super) fn n_waiting(&self) -> usize {
        self.queue.len() + self.n_running
    }

    /// Ends all that are under way.
    fn fail_running(&mut self, fault: &Fault) {
        self.n_running = 0;
        self.running.drain(..).for_each(|running| running.line.fail(fault.clone()));
    }
}

impl Shared {
    pub(super) fn new(state: ModelState, grace: Duration) -> Self {
        let (queue, running) = (Queue::default(), Vec::new());
        let inner = Inner { queue, state, running, n_running: 0, n_taken: 0, hangs: false, is_closed: false };
        Self { inner: Mutex::new(inner), wake: Condvar::new(), counters: Counters::default(), grace }
    }

    /// A panic while the lock is held leaves counts and lists that are still true.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody came.
    pub(super) fn notify(&self, inner: &mut Inner) {
        inner.queue.announce(inner.n_running);
        self.wake.notify_all();
    }

    /// Nobody holds the model any more.
    pub(super) fn close(&self) {
        let ends = Fault::Absent("the program ends".to_owned());
        let mut inner = self.lock();
        inner.is_closed = true;
        inner.queue.fail(&ends);
        inner.fail_running(&ends);
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

    /// The model is loaded.
    fn ready(&self) {
        let mut inner = self.lock();
        if !inner.is_closed {
            inner.state = ModelState::Ready;
        }
    }

    /// A panic ended all that was under way; those who wait go on waiting while the model is loaded anew.
    fn broken(&self, reason: &str) {
        tracing::error!(reason, "the language model is loaded anew");
        let mut inner = self.lock();
        inner.running.iter().for_each(|_| self.counters.failed());
        inner.fail_running(&Fault::Broken(reason.to_owned()));
        if !inner.is_closed {
            inner.state = ModelState::Loading;
        }
        self.notify(&mut inner);
    }

    /// Takes requests for as many texts as are free, of `n_streams`; where none is under way it waits for one. Nothing where there will
    /// be none. The last free text is kept for people where there is more than one.
    fn take(&self, n_under_way: usize, n_streams: usize) -> Option<Vec<Taken>> {
        let mut inner = self.lock();
        loop {
            if inner.is_closed {
                return None;
            }
            inner.queue.sweep();
            let mut taken = Vec::new();
            while n_under_way + taken.len() < n_streams {
                let is_last = n_streams > 1 && n_under_way + taken.len() + 1 == n_streams;
                let Some(Job { request, line, .. }) = inner.queue.pop(is_last) else { break };
                let (events, number, now) = (line.events.clone(), inner.n_taken, Instant::now());
                let due = now.checked_add(request.deadline).unwrap_or(now);
                inner.running.push(Running { number, line, due });
                (inner.n_taken, inner.n_running) = (number + 1, inner.n_running + 1);
                taken.push(Taken { number, request, events, due });
            }
            if !taken.is_empty() {
                self.notify(&mut inner);
            }
            if n_under_way > 0 || !taken.is_empty() {
                return Some(taken);
            }
            inner = self.wake.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The end of a request under way.
    pub(super) fn finish(&self, number: u64, ended: Result<Usage, Stop>) {
        let event = match ended {
            Ok(usage) => {
                self.counters.replied(&usage);
                Event::Done(usage)
            }
            Err(Stop::Unwanted) => {
                self.counters.unwanted();
                Event::Failed(Fault::Broken("it was given up".to_owned()))
            }
            Err(Stop::Fault(fault)) => {
                self.counters.failed();
                Event::Failed(fault)
            }
        };
        let mut inner = self.lock();
        inner.n_running = inner.n_running.saturating_sub(1);
        if let Some(place) = inner.running.iter().position(|running| running.number == number) {
            inner.running.swap_remove(place).line.last.send(event);
        }
        if std::mem::take(&mut inner.hangs) && !inner.is_closed {
            tracing::warn!("the language model, which hung, goes on");
            inner.state = ModelState::Ready;
        }
        self.notify(&mut inner);
    }

    /// Whether a request under way was given up by the watcher, or the program ends.
    pub(super) fn is_given_up(&self, number: u64) -> bool {
        let inner = self.lock();
        inner.is_closed || !inner.running.iter().any(|running| running.number == number)
    }
}

/// The model's thread.
pub(super) fn run(shared: &Shared, apart: bool, mut load: impl FnMut() -> Result<Writer, Error>) {
    let mut panics: Vec<Instant> = Vec::new();
    let processors = apart.then(|| Processors::take(candle_core::utils::get_num_threads())).flatten();
    loop {
        let writer = match catch_unwind(AssertUnwindSafe(&mut load)) {
            Ok(Ok(writer)) => writer,
            Ok(Err(error)) => return shared.give_up(error.chain(), error.remedy()),
            Err(panic) => return shared.give_up(format!("loading ended in a panic: {}", said(&*panic)), Error::NotANumber.remedy()),
        };
        shared.ready();
        // The weights are let go of before they are read again: they may not fit twice.
        let Err(panic) = catch_unwind(AssertUnwindSafe(|| serve(shared, writer, processors.as_ref()))) else { return };
        let reason = format!("the model ended in a panic: {}", said(&*panic));
        shared.broken(&reason);
        let now = Instant::now();
        panics.retain(|earlier| now.duration_since(*earlier) < PATIENCE);
        panics.push(now);
        if panics.len() >= PANICS || !threads::are_sound() {
            return shared.give_up(reason, "restart the program; `loghelper model check` tells whether the file is sound".to_owned());
        }
        shared.counters.restarted();
    }
}

/// Writes replies until there will be no more requests.
fn serve(shared: &Shared, mut writer: Writer, processors: Option<&Processors>) {
    let mut rounds = Rounds::default();
    let mut kept = None;
    while let Some(taken) = shared.take(rounds.len(), writer.n_streams()) {
        for taken in taken {
            rounds.join(shared, &mut writer, taken);
        }
        if kept.is_none() {
            kept = processors.map(Processors::keep);
        }
        let begun = Instant::now();
        let n_tokens = rounds.round(shared, &mut writer);
        shared.counters.round(n_tokens, begun.elapsed(), writer.bytes());
        if rounds.len() == 0 {
            kept = None;
        }
    }
}

/// The watcher's thread.
pub(super) fn watch(shared: &Arc<Shared>) {
    let mut inner = shared.lock();
    while !inner.is_closed {
        let is_idle = inner.queue.len() == 0 && inner.running.is_empty();
        inner = match is_idle {
            true => shared.wake.wait(inner).unwrap_or_else(PoisonError::into_inner),
            false => shared.wake.wait_timeout(inner, LOOK).unwrap_or_else(PoisonError::into_inner).0,
        };
        let now = Instant::now();
        inner.queue.sweep();
        let overdue: Vec<Running> = inner.running.extract_if(.., |running| running.due + shared.grace <= now).collect();
        if !overdue.is_empty() {
            for running in overdue {
                shared.counters.failed();
                running.line.fail(Fault::Deadline);
            }
            let reason = "the model hangs: it went on past the deadline of a reply".to_owned();
            tracing::error!(reason, "there is no language model");
            inner.queue.fail(&Fault::Absent(reason.clone()));
            inner.hangs = true;
            inner.state = ModelState::Absent { reason, remedy: "restart the program, or choose a smaller model".to_owned() };
        }
        let n_running = inner.n_running;
        inner.queue.announce(n_running);
    }
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_else(|| "without a word".to_owned())
}
