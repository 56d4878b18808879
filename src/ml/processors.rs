//! While the model writes, everything else in this program keeps to the processors that it leaves free.
//!
//! A thread that wakes on a processor on which another computes may wait there for the kernel's next tick, up to 4 ms, whatever the priorities of
//! the two; a page is the work of several threads, and takes 1 to 2 ms. Where they stay away from the model's processors, none of them waits
//! (docs/benchmarks.md, Language model). On Linux; elsewhere threads run where the system puts them.

#[cfg(target_os = "linux")]
pub(super) use linux::Processors;
#[cfg(not(target_os = "linux"))]
pub(super) use nowhere::Processors;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;

    use rustix::{
        io,
        process::Pid,
        thread::{CpuSet, gettid, sched_getaffinity, sched_setaffinity},
    };

    /// Threads of the models, by the beginnings of their names; the pools of the tensor library are named after the thread that began them.
    const OF_MODELS: [&str; 2] = ["model", "embedder"];
    /// Threads that begin while the others are told are told in the next round; so many are made at most.
    const ROUNDS: usize = 4;

    /// Which processors the model has, and which the others.
    pub(in super::super) struct Processors {
        all: CpuSet,
        others: CpuSet,
    }

    /// Gives all processors back to everybody when dropped.
    pub(in super::super) struct Kept<'p>(&'p Processors);

    impl Processors {
        /// Takes the last of the processors, as many as the model has threads, for this thread and those that it begins. `None` where that
        /// leaves none to the others, or the system does not allow it.
        pub(in super::super) fn take(n_threads: usize) -> Option<Self> {
            let all = sched_getaffinity(None).ok()?;
            let numbers: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|number| all.is_set(*number)).collect();
            let n_others = numbers.len().checked_sub(n_threads).filter(|left| *left > 0)?;
            let (others, own) = numbers.split_at_checked(n_others)?;
            sched_setaffinity(None, &of(own)).ok()?;
            Some(Self { all, others: of(others) })
        }

        /// Keeps the other threads of this program off the model's processors.
        pub(in super::super) fn keep(&self) -> Kept<'_> {
            self.tell(&self.others);
            Kept(self)
        }

        /// Tells all other threads where they may run. One that ended meanwhile need not know.
        fn tell(&self, place: &CpuSet) {
            for _ in 0..ROUNDS {
                let told = others().filter(|thread| {
                    let differs = sched_getaffinity(Some(*thread)).is_ok_and(|now| !same(&now, place));
                    differs && sched_setaffinity(Some(*thread), place).is_ok()
                });
                if told.count() == 0 {
                    return;
                }
            }
        }
    }

    impl Drop for Kept<'_> {
        fn drop(&mut self) {
            self.0.tell(&self.0.all);
        }
    }

    impl Drop for Processors {
        fn drop(&mut self) {
            // The thread may go on to something else; where that is refused it is about to end.
            let _: io::Result<()> = sched_setaffinity(None, &self.all);
        }
    }

    fn of(numbers: &[usize]) -> CpuSet {
        let mut set = CpuSet::new();
        numbers.iter().for_each(|number| set.set(*number));
        set
    }

    fn same(one: &CpuSet, other: &CpuSet) -> bool {
        (0..CpuSet::MAX_CPU).all(|number| one.is_set(number) == other.is_set(number))
    }

    /// The threads of this program that are none of the models'.
    fn others() -> impl Iterator<Item = Pid> {
        let own = gettid();
        let threads = fs::read_dir("/proc/self/task").into_iter().flatten().filter_map(Result::ok);
        threads.filter_map(move |thread| {
            let pid = Pid::from_raw(thread.file_name().to_str()?.parse().ok()?)?;
            let name = fs::read_to_string(thread.path().join("comm")).ok()?;
            (pid != own && !OF_MODELS.iter().any(|start| name.starts_with(start))).then_some(pid)
        })
    }

    #[cfg(test)]
    mod tests {
        use std::{sync::mpsc, thread};

        use super::*;

        fn numbers(set: &CpuSet) -> Vec<usize> {
            (0..CpuSet::MAX_CPU).filter(|number| set.is_set(*number)).collect()
        }

        fn own() -> Vec<usize> {
            numbers(&sched_getaffinity(None).unwrap())
        }

        #[test]
        fn others_keep_off_while_the_model_writes_and_come_back() {
            let all = own();
            let (work, works) = mpsc::channel::<Box<dyn FnOnce() + Send>>();
            let other = thread::spawn(move || works.into_iter().for_each(|work| work()));
            let place = move |work: &mpsc::Sender<Box<dyn FnOnce() + Send>>| {
                let (answer, place) = mpsc::channel();
                work.send(Box::new(move || answer.send(own()).unwrap())).unwrap();
                place.recv().unwrap()
            };
            let written = thread::Builder::new().name("model".to_owned()).spawn(move || {
                let Some(processors) = Processors::take(1) else {
                    assert_eq!(all.len(), 1, "with more than one, some are left");
                    return;
                };
                let (left, taken) = all.split_at(all.len() - 1);
                assert_eq!(own(), taken);
                let kept = processors.keep();
                assert_eq!(place(&work), left);
                // One that begins meanwhile keeps off as the one that began it, and comes back with it.
                let ((begun, begins), (over, ends)) = (mpsc::channel(), mpsc::channel::<()>());
                let child = move || {
                    begun.send(own()).unwrap();
                    let _ = ends.recv();
                    begun.send(own()).unwrap();
                };
                work.send(Box::new(move || drop(thread::spawn(child)))).unwrap();
                assert_eq!(begins.recv().unwrap(), left);
                drop(kept);
                assert_eq!(place(&work), all);
                over.send(()).unwrap();
                assert_eq!(begins.recv().unwrap(), all);
                assert!(Processors::take(all.len()).is_none());
                drop(processors);
                assert_eq!(own(), all);
            });
            written.unwrap().join().unwrap();
            other.join().unwrap();
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod nowhere {
    /// Which processors the model has: nobody knows.
    pub(in super::super) struct Processors(());

    impl Processors {
        /// Takes none.
        pub(in super::super) fn take(_n_threads: usize) -> Option<Self> {
            None
        }

        /// Keeps nobody off.
        pub(in super::super) fn keep(&self) {}
    }
}
