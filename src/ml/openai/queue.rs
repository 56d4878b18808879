//! Who waits, who is on the way: a person before what is made ahead, else in the order of coming.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::mpsc;
use ureq::Agent;

use crate::suggest::{Event, Fault, Request};

/// Events that a reader may be behind.
const EVENTS: usize = 256;

/// A request and who waits for it.
#[derive(Clone)]
pub(super) struct Job {
    pub request: Request,
    pub events: mpsc::Sender<Event>,
    /// When it fails: its time begins when it is taken.
    pub until: Instant,
    /// Its connection: shutting it down ends the call.
    pub agent: Agent,
    number: u64,
    /// What was said last of those before it.
    told: Option<usize>,
}

#[derive(Default)]
struct State {
    waiting: Vec<Job>,
    running: Vec<Job>,
    n_pushed: u64,
    closed: bool,
}

pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    limit: usize,
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), limit }
    }

    /// Adds a request.
    pub(super) fn push(&self, request: Request, agent: impl FnOnce(Duration) -> Agent) -> Result<mpsc::Receiver<Event>, Fault> {
        let (events, receiver) = mpsc::channel(EVENTS);
        let mut state = self.lock();
        state.waiting.retain(|job| !job.events.is_closed());
        if state.closed {
            return Err(Fault::Absent("the backend was stopped".into()));
        }
        if state.waiting.len() >= self.limit.max(1) {
            return Err(Fault::Overloaded(state.waiting.len()));
        }
        let (until, agent) = (Instant::now(), agent(request.deadline));
        let number = state.n_pushed;
        state.n_pushed += 1;
        state.waiting.push(Job { request, events, until, agent, number, told: None });
        state.waiting.sort_by_key(|job| (std::cmp::Reverse(job.request.priority), job.number));
        state.tell();
        self.changed.notify_all();
        Ok(receiver)
    }

    /// Waits for the next request; nothing once the queue is closed.
    pub(super) fn take(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            state.sweep();
            if state.closed {
                return None;
            }
            if !state.waiting.is_empty() {
                let mut job = state.waiting.remove(0);
                let now = Instant::now();
                job.until = now.checked_add(job.request.deadline).unwrap_or(now);
                state.running.push(job.clone());
                state.tell();
                self.changed.notify_all();
                return Some(job);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A request is no longer on the way.
    pub(super) fn done(&self, job: &Job) {
        let mut state = self.lock();
        state.running.retain(|other| other.number != job.number);
        state.tell();
        self.changed.notify_all();
    }

    /// Waits until somebody waits or is on the way, forgets those that nobody wants, and hands out those whose call is to be ended;
    /// nothing once the queue is closed and all calls are over.
    pub(super) fn overdue(&self) -> Option<Vec<Job>> {
        let mut state = self.lock();
        while state.running.is_empty() && state.waiting.is_empty() {
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let now = Instant::now();
        state.sweep();
        let closed = state.closed;
        Some(state.running.iter().filter(|job| closed || job.events.is_closed() || job.until <= now).cloned().collect())
    }

    /// Requests that wait or are on the way.
    pub(super) fn len(&self) -> usize {
        let state = self.lock();
        state.waiting.iter().chain(&state.running).filter(|job| !job.events.is_closed()).count()
    }

    /// Takes no more requests and fails those that wait.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        for job in state.waiting.drain(..) {
            // Nobody may be there to hear it.
            let _ = job.events.try_send(Event::Failed(Fault::Absent("the backend was stopped".into())));
        }
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Forgets those that nobody wants any more.
    fn sweep(&mut self) {
        let before = self.waiting.len();
        self.waiting.retain(|job| !job.events.is_closed());
        if self.waiting.len() < before {
            self.tell();
        }
    }

    /// Says to each how many are before it, if that changed.
    fn tell(&mut self) {
        let n_running = self.running.len();
        for (place, job) in self.waiting.iter_mut().enumerate() {
            let ahead = place + n_running;
            // A reader that is behind hears the next one.
            if job.told != Some(ahead) && job.events.try_send(Event::Queued { ahead }).is_ok() {
                job.told = Some(ahead);
            }
        }
    }
}
