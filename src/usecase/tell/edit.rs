//! A subscription is changed: where it goes, how often, in which language, what it tells. It stays the same one: what was told is not told
//! again, what waits goes to where it is sent now.

use super::subscribe::{SUBSCRIPTIONS, SubscribeError, Subscribed, Target, Wish, channel, check, secret_of, told};
use crate::{
    domain::{Channel, Subscription, SubscriptionId},
    store,
    usecase::{
        Services,
        audit::{self, AuditAction, Deed},
    },
};

/// A change that somebody wants of a subscription.
#[derive(Debug, Clone)]
pub struct Edit {
    /// What is wanted from now on.
    pub wish: Wish,
    /// Requests are to be signed with a secret that is made now; else with the one that they were signed with.
    pub new_secret: bool,
    /// The version that was looked at.
    pub version: i64,
}

/// Why a subscription was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is none.
    #[error("there is no such subscription")]
    NotFound,
    /// Somebody else changed it.
    #[error("it was changed in the meantime: it is at version {0} now")]
    Stale(i64),
    /// The wish cannot be fulfilled.
    #[error(transparent)]
    Wish(#[from] SubscribeError),
}

impl From<store::Error> for EditError {
    fn from(error: store::Error) -> Self {
        Self::Wish(error.into())
    }
}

impl Services {
    /// Changes a subscription; its secret comes back where it is a new one.
    ///
    /// # Errors
    /// When it is gone, somebody else was faster, or the wish cannot be fulfilled: it stays as it is then.
    pub async fn edit_subscription(&self, id: &SubscriptionId, edit: Edit) -> Result<Subscribed, EditError> {
        let store = self.store.as_ref();
        let before = store.find_subscription(id).await?.ok_or(EditError::NotFound)?;
        if before.version != edit.version {
            return Err(EditError::Stale(before.version));
        }
        let channel = channel_of(&before.channel, &edit)?;
        check(self, &edit.wish, &channel)?;
        let others = store.list_subscriptions(Some(&before.branch), SUBSCRIPTIONS).await?;
        if others.iter().any(|other| other.id != *id && other.goes_where(&channel)) {
            return Err(SubscribeError::There(channel.target()).into());
        }
        let Wish { often, language, known, unknown, .. } = edit.wish;
        let after = Subscription { channel, often, language, known, unknown, version: before.version + 1, ..before.clone() };
        if !store.update_subscription(&after, before.version).await? {
            let now = store.find_subscription(id).await?.ok_or(EditError::NotFound)?;
            return Err(EditError::Stale(now.version));
        }
        let secret = secret_of(&after.channel).filter(|new| secret_of(&before.channel).as_ref() != Some(new));
        let mut said = told(&after);
        if secret.is_some() {
            said.insert("new_secret", true);
        }
        audit::record(self, Deed::new(AuditAction::SubscriptionEdit, &after.branch).before(&told(&before)).after(&said)).await?;
        Ok(Subscribed { subscription: after, secret })
    }
}

/// The way that is wanted, with the secret that there is unless another one is wanted.
fn channel_of(before: &Channel, edit: &Edit) -> Result<Channel, SubscribeError> {
    match (&edit.wish.target, before) {
        (Target::Webhook(url), Channel::Webhook { secret, .. }) if !edit.new_secret => {
            Ok(Channel::Webhook { url: url.parse()?, secret: secret.clone() })
        }
        (target, _) => channel(target),
    }
}
