//! Ingestion keys: made, put in another's place, revoked, and asked for at every request of a branch.
//!
//! A key is kept in memory for a moment, so that a thousand requests a second ask the store once; a revocation by another process takes
//! that moment to be felt.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bson::DateTime;
use secrecy::{ExposeSecret, SecretString};

use super::{
    Services,
    audit::{self, AuditAction, Deed},
};
use crate::{
    domain::{BranchCode, IngestKey},
    store,
};

/// How long a key is believed without asking the store.
const FRESH: Duration = Duration::from_secs(2);
/// Longest time for which a key that was replaced is taken.
const MAX_OVERLAP: Duration = Duration::from_secs(366 * 24 * 3600);
/// Keys remembered; beyond that all are asked for anew.
const REMEMBERED: usize = 10_000;

/// A key that was just made.
pub struct NewKey {
    /// What is kept of it.
    pub key: IngestKey,
    /// The whole of it, shown once.
    pub text: SecretString,
}

/// Why there is no new key.
#[derive(Debug, thiserror::Error)]
pub enum NewKeyError {
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The old key ended: a new one in its place would let in who was shut out.
    #[error("the key has ended: nothing can take its place")]
    Ended,
    /// Both keys would be taken for too long.
    #[error("a key that was replaced is taken for a year at most")]
    Overlap,
    /// The operating system gives no random numbers.
    #[error("cannot make a secret: {0}")]
    Secret(#[from] getrandom::Error),
}

/// Keys asked for lately, and those used since it was last noted.
#[derive(Default)]
pub struct KeyRing {
    known: Mutex<HashMap<String, (Arc<IngestKey>, Instant)>>,
    used: Mutex<HashMap<String, DateTime>>,
}

impl KeyRing {
    /// The key that this text is, if it is one that is taken now.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn open(&self, services: &Services, text: &str, now: DateTime) -> store::Result<Option<Arc<IngestKey>>> {
        let Some(id) = IngestKey::id_of(text) else { return Ok(None) };
        let key = match self.remembered(id) {
            Some(key) => key,
            None => match services.store.find_ingest_key(id).await? {
                Some(key) => self.remember(key),
                None => return Ok(None),
            },
        };
        if !key.opens(text, now) {
            return Ok(None);
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = used.get_mut(id) {
            *at = now;
        } else {
            used.insert(id.to_owned(), now);
        }
        Ok(Some(key))
    }

    /// Notes in the store which keys were used since the last call.
    ///
    /// # Errors
    /// When the store does not answer; the uses are noted by the next call.
    pub async fn note_uses(&self, services: &Services) -> store::Result<()> {
        let used: Vec<_> = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect();
        if used.is_empty() {
            return Ok(());
        }
        let noted = services.store.touch_ingest_keys(&used).await;
        if noted.is_err() {
            let mut again = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            for (id, at) in used {
                again.entry(id).or_insert(at);
            }
        }
        noted
    }

    fn remembered(&self, id: &str) -> Option<Arc<IngestKey>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(id).filter(|(_, asked)| asked.elapsed() < FRESH).map(|(key, _)| key.clone())
    }

    fn remember(&self, key: IngestKey) -> Arc<IngestKey> {
        let key = Arc::new(key);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key.id.clone(), (key.clone(), Instant::now()));
        key
    }

    fn forget(&self, id: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

impl Services {
    /// Makes a key for a branch, which is registered where it is new.
    ///
    /// # Errors
    /// When the store or the source of random numbers fails.
    pub async fn add_ingest_key(&self, branch: &BranchCode, name: &str, by: &str, now: DateTime) -> Result<NewKey, NewKeyError> {
        let made = self.make_ingest_key(branch, name, by, now).await?;
        audit::record(self, Deed::new(AuditAction::KeyAdd, &made.key.id).after(&told(&made.key))).await?;
        Ok(made)
    }

    async fn make_ingest_key(&self, branch: &BranchCode, name: &str, by: &str, now: DateTime) -> Result<NewKey, NewKeyError> {
        self.branch(branch).await?;
        loop {
            let (digits, secret) = (random::<4>()?, random::<32>()?);
            let text = IngestKey::text(&digits, &secret);
            let key = IngestKey {
                id: IngestKey::id_of(&text).unwrap_or_default().to_owned(),
                branch: branch.clone(),
                name: name.trim().chars().take(200).collect(),
                hash: IngestKey::hash_of(&text),
                created_by: by.to_owned(),
                created_at: now,
                ends_at: None,
                last_used_at: None,
            };
            match self.store.insert_ingest_key(&key).await {
                Ok(()) => return Ok(NewKey { key, text: text.into() }),
                Err(store::Error::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Makes a key that takes another's place; the old one is taken for `overlap` longer. `None` when there is no such key.
    ///
    /// # Errors
    /// When the old key ended, the overlap is too long, or the store or the source of random numbers fails.
    pub async fn rotate_ingest_key(&self, id: &str, by: &str, overlap: Duration, now: DateTime) -> Result<Option<NewKey>, NewKeyError> {
        let Some(old) = self.store.find_ingest_key(id).await? else { return Ok(None) };
        if old.ends_at.is_some_and(|ends_at| ends_at <= now) {
            return Err(NewKeyError::Ended);
        }
        if overlap > MAX_OVERLAP {
            return Err(NewKeyError::Overlap);
        }
        let new = self.make_ingest_key(&old.branch, &old.name, by, now).await?;
        let overlap_ms = i64::try_from(overlap.as_millis()).unwrap_or(i64::MAX);
        self.let_ingest_key_end(id, DateTime::from_millis(now.timestamp_millis().saturating_add(overlap_ms))).await?;
        audit::record(self, Deed::new(AuditAction::KeyRotate, id).before(&told(&old)).after(&told(&new.key))).await?;
        Ok(Some(new))
    }

    /// Has a key end at this moment; false when there is none.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn end_ingest_key(&self, id: &str, at: DateTime) -> store::Result<bool> {
        let ended = self.let_ingest_key_end(id, at).await?;
        if ended {
            audit::record(self, Deed::new(AuditAction::KeyRevoke, id).after(&at)).await?;
        }
        Ok(ended)
    }

    async fn let_ingest_key_end(&self, id: &str, at: DateTime) -> store::Result<bool> {
        let ended = self.store.end_ingest_key(id, at).await?;
        self.keys.forget(id);
        Ok(ended)
    }
}

impl std::fmt::Display for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text.expose_secret())
    }
}

/// What the audit log says of a key: nothing that opens a door.
fn told(key: &IngestKey) -> bson::Document {
    bson::doc! { "id": &key.id, "branch": key.branch.as_str(), "name": &key.name }
}

/// Random bytes, hexadecimal.
fn random<const N: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
