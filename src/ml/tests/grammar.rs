//! Whatever the weights say, the reply satisfies its schema and cites only what it may.

use serde_json::{Value, json};

use super::{
    super::{random::Recipe, writer::Stop},
    write, writer,
};
use crate::suggest::{Fault, Prompt};

/// A schema as that of drafts is, with citations of these ids only.
fn schema(ids: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": {
            "verdict": {"enum": ["draft", "insufficient_evidence"]},
            "cause": {"type": "string", "maxLength": 40},
            "steps": {"type": "array", "items": {"type": "string", "maxLength": 30}, "maxItems": 3},
            "cites": {"type": "array", "items": {"enum": ids}, "maxItems": 3},
            "confidence": {"type": "number", "enum": [0.1, 0.5, 0.9]}
        },
        "required": ["verdict", "cause", "steps", "cites", "confidence"],
        "additionalProperties": false
    })
}

fn prompt(user: &str) -> Prompt {
    Prompt { system: "You help.".to_owned(), user: user.to_owned(), schema: Some(schema(&["K1", "K2"])), max_tokens: 300 }
}

#[test]
fn two_hundred_models_of_chance_write_valid_drafts_with_allowed_citations() {
    let mut replies = std::collections::HashSet::new();
    for seed in 0..200 {
        let mut writer = writer(&Recipe { n_layers: 1, hidden: 32, wide: 32, ..Recipe::tiny("qwen3", seed) });
        let mut text = String::new();
        let usage = write(&mut writer, &prompt("error 17"), seed, |piece| {
            text.push_str(&piece);
            Ok(())
        });
        usage.unwrap();
        let draft: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{seed}: {error}: {text}"));
        assert!(["draft", "insufficient_evidence"].contains(&draft["verdict"].as_str().unwrap()), "{text}");
        assert!(draft["cause"].as_str().unwrap().chars().count() <= 40, "{text}");
        assert!(draft["steps"].as_array().unwrap().iter().all(|step| step.as_str().unwrap().chars().count() <= 30), "{text}");
        assert!(draft["cites"].as_array().unwrap().iter().all(|id| ["K1", "K2"].contains(&id.as_str().unwrap())), "{text}");
        assert!([0.1, 0.5, 0.9].contains(&draft["confidence"].as_f64().unwrap()), "{text}");
        assert_eq!(draft.as_object().unwrap().len(), 5, "{text}");
        replies.insert(text);
    }
    assert!(replies.len() > 150, "the weights hardly matter: {} replies", replies.len());
}

#[test]
fn a_reply_that_is_cut_is_no_reply() {
    let mut writer = writer(&Recipe::tiny("qwen3", 1));
    let cut = write(&mut writer, &Prompt { max_tokens: 5, ..prompt("error 17") }, 1, |_| Ok(()));
    assert!(matches!(cut, Err(Stop::Fault(Fault::Broken(why))) if why.contains("5 tokens")));
}

#[test]
fn a_schema_that_is_none_is_refused() {
    for bad in [json!(7), json!({"type": "nonsense"}), json!({"$ref": "http://example.com/x"}), json!({"enum": []})] {
        let mut writer = writer(&Recipe::tiny("qwen3", 1));
        let found = write(&mut writer, &Prompt { schema: Some(bad.clone()), ..prompt("x") }, 1, |_| Ok(()));
        assert!(matches!(found, Err(Stop::Fault(Fault::Broken(_)))), "{bad}");
    }
}

#[test]
fn no_white_space_is_spent_between_the_parts() {
    let mut writer = writer(&Recipe::tiny("qwen3", 5));
    let mut text = String::new();
    let usage = write(&mut writer, &prompt("error 17"), 5, |piece| {
        text.push_str(&piece);
        Ok(())
    });
    usage.unwrap();
    assert!(text.starts_with("{\"verdict\":\"") && text.contains("\",\"cause\":\""), "{text}");
    assert!(text.contains("\",\"steps\":[") && text.contains("],\"cites\":[") && text.contains("],\"confidence\":0."), "{text}");
}
