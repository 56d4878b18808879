//! A draft, the form in which a model has to write one, and the reading of what it wrote.
//!
//! What a model says is untrusted: it is a draft to the letter or it is a [`ReplyError`]. The words of a draft are cleaned of whatever
//! is not meant to be seen; they are still text of a stranger, to be escaped wherever they are shown.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    reply::{self, ReplyError},
    source::{Citable, Source},
};

/// Characters of a cause at most.
pub const MAX_CAUSE: usize = 400;
/// Characters of a step at most.
pub const MAX_STEP: usize = 200;
/// Steps at most.
pub const MAX_STEPS: usize = 6;
/// Citations at most.
pub const MAX_CITES: usize = 8;

/// Whether there is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftVerdict {
    /// There is one.
    Draft,
    /// The evidence does not carry one.
    InsufficientEvidence,
}

/// What a model, or retrieval, proposes.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Whether it is an answer.
    pub verdict: DraftVerdict,
    /// What is thought to be wrong, or what is missing.
    pub cause: String,
    /// What to do, in this order; none without an answer.
    pub steps: Vec<String>,
    /// What it rests on, each once.
    pub cites: Vec<Source>,
    /// How sure it says it is, 0 to 1.
    pub confidence: f64,
}

/// The draft as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    verdict: DraftVerdict,
    cause: String,
    steps: Vec<String>,
    cites: Vec<String>,
    confidence: i64,
}

impl Draft {
    /// The JSON schema of a draft that cites from these sources.
    pub fn schema(citable: &Citable) -> Value {
        json!({
            "type": "object",
            "properties": {
                "verdict": {"type": "string", "enum": ["draft", "insufficient_evidence"]},
                "cause": {"type": "string", "minLength": 1, "maxLength": MAX_CAUSE},
                "steps": {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": MAX_STEP}, "maxItems": MAX_STEPS},
                "cites": reply::cites_schema(citable, MAX_CITES),
                // A list and no bounds: fewer grammars know bounds of numbers.
                "confidence": {"type": "integer", "enum": (0..=100).step_by(10).collect::<Vec<u8>>()},
            },
            "required": ["verdict", "cause", "steps", "cites", "confidence"],
            "additionalProperties": false,
        })
    }

    /// Reads a reply to a prompt with these sources.
    ///
    /// # Errors
    /// When it is anything but one draft: the error names what is wrong.
    pub fn parse(reply: &str, citable: &Citable) -> Result<Self, ReplyError> {
        let written: Written = reply::read(reply)?;
        let confidence = u8::try_from(written.confidence).ok().filter(|percent| *percent <= 100);
        let confidence = confidence.ok_or(ReplyError::OutOfRange("confidence"))?;
        let cites = reply::cites(&written.cites, MAX_CITES, citable)?;
        let cause = reply::words("cause", &written.cause, MAX_CAUSE)?;
        if written.steps.len() > MAX_STEPS {
            return Err(ReplyError::TooMany("steps", MAX_STEPS));
        }
        let steps = written.steps.iter().map(|step| reply::words("steps", step, MAX_STEP)).collect::<Result<Vec<_>, _>>()?;
        let steps: Vec<String> = steps.into_iter().filter(|step| !step.is_empty()).collect();
        match written.verdict {
            DraftVerdict::Draft if cause.is_empty() && steps.is_empty() => Err(ReplyError::Blank("cause")),
            DraftVerdict::Draft if cites.is_empty() && !citable.is_empty() => Err(ReplyError::Blank("cites")),
            DraftVerdict::Draft => Ok(Self { verdict: written.verdict, cause, steps, cites, confidence: f64::from(confidence) / 100.0 }),
            // It says itself that it rests on nothing.
            DraftVerdict::InsufficientEvidence => {
                Ok(Self { verdict: written.verdict, cause, steps: Vec::new(), cites: Vec::new(), confidence: 0.0 })
            }
        }
    }

    /// The texts of the draft: the cause, then the steps.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.cause).chain(&self.steps).map(String::as_str)
    }

