//! 100,000 known errors, made up: of a large vocabulary, and near-duplicates over 120 words.

use std::time::Instant;

use loghelper::inference::Query;

use crate::peers::{Engine, LogHelper};

const N_KNOWN: usize = 100_000;
const N_QUERIES: usize = 2_000;

/// SplitMix64: the same texts on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

fn word(random: &mut Random) -> String {
    const SYLLABLES: [&str; 32] = [
        "ba", "co", "di", "fe", "gu", "ha", "ki", "lo", "ma", "ne", "po", "ra", "si", "to", "vu", "za", "bran", "cor", "den", "fol", "gar",
        "hel", "mun", "nor", "pet", "ros", "sal", "tir", "ver", "wil", "ext", "und",
    ];
    (0..2 + random.below(3)).map(|_| SYLLABLES[random.below(SYLLABLES.len())]).collect()
}

fn message(vocabulary: &[String], random: &mut Random) -> Vec<String> {
    let length = 6 + random.below(9);
    (0..length)
        .map(|_| if random.below(8) == 0 { random.below(100_000).to_string() } else { vocabulary[random.below(vocabulary.len())].clone() })
        .collect()
}

/// A query: the message with a share of its words changed.
fn changed(message: &[String], vocabulary: &[String], percent: usize, random: &mut Random) -> String {
    let words = message
        .iter()
        .map(|word| if random.below(100) < percent { vocabulary[random.below(vocabulary.len())].clone() } else { word.clone() });
    words.collect::<Vec<_>>().join(" ")
}

/// Builds both sets, asks, prints.
pub fn run() {
    for (name, n_words) in [("large vocabulary", 50_000), ("near-duplicates", 120)] {
        let mut random = Random(7);
        let vocabulary: Vec<String> = (0..n_words).map(|_| word(&mut random)).collect();
        let known: Vec<Vec<String>> = (0..N_KNOWN).map(|_| message(&vocabulary, &mut random)).collect();
        let texts: Vec<String> = known.iter().map(|words| words.join(" ")).collect();
        let started = Instant::now();
        let engine = LogHelper::new(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let built = started.elapsed();
        println!(
            "\n# {N_KNOWN} known errors, {name}: built in {:.2} s, {:.0} MB",
            built.as_secs_f64(),
            engine.0.memory_bytes() as f64 / 1e6
        );
        for percent in [0, 10, 25] {
            let (mut micros, mut right) = (Vec::with_capacity(N_QUERIES), 0);
            for _ in 0..N_QUERIES {
                let position = random.below(N_KNOWN);
                let query = changed(&known[position], &vocabulary, percent, &mut random);
                let started = Instant::now();
                let best = engine.best(&query);
                micros.push(started.elapsed().as_secs_f64() * 1e6);
                right += usize::from(best.is_some_and(|(found, _)| texts[found] == texts[position]));
            }
            micros.sort_by(f64::total_cmp);
            let (median, p99) = (micros[N_QUERIES / 2], micros[N_QUERIES * 99 / 100]);
            println!(
                "{percent:>3} % of the words changed: top-1 {:.3}  median {median:.0} us  p99 {p99:.0} us",
                right as f64 / N_QUERIES as f64
            );
        }
        let started = Instant::now();
        let mut index = engine.0;
        for _ in 0..100 {
            let query = texts[random.below(N_KNOWN)].as_str();
            let id = index.classify(&Query::new(query)).known().map(|best| best.id.clone());
            if let Some(id) = id {
                index.remove(&id);
            }
        }
        println!("100 entries taken out in place: {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
    }
}
