//! What an error's page says of drafts: what is known nearby, the latest draft with the places marked that the evidence does not bear
//! out, the earlier ones, why there is no model.

use super::{
    known,
    marked::{self, Piece},
    session::Frame,
};
use crate::{
    domain::{Cited, GroupId, Log, LogError, Objection, Proposal, Suggestion, SuggestionId, SuggestionState},
    store,
    suggest::{AT, IN_PROCESS, ModelState, Near, Preview, retrieval::Lack},
    usecase::{Services, diagnose::Match, suggest},
};

/// Known errors shown with their best answer.
const NEAR: usize = 3;
/// Other suggestions in the list.
const EARLIER: usize = 10;

/// The panel.
pub(super) struct Panel {
    pub(super) group: GroupId,
    /// Nobody has explained the group.
    pub(super) open: bool,
    pub(super) near: Vec<NearAnswer>,
    /// What would help, where the evidence does not suffice.
    pub(super) lacks: Vec<String>,
    /// Why there is no model, and what helps.
    pub(super) no_model: Option<NoModel>,
    pub(super) loading: bool,
    /// More, or something else, is known than when the latest draft was asked for.
    pub(super) is_stale: bool,
    pub(super) latest: Option<Shown>,
    pub(super) earlier: Vec<Earlier>,
    pub(super) max_words: usize,
    /// What may be wrong with a draft: the stored words and how they are said.
    pub(super) objections: Vec<(&'static str, String)>,
    /// The model on another machine that the evidence of the next draft goes to.
    pub(super) sent_to: Option<String>,
}

impl Panel {
    /// Whether a draft is being written.
    pub(super) fn is_writing(&self) -> bool {
        self.latest.as_ref().is_some_and(|latest| latest.state.is_open())
    }
}

/// A known error nearby and its best answer.
pub(super) struct NearAnswer {
    pub(super) address: String,
    pub(super) title: String,
    pub(super) percent: f64,
    pub(super) answer: String,
    pub(super) success: String,
}

/// A suggestion as it is shown.
pub(super) struct Shown {
    pub(super) id: SuggestionId,
    pub(super) state: SuggestionState,
    /// The language that it is written in.
    pub(super) language: String,
    /// It is not the viewer's.
    pub(super) is_foreign: bool,
    /// Where it stands, in words.
    pub(super) says: String,
    /// What to do about a failure.
    pub(super) help: String,
    pub(super) reason: String,
    pub(super) cause: Vec<Piece>,
    pub(super) steps: Vec<Vec<Piece>>,
    pub(super) has_doubts: bool,
    pub(super) cites: Vec<(String, String)>,
    pub(super) confidence: String,
    /// Who wrote it, where, and what that took.
    pub(super) written: String,
    pub(super) sent_to: Option<String>,
    /// That not all evidence fitted, and which; blank where all did.
    pub(super) left_out: String,
    pub(super) context: String,
    pub(super) has_prompt: bool,
    /// The answer and the status that the form of the page begins with.
    pub(super) answer: String,
    pub(super) status: String,
}

/// An earlier suggestion.
pub(super) struct Earlier {
    pub(super) at: String,
    pub(super) by: String,
    pub(super) state: String,
    pub(super) reason: String,
}

/// Why no model writes, and what to do about it; `None` where one does.
pub(super) fn no_model(services: &Services, frame: &Frame) -> Option<NoModel> {
    match services.drafts.state() {
        Some(ModelState::Absent { reason, remedy }) => {
            Some(NoModel { told: frame.t("suggest.absent"), reason: Some(format!("{reason}; {remedy}")) })
        }
        Some(ModelState::Ready | ModelState::Loading) => None,
        None => {
            let told = ["suggest.no_model", "suggest.none", "suggest.none.remedy"].map(|key| frame.t(key)).join(" ");
            Some(NoModel { told, reason: None })
        }
    }
}

/// The model on another machine that evidence is sent to.
pub(super) fn goes_to(services: &Services, frame: &Frame) -> Option<String> {
    services.drafts.backend().filter(|backend| backend.is_remote()).map(|backend| writer(frame, &backend.name()))
}

/// That no model writes.
pub(super) struct NoModel {
    /// In the viewer's language.
    pub(super) told: String,
    /// What the model itself says, in English.
    pub(super) reason: Option<String>,
}

/// What the panel of a group shows; `matches` are the known errors nearest to it.
pub(super) async fn panel(
    services: &Services,
    frame: &Frame,
    group: &LogError,
    example: Option<&Log>,
    matches: &[Match],
) -> store::Result<Panel> {
    let outlook = suggest::outlook(services, group, example, matches, frame.language.code());
    let (outlook, mut suggestions) = tokio::try_join!(outlook, services.store.list_suggestions(&group.id, EARLIER + 1))?;
    let rejected = suggest::rejected(&suggestions);
    // The latest in the viewer's language; where there is none, the latest.
    let own = suggestions.iter().position(|suggestion| suggestion.language == frame.language.code());
    let latest = (!suggestions.is_empty()).then(|| suggestions.remove(own.unwrap_or_default()));
    // Without its example nobody can tell.
    let is_settled = |latest: &&Suggestion| matches!(latest.state, SuggestionState::Done | SuggestionState::Insufficient);
    let is_stale =
        example.is_some() && latest.as_ref().filter(is_settled).is_some_and(|latest| outlook.differs(latest, &suggestions, rejected));
    let latest = match latest {
        Some(latest) => Some(shown(services, frame, latest).await?),
        None => None,
    };
    let no_model = no_model(services, frame);
    Ok(Panel {
        group: group.id,
        open: group.known_error_id.is_none() && group.triage.merged_into.is_none(),
        near: outlook.near.into_iter().filter(|near| !near.answers.is_empty()).take(NEAR).map(|near| near_answer(frame, near)).collect(),
        lacks: outlook.lacks.iter().map(|lack| frame.t(lack_key(lack))).collect(),
        no_model,
        is_stale,
        loading: services.drafts.state() == Some(ModelState::Loading),
        latest,
        earlier: suggestions.into_iter().map(|earlier| earlier_row(frame, earlier)).collect(),
        sent_to: goes_to(services, frame),
        max_words: suggest::MAX_WORDS,
        objections: Objection::ALL.map(|objection| (objection.as_str(), objection_in_words(frame, objection))).into(),
    })
}

fn near_answer(frame: &Frame, near: Near) -> NearAnswer {
    let best = near.answers.into_iter().next();
    let success = best.as_ref().filter(|best| best.n_worked + best.n_failed > 0).map(|best| {
        let (worked, failed) = (frame.number(&best.n_worked), frame.number(&best.n_failed));
        frame.say("suggest.success", &[("worked", &worked), ("failed", &failed)])
    });
    NearAnswer {
        address: known::address(&near.id),
        title: near.title,
        percent: (near.score * 100.0).round(),
        success: success.unwrap_or_default(),
        answer: best.map(|best| best.text).unwrap_or_default(),
    }
}

fn lack_key(lack: &Lack) -> &'static str {
    match lack {
        Lack::NothingNear { .. } => "suggest.lack.near",
        Lack::NoAnswers => "suggest.lack.answers",
        Lack::NoExchange => "suggest.lack.exchange",
        Lack::ShortMessage => "suggest.lack.message",
        Lack::NoContext => "suggest.lack.context",
    }
}

