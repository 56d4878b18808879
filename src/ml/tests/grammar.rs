//! Whatever the weights say, the reply satisfies its schema and cites only what it may.

use serde_json::{Value, json};

use super::{
    super::{random::Recipe, writer::Stop},
    write, writer,
};
use crate::{
    domain::{KnownErrorId, LogId},
    suggest::{Citable, Draft, DraftVerdict, Fault, Prompt, Source},
};

/// What may be cited: two known errors and a Log.
fn citable() -> Citable {
    let mut citable = Citable::default();
    for id in ["a", "b"] {
        citable.add(Source::KnownError(KnownErrorId(id.into())));
    }
    citable.add(Source::Log(LogId::from_content(&[b"l"])));
    citable
}

fn prompt(user: &str) -> Prompt {
    let schema = Some(Draft::schema(&citable()));
    Prompt { system: "You help.".to_owned(), user: user.to_owned(), schema, max_tokens: 1500 }
}

#[test]
fn two_hundred_models_of_chance_write_drafts_with_allowed_citations() {
    let (citable, mut replies) = (citable(), std::collections::HashSet::new());
    let allowed: Vec<Source> = citable.labels().filter_map(|label| citable.get(&label)).collect();
    let (mut n_drafts, mut cited) = (0, std::collections::HashSet::new());
    for seed in 0..200 {
        // Most tokens are long words, so that texts come to their bound before chance ends them.
        let recipe = Recipe { n_layers: 1, hidden: 32, wide: 32, vocabulary: 2048, context: 2048, ..Recipe::tiny("qwen3", seed) };
        let mut text = String::new();
        let usage = write(&mut writer(&recipe), &prompt("error 17"), seed, |piece| {
            text.push_str(&piece);
            Ok(())
        });
        usage.unwrap_or_else(|stop| panic!("{seed}: {stop:?}: {text}"));
        let draft = Draft::parse(&text, &citable).unwrap_or_else(|error| panic!("{seed}: {error}: {text}"));
        n_drafts += usize::from(draft.verdict == DraftVerdict::Draft);
        assert!(draft.cites.iter().all(|source| allowed.contains(source)), "{text}");
        assert!(draft.verdict == DraftVerdict::InsufficientEvidence || !draft.cites.is_empty(), "{text}");
        cited.extend(draft.cites);
        // Compact: what stands between the parts is as short as it can be.
        let parts: Value = serde_json::from_str(&text).unwrap();
        assert!(text.starts_with("{\"verdict\":\"") && parts.as_object().unwrap().len() == 5, "{text}");
        replies.insert(text);
    }
    assert!(replies.len() > 150, "the weights hardly matter: {} replies", replies.len());
    assert!((20..180).contains(&n_drafts) && cited.len() == 3, "{n_drafts} drafts cite {cited:?}");
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
        let found = write(&mut writer, &Prompt { schema: Some(bad.clone()), max_tokens: 300, ..prompt("x") }, 1, |_| Ok(()));
        assert!(matches!(found, Err(Stop::Fault(Fault::Broken(_)))), "{bad}");
    }
}

#[test]
fn no_white_space_is_spent_between_the_parts() {
    let mut writer = writer(&Recipe { context: 4096, ..Recipe::tiny("qwen3", 5) });
    let mut text = String::new();
    let usage = write(&mut writer, &Prompt { max_tokens: 3500, ..prompt("error 17") }, 5, |piece| {
        text.push_str(&piece);
        Ok(())
    });
    usage.unwrap();
    assert!(text.starts_with("{\"verdict\":\"") && text.contains("\",\"cause\":\""), "{text}");
    assert!(text.contains("\",\"steps\":[") && text.contains("],\"cites\":[") && text.contains("],\"confidence\":"), "{text}");
}
