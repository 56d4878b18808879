//! The bounded queue before the model's thread: people before the background, each side with its own bound.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use crate::suggest::{Fault, Priority};

/// Texts to embed, and where the vectors go.
pub struct Job {
    pub texts: Vec<String>,
    pub reply: oneshot::Sender<Result<Vec<Vec<f32>>, Fault>>,
}

/// Jobs that wait.
pub struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    /// Jobs of one priority that may wait.
    bound: usize,
}

#[derive(Default)]
struct Waiting {
    people: VecDeque<Job>,
    background: VecDeque<Job>,
    /// Why it ended, once it has.
    ended: Option<String>,
}

impl Queue {
    /// A queue in which so many jobs of a priority may wait.
    pub fn new(bound: usize) -> Self {
        Self { waiting: Mutex::default(), changed: Condvar::new(), bound: bound.max(1) }
    }

    /// Hands in a job.
    ///
    /// # Errors
    /// Too many wait, or it has ended.
    pub fn push(&self, job: Job, priority: Priority) -> Result<(), Fault> {
        let mut waiting = self.lock();
        if let Some(why) = &waiting.ended {
            return Err(Fault::Absent(why.clone()));
        }
        let line = match priority {
            Priority::Analyst => &mut waiting.people,
            Priority::Background => &mut waiting.background,
        };
        // Whoever gave up waiting makes place.
        line.retain(|job| !job.reply.is_closed());
        if line.len() >= self.bound {
            return Err(Fault::Overloaded(line.len()));
        }
        line.push_back(job);
        self.changed.notify_one();
        Ok(())
    }

    /// The next job that somebody still waits for; `None` once the queue is closed.
    pub fn pop(&self) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            if waiting.ended.is_some() {
                return None;
            }
            let next = waiting.people.pop_front().or_else(|| waiting.background.pop_front());
            match next {
                Some(job) if job.reply.is_closed() => {}
                Some(job) => return Some(job),
                None => waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Ends it: whoever waits is told.
    pub fn close(&self, why: &str) {
        let (people, background) = {
            let mut waiting = self.lock();
            waiting.ended = Some(why.to_owned());
            (std::mem::take(&mut waiting.people), std::mem::take(&mut waiting.background))
        };
        self.changed.notify_all();
        for job in people.into_iter().chain(background) {
            let _gone = job.reply.send(Err(Fault::Absent(why.into())));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Reply = oneshot::Receiver<Result<Vec<Vec<f32>>, Fault>>;

    fn job(text: &str) -> (Job, Reply) {
        let (reply, receiver) = oneshot::channel();
        (Job { texts: vec![text.into()], reply }, receiver)
    }

    #[test]
    fn people_go_first_and_each_side_has_its_bound() {
        let queue = Queue::new(2);
        let mut receivers = Vec::new();
        let mut push = |text: &str, priority| {
            let (job, receiver) = job(text);
            receivers.push(receiver);
            queue.push(job, priority)
        };
        push("b1", Priority::Background).unwrap();
        push("b2", Priority::Background).unwrap();
        assert_eq!(push("b3", Priority::Background), Err(Fault::Overloaded(2)));
        push("a1", Priority::Analyst).unwrap();
        assert_eq!(queue.pop().unwrap().texts, ["a1"]);
        assert_eq!(queue.pop().unwrap().texts, ["b1"]);
    }

    #[test]
    fn whoever_left_is_not_served_and_makes_place() {
        let queue = Queue::new(1);
        let (gone, receiver) = job("gone");
        queue.push(gone, Priority::Analyst).unwrap();
        drop(receiver);
        let (next, _receiver) = job("next");
        queue.push(next, Priority::Analyst).unwrap();
        assert_eq!(queue.pop().unwrap().texts, ["next"]);
    }

    #[test]
    fn a_closed_queue_tells_whoever_waits() {
        let queue = Queue::new(1);
        let (waits, mut receiver) = job("waits");
        queue.push(waits, Priority::Analyst).unwrap();
        queue.close("over");
        assert_eq!(receiver.try_recv().unwrap(), Err(Fault::Absent("over".into())));
        assert!(queue.pop().is_none());
        assert_eq!(queue.push(job("late").0, Priority::Analyst), Err(Fault::Absent("over".into())));
    }
}
