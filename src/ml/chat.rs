//! The form of a conversation, made of tokens: special tokens by their number, text as text. The marks of a turn come from here alone.

use super::{error::Error, gguf::Gguf, vocabulary::Vocabulary};

/// How a model was taught to converse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chat {
    /// `<|im_start|>role … <|im_end|>`: qwen and many others.
    Turns {
        /// Whether an empty thought is put first, so that it does not think aloud.
        unthinking: bool,
    },
    /// `<|start_header_id|>role<|end_header_id|> … <|eot_id|>`: llama 3.
    Llama3,
    /// `[INST] … [/INST]`: mistral and llama 2.
    Instruction,
    /// `<|user|> … </s>`, the roles as text: zephyr, tinyllama.
    Roles,
    /// No marks but one for the beginning, where the vocabulary has it.
    Plain,
}

/// A piece of a conversation.
enum Piece<'t> {
    Mark(&'t str),
    Text(&'t str),
}

impl Chat {
    /// What the vocabulary and the head tell.
    pub(super) fn of(vocabulary: &Vocabulary, gguf: &Gguf) -> Self {
        let has = |name| vocabulary.special(name).is_some();
        if has("<|im_start|>") && has("<|im_end|>") {
            let template = gguf.text("tokenizer.chat_template");
            let may_think = template.is_none_or(|template| template.contains("enable_thinking"));
            return Self::Turns { unthinking: may_think && has("<think>") && has("</think>") };
        }
        if has("<|start_header_id|>") && has("<|end_header_id|>") && has("<|eot_id|>") {
            return Self::Llama3;
        }
        let template = gguf.text("tokenizer.chat_template").unwrap_or_default();
        match has("</s>") {
            true if template.contains("[INST]") => Self::Instruction,
            true if template.contains("<|assistant|>") => Self::Roles,
            _ => Self::Plain,
        }
    }

    /// The tokens up to where the reply begins.
    pub(super) fn tokens(self, vocabulary: &Vocabulary, system: &str, user: &str) -> Result<Vec<u32>, Error> {
        use Piece::{Mark, Text};
        let system = system.trim();
        let user = user.trim();
        let pieces: Vec<Piece> = match self {
            Self::Turns { unthinking } => {
                let turn = |role, text| [Mark("<|im_start|>"), Text(role), Text(text), Mark("<|im_end|>"), Text("\n")];
                let thought = [Mark("<think>"), Text("\n\n"), Mark("</think>"), Text("\n\n")];
                let reply = [Mark("<|im_start|>"), Text("assistant\n")];
                let head = turn("system\n", system).into_iter().chain(turn("user\n", user)).chain(reply);
                head.chain(thought.into_iter().filter(|_| unthinking)).collect()
            }
            Self::Llama3 => {
                let header = |role| [Mark("<|start_header_id|>"), Text(role), Mark("<|end_header_id|>"), Text("\n\n")];
                let turn = |role, text| header(role).into_iter().chain([Text(text), Mark("<|eot_id|>")]);
                [Mark("<|begin_of_text|>")]
                    .into_iter()
                    .chain(turn("system", system))
                    .chain(turn("user", user))
                    .chain(header("assistant"))
                    .collect()
            }
            Self::Instruction => vec![Mark("<s>"), Text("[INST] "), Text(system), Text("\n\n"), Text(user), Text(" [/INST]")],
            Self::Roles => {
                let turn = |role, text| [Text(role), Text(text), Mark("</s>"), Text("\n")];
                let head = [Mark("<s>")].into_iter().chain(turn("<|system|>\n", system)).chain(turn("<|user|>\n", user));
                head.chain([Text("<|assistant|>\n")]).collect()
            }
            Self::Plain => vec![Mark("<s>"), Text(system), Text("\n\n"), Text(user), Text("\n\n")],
        };
        // Texts that touch are tokenised as one, as the model saw them when it was taught.
        let mut tokens = Vec::new();
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Text(part) => text.push_str(part),
                Mark(name) => {
                    tokens.extend(vocabulary.encode(&std::mem::take(&mut text))?);
                    tokens.extend(vocabulary.special(name));
                }
            }
        }
        tokens.extend(vocabulary.encode(&text)?);
        Ok(tokens)
    }
}
