//! A free question about an error, a Log or a saved view, answered from what is stored about it, with what the answer rests on, or with
//! an honest "not in the data".

use bson::DateTime;

use super::{Progress, compose, gather, prepare, reply};
use crate::{
    domain::{AskedPrompt, Cited, Doubt, GroupId, Log, LogId, QueryConfigId, Role, User, ViewKind},
    query::Filter,
    store::{self, LogPage},
    suggest::{
        Backend, Brief, Evidence, Fault, ModelState, Preview, Priority, Reply, Spread,
        check::{Grounds, Support},
        prompt,
    },
    usecase::{Services, around, diagnose::Unexplained, reading, views},
};

/// Longest question, in characters.
pub const MAX_QUESTION: usize = 1_000;
/// Logs of a view that are looked at.
const OF_VIEW: usize = 15;
/// Those of them that are shown whole.
const WHOLE: usize = 3;

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A group of unknown errors.
    Error(GroupId),
    /// An exchange.
    Log(LogId),
    /// The Logs of a saved view.
    View(QueryConfigId),
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// What was answered; of an answer that is not in the data, what is missing.
    pub text: String,
    /// The data do not say it.
    pub not_in_data: bool,
    /// What it rests on.
    pub cites: Vec<Cited>,
    /// What of it the evidence does not bear out.
    pub doubts: Vec<Doubt>,
    /// The model; blank where none was asked.
    pub model: String,
    /// Where the evidence was sent.
    pub sent_to: Option<String>,
    /// What the model was asked, masked.
    pub prompt: Option<AskedPrompt>,
    /// Words for the parts of the evidence that did not fit whole into it.
    pub left_out: Vec<String>,
}

