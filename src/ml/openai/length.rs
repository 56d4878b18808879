//! Whether a server refuses a prompt because it is too long for the model, and by how much: each server has its own words for it.
//!
//! llama.cpp (and ollama, which runs it) says `exceed_context_size_error` with both counts, OpenAI and what imitates it
//! `context_length_exceeded`, vLLM and SGLang a sentence. What is recognised here is asked again with less evidence, a few times at most.

use serde_json::Value;

use super::wire;
use crate::suggest::Fault;

/// What a `type` or `code` of an error says.
const CODES: [&str; 3] = ["exceed_context_size_error", "context_length_exceeded", "context_window_exceeded"];
/// What a message of an error holds, in small letters.
const WORDS: [&str; 10] = [
    "context length",
    "context size",
    "context window",
    "maximum model length",
    "input tokens exceed",
    // TGI: `inputs` tokens + `max_new_tokens` must be <= 4096.
    "`max_new_tokens` must be",
    // vLLM, where the prompt alone fills the context.
    "max_tokens must be at least 1, got -",
    "prompt is too long",
    "prompt too long",
    "input is too long",
];
/// What stands before the tokens that prompt and reply may have together.
const LIMITS: [&str; 8] = [
    "context length is ",
    "context length (",
    "context length of ",
    "context size (",
    "context window of ",
    "maximum model length of ",
    "configured limit of ",
    "must be <= ",
];
/// What stands before the tokens of the prompt.
const BEFORE: [&str; 6] = ["request (", "the input (", "requested tokens (", "resulted in ", "(length ", "given: "];
/// What stands behind them; it says more than what stands before some number.
const BEHIND: [&str; 3] = [" in the messages", " input tokens", " tokens from the input"];

/// The fault of an error that says that the prompt is too long beside a reply of so many tokens; `said` is how it may be told.
pub(super) fn too_long(error: &Value, max_tokens: u32, said: &str) -> Option<Fault> {
    let inner = error.get("error").filter(|inner| !inner.is_null()).unwrap_or(error);
    let words = wire::message(error).to_lowercase();
    let is_code = |field: &str| inner.get(field).and_then(Value::as_str).is_some_and(|code| CODES.contains(&code));
    if !is_code("type") && !is_code("code") && !WORDS.iter().any(|part| words.contains(part)) {
        return None;
    }
    let field = |name: &str| usize::try_from(inner.get(name)?.as_u64()?).ok();
    let limit = field("n_ctx").or_else(|| LIMITS.iter().find_map(|before| number_behind(&words, before)));
    let tokens = field("n_prompt_tokens").or_else(|| {
        let behind = || BEHIND.iter().find_map(|behind| number_before(&words, behind));
        // vLLM stops counting where it is too much: `at least`.
        let counted = || behind().or_else(|| BEFORE.iter().find_map(|before| number_behind(&words, before)));
        (!words.contains("at least")).then(counted).flatten()
    });
    let room = limit.map(|limit| limit.saturating_sub(usize::try_from(max_tokens).unwrap_or(usize::MAX)));
    Some(match tokens.zip(room) {
        Some((tokens, limit)) if tokens > limit => Fault::TooLong { tokens, limit },
        _ => Fault::Uncounted(said.to_owned()),
    })
}

/// The number behind the first place of this text.
fn number_behind(words: &str, before: &str) -> Option<usize> {
    let (_, rest) = words.split_once(before)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..digits)?.parse().ok()
}

/// The number before the first place of this text.
fn number_before(words: &str, behind: &str) -> Option<usize> {
    let (rest, _) = words.split_once(behind)?;
    let digits = rest.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + rest.get(at..).map_or(1, first_bytes));
    rest.get(digits..)?.parse().ok()
}

