//! 100,000 known errors, made up: of a large vocabulary, and near-duplicates over 120 words.

use std::time::Instant;

use crate::engine::{Build, Engine};

const N_KNOWN: usize = 100_000;

/// Queries of each kind that are made; slow engines are asked the first of them.
pub const N_QUERIES: usize = 2_000;

/// Entries that are given another text, and of these the ones that are then asked for.
const N_UPDATES: usize = 20;
const N_CHECKED: usize = 3;

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

/// A query and the position of the known error that it was made of.
type Asked = (String, usize);

/// Bytes that the process holds, where it counts them.
pub type Held = fn() -> Option<usize>;

/// Builds both sets, asks each engine as many queries of each kind as it is given, prints.
pub fn run(engines: &[(Build, usize)], held: Held) {
    for (name, n_words) in [("large vocabulary", 50_000), ("near-duplicates", 120)] {
        let mut random = Random(7);
        let vocabulary: Vec<String> = (0..n_words).map(|_| word(&mut random)).collect();
        let known: Vec<Vec<String>> = (0..N_KNOWN).map(|_| message(&vocabulary, &mut random)).collect();
        let texts: Vec<String> = known.iter().map(|words| words.join(" ")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let asked = |percent: usize, random: &mut Random| -> Vec<Asked> {
            let positions = (0..N_QUERIES).map(|_| random.below(N_KNOWN)).collect::<Vec<_>>().into_iter();
            positions.map(|position| (changed(&known[position], &vocabulary, percent, random), position)).collect()
        };
        let queries = [0, 10, 25].map(|percent| (percent, asked(percent, &mut random)));
        println!("\n# {N_KNOWN} known errors, {name}");
        for (build, n_queries) in engines.iter().filter(|(_, n_queries)| *n_queries > 0) {
            let before = held();
            let started = Instant::now();
            let mut engine = build(&texts);
            let built = started.elapsed().as_secs_f64();
            let megabytes = |bytes: Option<usize>| bytes.map_or("?".to_owned(), |bytes| format!("{:.0}", bytes as f64 / 1e6));
            let counted = held().zip(before).map(|(after, before)| after.saturating_sub(before));
            println!("{}: built in {built:.2} s, {} MB", engine.name(), megabytes(counted.or_else(|| engine.memory_bytes())));
            for (percent, queries) in &queries {
                ask(engine.as_ref(), &texts, *percent, &queries[..*n_queries]);
            }
            update(engine.as_mut(), &texts, &mut Random(11));
        }
    }
}

fn ask(engine: &dyn Engine, texts: &[&str], percent: usize, queries: &[Asked]) {
    let (mut micros, mut right) = (Vec::with_capacity(queries.len()), 0);
    for (query, position) in queries {
        let started = Instant::now();
        let best = engine.best(query);
        micros.push(started.elapsed().as_secs_f64() * 1e6);
        right += usize::from(best.is_some_and(|(found, _)| texts[found] == texts[*position]));
    }
    micros.sort_by(f64::total_cmp);
    let (n, share) = (queries.len(), right as f64 / queries.len() as f64);
    let (median, p99) = (micros[n / 2], micros[n * 99 / 100]);
    println!("    {percent:>3} % of the words changed: top-1 {share:.3}  median {median:.0} us  p99 {p99:.0} us  ({n} queries)");
}

/// Gives entries another text in place, each time until a query for it is answered with it.
fn update(engine: &mut dyn Engine, texts: &[&str], random: &mut Random) {
    let mut millis = Vec::with_capacity(N_UPDATES);
    let mut n_found = 0;
    for n in 0..N_UPDATES {
        let position = random.below(N_KNOWN);
        let text = format!("{} renewed edition {n}", texts[position]);
        let started = Instant::now();
        if !engine.replace(position, &text) {
            println!("    update: not without building anew");
            return;
        }
        millis.push(started.elapsed().as_secs_f64() * 1e3);
        if n < N_CHECKED {
            n_found += usize::from(engine.best(&text).is_some_and(|(found, _)| found == position));
        }
    }
    millis.sort_by(f64::total_cmp);
    println!("    update in place: median {:.3} ms, {n_found} of {N_CHECKED} found at once", millis[N_UPDATES / 2]);
}
