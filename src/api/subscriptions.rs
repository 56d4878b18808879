//! Who is told what fails at a branch, and what became of the latest messages, for administrators.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use bson::DateTime;
use serde_json::{Value, json};

use super::{
    branches,
    error::{ApiError, Code},
    guard::Caller,
    input::{self, Body, missing},
    schema::{Definitions, Moment, Schema, one_of, shape},
    words::{Id, words},
};
use crate::{
    domain::{BranchCode, Channel, Delivery, DeliveryState, Often, Subscription, Tongue},
    usecase::{
        Services,
        tell::{Edit, EditError, Outcome, SUBSCRIPTIONS, SubscribeError, Target, Wish},
    },
};

/// Messages that are listed.
const LISTED: usize = 100;

/// By what way.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// To addresses of mail.
    Mail,
    /// To a program.
    Webhook,
}

impl Way {
    fn to(self, target: String) -> Target {
        match self {
            Self::Mail => Target::Mail(target),
            Self::Webhook => Target::Webhook(target),
        }
    }
}

words! {
    Way => [Way::Mail, Way::Webhook],
    Often => Often::ALL,
    Tongue => Tongue::ALL,
    DeliveryState => [DeliveryState::Waiting, DeliveryState::Sending, DeliveryState::Sent, DeliveryState::Failed],
}

shape! {
    /// Who is told what fails at a branch.
    Subscriptions {
        /// The subscriptions, the oldest first.
        subscriptions: Vec<SubscriptionShape>,
    }
    /// Somebody is told.
    SubscriptionShape {
        /// Its id.
        id: Id,
        /// The branch.
        branch: BranchCode,
        /// By what way.
        way: Way,
        /// Addresses of mail, parted by commas, or the address of a program.
        target: String,
        /// How often.
        often: Often,
        /// In which language.
        language: Tongue,
        /// Known errors are told, with their answers.
        known: bool,
        /// Errors that nobody knows are told.
        unknown: bool,
        /// Who wanted it.
        created_by: String,
        /// When.
        created_at: Moment,
        /// How often it was changed; whoever changes it has to name the version that they saw.
        version: i64,
    }
    /// What is wanted of a subscription from now on.
    SubscriptionChange {
        /// The version that this replaces.
        version: i64,
        /// By what way.
        way: Way,
        /// Addresses of mail, parted by commas, or the address of a program; its host has to be allowed in the configuration.
        target: String,
        /// How often.
        often: Often,
        /// In which language.
        language: Tongue,
        /// Whether known errors are told.
        known: bool,
        /// Whether errors that nobody knows are told.
        unknown: bool,
        /// Have requests be signed with a secret that is made now; the one that there is stays where nothing is said.
        new_secret: Option<bool>,
    }
    /// A subscription to be made.
    SubscriptionInput {
        /// By what way.
        way: Way,
        /// Addresses of mail, parted by commas, or the address of a program; its host has to be allowed in the configuration.
        target: String,
        /// How often; at once where nothing is said.
        often: Option<Often>,
        /// In which language; English where nothing is said.
        language: Option<Tongue>,
        /// Whether known errors are told; they are where nothing is said.
        known: Option<bool>,
        /// Whether errors that nobody knows are told; they are where nothing is said.
        unknown: Option<bool>,
    }
    /// A subscription that was just made or changed.
    SubscriptionMade {
        /// What signs the requests of a webhook, where it is new; it is shown this once.
        secret: Option<String>,
        /// The subscription.
        subscription: SubscriptionShape,
    }
    /// What became of a test.
    TestShape {
        /// It was taken.
        taken: bool,
        /// Why it was not.
        fault: Option<String>,
    }
    /// The latest messages to a branch.
    Deliveries {
        /// The messages, the latest first.
        deliveries: Vec<DeliveryShape>,
    }
    /// A message to a branch.
    DeliveryShape {
        /// Its id; receivers get it as the header `Idempotency-Key`, or in the Message-ID.
        id: Id,
        /// For which subscription.
        subscription: Id,
        /// Where it goes.
        target: String,
        /// How many errors it tells of.
        n_news: u32,
        /// Where it is.
        state: DeliveryState,
        /// Attempts so far.
        attempts: i64,
        /// When it was made.
        created_at: Moment,
        /// When it is tried next.
        due: Option<Moment>,
        /// When it was taken or given up.
        settled_at: Option<Moment>,
        /// What went wrong last.
        fault: Option<String>,
    }
}

impl From<Subscription> for SubscriptionShape {
    fn from(subscription: Subscription) -> Self {
        let Subscription { id, branch, channel, often, language, known, unknown, created_by, created_at, version, .. } = subscription;
        let way = match channel {
            Channel::Mail { .. } => Way::Mail,
            Channel::Webhook { .. } => Way::Webhook,
        };
        let (id, target, created_at) = (Id::of(id), channel.target(), Moment(created_at));
        Self { id, branch, way, target, often, language, known, unknown, created_by, created_at, version }
    }
}