fn earlier_row(frame: &Frame, suggestion: Suggestion) -> Earlier {
    let reason = why(frame, &suggestion);
    Earlier {
        at: frame.moment(&suggestion.settled_at),
        by: if suggestion.asked_by.is_empty() { frame.t("suggest.by_itself") } else { suggestion.asked_by },
        state: frame.t(&format!("suggest.state.{}", suggestion.state.as_str())),
        reason,
    }
}

/// Why there is no draft, or it was turned down.
fn why(frame: &Frame, suggestion: &Suggestion) -> String {
    let objection = suggestion.objection.map(|objection| objection_in_words(frame, objection));
    let reason = Some(suggestion.reason.clone()).filter(|reason| !reason.is_empty());
    objection.into_iter().chain(reason).collect::<Vec<_>>().join(": ")
}

fn objection_in_words(frame: &Frame, objection: Objection) -> String {
    frame.t(&format!("suggest.objection.{}", objection.as_str()))
}

async fn shown(services: &Services, frame: &Frame, suggestion: Suggestion) -> store::Result<Shown> {
    let ahead = if suggestion.state == SuggestionState::Queued { suggest::ahead(services, &suggestion).await? } else { 0 };
    let proposal = suggestion.proposal.clone().unwrap_or_else(|| {
        let Preview { text, steps } = Preview::of(&suggestion.so_far);
        Proposal { cause: text, steps, ..Proposal::default() }
    });
    let doubts = |step: Option<i32>| suggestion.doubts.iter().filter(move |doubt| doubt.step == step);
    let status = proposal.cites.iter().find_map(|cited| match cited {
        Cited::KnownError(id) => services.knowledge.entry(id)?.status,
        Cited::Log(_) => None,
    });
    let is_draft = suggestion.proposal.is_some();
    Ok(Shown {
        id: suggestion.id,
        state: suggestion.state,
        is_foreign: suggestion.language != frame.language.code(),
        language: suggestion.language.clone(),
        says: says(frame, &suggestion, ahead),
        help: if suggestion.fault.is_empty() { String::new() } else { frame.t(&format!("suggest.fault.{}", suggestion.fault)) },
        reason: why(frame, &suggestion),
        cause: marked::pieces(&proposal.cause, doubts(None)),
        steps: (0..).zip(&proposal.steps).map(|(step, text)| marked::pieces(text, doubts(Some(step)))).collect(),
        has_doubts: !suggestion.doubts.is_empty(),
        cites: cites(services, frame, &proposal.cites),
        confidence: if is_draft { format!("{} %", (proposal.confidence * 100.0).round()) } else { String::new() },
        written: if is_draft { written(frame, &suggestion) } else { String::new() },
        sent_to: suggestion.sent_to.as_deref().map(|place| writer(frame, place)),
        left_out: left_out(frame, &suggestion.left_out),
        context: suggestion.context.clone(),
        has_prompt: suggestion.prompt.is_some(),
        answer: if suggestion.state == SuggestionState::Done { proposal.answer() } else { String::new() },
        status: status.map(|status| status.to_string()).unwrap_or_default(),
    })
}

