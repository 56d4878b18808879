//! Groups of unknown errors: read, explained, merged and split.

use actix_web::web::{Data, Json, Path};
use bson::DateTime;

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::{self, Asked, Body, Limit, missing},
    schema::{Moment, shape},
    statuses::StatusShape,
    triage::UntilShape,
    words::Id,
};
use crate::{
    domain::{BranchCode, GroupId, GroupState, KnownError, KnownErrorId, LogError, StatusCode},
    query::Filter,
    store::{Queue, QueueCursor, QueueOrder, Unwanted, Whose},
    usecase::{
        Services,
        approve::{self, Approval, ApproveError, Approved, StatusChoice, Ways},
        preview::{self, Draft, PreviewError},
        regroup::{self, RegroupError, Rule},
    },
};

/// Errors that a preview looks at, the newest.
const PREVIEW_ERRORS: u64 = 50_000;
/// Words of a search that are looked for.
const MAX_WORDS: usize = 8;

shape! {
    /// Which groups. Those whose messages belong to another one by now are in no page.
    ErrorsAsked {
        /// Only those in this state; every one where nothing is said.
        state: Option<GroupState>,
        /// Only those that came back after they were set aside, or only the others.
        review: Option<bool>,
        /// Only those that this person deals with; `-` for nobody.
        assignee: Option<String>,
        /// Only those that this branch had.
        branch: Option<BranchCode>,
        /// Only those that exchanges of this method had.
        method: Option<String>,
        /// Only those whose common text holds all of these words.
        search: Option<String>,
        /// Only those with an error in a Log that satisfies this filter, among the newest 2000 such errors.
        logs: Option<String>,
        /// Only those that were seen at this moment or later.
        since: Option<Moment>,
        /// Only those that were seen before this moment.
        before: Option<Moment>,
        /// What comes first: the most frequent where nothing is said.
        order: Option<QueueOrder>,
        /// `next` of the page before.
        after: Option<String>,
        /// At most this many, 1 to 500; 50 where nothing is said.
        limit: Option<Limit<500>>,
    }
    /// A page of groups.
    ErrorsPage {
        /// The groups.
        errors: Vec<ErrorShape>,
        /// What to send as `after` for the next page; null where this is the last.
        next: Option<String>,
    }
    /// A group of similar errors that the knowledge base did not know.
    ErrorShape {
        /// Its identifier.
        id: Id,
        /// The messages' common text, variables as `<*>`.
        template: String,
        /// The first message seen.
        message: String,
        /// The first message's code, as text.
        code: Option<String>,
        /// Where it stands.
        state: GroupState,
        /// The status that an analyst gave it.
        status: Option<StatusCode>,
        /// The known error it became.
        known_error_id: Option<KnownErrorId>,
        /// Who deals with it.
        assignee: Option<String>,
        /// Until when it is set aside; null where it is not.
        ignored: Option<UntilShape>,
        /// It was set aside and came back: somebody has to look again.
        review: bool,
        /// The group that has its messages now.
        merged_into: Option<Id>,
        /// Number of Logs that carry it.
        count: i64,
        /// The same by branch, largest first.
        branches: Vec<BranchCountShape>,
        /// The same by method of the exchanges, the most frequent ones.
        methods: Vec<MethodCountShape>,
        /// Date of the earliest Log.
        first_seen: Option<Moment>,
        /// Date of the latest Log.
        last_seen: Option<Moment>,
        /// The file in which it was first found.
        first_log_file_id: Id,
        /// One Log to show.
        example_log_id: Id,
    }
    /// How often a branch had an error.
    BranchCountShape {
        /// The branch.
        branch: BranchCode,
        /// Number of Logs.
        count: i64,
    }
    /// How often a method failed with an error.
    MethodCountShape {
        /// The method.
        method: String,
        /// Number of Logs.
        count: i64,
    }
    /// How the group is to be recognised and answered from now on.
    ApproveInput {
        /// A status of the tree; this or `new_status`.
        status: Option<StatusCode>,
        /// A new status.
        new_status: Option<StatusShape>,
        /// A short name; the beginning of the text where it is blank.
        title: Option<String>,
        /// The text by which it is recognised; the group's first message where it is left out.
        text: Option<String>,
        /// Key words.
        keywords: Option<Vec<String>>,
        /// Words any one of which marks it.
        keywords_any: Option<Vec<String>>,
        /// Words all of which must be there.
        keywords_all: Option<Vec<String>>,
        /// Words none of which may be there.
        keywords_none: Option<Vec<String>>,
        /// The server's code.
        code: Option<String>,
        /// A regular expression.
        regex: Option<String>,
        /// A filter that the Log must satisfy.
        conditions: Option<String>,
        /// Remedies, best first; at least one.
        answers: Vec<String>,
    }
    /// What came of an approval.
    ApprovedShape {
        /// The new known error.
        known_error_id: KnownErrorId,
        /// Logs that became known.
        n_logs: i64,
        /// Another person has to approve it before it is in force.
        waits: bool,
    }
    /// The group to merge into.
    MergeInput {
        /// Its identifier.
        into: Id,
    }
    /// The variable whose value becomes a group of its own.
    SplitInput {
        /// Its place in the group's pattern.
        place: u32,
        /// The value.
        value: String,
    }
    /// What came of a rule about groups.
    RegroupedShape {
        /// The group that has the messages now.
        group: Id,
        /// Logs that moved there.
        n_logs: i64,
    }
    /// A rule on trial.
    PreviewInput {
        /// The text by which it would recognise; the group's first message where it is left out.
        text: Option<String>,
        /// Key words.
        keywords: Option<Vec<String>>,
        /// Words any one of which marks it.
        keywords_any: Option<Vec<String>>,
        /// Words all of which must be there.
        keywords_all: Option<Vec<String>>,
        /// Words none of which may be there.
        keywords_none: Option<Vec<String>>,
        /// The server's code.
        code: Option<String>,
        /// A regular expression.
        regex: Option<String>,
        /// A filter that the Log must satisfy.
        conditions: Option<String>,
        /// Only errors of the last so many days are looked at; where nothing is said, all, those without a date, too.
        days: Option<u32>,
    }
    /// What history says of a rule.
    PreviewShape {
        /// Errors looked at.
        n_errors: i64,
        /// There are more than were looked at.
        incomplete: bool,
        /// Errors that nobody knew and that the rule catches.
        n_unknown: i64,
        /// Errors that it catches and that were its own already.
        n_own: i64,
        /// Errors that it takes from other known errors, most first.
        taken: Vec<TakenShape>,
        /// A few Logs that it catches, newest first.
        examples: Vec<Id>,
    }
    /// What a rule takes from another known error.
    TakenShape {
        /// The other.
        known_error_id: KnownErrorId,
        /// Number of errors.
        count: i64,
    }
}

