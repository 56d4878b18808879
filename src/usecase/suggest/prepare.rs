//! Evidence made into a prompt, and the reply made into a proposal: masked on the way out, unmasked and checked on the way back.

use crate::{
    config::LlmConfig,
    domain::{Cited, Doubt, Proposal},
    suggest::{
        Brief, Draft, Evidence, Language, Masker, Preview, Prompt, Source, Wish,
        check::{Grounds, Support},
        prompt, retrieval,
    },
};

/// Tokens of evidence at most: reading is slow without a GPU.
const EVIDENCE: usize = 1_500;
/// Tokens of the task, the form of the reply and the chat's own words.
const TASK: usize = 700;

/// Whether the evidence carries a draft at all.
pub(super) fn carries(evidence: &Evidence) -> bool {
    retrieval::lacks(evidence).is_empty()
}

/// How often a prompt that has too many tokens for the model is made smaller.
pub(super) const SMALLER: usize = 3;

/// The language of a code.
pub(super) fn language(code: &str) -> Language {
    if code == "uk" { Language::Ukrainian } else { Language::English }
}

/// What finds what no prompt may hold.
///
/// # Errors
/// When the configured words cannot be looked for: then nothing may be sent.
pub(super) fn masker(config: &LlmConfig) -> Result<Masker, String> {
    Masker::new(&config.masked_words).map_err(|error| error.to_string())
}

/// Tokens that evidence may take.
pub(super) fn room(config: &LlmConfig) -> usize {
    let reply = usize::try_from(config.max_tokens).unwrap_or(usize::MAX);
    config.context.saturating_sub(reply).saturating_sub(TASK).min(EVIDENCE)
}

/// What a request wants beside its evidence, with a marker that no log can guess.
///
/// # Errors
/// When the system gives no random bytes.
pub(super) fn wish(config: &LlmConfig, language: Language) -> Result<Wish, String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    let marker = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Wish { marker, language, max_tokens: config.max_tokens })
}

/// A draft to be asked for.
pub(super) struct Prepared {
    brief: Brief,
    grounds: Grounds,
    pub(super) prompt: Prompt,
}

impl Prepared {
    /// Prepares the prompt, with so many tokens of evidence.
    ///
    /// # Errors
    /// When what must be masked cannot be found, or no marker be made.
    pub(super) fn new(evidence: &Evidence, config: &LlmConfig, language: Language, room: usize) -> Result<Self, String> {
        let brief = Brief::for_draft(evidence, &masker(config)?, room);
        let prompt = prompt::for_draft(&brief, &wish(config, language)?);
        Ok(Self { grounds: Grounds::new(evidence, brief.citable()), brief, prompt })
    }

    /// Words for the parts of the evidence that did not fit whole.
    pub(super) fn left_out(&self) -> Vec<String> {
        left_out(&self.brief)
    }

    /// What can be shown of the reply so far.
    pub(super) fn preview(&self, preview: Preview) -> Preview {
        let unmask = |text: String| self.brief.mask().unmask(&text);
        Preview { text: unmask(preview.text), steps: preview.steps.into_iter().map(unmask).collect() }
    }

    /// What the reply proposes.
    ///
    /// # Errors
    /// When it is no draft: the text says what is wrong.
    pub(super) fn read(&self, reply: &str) -> Result<(Draft, Vec<Doubt>), String> {
        let draft = Draft::parse(reply, self.brief.citable()).map_err(|error| error.to_string())?;
        let draft = draft.map(|text| self.brief.mask().unmask(text));
        let mut doubts = Vec::new();
        for (place, text) in (-1_i32..).zip(draft.texts()) {
            let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
            doubts.extend(self.grounds.check(text).into_iter().map(|spot| Doubt {
                step: (place >= 0).then_some(place),
                start: number(spot.start),
                end: number(spot.end),
                only_logs: spot.support == Support::Logs,
            }));
        }
        Ok((draft, doubts))
    }
}

/// Words for the parts of a brief that did not fit whole.
pub(super) fn left_out(brief: &Brief) -> Vec<String> {
    brief.cut().iter().map(|part| part.as_str().to_owned()).collect()
}

/// The draft as it is kept.
pub(super) fn proposal(draft: Draft) -> Proposal {
    Proposal { cites: cited(draft.cites), cause: draft.cause, steps: draft.steps, confidence: draft.confidence }
}

/// What it rests on, as it is kept.
pub(super) fn cited(sources: Vec<Source>) -> Vec<Cited> {
    let one = |source| match source {
        Source::KnownError(id) => Cited::KnownError(id),
        Source::Log(id) => Cited::Log(id),
    };
    sources.into_iter().map(one).collect()
}
