//! The reply to a free question: an answer with what it rests on, or an honest "not in the data".

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    draft::MAX_CITES,
    reply::{self, ReplyError},
    source::{Citable, Source},
};

/// Characters of an answer at most.
pub const MAX_ANSWER: usize = 1200;

/// What a model replies to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The evidence says it.
    Answer {
        /// In words.
        text: String,
        /// Where, each source once; at least one.
        cites: Vec<Source>,
    },
    /// The evidence does not say it.
    NotInData {
        /// What is missing, as the model sees it; may be blank.
        text: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Answer,
    NotInData,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    verdict: Verdict,
    answer: String,
    cites: Vec<String>,
}

impl Reply {
    /// The JSON schema of a reply that cites from these sources.
    pub fn schema(citable: &Citable) -> Value {
        json!({
            "type": "object",
            "properties": {
                "verdict": {"type": "string", "enum": ["answer", "not_in_data"]},
                "answer": {"type": "string", "maxLength": MAX_ANSWER},
                "cites": reply::cites_schema(citable, MAX_CITES),
            },
            "required": ["verdict", "answer", "cites"],
            "additionalProperties": false,
        })
    }

    /// Reads a reply. An answer that rests on nothing is none: it is not in the data.
    ///
    /// # Errors
    /// When it is anything but one reply: the error names what is wrong.
    pub fn parse(text: &str, citable: &Citable) -> Result<Self, ReplyError> {
        let written: Written = reply::read(text)?;
        let cites = reply::cites(&written.cites, MAX_CITES, citable)?;
        let text = reply::words("answer", &written.answer, MAX_ANSWER)?;
        match written.verdict {
            Verdict::Answer if text.is_empty() => Err(ReplyError::Blank("answer")),
            Verdict::Answer if !cites.is_empty() => Ok(Self::Answer { text, cites }),
            Verdict::Answer | Verdict::NotInData => Ok(Self::NotInData { text }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LogId;

    #[test]
    fn an_answer_rests_on_something_or_is_none() {
        let mut citable = Citable::default();
        let log = Source::Log(LogId::from_content(&[b"x"]));
        citable.add(log.clone());
        let answer = |text: &str| Ok(Reply::Answer { text: text.into(), cites: vec![log.clone()] });
        let none = |text: &str| Ok(Reply::NotInData { text: text.into() });
        for (reply, expected) in [
            (r#"{"verdict":"answer","answer":"At \u001b[1m7:17. ","cites":["L1","L1"]}"#, answer("At 7:17.")),
            (r#"{"verdict":"answer","answer":"At 7:17.","cites":[]}"#, none("At 7:17.")),
            (r#"{"verdict":"not_in_data","answer":"","cites":["L1"]}"#, none("")),
            (r#"{"verdict":"answer","answer":" ","cites":["L1"]}"#, Err(ReplyError::Blank("answer"))),
            (r#"{"verdict":"answer","answer":"x","cites":["K1"]}"#, Err(ReplyError::Cites("K1".into()))),
            (r#"{"verdict":"answer","answer":"x"#, Err(ReplyError::Cut)),
        ] {
            assert_eq!(Reply::parse(reply, &citable), expected, "{reply}");
        }
        let long = format!(r#"{{"verdict":"answer","answer":"{}","cites":["L1"]}}"#, "x".repeat(2 * MAX_ANSWER + 1));
        assert_eq!(Reply::parse(&long, &citable), Err(ReplyError::LongText("answer", 2 * MAX_ANSWER)));
    }
}