impl From<LogError> for ErrorShape {
    fn from(group: LogError) -> Self {
        let branches = group.branches.into_iter().map(|count| BranchCountShape { branch: count.branch, count: count.count });
        let methods = group.methods.into_iter().map(|count| MethodCountShape { method: count.method, count: count.count });
        Self {
            id: Id::of(group.id),
            template: group.template,
            message: group.message,
            code: group.code.map(|code| code.to_string()),
            state: group.state,
            status: group.status,
            known_error_id: group.known_error_id,
            assignee: group.triage.assignee,
            ignored: group.triage.ignored.map(|ignored| ignored.until.into()),
            review: group.triage.review,
            merged_into: group.triage.merged_into.map(Id::of),
            count: group.count,
            branches: branches.collect(),
            methods: methods.collect(),
            first_seen: group.first_seen.map(Moment),
            last_seen: group.last_seen.map(Moment),
            first_log_file_id: Id::of(group.first_log_file_id),
            example_log_id: Id::of(group.example_log_id),
        }
    }
}

impl From<Approved> for ApprovedShape {
    fn from(done: Approved) -> Self {
        Self { known_error_id: done.known_error_id, n_logs: counted(done.n_logs), waits: done.waits }
    }
}

impl From<ApproveError> for ApiError {
    fn from(error: ApproveError) -> Self {
        match error {
            ApproveError::NotFound(_) => missing(),
            ApproveError::AlreadyKnown(_) => Self::new(Code::Conflict, error.to_string()),
            ApproveError::Invalid(_) => Self::new(Code::Invalid, error.to_string()),
            ApproveError::Store(error) => error.into(),
        }
    }
}

impl From<RegroupError> for ApiError {
    fn from(error: RegroupError) -> Self {
        match error {
            RegroupError::NotFound(_) => missing(),
            RegroupError::Known(_) | RegroupError::Rule(_) => Self::new(Code::Conflict, error.to_string()),
            RegroupError::Store(error) => error.into(),
        }
    }
}

