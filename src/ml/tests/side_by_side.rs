//! Several replies at once: each reads and writes as if it were alone, whoever joins, leaves or fails beside it.

use super::{
    super::{
        Piece, TextModel,
        random::{Mix, Recipe},
        text::Text,
        writer::{Step, Writer},
    },
    network, network_of, quantized, write, writer_of,
};
use crate::suggest::Prompt;

/// Tokens of the text of this number.
fn tokens(stream: usize, n: usize) -> Vec<u32> {
    (0..n as u32).map(|i| (i * 7 + 3 + 31 * stream as u32) % 288).collect()
}

/// The largest distance of weights, as a share of the largest weight.
fn distance(found: &[f32], wanted: &[f32]) -> f32 {
    let largest = wanted.iter().map(|logit| logit.abs()).fold(f32::MIN_POSITIVE, f32::max);
    found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / largest
}

#[test]
fn texts_of_different_lengths_weigh_side_by_side_as_they_do_alone() {
    let small = ["qwen3", "qwen2", "llama"].map(|architecture| Recipe::tiny(architecture, 7));
    for recipe in small.into_iter().chain([Mix::F32, Mix::Q8, Mix::Q4].map(quantized)) {
        let lengths = [5, 300, 17, 40, 1, 129, 64, 2];
        let mut all = network_of(&recipe, lengths.len());
        let mut alone: Vec<_> = lengths.iter().map(|_| network(&recipe)).collect();
        for (stream, n) in lengths.into_iter().enumerate() {
            all.read(&[Piece { stream, tokens: &tokens(stream, n) }]).unwrap();
            alone[stream].read(&tokens(stream, n)).unwrap();
        }
        let order = [3, 0, 7, 1, 2, 6, 5, 4];
        for round in 0..4 {
            let next: Vec<[u32; 1]> = order.iter().map(|stream| [(round * 50 + *stream as u32) % 288]).collect();
            let pieces: Vec<Piece> = order.iter().zip(&next).map(|(&stream, tokens)| Piece { stream, tokens }).collect();
            all.read(&pieces).unwrap();
            for ((stream, next), found) in order.into_iter().zip(&next).zip(all.weigh(&order).unwrap()) {
                alone[stream].read(next).unwrap();
                let worst = distance(&found, &alone[stream].weigh().unwrap());
                // Numbers of a few bits are rounded anew in each layer: the last bit of a sum may turn a whole step there.
                let bound = if recipe.mix == Mix::F32 { 1e-4 } else { 2e-2 };
                assert!(worst < bound, "{} {:?}, text {stream}: {worst}", recipe.architecture, recipe.mix);
            }
        }
    }
}

#[test]
fn pieces_of_prompts_are_read_beside_single_tokens() {
    let recipe = Recipe::tiny("qwen3", 7);
    let (mut both, mut alone) = (network_of(&recipe, 2), network(&recipe));
    both.read(&[Piece { stream: 1, tokens: &tokens(1, 40) }]).unwrap();
    both.read(&[Piece { stream: 0, tokens: &tokens(0, 100) }, Piece { stream: 1, tokens: &[9] }]).unwrap();
    alone.read(&tokens(0, 100)).unwrap();
    assert!(distance(&both.weigh(&[0]).unwrap()[0], &alone.weigh().unwrap()) < 1e-4);
    assert_eq!((both.n_read(0), both.n_read(1)), (100, 41));
}

#[test]
fn a_text_goes_on_from_what_another_has_read() {
    let recipe = Recipe::tiny("qwen3", 7);
    let (mut both, mut alone) = (network_of(&recipe, 2), network(&recipe));
    both.read(&[Piece { stream: 0, tokens: &tokens(0, 300) }]).unwrap();
    both.adopt(1, 0, 120).unwrap();
    both.truncate(0, 10);
    both.read(&[Piece { stream: 1, tokens: &tokens(5, 50) }]).unwrap();
    alone.read(&[&tokens(0, 120)[..], &tokens(5, 50)].concat()).unwrap();
    assert!(distance(&both.weigh(&[1]).unwrap()[0], &alone.weigh().unwrap()) < 1e-4);
    assert!(both.adopt(0, 1, 1000).is_ok() && both.n_read(0) == 170);
}