/// Addresses and titles of what a text rests on.
pub(super) fn cites(services: &Services, frame: &Frame, cited: &[Cited]) -> Vec<(String, String)> {
    let one = |cited: &Cited| match cited {
        Cited::KnownError(id) => (known::address(id), frame.title_of(services, id)),
        Cited::Log(id) => (format!("/logs/{id}"), frame.say("suggest.log", &[("id", &id.to_string())])),
    };
    cited.iter().map(one).collect()
}

/// That these parts of the evidence did not fit whole into what a model read.
pub(super) fn left_out(frame: &Frame, parts: &[String]) -> String {
    if parts.is_empty() {
        return String::new();
    }
    let parts: Vec<String> = parts.iter().map(|part| frame.t(&format!("suggest.part.{part}"))).collect();
    frame.say("suggest.left_out", &[("parts", &parts.join(", "))])
}

/// Where a suggestion stands, in words.
pub(super) fn says(frame: &Frame, suggestion: &Suggestion, ahead: usize) -> String {
    let (by, at) = (&suggestion.decided_by, frame.moment(&suggestion.settled_at));
    let key = format!("suggest.says.{}", suggestion.state.as_str());
    frame.say(&key, &[("n", &ahead.to_string()), ("by", by), ("at", &at)])
}

/// Who wrote a draft, and what that took.
fn written(frame: &Frame, suggestion: &Suggestion) -> String {
    if suggestion.model.is_empty() {
        return frame.t("suggest.from_answers");
    }
    let cost = suggestion.cost.unwrap_or_default();
    let seconds = (cost.prefill_ms + cost.decode_ms) as f64 / 1000.0;
    let (tokens, seconds) = (frame.number(&cost.reply_tokens), format!("{seconds:.1}"));
    frame.say("suggest.written", &[("model", &writer(frame, &suggestion.model)), ("n", &tokens), ("s", &seconds)])
}

/// The name of what wrote something, with where it runs in the reader's language.
pub(super) fn writer(frame: &Frame, name: &str) -> String {
    if let Some(model) = name.strip_suffix(IN_PROCESS) {
        return frame.say("suggest.in_process", &[("model", model)]);
    }
    let on_server = name.rsplit_once(AT).filter(|(_, place)| place.starts_with("http"));
    on_server.map_or_else(|| name.to_owned(), |(model, place)| frame.say("suggest.at", &[("model", model), ("place", place)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::i18n::Language;

    #[test]
    fn where_a_model_runs_is_said_in_the_readers_language() {
        for (name, english, ukrainian) in [
            ("small (in this process)", "small (in this process)", "small (у цьому процесі)"),
            ("small at http://10.0.0.7/v1", "small at http://10.0.0.7/v1", "small за адресою http://10.0.0.7/v1"),
            ("good at sums", "good at sums", "good at sums"),
            ("good at sums at https://ai.bank/v1", "good at sums at https://ai.bank/v1", "good at sums за адресою https://ai.bank/v1"),
        ] {
            for (language, said) in [(Language::English, english), (Language::Ukrainian, ukrainian)] {
                assert_eq!(writer(&Frame { language, ..Frame::default() }, name), said);
            }
        }
    }
}
