//! Fits the weights of the calibration: logistic regression by Newton's method on the tuned half of the systems.
//!
//! The examples are the pairs that are hard to part: of each query the right entry and the three that score best.

use std::path::Path;

use loghelper::inference::{FEATURES, Features, Query};

use crate::{
    engine::LogHelper,
    loghub::{Set, is_tuned},
};

/// Different choices of the templates that are left out.
const N_SPLITS: u64 = 6;

/// Ridge: keeps weights small where the data says little.
const RIDGE: f64 = 1.0;

/// Rounds in which the pairs are chosen anew by the weights found so far.
const N_ROUNDS: usize = 4;

/// One in so many queries is also asked in another order of words, one with a typing error: logs have neither, people do.
const EVERY: usize = 5;

type Pairs = Vec<(Features, bool)>;

/// Prints the weights.
pub fn run(data: &Path) {
    let everything = std::env::args().any(|argument| argument == "--fit-all");
    let queries: Vec<Pairs> =
        (0..N_SPLITS).flat_map(|salt| pairs(&Set::load(data, salt, |system| everything || is_tuned(system)))).collect();
    let mut weights = [0.0; FEATURES];
    for round in 0..N_ROUNDS {
        let chosen: Pairs = queries.iter().flat_map(|pairs| hard(pairs, &weights, if round == 0 { 100 } else { 3 })).collect();
        weights = newton(&chosen);
        println!("{} pairs, loss {:.4}", chosen.len(), loss(&chosen, &weights));
    }
    println!("{weights:.3?}");
}

fn pairs(set: &Set) -> Vec<Pairs> {
    let texts: Vec<&str> = set.known.iter().map(|case| case.text.as_str()).collect();
    let engine = LogHelper::new(&texts);
    let label = |id: &str, template| id.parse::<usize>().is_ok_and(|known| set.known[known].template == template);
    let texts =
        set.queries.iter().enumerate().flat_map(|(n, query)| written(&query.text, n).into_iter().map(|text| (text, query.template)));
    let measured = texts.map(|(text, template)| {
        let nearest = engine.0.measure(&Query::new(&text)).into_iter();
        nearest.map(|(id, features)| (features, label(id.as_str(), template))).collect()
    });
    measured.collect()
}

/// The text, and every so often as a person could have written it: in another order of words, with a typing error.
fn written(text: &str, n: usize) -> Vec<String> {
    let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    match n % EVERY {
        0 if words.len() > 2 => {
            let turn = 1 + n % (words.len() - 1);
            words.rotate_left(turn);
        }
        1 => {
            let is_plain = |word: &&mut String| word.len() > 5 && word.bytes().all(|b| b.is_ascii_alphabetic());
            if let Some(word) = words.iter_mut().filter(is_plain).last() {
                word.remove(3);
            }
        }
        _ => return vec![text.to_owned()],
    }
    vec![text.to_owned(), words.join(" ")]
}

fn logit(features: &Features, weights: &Features) -> f64 {
    features.iter().zip(weights).map(|(feature, weight)| feature * weight).sum()
}

fn hard(pairs: &Pairs, weights: &Features, n: usize) -> Pairs {
    let mut pairs = pairs.clone();
    pairs.sort_by(|a, b| logit(&b.0, weights).total_cmp(&logit(&a.0, weights)));
    pairs.into_iter().enumerate().filter(|(place, (_, is_right))| *place < n || *is_right).map(|(_, pair)| pair).collect()
}

fn probability(features: &Features, weights: &Features) -> f64 {
    1.0 / (1.0 + (-logit(features, weights)).exp())
}

fn loss(pairs: &Pairs, weights: &Features) -> f64 {
    let of_pair = |(features, is_right): &(Features, bool)| {
        let p = probability(features, weights).clamp(1e-9, 1.0 - 1e-9);
        if *is_right { -p.ln() } else { -(1.0 - p).ln() }
    };
    pairs.iter().map(of_pair).sum::<f64>() / pairs.len().max(1) as f64
}

fn newton(pairs: &Pairs) -> Features {
    let mut weights = [0.0; FEATURES];
    for _ in 0..25 {
        let mut gradient = weights.map(|weight: f64| -RIDGE * weight);
        let mut hessian = [[0.0; FEATURES]; FEATURES];
        (0..FEATURES).for_each(|i| hessian[i][i] = RIDGE);
        for (features, is_right) in pairs {
            let p = probability(features, &weights);
            for i in 0..FEATURES {
                gradient[i] += (f64::from(u8::from(*is_right)) - p) * features[i];
                for j in 0..FEATURES {
                    hessian[i][j] += p * (1.0 - p) * features[i] * features[j];
                }
            }
        }
        let step = solve(hessian, gradient);
        (0..FEATURES).for_each(|i| weights[i] += step[i]);
    }
    weights
}

/// Gauss's elimination; the matrix is positive definite, so that no pivoting is needed.
fn solve(mut matrix: [[f64; FEATURES]; FEATURES], mut right: Features) -> Features {
    for i in 0..FEATURES {
        for k in i + 1..FEATURES {
            let factor = matrix[k][i] / matrix[i][i];
            (i..FEATURES).for_each(|j| matrix[k][j] -= factor * matrix[i][j]);
            right[k] -= factor * right[i];
        }
    }
    for i in (0..FEATURES).rev() {
        let known: f64 = (i + 1..FEATURES).map(|j| matrix[i][j] * right[j]).sum();
        right[i] = (right[i] - known) / matrix[i][i];
    }
    right
}
