//! Logits against Hugging Face transformers; `tests/fixtures/llm/logits.py` made the reference from the same recipe.

use std::collections::HashMap;

use super::{super::alone::Alone, super::random::Recipe, network};

type Reference = HashMap<String, HashMap<usize, Vec<f32>>>;

/// The tokens that the reference was given.
fn tokens(n: usize) -> Vec<u32> {
    (0..n as u32).map(|i| (i * 7 + 3) % 288).collect()
}

fn check(architecture: &'static str, read: impl Fn(&mut Alone, usize) -> Vec<f32>) {
    let reference: Reference = serde_json::from_str(include_str!("../../../tests/fixtures/llm/logits.json")).unwrap();
    let mut network = network(&Recipe::tiny(architecture, 7));
    for (position, wanted) in &reference[architecture] {
        network.truncate(0);
        let found = read(&mut network, *position);
        let worst = found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert_eq!(found.len(), wanted.len());
        assert!(worst < 1e-4, "{architecture} at {position}: {worst}");
    }
}

const ARCHITECTURES: [&str; 3] = ["qwen3", "qwen2", "llama"];

#[test]
fn a_prompt_read_at_once_weighs_as_the_reference_does_up_to_the_longest_context() {
    for architecture in ARCHITECTURES {
        check(architecture, |network, position| {
            network.read(&tokens(position + 1)).unwrap();
            network.weigh().unwrap()
        });
    }
}

#[test]
fn token_after_token_weighs_as_the_reference_does() {
    for architecture in ARCHITECTURES {
        check(architecture, |network, position| {
            tokens(position + 1).iter().for_each(|token| network.read(&[*token]).unwrap());
            network.weigh().unwrap()
        });
    }
}

#[test]
fn pieces_and_tokens_in_turn_weigh_as_the_reference_does() {
    for architecture in ARCHITECTURES {
        check(architecture, |network, position| {
            let all = tokens(position + 1);
            let mut rest = all.as_slice();
            for length in [100, 1, 1, 37, 1, 160].into_iter().cycle() {
                let (piece, after) = rest.split_at(length.min(rest.len()));
                network.read(piece).unwrap();
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            network.weigh().unwrap()
        });
    }
}

#[test]
fn what_was_forgotten_leaves_no_trace() {
    for architecture in ARCHITECTURES {
        check(architecture, |network, position| {
            let all = tokens(position + 1);
            let kept = position / 2;
            network.read(&all[..kept]).unwrap();
            network.read(&vec![9; 400.min(512 - kept)]).unwrap();
            network.truncate(kept);
            network.read(&all[kept..]).unwrap();
            network.weigh().unwrap()
        });
    }
}
