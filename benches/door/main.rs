//! The way in for branches, measured from outside: the program serves in a process of its own, clients post, and what its process
//! used is read from the system, so that what clients and databases cost on the same processors is not counted as its own.
//!
//! `cargo bench --bench door -- [large] [small] [durable] [slow] [tail]`, all of them where none is named. `small` and `durable` post with
//! `wrk` (Debian has it); `durable` goes to SQLite, and to MongoDB where `LOGHELPER_TEST_MONGODB` names a server. Ratios are taken against
//! a server that reads bodies and does nothing else (`noop`), run in turn with ours. What comes before the store is measured on the program's
//! own server over a store that keeps no Logs (`sink`).

mod client;
mod durable;
mod exchanges;
mod large;
mod noop;
mod process;
mod sink;
mod slow;
mod small;
mod tail;
mod wrk;

/// As in the program itself; the server that does nothing profits as well.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if let [word, what, folder] = words.as_slice()
        && let Some((_, run)) = OWN.iter().find(|(words, _)| words.contains(&word.as_str()))
    {
        return run(word, what, std::path::Path::new(folder));
    }
    let all: [(&str, Part); 5] =
        [("large", large::run), ("small", small::run), ("durable", durable::run), ("slow", slow::run), ("tail", tail::run)];
    for (name, run) in all {
        if words.is_empty() || words.iter().any(|word| word == name) {
            let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
            println!("## {name} (load {})", load.split(' ').next().unwrap_or_default());
            run()?;
        }
    }
    Ok(())
}

/// What a process of the bench's own does: the word that says it, an address or a file, a data folder.
type Own = fn(&str, &str, &std::path::Path) -> anyhow::Result<()>;

/// The processes of the bench's own, by the words that ask for them.
const OWN: [([&str; 2], Own); 2] = [(noop::WORDS, noop::serve), (sink::WORDS, sink::run)];

/// A part of the bench.
type Part = fn() -> anyhow::Result<()>;

/// The one in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
