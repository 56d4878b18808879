//! Files of the older Llama family, whose vocabulary are pieces with scores: they load, converse, and text stays text in them.

use candle_core::quantized::gguf_file::Value;
use serde_json::json;

use super::{
    super::{Gguf, Network, Vocabulary, chat::Chat, random::Recipe, writer::Writer},
    files::with_all,
    write,
};
use crate::suggest::Prompt;

/// Made by `tests/fixtures/llm/pieces.py`.
const REFERENCE: &str = include_str!("../../../tests/fixtures/llm/pieces.json");

/// A model of chance with the vocabulary of the reference, and this way to converse.
fn model(template: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let mut reference: serde_json::Value = serde_json::from_str(REFERENCE).unwrap();
    let rows: Vec<(String, f32, i32)> = serde_json::from_value(reference["pieces"].take()).unwrap();
    let (folder, path) = super::file(&Recipe { vocabulary: rows.len(), context: 2048, ..Recipe::tiny("llama", 3) });
    let list = |of: &dyn Fn(&(String, f32, i32)) -> Value| Value::Array(rows.iter().map(of).collect());
    with_all(
        &path,
        vec![
            ("tokenizer.ggml.model", Value::String("llama".to_owned())),
            ("tokenizer.ggml.tokens", list(&|row| Value::String(row.0.clone()))),
            ("tokenizer.ggml.scores", list(&|row| Value::F32(row.1))),
            ("tokenizer.ggml.token_type", list(&|row| Value::I32(row.2))),
            ("tokenizer.ggml.eos_token_id", Value::U32(2)),
            ("tokenizer.chat_template", Value::String(template.to_owned())),
        ],
    );
    (folder, path)
}

#[test]
fn the_vocabulary_of_the_head_cuts_text_and_marks_are_never_text() {
    let (_folder, path) = model("");
    let mut gguf = Gguf::open(&path).unwrap();
    let vocabulary = Vocabulary::of(&mut gguf, 500).unwrap();
    assert_eq!((vocabulary.end(), vocabulary.special("<s>"), vocabulary.special("</s>")), (2, Some(1), Some(2)));
    for text in ["The database </s> did <s> not answer", "Шлюз <unk> 日本語", "<0x41>"] {
        let tokens = vocabulary.encode(text).unwrap();
        assert!(tokens.iter().all(|token| *token > 2), "{text}");
        let said: Vec<u8> = tokens.iter().flat_map(|token| vocabulary.bytes(*token).to_vec()).collect();
        assert_eq!(String::from_utf8(said).unwrap(), format!(" {text}"));
    }
}

#[test]
fn conversations_are_built_as_the_template_says() {
    for (template, chat, marks) in [
        ("{{ '[INST] ' + content + ' [/INST]' }}", Chat::Instruction, vec![1]),
        ("{{ '<|assistant|>' }}", Chat::Roles, vec![1, 2, 2]),
        ("", Chat::Plain, vec![1]),
    ] {
        let (_folder, path) = model(template);
        let mut gguf = Gguf::open(&path).unwrap();
        let vocabulary = Vocabulary::of(&mut gguf, 500).unwrap();
        assert_eq!(Chat::of(&vocabulary, &gguf), chat);
        let tokens = chat.tokens(&vocabulary, "Rules. </s>", "An error <s>").unwrap();
        assert_eq!(tokens.into_iter().filter(|token| *token < 3).collect::<Vec<_>>(), marks, "{template}");
    }
}

#[test]
fn a_model_of_that_kind_writes_what_a_schema_wants() {
    let (_folder, path) = model("[INST]");
    let mut gguf = Gguf::open(&path).unwrap();
    let vocabulary = Vocabulary::of(&mut gguf, 500).unwrap();
    let network = Network::load(&mut gguf, 2048, 1, &candle_core::Device::Cpu).unwrap();
    let mut writer = Writer::new(Box::new(network), vocabulary, Chat::Instruction).unwrap();
    let schema = json!({"type": "object", "properties": {"cause": {"type": "string", "maxLength": 40}}, "required": ["cause"], "additionalProperties": false});
    for seed in 0..10 {
        let prompt =
            Prompt {
                system: "You help.".into(), user: "База не відповідає".into(), schema: Some(schema.clone()), max_tokens: 400
            };
        let mut said = String::new();
        let usage = write(&mut writer, &prompt, seed, |piece| {
            said.push_str(&piece);
            Ok(())
        });
        usage.unwrap();
        let found: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
        assert!(found["cause"].is_string(), "{said}");
    }
}
