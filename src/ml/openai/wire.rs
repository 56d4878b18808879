//! What goes over the wire: the body of a request, in as much of the protocol as the server has, and the pieces of its reply.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::suggest::Request;

/// How much is asked of a server. Each asks less than the one before; what a server refuses is asked of it no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A reply by schema, no thinking, the count of tokens.
    Full,
    /// A reply by schema, in the protocol as OpenAI wrote it.
    Schema,
    /// A reply in JSON.
    Json,
    /// A reply.
    Plain,
}

/// All of them, in the order in which they are tried.
pub(super) const FORMS: [Form; 4] = [Form::Full, Form::Schema, Form::Json, Form::Plain];

/// The body of a request.
pub(super) fn body(model: &str, request: &Request, form: Form) -> Value {
    let prompt = &request.prompt;
    let mut user = prompt.user.clone();
    if let (Form::Json | Form::Plain, Some(schema)) = (form, &prompt.schema) {
        user.push_str(&format!("\nReply with one JSON object that satisfies this schema, and nothing else: {schema}"));
    }
    let mut body = json!({
        "model": model,
        "messages": [{"role": "system", "content": prompt.system}, {"role": "user", "content": user}],
        "stream": true,
        "max_tokens": prompt.max_tokens,
        "temperature": 0,
    });
    let mut set = |key: &str, value: Value| {
        if let Some(body) = body.as_object_mut() {
            body.insert(key.to_owned(), value);
        }
    };
    if form != Form::Plain {
        set("seed", json!(request.seed & i64::MAX as u64));
        // Where a server has the wrong template for a model, the model goes on as the next speaker.
        set("stop", json!(["<|im_end|>", "<|endoftext|>"]));
    }
    if matches!(form, Form::Full | Form::Schema) {
        set("stream_options", json!({"include_usage": true}));
    }
    if form == Form::Full {
        set("chat_template_kwargs", json!({"enable_thinking": false}));
    }
    match (form, &prompt.schema) {
        (Form::Full | Form::Schema, Some(schema)) => {
            set("response_format", json!({"type": "json_schema", "json_schema": {"name": "reply", "strict": true, "schema": schema}}));
        }
        (Form::Json, Some(_)) => set("response_format", json!({"type": "json_object"})),
        _ => {}
    }
    body
}

/// A piece of a reply, or a reply in one piece.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Chunk {
    #[serde(default)]
    pub choices: Vec<Choice>,
    pub usage: Option<Usage>,
    pub error: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    /// Of a stream.
    pub delta: Option<Message>,
    /// Of a reply in one piece.
    pub message: Option<Message>,
    pub finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub content: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Usage {
    #[serde(default)]
    pub prompt_tokens: u32,
    #[serde(default)]
    pub completion_tokens: u32,
    pub prompt_tokens_details: Option<Details>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Details {
    pub cached_tokens: Option<u32>,
}

/// What an error of a server says.
pub(super) fn message(error: &Value) -> &str {
    let inner = error.get("error").unwrap_or(error);
    inner.as_str().or_else(|| inner.get("message")?.as_str()).unwrap_or("an error without a message")
}

/// A text of the server in one line, short.
pub(super) fn brief(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(300).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::suggest::{Priority, Prompt};

    #[test]
    fn each_form_asks_less_than_the_one_before() {
        let schema = Some(json!({"type": "object"}));
        let prompt = Prompt { system: "s".into(), user: "u".into(), schema, max_tokens: 5 };
        let request = Request { prompt, priority: Priority::Analyst, deadline: Duration::from_secs(1), seed: u64::MAX };
        let bodies = FORMS.map(|form| body("m", &request, form));
        assert_eq!(
            bodies.each_ref().map(|body| body["response_format"]["type"].as_str()),
            [Some("json_schema"), Some("json_schema"), Some("json_object"), None]
        );
        assert_eq!(bodies[0]["chat_template_kwargs"]["enable_thinking"], false);
        assert!(bodies.windows(2).all(|pair| pair[0].as_object().unwrap().len() > pair[1].as_object().unwrap().len()));
        assert!(bodies[0]["messages"][1]["content"] == "u" && bodies[3]["messages"][1]["content"].as_str().unwrap().contains("schema"));
        assert_eq!(bodies[0]["seed"], i64::MAX);
    }

    #[test]
    fn errors_of_servers_have_several_shapes() {
        for (error, expected) in [
            (json!({"error": {"message": "a"}}), "a"),
            (json!({"error": "b"}), "b"),
            (json!({"message": "c"}), "c"),
            (json!("d"), "d"),
            (json!({"code": 1}), "an error without a message"),
        ] {
            assert_eq!(message(&error), expected);
        }
    }
}