#[test]
fn one_text_that_does_not_fit_leaves_all_as_they_were() {
    let mut both = network_of(&Recipe::tiny("qwen3", 7), 2);
    both.read(&[Piece { stream: 0, tokens: &tokens(0, 10) }]).unwrap();
    let before = both.weigh(&[0]).unwrap();
    assert!(both.read(&[Piece { stream: 0, tokens: &[1] }, Piece { stream: 1, tokens: &tokens(1, 513) }]).is_err());
    assert!(both.weigh(&[1]).is_err() && both.read(&[Piece { stream: 2, tokens: &[1] }]).is_err());
    assert_eq!((both.n_read(0), both.n_read(1), both.weigh(&[0]).unwrap()), (10, 0, before));
}

fn prompt(user: &str) -> Prompt {
    Prompt { system: "The rules are long and stay the same. ".repeat(3), user: user.to_owned(), schema: None, max_tokens: 24 }
}

/// Reads all of a prompt.
fn begun(writer: &mut Writer, user: &str, seed: u64, under_way: &[&Text]) -> Text {
    let busy: Vec<usize> = under_way.iter().map(|text| text.stream).collect();
    let mut text = writer.begin(&prompt(user), seed, &busy).unwrap();
    while !text.is_read() {
        writer.read_on(&mut text, busy.is_empty()).unwrap();
    }
    text
}

#[test]
fn whoever_joins_or_leaves_others_write_what_they_would_write_alone() {
    let recipe = Recipe::tiny("qwen3", 4);
    let alone = |user: &str, seed: u64| {
        let mut said = String::new();
        let usage = write(&mut writer_of(&recipe, 1), &prompt(user), seed, |piece| {
            said.push_str(&piece);
            Ok(())
        });
        usage.unwrap();
        said
    };
    let asked = [("first", 0), ("second error", 3), ("a third one", 0), ("the fourth", 9)];
    let wanted = asked.map(|(user, seed)| alone(user, seed));
    let mut writer = writer_of(&recipe, 3);
    let mut under_way: Vec<(usize, Text)> = Vec::new();
    let mut said = vec![String::new(); asked.len()];
    let mut waiting = asked.into_iter().enumerate();
    for round in 0.. {
        // One joins every five rounds, where there is room.
        if round % 5 == 0
            && under_way.len() < 3
            && let Some((index, (user, seed))) = waiting.next()
        {
            let text = begun(&mut writer, user, seed, &under_way.iter().map(|(_, text)| text).collect::<Vec<_>>());
            under_way.push((index, text));
        }
        if under_way.is_empty() {
            break;
        }
        let mut texts: Vec<&mut Text> = under_way.iter_mut().map(|(_, text)| text).collect();
        let steps = writer.write(&mut texts).unwrap();
        let mut steps = steps.into_iter();
        under_way.retain(|(index, _)| match steps.next().unwrap().unwrap() {
            Step::Said(piece) => {
                said[*index].push_str(&piece);
                true
            }
            Step::Whole(piece, _) => {
                said[*index].push_str(&piece);
                false
            }
        });
    }
    assert_eq!(said, wanted);
}

#[test]
fn a_reply_takes_over_what_another_under_way_has_read() {
    let mut writer = writer_of(&Recipe::tiny("qwen3", 4), 2);
    let first = begun(&mut writer, "error 17", 0, &[]);
    let mut second = begun(&mut writer, "another error", 0, &[&first]);
    assert_ne!(first.stream, second.stream);
    loop {
        if let Step::Whole(_, usage) = writer.write(&mut [&mut second]).unwrap().remove(0).unwrap() {
            assert!(usage.reused_tokens > 100 && usage.reused_tokens < usage.prompt_tokens, "{usage:?}");
            break;
        }
    }
    assert!(writer.begin(&prompt("x"), 0, &[0, 1]).is_err(), "there is no room for a third");
}
