//! Subscriptions: made, removed, tried.

use std::sync::Arc;

use bson::DateTime;

use super::notice;
use crate::{
    domain::{
        BranchCode, Channel, ChannelError, Delivery, DeliveryId, DeliveryState, HookSecret, Often, Subscription, SubscriptionId, Tongue,
    },
    notify::{self, Fault, Lack, Outcome},
    store,
    usecase::{
        Services,
        audit::{self, AuditAction, Deed},
    },
};

/// Subscriptions that a branch may have.
pub const SUBSCRIPTIONS: usize = 20;

/// Who is to be told.
#[derive(Debug, Clone)]
pub enum Target {
    /// Addresses of mail, parted by commas or blanks.
    Mail(String),
    /// The address of a program.
    Webhook(String),
}

/// A subscription that somebody wants.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Who is to be told.
    pub target: Target,
    /// How often.
    pub often: Often,
    /// In which language.
    pub language: Tongue,
    /// Of known errors.
    pub known: bool,
    /// Of errors that nobody knows.
    pub unknown: bool,
}

/// A subscription that was just made, or changed.
#[derive(Debug)]
pub struct Subscribed {
    /// The subscription.
    pub subscription: Subscription,
    /// What signs its requests, where it is new; shown once.
    pub secret: Option<HookSecret>,
}

/// Why there is no new subscription.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// There is no such branch.
    #[error("there is no branch `{0}`")]
    Branch(BranchCode),
    /// The target is none.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// It could not work.
    #[error(transparent)]
    Lack(#[from] Lack),
    /// Nothing is wanted.
    #[error("choose known errors, unknown ones or both")]
    Nothing,
    /// The target is told already.
    #[error("`{0}` is told already")]
    There(String),
    /// The branch has as many as it may.
    #[error("a branch has at most {} subscriptions", SUBSCRIPTIONS)]
    TooMany,
    /// The operating system gives no random numbers.
    #[error("cannot make a secret: {0}")]
    Secret(#[from] getrandom::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Services {
    /// Subscribes a target to what happens at a branch from now on.
    ///
    /// # Errors
    /// When the wish cannot be fulfilled: nothing is kept then.
    pub async fn subscribe(&self, branch: &BranchCode, wish: Wish, by: &str, now: DateTime) -> Result<Subscribed, SubscribeError> {
        let store = self.store.as_ref();
        let channel = channel(&wish.target)?;
        check(self, &wish, &channel)?;
        if store.find_branch(branch).await?.is_none() {
            return Err(SubscribeError::Branch(branch.clone()));
        }
        let others = store.list_subscriptions(Some(branch), SUBSCRIPTIONS).await?;
        if others.iter().any(|other| other.goes_where(&channel)) {
            return Err(SubscribeError::There(channel.target()));
        }
        if others.len() >= SUBSCRIPTIONS {
            return Err(SubscribeError::TooMany);
        }
        let id = Subscription::id_for(branch, &channel);
        let id = if others.iter().any(|other| other.id == id) { Subscription::later_id_for(branch, &channel, now) } else { id };
        // What the branch had before is no news.
        notice::note_all(self, branch, now).await?;
        let subscription = Subscription {
            id,
            branch: branch.clone(),
            channel,
            often: wish.often,
            language: wish.language,
            known: wish.known,
            unknown: wish.unknown,
            created_by: by.to_owned(),
            created_at: now,
            told: store.last_notice(branch).await?,
            told_at: now,
            version: 0,
        };
        match store.insert_subscription(&subscription).await {
            Err(store::Error::Conflict { .. }) => return Err(SubscribeError::There(subscription.channel.target())),
            other => other?,
        }
        audit::record(self, Deed::new(AuditAction::SubscriptionAdd, &subscription.branch).after(&told(&subscription))).await?;
        let secret = secret_of(&subscription.channel);
        Ok(Subscribed { subscription, secret })
    }

    /// Ends a subscription, with what waits to be sent to it; false when there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unsubscribe(&self, id: &SubscriptionId) -> store::Result<bool> {
        let Some(subscription) = self.store.find_subscription(id).await? else { return Ok(false) };
        let gone = self.store.delete_subscription(id).await?;
        self.store.delete_waiting_deliveries(id).await?;
        if gone {
            audit::record(self, Deed::new(AuditAction::SubscriptionRemove, &subscription.branch).before(&told(&subscription))).await?;
        }
        Ok(gone)
    }

    /// Sends a message now that says that it is a test.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn try_subscription(self: &Arc<Self>, subscription: Subscription, now: DateTime) -> store::Result<Outcome> {
        audit::record(self, Deed::new(AuditAction::SubscriptionTest, &subscription.branch).after(&told(&subscription))).await?;
        let delivery = Delivery {
            id: DeliveryId(bson::oid::ObjectId::new()),
            subscription: subscription.id,
            branch: subscription.branch.clone(),
            target: subscription.channel.target(),
            to: subscription.told,
            news: Vec::new(),
            state: DeliveryState::Sending,
            attempts: 1,
            due: None,
            lease: None,
            created_at: now,
            settled_at: None,
            fault: None,
        };
        let services = self.clone();
        let sending = tokio::task::spawn_blocking(move || notify::send(&services.config.notify, &subscription, &delivery));
        Ok(sending.await.unwrap_or_else(|_| Outcome::Later(Fault::Interrupted.to_string())))
    }
}

/// Whether a wish can be fulfilled by this way.
pub(super) fn check(services: &Services, wish: &Wish, channel: &Channel) -> Result<(), SubscribeError> {
    if !wish.known && !wish.unknown {
        return Err(SubscribeError::Nothing);
    }
    notify::lacks(&services.config.notify, channel).map_or(Ok(()), |lack| Err(lack.into()))
}

/// What signs the requests of a way, where there is such.
pub(super) fn secret_of(channel: &Channel) -> Option<HookSecret> {
    match channel {
        Channel::Webhook { secret, .. } => Some(secret.clone()),
        Channel::Mail { .. } => None,
    }
}

/// The way to a target; requests are signed with a new secret.
pub(super) fn channel(target: &Target) -> Result<Channel, SubscribeError> {
    Ok(match target {
        Target::Mail(addresses) => Channel::mail(addresses)?,
        Target::Webhook(url) => Channel::Webhook { url: url.parse()?, secret: HookSecret::of(&random()?) },
    })
}

fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What the audit log says of a subscription: no secret.
pub(super) fn told(subscription: &Subscription) -> bson::Document {
    bson::doc! {
        "branch": subscription.branch.as_str(), "kind": subscription.channel.kind(), "target": subscription.channel.target(),
        "often": subscription.often.as_str(), "language": subscription.language.as_str(),
        "known": subscription.known, "unknown": subscription.unknown,
    }
}
