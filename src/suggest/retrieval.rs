//! Without a model: whether there is enough to draft from, and a draft put together from the nearest answers.

use super::{
    clean,
    draft::{Draft, DraftVerdict, MAX_CAUSE, MAX_STEP, MAX_STEPS},
    evidence::{Evidence, Near},
    source::Source,
};

/// The score from which on a known error is near enough to draft from. A score says how much of what the error says an entry is about:
/// below one part in eight it shares a word or two by chance.
pub const NEAR: f64 = 0.125;
/// Entries that a draft is made of at most.
const ENTRIES: usize = 3;
/// A message of fewer words says too little.
const WORDS: usize = 3;

/// Why there is not enough evidence; each is also what would help.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lack {
    /// No known error is near enough: explaining a similar one would help.
    NothingNear {
        /// The score of the nearest, where there is one at all.
        best: Option<f64>,
    },
    /// The known errors near it have no answers: writing one would help.
    NoAnswers,
    /// There is no exchange that shows it: the whole log would help.
    NoExchange,
    /// Its text says hardly anything: a log with more detail would help.
    ShortMessage,
    /// The analyst has said nothing yet.
    NoContext,
}

/// What is lacking for a draft; nothing where there is enough to ask a model.
pub fn lacks(evidence: &Evidence) -> Vec<Lack> {
    let best = evidence.known.iter().map(|near| near.score).reduce(f64::max);
    let is_near = best.is_some_and(|best| best >= NEAR);
    if is_near && near(evidence).any(|near| !near.answers.is_empty()) {
        return Vec::new();
    }
    let n_words = evidence.message.split_whitespace().take(WORDS).count();
    let whole = evidence.examples.iter().any(|exchange| !exchange.request.is_empty() && !exchange.response.is_empty());
    let lacks = [
        (!is_near, Lack::NothingNear { best }),
        (is_near, Lack::NoAnswers),
        (!whole, Lack::NoExchange),
        (n_words < WORDS, Lack::ShortMessage),
        (evidence.context.trim().is_empty(), Lack::NoContext),
    ];
    lacks.into_iter().filter(|(is, _)| *is).map(|(_, lack)| lack).collect()
}

/// The draft that the nearest answers make: the title of the nearest entry, its answers, then the best answer of the next ones.
/// Nothing where something is lacking.
pub fn draft(evidence: &Evidence) -> Option<Draft> {
    let mut entries: Vec<&Near> = near(evidence).filter(|near| !near.answers.is_empty()).collect();
    entries.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
    entries.truncate(ENTRIES);
    let first = entries.first()?;
    let answers = first.answers.iter().chain(entries.iter().skip(1).filter_map(|near| near.answers.first()));
    let mut steps: Vec<String> = Vec::new();
    for line in answers.flat_map(|answer| answer.text.lines()) {
        let step = clean::line(line, MAX_STEP - 1);
        if !step.is_empty() && !steps.contains(&step) && steps.len() < MAX_STEPS {
            steps.push(step);
        }
    }
    let name = if first.title.is_empty() { &first.text } else { &first.title };
    Some(Draft {
        verdict: DraftVerdict::Draft,
        cause: clean::line(name, MAX_CAUSE - 1),
        steps,
        cites: entries.iter().map(|near| Source::KnownError(near.id.clone())).collect(),
        confidence: first.score.clamp(0.0, 1.0),
    })
}

/// The entries that are near enough.
fn near(evidence: &Evidence) -> impl Iterator<Item = &Near> {
    evidence.known.iter().filter(|near| near.score >= NEAR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::KnownErrorId, suggest::Remedy};

    fn entry(id: &str, score: f64, answers: &[&str]) -> Near {
        let answers = answers.iter().map(|text| Remedy { text: (*text).into(), n_worked: 0, n_failed: 0 }).collect();
        Near { id: KnownErrorId(id.into()), title: format!("title {id}"), text: String::new(), status: String::new(), answers, score }
    }

    fn evidence(known: Vec<Near>) -> Evidence {
        Evidence { message: "no route to host".into(), known, ..Evidence::default() }
    }

    #[test]
    fn what_is_lacking_is_named() {
        for (evidence, expected) in [
            (evidence(vec![entry("a", 0.4, &["Wait."])]), vec![]),
            (evidence(vec![]), vec![Lack::NothingNear { best: None }, Lack::NoExchange, Lack::NoContext]),
            (evidence(vec![entry("a", 0.01, &["x"])]), vec![Lack::NothingNear { best: Some(0.01) }, Lack::NoExchange, Lack::NoContext]),
            (evidence(vec![entry("a", 0.4, &[])]), vec![Lack::NoAnswers, Lack::NoExchange, Lack::NoContext]),
            (
                Evidence { message: "fail".into(), context: "x".into(), ..Evidence::default() },
                vec![Lack::NothingNear { best: None }, Lack::NoExchange, Lack::ShortMessage],
            ),
        ] {
            assert_eq!(lacks(&evidence), expected);
            assert_eq!(draft(&evidence).is_none(), !expected.is_empty());
        }
    }

    #[test]
    fn the_nearest_answers_make_a_draft() {
        let known =
            vec![entry("b", 0.2, &["Call.", "Unused."]), entry("a", 0.5, &["Wait.\n\nRestart it.", "Wait."]), entry("c", 0.01, &["No."])];
        let draft = draft(&evidence(known)).unwrap();
        assert_eq!((draft.cause.as_str(), draft.confidence), ("title a", 0.5));
        assert_eq!(draft.steps, ["Wait.", "Restart it.", "Call."]);
        assert_eq!(draft.cites, ["a", "b"].map(|id| Source::KnownError(KnownErrorId(id.into()))));
    }
}