impl Answered {
    /// That it is not in the data, without a word.
    fn nothing() -> Self {
        Self {
            text: String::new(),
            not_in_data: true,
            cites: Vec::new(),
            doubts: Vec::new(),
            model: String::new(),
            sent_to: None,
            prompt: None,
            left_out: Vec::new(),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no such thing, or none that the person may see.
    #[error("there is no such thing, or none that you may see")]
    NotFound,
    /// Nothing is asked, or more than is read.
    #[error("a question has 1 to {MAX_QUESTION} characters")]
    Question,
    /// There is no model that could answer.
    #[error("there is no language model to answer it")]
    NoModel,
    /// Too many wait.
    #[error("too many questions wait already")]
    Busy,
    /// The model gave no answer.
    #[error("the model gave no answer: {0}")]
    Failed(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Answers a question from what the person may see; `tell` hears how far it is. Dropping the future ends it.
///
/// # Errors
/// When there is nothing to ask about, no question, no model or no answer, or the store fails.
pub async fn ask(
    services: &Services,
    user: &User,
    about: About,
    question: &str,
    language: &str,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Answered, AskError> {
    let question = question.trim();
    if question.is_empty() || question.chars().count() > MAX_QUESTION {
        return Err(AskError::Question);
    }
    let evidence = evidence(services, user, about, language).await?;
    if evidence.examples.is_empty() && evidence.known.is_empty() {
        return Ok(Answered::nothing());
    }
    let backend = services.drafts.backend().filter(|backend| !matches!(backend.state(), ModelState::Absent { .. }));
    let backend = backend.ok_or(AskError::NoModel)?;
    let mut room = prepare::room(&services.config.llm);
    for _ in 0..=prepare::SMALLER {
        match attempt(services, backend.as_ref(), (&evidence, question, language), room, tell).await? {
            Attempt::Answered(answered) => return Ok(answered),
            Attempt::Smaller(less) => room = less,
        }
    }
    Err(AskError::Failed("the prompt has too many tokens for the model".to_owned()))
}

/// What came of a prompt.
enum Attempt {
    Answered(Answered),
    /// It had too many tokens for the model: it would take so much evidence.
    Smaller(usize),
}

/// One prompt, of so much evidence.
async fn attempt(
    services: &Services,
    backend: &dyn Backend,
    (evidence, question, language): (&Evidence, &str, &str),
    room: usize,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Attempt, AskError> {
    let config = &services.config.llm;
    let brief = Brief::for_question(evidence, question, &prepare::masker(config).map_err(AskError::Failed)?, room);
    let prompt = prompt::for_question(&brief, &prepare::wish(config, prepare::language(language)).map_err(AskError::Failed)?);
    let show = |_: &str, progress| match progress {
        Progress::Text(preview) => tell(Progress::Text(Preview { text: brief.mask().unmask(&preview.text), steps: Vec::new() })),
        other => tell(other),
    };
    let text = match reply::reply(services, backend, (prompt.clone(), Priority::Analyst, 0), &show).await {
        Ok((text, _)) => text,
        Err(fault) => {
            return prompt::smaller(&prompt, &fault).map(Attempt::Smaller).ok_or_else(|| fault.into());
        }
    };
    let asked = Answered {
        model: backend.name(),
        sent_to: backend.is_remote().then(|| compose::without_secrets(&config.url)),
        prompt: Some(AskedPrompt { system: prompt.system, user: prompt.user }),
        left_out: prepare::left_out(&brief),
        ..Answered::nothing()
    };
    Ok(Attempt::Answered(match Reply::parse(&text, brief.citable()).map_err(|error| AskError::Failed(error.to_string()))? {
        Reply::Answer { text, cites } => {
            let text = brief.mask().unmask(&text);
            let doubts = doubts(&Grounds::new(evidence, brief.citable()), &text);
            Answered { text, not_in_data: false, cites: prepare::cited(cites), doubts, ..asked }
        }
        Reply::NotInData { text } => Answered { text: brief.mask().unmask(&text), ..asked },
    }))
}

impl From<Fault> for AskError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Absent(_) => Self::NoModel,
            Fault::Overloaded(_) => Self::Busy,
            fault => Self::Failed(fault.to_string()),
        }
    }
}

fn doubts(grounds: &Grounds, text: &str) -> Vec<Doubt> {
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let doubt = |spot: crate::suggest::check::Spot| Doubt {
        step: None,
        start: number(spot.start),
        end: number(spot.end),
        only_logs: spot.support == Support::Logs,
    };
    grounds.check(text).into_iter().map(doubt).collect()
}

async fn evidence(services: &Services, user: &User, about: About, language: &str) -> Result<Evidence, AskError> {
    match about {
        About::Error(id) => {
            let group = services.store.find_log_error(&id).await?.filter(|_| user.role >= Role::ProgrammerDeveloper);
            Ok(gather::of_group(services, &group.ok_or(AskError::NotFound)?, "", language).await?)
        }
        About::Log(id) => {
            let log = reading::scoped(services, user).find_log(&id).await?.ok_or(AskError::NotFound)?;
            let around = gather::around_log(services, &log).await?;
            Ok(Evidence { around, ..of_logs(services, &[log], language).await? })
        }
        About::View(id) => {
            let view = views::find(services, user, ViewKind::Logs, &id).await?.ok_or(AskError::NotFound)?;
            let filter = view.config.filter.parse::<Filter>().map_err(|error| AskError::Failed(error.to_string()))?;
            let filter = views::within(filter, views::bounds(&view.config.range, DateTime::now()));
            let page = LogPage { filter: &filter, limit: OF_VIEW, after: None, scan_limit: reading::SCAN };
            let found = reading::scoped(services, user).list_logs(&page).await?;
            Ok(of_logs(services, &around::decoded(&found.logs)?, language).await?)
        }
    }
}

/// What some Logs show: the first of them whole, the others in a line each, and the known errors near the first error among them.
async fn of_logs(services: &Services, logs: &[Log], language: &str) -> store::Result<Evidence> {
    let fault = logs.iter().find_map(|log| log.error.as_ref());
    let known = match logs.iter().find_map(Unexplained::of_log) {
        Some(error) => gather::nearest(services, error, language).await?,
        None => Vec::new(),
    };
    let moment = |(log, first): (&Log, &Log)| crate::suggest::Moment { id: log.id, line: gather::line(log, first) };
    let rest = logs.iter().skip(WHOLE).zip(logs.first().into_iter().cycle());
    Ok(Evidence {
        message: fault.map(|fault| fault.message.clone()).unwrap_or_default(),
        code: fault.and_then(|fault| fault.code.as_ref()).map(ToString::to_string),
        examples: logs.iter().take(WHOLE).map(gather::exchange).collect(),
        around: rest.map(moment).collect(),
        known,
        spread: Spread::default(),
        context: String::new(),
        earlier: String::new(),
        rejected: Vec::new(),
    })
}
