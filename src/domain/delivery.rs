//! Delivery: a message to a branch on its way. It is written down before it is sent and says the same whenever it is sent, so that a
//! receiver who gets it twice can tell by its id.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::{BranchCode, DeliveryId, Lease, StatusCode, Subject, Subscription, SubscriptionId};

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It waits for its turn.
    Waiting,
    /// Somebody sends it.
    Sending,
    /// It was taken.
    Sent,
    /// Nobody tries any more.
    Failed,
}

impl DeliveryState {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

/// What is said of one error, in the language of the subscription and without what must not leave the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// What it is of.
    pub subject: Subject,
    /// The known error's title, or the beginning of the message that nobody knows.
    pub title: String,
    /// Its status.
    pub status: Option<StatusCode>,
    /// The status's title.
    pub status_title: Option<String>,
    /// Remedies, those that worked more often first.
    pub answers: Vec<String>,
    /// It was told before and came this often during an hour.
    pub per_hour: Option<i64>,
    /// When it was noticed.
    pub at: DateTime,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// From the subscription and the place that it had reached.
    #[serde(rename = "_id")]
    pub id: DeliveryId,
    /// For whom.
    pub subscription: SubscriptionId,
    /// Of which branch.
    pub branch: BranchCode,
    /// Where it goes, as people are shown it.
    pub target: String,
    /// The last notice that it takes account of.
    pub to: i64,
    /// What it says.
    pub news: Vec<News>,
    /// Where it is.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: i64,
    /// When somebody has to look at it next: to try, or because who tried has died. `None` once it is settled.
    pub due: Option<DateTime>,
    /// Who sends it.
    pub lease: Option<Lease>,
    /// When it was made.
    pub created_at: DateTime,
    /// When it was taken or given up.
    pub settled_at: Option<DateTime>,
    /// What went wrong last.
    pub fault: Option<String>,
}

impl Delivery {
    /// The id of what follows this place. A subscription that was removed and made again is another one.
    pub fn id_for(subscription: &Subscription, after: i64) -> DeliveryId {
        let made_at = subscription.created_at.timestamp_millis();
        DeliveryId::from_content(&[&subscription.id.bytes(), &made_at.to_le_bytes(), &after.to_le_bytes()])
    }
}