/// Bytes of the first character.
fn first_bytes(text: &str) -> usize {
    text.chars().next().map_or(1, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn counted(tokens: usize, limit: usize) -> Option<Fault> {
        Some(Fault::TooLong { tokens, limit })
    }

    #[test]
    fn each_server_says_in_its_own_words_that_a_prompt_is_too_long() {
        let said = |message: &str| json!({"object": "error", "message": message, "type": "BadRequestError", "code": 400});
        let uncounted = || Some(Fault::Uncounted("said".to_owned()));
        let sized = "request (13392 tokens) exceeds the available context size (8192 tokens), try increasing it";
        let openai = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce \
            the length of the messages.";
        for (error, expected) in [
            // llama.cpp since pull request 15780, before the sentence had numbers; then with them; before the type.
            (
                json!({"error": {"code": 400, "message": "the request exceeds the available context size, try increasing it",
                    "type": "exceed_context_size_error", "n_prompt_tokens": 1407, "n_ctx": 1256}}),
                counted(1407, 1156),
            ),
            (json!({"error": {"code": 400, "message": sized, "type": "invalid_request_error"}}), counted(13392, 8092)),
            (json!({"error": {"code": 500, "message": "the request exceeds the available context size"}}), uncounted()),
            // ollama, where it does not cut the prompt.
            (json!({"error": {"message": "the input length exceeds the context length", "type": "api_error"}}), uncounted()),
            // OpenAI; the same in an event of a stream, which holds the error itself.
            (
                json!({"error": {"message": openai, "type": "invalid_request_error", "code": "context_length_exceeded"}}),
                counted(9000, 8092),
            ),
            (json!({"message": openai, "code": "context_length_exceeded"}), counted(9000, 8092)),
            (
                json!({"error": {"message": "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 \
                    tokens."}}),
                counted(300_000, 271_900),
            ),
            (json!({"error": {"message": "It does not fit.", "code": "context_length_exceeded"}}), uncounted()),
            // vLLM through its versions.
            (
                said(
                    "This model's maximum context length is 16384 tokens. However, you requested 122946 tokens (112946 in the messages, \
                    10000 in the completion).",
                ),
                counted(112_946, 16_284),
            ),
            (
                said(
                    "'max_tokens' or 'max_completion_tokens' is too large: 768. This model's maximum context length is 2048 tokens and \
                    your request has 2040 input tokens (768 > 2048 - 2040).",
                ),
                counted(2040, 1948),
            ),
            (
                said(
                    "This model's maximum context length is 2048 tokens. However, you requested 100 output tokens and your prompt \
                    contains at least 1949 input tokens, for a total of at least 2049 tokens.",
                ),
                uncounted(),
            ),
            (said("The decoder prompt (length 3000) is longer than the maximum model length of 2048."), counted(3000, 1948)),
            (said("max_tokens must be at least 1, got -186."), uncounted()),
            // SGLang, llama-cpp-python, TGI.
            (said("The input (85050 tokens) is longer than the model's context length (32768 tokens)."), counted(85_050, 32_668)),
            (said("Requested tokens (2285) exceed context window of 2048"), counted(2285, 1948)),
            (
                said(
                    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and \
                    512 `max_new_tokens`",
                ),
                counted(5000, 3996),
            ),
            // A page of something before the server.
            (json!("Error: the prompt is too long"), uncounted()),
            (json!({"error": {"message": "unknown field `chat_template_kwargs`", "code": null}}), None),
            (json!({"error": {"message": "Rate limit reached: 8192 tokens per minute", "type": "tokens"}}), None),
            (json!({"error": "too long"}), None),
            (json!("ї".repeat(50) + " input tokens"), None),
            (json!({}), None),
        ] {
            assert_eq!(too_long(&error, 100, "said"), expected, "{error}");
        }
    }

    #[test]
    fn numbers_that_do_not_say_that_it_is_too_long_are_not_believed() {
        for (tokens, limit) in [(10, 8192), (8091, 8192), (0, 0), (u64::MAX, u64::MAX)] {
            let error = json!({"type": "exceed_context_size_error", "n_prompt_tokens": tokens, "n_ctx": limit});
            let found = too_long(&error, 100, "");
            assert_eq!(matches!(found, Some(Fault::TooLong { .. })), tokens == u64::MAX, "{found:?}");
        }
        for message in ["їcontext length is 7ї and 9ї input tokens", "context length is  input tokens", " input tokens, context size ("]
        {
            assert_eq!(too_long(&json!({ "message": message }), 1, ""), Some(Fault::Uncounted(String::new())), "{message}");
        }
    }
}