fn counted(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The group with this id.
pub(super) async fn find(services: &Services, id: &str) -> Result<LogError, ApiError> {
    let id: GroupId = input::id(id)?;
    services.store.find_log_error(&id).await?.ok_or_else(missing)
}

/// `GET /api/v1/errors`.
pub(super) async fn list(services: Data<Services>, Asked(asked): Asked<ErrorsAsked>) -> Result<Json<ErrorsPage>, ApiError> {
    let after = input::after(&asked.after).map(|text| text.parse::<QueueCursor>().map_err(|()| input::no_cursor())).transpose()?;
    let limit = input::limit(asked.limit);
    let among = match input::filter(asked.logs.as_deref())? {
        Filter::All => None,
        filter => Some(services.queue_among(&filter).await?.value.groups.clone()),
    };
    let moment = |moment: Option<Moment>| moment.map(|Moment(moment)| moment);
    let queue = Queue {
        state: asked.state,
        review: asked.review,
        whose: asked.assignee.map_or(Whose::Any, |name| if name == "-" { Whose::Nobody } else { Whose::Person(name) }),
        branch: asked.branch,
        method: asked.method.filter(|method| !method.is_empty()),
        among,
        without: Unwanted::default(),
        words: asked.search.unwrap_or_default().split_whitespace().take(MAX_WORDS).map(str::to_owned).collect(),
        since: moment(asked.since),
        before: moment(asked.before),
        order: asked.order.unwrap_or_default(),
        after,
        limit: limit + 1,
    };
    let mut groups = services.store.list_queue(&queue).await?;
    let more = groups.len() > limit;
    groups.truncate(limit);
    let next = groups.last().filter(|_| more).map(|last| queue.order.place(last).to_string());
    Ok(Json(ErrorsPage { errors: groups.into_iter().map(ErrorShape::from).collect(), next }))
}

/// `GET /api/v1/errors/{id}`.
pub(super) async fn show(services: Data<Services>, id: Path<String>) -> Result<Json<ErrorShape>, ApiError> {
    Ok(Json(find(&services, &id).await?.into()))
}

/// `POST /api/v1/errors/{id}/approve`.
pub(super) async fn approve(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<ApproveInput>,
) -> Result<Json<ApprovedShape>, ApiError> {
    let group = find(&services, &id).await?;
    let approval = Approval {
        group: group.id,
        status: choice(input.status, input.new_status)?,
        title: input.title.unwrap_or_default(),
        text: input.text.unwrap_or(group.message),
        keywords: input.keywords.unwrap_or_default(),
        answers: input.answers,
        ways: Ways {
            keywords_any: input.keywords_any.unwrap_or_default(),
            keywords_all: input.keywords_all.unwrap_or_default(),
            keywords_none: input.keywords_none.unwrap_or_default(),
            code: input.code,
            regex: input.regex,
            conditions: input.conditions,
        },
        by: caller.user.name,
    };
    Ok(Json(approve::approve(&services, approval, DateTime::now()).await?.into()))
}

/// The status that is given: one of the tree, or a new one.
pub(super) fn choice(status: Option<StatusCode>, new: Option<StatusShape>) -> Result<StatusChoice, ApiError> {
    match (status, new) {
        (Some(code), None) => Ok(StatusChoice::Existing(code)),
        (None, Some(new)) => Ok(StatusChoice::New(new.into())),
        _ => Err(ApiError::new(Code::Invalid, "give either `status` or `new_status`")),
    }
}

/// `POST /api/v1/errors/{id}/merge`.
pub(super) async fn merge(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<MergeInput>,
) -> Result<Json<RegroupedShape>, ApiError> {
    let rule = Rule::Merge { group: input::id(&id)?, into: input::parsed("into", &input.into.0)? };
    hold(&caller, &services, rule).await
}

/// `POST /api/v1/errors/{id}/split`.
pub(super) async fn split(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<SplitInput>,
) -> Result<Json<RegroupedShape>, ApiError> {
    let place = usize::try_from(input.place).unwrap_or(usize::MAX);
    hold(&caller, &services, Rule::Split { group: input::id(&id)?, place, value: input.value }).await
}

async fn hold(caller: &Caller, services: &Services, rule: Rule) -> Result<Json<RegroupedShape>, ApiError> {
    let done = regroup::regroup(services, rule, &caller.user.name, DateTime::now()).await?;
    Ok(Json(RegroupedShape { group: Id::of(done.group), n_logs: counted(done.n_logs) }))
}

/// `POST /api/v1/errors/{id}/preview`.
pub(super) async fn preview(
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<PreviewInput>,
) -> Result<Json<PreviewShape>, ApiError> {
    let group = find(&services, &id).await?;
    let text = input.text.unwrap_or(group.message);
    let ways = Ways {
        keywords_any: input.keywords_any.unwrap_or_default(),
        keywords_all: input.keywords_all.unwrap_or_default(),
        keywords_none: input.keywords_none.unwrap_or_default(),
        code: input.code,
        regex: input.regex,
        conditions: input.conditions,
    };
    let draft = Draft { text, keywords: input.keywords.unwrap_or_default(), ways, ..Draft::default() };
    let now = DateTime::now();
    look_back(&services, &preview::on_trial(draft, now), preview::since(input.days, now)).await
}

/// What a known error would have caught since a moment.
pub(super) async fn look_back(services: &Services, entry: &KnownError, since: DateTime) -> Result<Json<PreviewShape>, ApiError> {
    let found = preview::preview(services, entry, since, PREVIEW_ERRORS).await.map_err(|error| match error {
        PreviewError::Store(error) => error.into(),
        error => ApiError::new(Code::Invalid, error.to_string()),
    })?;
    let taken = found.taken.into_iter().map(|(known_error_id, n)| TakenShape { known_error_id, count: counted(n) });
    Ok(Json(PreviewShape {
        n_errors: counted(found.n_errors),
        incomplete: found.incomplete,
        n_unknown: counted(found.unknown.iter().map(|(_, n)| n).sum()),
        n_own: counted(found.n_own),
        taken: taken.collect(),
        examples: found.examples.into_iter().map(|(id, _)| Id::of(id)).collect(),
    }))
}
