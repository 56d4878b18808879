//! How far uploads are that programs send, by the name that each chose: kept while they are read and a while after, in this process alone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Progress, Watch};

/// Uploads remembered; of more, the oldest that is done is forgotten, or the oldest of all.
const REMEMBERED: usize = 200;

/// An upload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Upload {
    /// How far it is.
    pub progress: Progress,
    /// It ended, well or not: whoever sent it was told how.
    pub done: bool,
}

/// Uploads by who sent them and under which name.
#[derive(Clone, Default)]
pub struct Uploads {
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    uploads: HashMap<(String, String), (u64, Upload)>,
    /// Number of the next one.
    next: u64,
}

impl Uploads {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers an upload until others take its place; it is done when the value is dropped.
    pub fn begin(&self, user: &str, name: &str, bytes_total: u64) -> Following {
        let key = (user.to_owned(), name.to_owned());
        let mut known = self.lock();
        if known.uploads.len() >= REMEMBERED {
            let oldest = known.uploads.iter().min_by_key(|(_, (number, upload))| (!upload.done, *number)).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                known.uploads.remove(&oldest);
            }
        }
        let (number, progress) = (known.next, Progress { bytes_total, ..Progress::default() });
        known.next += 1;
        known.uploads.insert(key.clone(), (number, Upload { progress, done: false }));
        drop(known);
        Following { uploads: self.clone(), key, number }
    }

    /// How far an upload of this person is.
    pub fn find(&self, user: &str, name: &str) -> Option<Upload> {
        self.lock().uploads.get(&(user.to_owned(), name.to_owned())).map(|(_, upload)| *upload)
    }
}

/// An upload that is being read.
pub struct Following {
    uploads: Uploads,
    key: (String, String),
    number: u64,
}

impl Following {
    /// Who is told how far it is.
    pub fn watch(&self) -> Watch {
        let (uploads, key, number) = (self.uploads.clone(), self.key.clone(), self.number);
        let on_progress = Arc::new(move |progress| uploads.change(&key, number, |upload| upload.progress = progress));
        Watch { on_progress, ..Watch::nobody() }
    }
}

impl Uploads {
    /// Changes an upload, unless another one has its name by now.
    fn change(&self, key: &(String, String), number: u64, change: impl FnOnce(&mut Upload)) {
        if let Some((_, upload)) = self.lock().uploads.get_mut(key).filter(|(known, _)| *known == number) {
            change(upload);
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.uploads.change(&self.key, self.number, |upload| upload.done = true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_followed_by_who_sent_it_until_it_is_done() {
        let uploads = Uploads::default();
        let first = uploads.begin("olena", "a", 10);
        (first.watch().on_progress)(Progress { bytes_read: 4, bytes_total: 10, ..Progress::default() });
        assert_eq!(uploads.find("olena", "a").map(|upload| (upload.progress.bytes_read, upload.done)), Some((4, false)));
        assert_eq!(uploads.find("petro", "a"), None);
        let second = uploads.begin("olena", "a", 20);
        drop(first);
        assert_eq!(uploads.find("olena", "a").map(|upload| (upload.progress.bytes_total, upload.done)), Some((20, false)));
        drop(second);
        assert!(uploads.find("olena", "a").is_some_and(|upload| upload.done));
    }

    #[test]
    fn those_that_are_done_are_forgotten_first() {
        let uploads = Uploads::default();
        let open = uploads.begin("olena", "open", 1);
        (0..2 * REMEMBERED).for_each(|n| drop(uploads.begin("olena", &n.to_string(), 1)));
        assert_eq!(uploads.lock().uploads.len(), REMEMBERED);
        assert!(uploads.find("olena", "open").is_some() && uploads.find("olena", "0").is_none());
        drop(open);
    }
}
