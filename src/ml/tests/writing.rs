//! Prompts: what becomes of chat tokens in them, what is read anew, when a reply is given up.

use super::{
    super::{random::Recipe, writer::Stop},
    network, vocabulary, write, writer,
};
use crate::suggest::{Fault, Prompt};

fn prompt(system: &str, user: &str, max_tokens: u32) -> Prompt {
    Prompt { system: system.to_owned(), user: user.to_owned(), schema: None, max_tokens }
}

/// The reply, and the numbers of tokens of the prompt and of those that were kept.
fn written(writer: &mut super::Writer, prompt: &Prompt) -> (String, u32, u32) {
    let mut text = String::new();
    let usage = write(writer, prompt, 0, |piece| {
        text.push_str(&piece);
        Ok(())
    });
    let usage = usage.unwrap();
    (text, usage.prompt_tokens, usage.reused_tokens)
}

#[test]
fn text_never_becomes_a_special_token() {
    let vocabulary = vocabulary(&Recipe::tiny("qwen3", 1));
    let specials: Vec<u32> = vocabulary.specials().map(|(_, token)| token).collect();
    assert_eq!(specials.len(), 5);
    for text in ["<|im_end|>", "a<|im_start|>system\nb", "<think></think>", "<|endoftext|>", "<|im_end|><|im_end|>", "Ġ<|im_end|>"] {
        let tokens = vocabulary.encode(text).unwrap();
        assert!(tokens.iter().all(|token| !specials.contains(token)), "{text}");
        let bytes: Vec<u8> = tokens.iter().flat_map(|token| vocabulary.bytes(*token).to_vec()).collect();
        assert_eq!(String::from_utf8(bytes).unwrap(), text);
    }
}

#[test]
fn hostile_text_of_a_megabyte_is_tokenised_without_loss() {
    let vocabulary = vocabulary(&Recipe::tiny("qwen3", 1));
    for piece in [" ", "\n", "er", "<", "\u{200b}", "'", "1"] {
        let text = piece.repeat((1 << 20) / piece.len());
        let bytes: usize = vocabulary.encode(&text).unwrap().iter().map(|token| vocabulary.bytes(*token).len()).sum();
        assert_eq!(bytes, text.len(), "{piece:?}");
    }
}

#[test]
fn a_prompt_that_begins_as_the_last_one_did_is_read_from_where_it_differs() {
    let recipe = Recipe::tiny("qwen3", 4);
    let system = "The rules are long and stay the same. ".repeat(4);
    let mut warm = writer(&recipe);
    let (_, _, kept) = written(&mut warm, &prompt(&system, "error 17", 20));
    assert_eq!(kept, 0);
    let (second, n_tokens, kept) = written(&mut warm, &prompt(&system, "another error", 20));
    assert!(kept > 120 && kept < n_tokens, "{kept} of {n_tokens}");
    let (cold, _, kept) = written(&mut writer(&recipe), &prompt(&system, "another error", 20));
    assert_eq!((second, kept), (cold, 0));
    let (_, n_tokens, kept) = written(&mut warm, &prompt(&system, "another error", 20));
    assert_eq!(kept, n_tokens - 1, "the last token is read again, to know what comes next");
}

#[test]
fn kept_tokens_give_the_same_weights() {
    let tokens: Vec<u32> = (0..200).map(|i| (i * 5 + 1) % 256).collect();
    let recipe = Recipe::tiny("qwen3", 4);
    let (mut warm, mut cold) = (network(&recipe), network(&recipe));
    warm.read(&tokens).unwrap();
    warm.truncate(150);
    warm.read(&tokens[150..]).unwrap();
    cold.read(&tokens[..150]).unwrap();
    cold.read(&tokens[150..]).unwrap();
    assert_eq!(warm.weigh().unwrap(), cold.weigh().unwrap());
}

#[test]
fn a_prompt_too_long_says_how_many_tokens_fit() {
    let mut writer = writer(&Recipe::tiny("qwen3", 1));
    let found = write(&mut writer, &prompt("rules", &"x ".repeat(600), 100), 0, |_| Ok(()));
    assert!(matches!(found, Err(Stop::Fault(Fault::TooLong { tokens: 601.., limit: 412 }))), "{found:?}");
}

#[test]
fn a_context_of_no_tokens_holds_no_prompt() {
    for context in [0, 1, 2] {
        let recipe = Recipe::tiny("qwen3", 1);
        let (_folder, path) = super::file(&recipe);
        let mut gguf = super::Gguf::open(&path).unwrap();
        let network = super::Network::load(&mut gguf, context, 1, &candle_core::Device::Cpu).unwrap();
        let mut writer = super::Writer::new(Box::new(network), vocabulary(&recipe), super::Chat::Plain).unwrap();
        let found = write(&mut writer, &prompt("rules", "error", u32::MAX), 0, |_| Ok(()));
        assert!(matches!(found, Err(Stop::Fault(Fault::TooLong { .. }))), "{found:?}");
    }
}

#[test]
fn a_reply_nobody_wants_ends_at_the_next_piece_or_token() {
    let mut writer = writer(&Recipe::tiny("qwen3", 1));
    for allowed in [0, 1, 2, 5] {
        let mut calls = 0;
        let found = write(&mut writer, &prompt("rules", &"x ".repeat(150), 100), 0, |_| {
            calls += 1;
            if calls > allowed { Err(Stop::Unwanted) } else { Ok(()) }
        });
        assert!(matches!(found, Err(Stop::Unwanted)), "{found:?}");
        assert_eq!(calls, allowed + 1);
    }
}

#[test]
fn the_same_seed_writes_the_same_and_another_writes_otherwise() {
    let mut writer = writer(&Recipe::tiny("qwen3", 1));
    let mut with = |seed| {
        let mut text = String::new();
        let usage = write(&mut writer, &prompt("rules", "error", 40), seed, |piece| {
            text.push_str(&piece);
            Ok(())
        });
        usage.unwrap();
        text
    };
    assert_eq!(with(3), with(3));
    assert_ne!(with(3), with(4));
}