    /// The same draft with its texts changed, as by [`Mask::unmask`](super::Mask::unmask).
    #[must_use]
    pub fn map(mut self, change: impl Fn(&str) -> String) -> Self {
        self.cause = change(&self.cause);
        self.steps.iter_mut().for_each(|step| *step = change(step));
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{domain::KnownErrorId, suggest::clean};

    fn citable() -> Citable {
        let mut citable = Citable::default();
        citable.add(Source::KnownError(KnownErrorId("a".into())));
        citable.add(Source::KnownError(KnownErrorId("b".into())));
        citable
    }

    fn written(change: impl Fn(&mut Value)) -> String {
        let mut draft = json!({"verdict": "draft", "cause": "Full.", "steps": ["Wait."], "cites": ["K2"], "confidence": 40});
        change(&mut draft);
        draft.to_string()
    }

    #[test]
    fn a_draft_is_read() {
        let draft = Draft {
            verdict: DraftVerdict::Draft,
            cause: "Full.".into(),
            steps: vec!["Wait.".into()],
            cites: vec![Source::KnownError(KnownErrorId("b".into()))],
            confidence: 0.4,
        };
        let same: [fn(&mut Value); 4] = [
            |_| {},
            |d| d["cause"] = json!(" Fu\u{200b}ll.\n"),
            |d| d["steps"] = json!(["Wait.", " \u{202e}"]),
            |d| d["cites"] = json!(["K2", "K2"]),
        ];
        for change in same {
            assert_eq!(Draft::parse(&written(change), &citable()), Ok(draft.clone()));
        }
        let fenced = format!("```json\n{}\n```\n", written(|_| {}));
        assert_eq!(Draft::parse(&fenced, &citable()), Ok(draft));
    }

    #[test]
    fn insufficient_evidence_has_no_steps() {
        let draft = Draft::parse(&written(|d| d["verdict"] = json!("insufficient_evidence")), &citable()).unwrap();
        assert!(draft.steps.is_empty() && draft.cites.is_empty() && draft.confidence == 0.0 && draft.cause == "Full.");
    }

    #[test]
    fn anything_else_is_named() {
        type Change = fn(&mut Value);
        let cases: [(Change, ReplyError); 8] = [
            (|d| d["cites"] = json!(["K9"]), ReplyError::Cites("K9".into())),
            (|d| d["cites"] = json!(["a"]), ReplyError::Cites("a".into())),
            (|d| d["cites"] = json!([]), ReplyError::Blank("cites")),
            (|d| d["confidence"] = json!(101), ReplyError::OutOfRange("confidence")),
            (|d| d["confidence"] = json!(-1), ReplyError::OutOfRange("confidence")),
            (|d| d["cause"] = json!("x".repeat(2 * MAX_CAUSE + 1)), ReplyError::LongText("cause", 2 * MAX_CAUSE)),
            (|d| d["steps"] = json!(vec!["x"; MAX_STEPS + 1]), ReplyError::TooMany("steps", MAX_STEPS)),
            (|d| (d["cause"], d["steps"]) = (json!(" "), json!([])), ReplyError::Blank("cause")),
        ];
        for (change, expected) in cases {
            assert_eq!(Draft::parse(&written(change), &citable()), Err(expected));
        }
        let form: [Change; 5] = [
            |d| d["verdict"] = json!("approved"),
            |d| d["more"] = json!(1),
            |d| d["steps"] = json!("x"),
            |d| d["confidence"] = json!(0.5),
            |d| drop(d.as_object_mut().unwrap().remove("cites")),
        ];
        for change in form {
            assert!(matches!(Draft::parse(&written(change), &citable()), Err(ReplyError::Form(_))));
        }
        let twice = written(|_| {}).replacen('{', "{\"cause\":\"other\",", 1);
        assert!(matches!(Draft::parse(&twice, &citable()), Err(ReplyError::Form(_))));
        for (reply, expected) in [
            (String::new(), ReplyError::Cut),
            ("[".repeat(20_000), ReplyError::NotJson(String::new())),
            ("x".repeat(reply::MAX_REPLY + 1), ReplyError::TooLong),
            (format!("{} and more", written(|_| {})), ReplyError::NotJson(String::new())),
        ] {
            let error = Draft::parse(&reply, &citable()).unwrap_err();
            assert_eq!(std::mem::discriminant(&error), std::mem::discriminant(&expected), "{error}");
        }
    }

    #[test]
    fn without_sources_nothing_can_be_cited() {
        let none = Citable::default();
        assert_eq!(Draft::schema(&none)["properties"]["cites"]["maxItems"], 0);
        assert_eq!(Draft::schema(&citable())["properties"]["cites"]["items"]["enum"], json!(["K1", "K2"]));
        assert!(Draft::parse(&written(|_| {}), &none).is_err());
        assert!(Draft::parse(&written(|d| d["cites"] = json!([])), &none).is_ok());
    }

    proptest! {
        #[test]
        fn a_reply_that_is_cut_is_no_draft(at in 0..90_usize) {
            let whole = written(|_| {});
            let reply = whole.get(..at.min(whole.len() - 1)).unwrap();
            prop_assert_eq!(Draft::parse(reply, &citable()), Err(ReplyError::Cut));
        }

        #[test]
        fn whatever_is_read_as_a_draft_cites_what_it_was_given(
            verdict in "(draft|insufficient_evidence|approved)", cause in "\\PC{0,20}", steps in prop::collection::vec("\\PC{0,20}", 0..8),
            cites in prop::collection::vec("[KL]?[0-3]|\\PC{0,4}", 0..4), confidence in -5..120_i64, noise in "[ -~]{0,2}",
        ) {
            let reply = json!({"verdict": verdict, "cause": cause, "steps": steps, "cites": cites, "confidence": confidence});
            let citable = citable();
            if let Ok(draft) = Draft::parse(&format!("{reply}{noise}"), &citable) {
                let allowed: Vec<Source> = citable.labels().filter_map(|label| citable.get(&label)).collect();
                prop_assert!(draft.cites.iter().all(|source| allowed.contains(source)));
                prop_assert!(draft.steps.len() <= MAX_STEPS && (0.0..=1.0).contains(&draft.confidence));
                prop_assert!(draft.texts().all(|text| clean::visible(text) == text));
            }
        }

        #[test]
        fn no_text_makes_it_panic(reply in "[\\[\\]{}\":,a-z0-9\\\\ ї]{0,80}") {
            let _ = Draft::parse(&reply, &citable());
        }
    }
}
