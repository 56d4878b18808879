//! Error texts: as many kinds as are asked for, each with words of its own and variables between them.

use super::random::Random;

const SYLLABLES: [&str; 32] = [
    "ka", "lo", "mir", "ten", "sa", "vol", "pri", "nok", "dar", "fes", "gul", "hin", "ju", "bel", "cor", "wes", "zan", "rit", "mo", "tel",
    "pas", "und", "erk", "ost", "ali", "bra", "sti", "tro", "ven", "kul", "nar", "ope",
];
const SUBJECTS: [&str; 8] = ["Document", "Account", "Client", "Terminal", "Session", "Journal", "Rate", "Cash desk"];
const PREDICATES: [&str; 8] = [
    "was not found",
    "is blocked by",
    "did not answer within",
    "has a wrong checksum in",
    "exceeds the limit of",
    "lacks",
    "conflicts with",
    "was refused by",
];

/// A word of the kind's own.
fn word(random: &mut Random) -> String {
    (0..2 + random.below(3)).filter_map(|_| random.of(&SYLLABLES).copied()).collect()
}

/// The text of kind `n` of a family, with variables drawn from `values`.
pub fn text(family: u64, n: u64, values: &mut Random) -> String {
    let mut random = Random(family << 40 | n);
    let subject = random.of(&SUBJECTS).copied().unwrap_or_default();
    let predicate = random.of(&PREDICATES).copied().unwrap_or_default();
    let words: Vec<String> = (0..4 + random.below(5)).map(|_| word(&mut random)).collect();
    let (front, back) = words.split_at(words.len() / 2);
    let value = values.below(1_000_000);
    format!("{subject} {value} {}: {} {predicate} {} at node-{}", front.join(" "), word(&mut random), back.join(" "), values.below(64))
}
