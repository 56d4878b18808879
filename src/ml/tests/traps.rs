//! What goes wrong in the stock models of the library, each with a test here: angles of half precision where the head names no number
//! type, tables for the whole context, a prompt read after decoding, more than one row on the processor, the embedding unpacked.

use super::{
    super::{alone::Alone, random::Mix, random::Recipe},
    network, quantized,
};

fn tokens(n: usize) -> Vec<u32> {
    (0..n as u32).map(|i| (i * 11 + 5) % 288).collect()
}

/// Relative distance of two lists of numbers.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    let difference: f32 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
    (difference / b.iter().map(|b| b.powi(2)).sum::<f32>()).sqrt()
}

#[test]
fn angles_are_of_full_precision_though_the_head_names_no_number_type() {
    // At 3,000 positions half precision is wrong by a tenth; a token alone and the same token in a piece then differ.
    let recipe = Recipe { context: 4096, ..Recipe::tiny("qwen3", 3) };
    let mut network = network(&recipe);
    network.read(&tokens(3000)).unwrap();
    let at_once = network.weigh().unwrap();
    network.truncate(2999);
    network.read(&tokens(3000)[2999..]).unwrap();
    assert!(distance(&network.weigh().unwrap(), &at_once) < 1e-4);
}

#[test]
fn a_context_of_a_million_tokens_costs_nothing_before_it_is_used() {
    let recipe = Recipe { context: 1 << 20, ..Recipe::tiny("qwen3", 3) };
    let mut network = network(&recipe);
    network.read(&[1, 2, 3]).unwrap();
    assert_eq!(network.limit(), 1 << 20);
}

#[test]
fn a_prompt_after_decoding_reads_what_was_decoded() {
    for mix in [Mix::F32, Mix::Q8, Mix::Q4] {
        let mut network = network(&quantized(mix));
        let all = tokens(120);
        network.read(&all[..40]).unwrap();
        all[40..60].iter().for_each(|token| network.read(&[*token]).unwrap());
        network.read(&all[60..]).unwrap();
        let mixed = network.weigh().unwrap();
        network.truncate(0);
        network.read(&all).unwrap();
        // Numbers of a few bits are multiplied in another order by another kernel when they come alone.
        let bound = if mix == Mix::F32 { 1e-5 } else { 2e-2 };
        assert!(distance(&mixed, &network.weigh().unwrap()) < bound, "{mix:?}");
    }
}

#[test]
fn the_same_tokens_read_again_weigh_the_same_to_the_last_bit() {
    let mut network = network(&quantized(Mix::Q4));
    let read = |network: &mut Alone| {
        network.truncate(0);
        network.read(&tokens(77)).unwrap();
        network.weigh().unwrap()
    };
    assert_eq!(read(&mut network), read(&mut network));
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let mut network = network(&Recipe::tiny("qwen3", 3));
    network.read(&tokens(500)).unwrap();
    let before = network.weigh().unwrap();
    assert!(network.read(&tokens(13)).is_err());
    assert!(network.read(&[]).is_ok());
    assert_eq!((network.n_read(), network.weigh().unwrap()), (500, before));
}

#[test]
fn a_token_that_does_not_exist_is_an_error_and_what_was_read_stays() {
    let mut network = network(&Recipe::tiny("qwen3", 3));
    network.read(&tokens(20)).unwrap();
    let before = network.weigh().unwrap();
    assert!(network.read(&[288]).is_err());
    network.truncate(19);
    network.read(&tokens(20)[19..]).unwrap();
    assert!(distance(&network.weigh().unwrap(), &before) < 1e-5);
}