impl From<Delivery> for DeliveryShape {
    fn from(delivery: Delivery) -> Self {
        let Delivery { id, subscription, target, news, state, attempts, created_at, due, settled_at, fault, .. } = delivery;
        let (id, subscription, n_news) = (Id::of(id), Id::of(subscription), u32::try_from(news.len()).unwrap_or(u32::MAX));
        let (created_at, due, settled_at) = (Moment(created_at), due.map(Moment), settled_at.map(Moment));
        Self { id, subscription, target, n_news, state, attempts, created_at, due, settled_at, fault }
    }
}

impl From<SubscribeError> for ApiError {
    fn from(error: SubscribeError) -> Self {
        match error {
            SubscribeError::Store(error) => error.into(),
            SubscribeError::Secret(error) => Self::failed(error),
            SubscribeError::Branch(_) => missing(),
            SubscribeError::There(_) | SubscribeError::TooMany => Self::new(Code::Conflict, error.to_string()),
            SubscribeError::Channel(_) | SubscribeError::Lack(_) => {
                Self::new(Code::Invalid, error.to_string()).with(json!({ "field": "target" }))
            }
            SubscribeError::Nothing => Self::new(Code::Invalid, error.to_string()).with(json!({ "field": "known" })),
        }
    }
}

impl From<EditError> for ApiError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::NotFound => missing(),
            EditError::Stale(version) => Self::new(Code::Conflict, error.to_string()).with(json!({ "version": version })),
            EditError::Wish(error) => error.into(),
        }
    }
}

async fn branch(caller: &Caller, services: &Services, code: &str) -> Result<BranchCode, ApiError> {
    Ok(branches::find(caller, services, code).await?.code)
}

/// The subscription of this branch that the address names.
async fn named(services: &Services, (code, id): &(String, String)) -> Result<Subscription, ApiError> {
    let found = services.store.find_subscription(&input::id(id)?).await?;
    found.filter(|found| found.branch.as_str() == code).ok_or_else(missing)
}

/// `GET /api/v1/branches/{code}/subscriptions`.
pub(super) async fn list(caller: Caller, services: Data<Services>, code: Path<String>) -> Result<Json<Subscriptions>, ApiError> {
    let branch = branch(&caller, &services, &code).await?;
    let subscriptions = services.store.list_subscriptions(Some(&branch), SUBSCRIPTIONS).await?;
    Ok(Json(Subscriptions { subscriptions: subscriptions.into_iter().map(SubscriptionShape::from).collect() }))
}

/// `POST /api/v1/branches/{code}/subscriptions`.
pub(super) async fn add(
    caller: Caller,
    services: Data<Services>,
    code: Path<String>,
    Body(input): Body<SubscriptionInput>,
) -> Result<HttpResponse, ApiError> {
    let branch = branch(&caller, &services, &code).await?;
    let SubscriptionInput { way, target, often, language, known, unknown } = input;
    let target = way.to(target);
    let (often, language) = (often.unwrap_or(Often::AtOnce), language.unwrap_or(Tongue::English));
    let wish = Wish { target, often, language, known: known.unwrap_or(true), unknown: unknown.unwrap_or(true) };
    let made = services.subscribe(&branch, wish, &caller.user.name, DateTime::now()).await?;
    let secret = made.secret.map(|secret| secret.expose().to_owned());
    Ok(HttpResponse::Created().json(SubscriptionMade { secret, subscription: made.subscription.into() }))
}

/// `PUT /api/v1/branches/{code}/subscriptions/{id}`.
pub(super) async fn change(
    services: Data<Services>,
    place: Path<(String, String)>,
    Body(change): Body<SubscriptionChange>,
) -> Result<Json<SubscriptionMade>, ApiError> {
    let subscription = named(&services, &place).await?;
    let SubscriptionChange { version, way, target, often, language, known, unknown, new_secret } = change;
    let wish = Wish { target: way.to(target), often, language, known, unknown };
    let edit = Edit { wish, new_secret: new_secret.unwrap_or(false), version };
    let edited = services.edit_subscription(&subscription.id, edit).await?;
    let secret = edited.secret.map(|secret| secret.expose().to_owned());
    Ok(Json(SubscriptionMade { secret, subscription: edited.subscription.into() }))
}

/// `DELETE /api/v1/branches/{code}/subscriptions/{id}`.
pub(super) async fn remove(services: Data<Services>, place: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let subscription = named(&services, &place).await?;
    services.unsubscribe(&subscription.id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/branches/{code}/subscriptions/{id}/test`.
pub(super) async fn test(services: Data<Services>, place: Path<(String, String)>) -> Result<Json<TestShape>, ApiError> {
    let subscription = named(&services, &place).await?;
    let outcome = services.into_inner().try_subscription(subscription, DateTime::now()).await?;
    let fault = match outcome {
        Outcome::Taken => None,
        Outcome::Later(fault) | Outcome::Refused(fault) => Some(fault),
    };
    Ok(Json(TestShape { taken: fault.is_none(), fault }))
}

/// `GET /api/v1/branches/{code}/deliveries`.
pub(super) async fn deliveries(caller: Caller, services: Data<Services>, code: Path<String>) -> Result<Json<Deliveries>, ApiError> {
    let branch = branch(&caller, &services, &code).await?;
    let deliveries = services.store.list_deliveries(&branch, LISTED).await?;
    Ok(Json(Deliveries { deliveries: deliveries.into_iter().map(DeliveryShape::from).collect() }))
}
