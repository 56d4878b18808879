//! Halves that come to two processes at one moment and have no id in common: those without a message id, and those of a message id that was
//! used before.
//!
//! Each looks for its partner before it is stored. Where both look before either is there, neither finds the other: so whoever stored a half
//! looks once more. A half that finds its partner then gives way. It may, as nobody was told yet that it is stored: should this process die
//! before it completes the other one, it is sent again. That no two give way to each other again and again, one of them waits first.

use std::time::Duration;

use bson::{RawDocumentBuf, oid::ObjectId};

use super::{
    MongoStore,
    as_read::{filter, halves_as_read},
    fault,
    stored::StoredLogs,
};
use crate::{domain::EncodedLog, store::Result};

/// How long a half waits for its partner to give way.
const PAUSE: Duration = Duration::from_millis(20);

/// A half that was just stored, and its place in its batch.
pub(super) type Half = (usize, EncodedLog);

impl MongoStore {
    /// Looks once more for the partners of halves that were just stored, and takes back those that have one by now; their places in the
    /// batch: they are placed again.
    pub(super) async fn give_way(&self, stored: &mut StoredLogs, halves: Vec<Half>) -> Result<Vec<usize>> {
        let (waiting, mut yielding): (Vec<_>, Vec<_>) =
            self.met(stored, halves).await?.into_iter().partition(|((_, log), partner)| log.id().0 < *partner);
        if !waiting.is_empty() {
            tokio::time::sleep(PAUSE).await;
            yielding.extend(self.met(stored, waiting.into_iter().map(|(half, _)| half).collect()).await?);
        }
        let mut places = Vec::new();
        for ((index, log), _) in yielding {
            // One that somebody completed meanwhile stays.
            let id = log.id().0;
            let same = filter(id, halves_as_read(id, log.document()))?;
            if self.collection::<RawDocumentBuf>("Log").delete_one(same).await.map_err(fault)?.deleted_count > 0 {
                self.forget_notes(&[id]).await?;
                places.push(index);
            }
        }
        Ok(places)
    }

    /// Those of these halves that a partner waits for, and its id.
    async fn met(&self, stored: &mut StoredLogs, halves: Vec<Half>) -> Result<Vec<(Half, ObjectId)>> {
        let mut met = Vec::new();
        for (index, log) in halves {
            let Some(key) = log.pairing_key() else { continue };
            if let Some((partner, _)) = stored.open_partner(self, key, &log).await? {
                met.push(((index, log), partner));
            }
        }
        Ok(met)
    }
}
