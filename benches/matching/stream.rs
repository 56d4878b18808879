//! All lines of all systems, one after another as they were written: what a server is asked that is sent these logs.
//!
//! The knowledge base is that of [`loghub`](crate::loghub). Beside the engine itself stands the engine as the server asks it, which
//! remembers what it said of a text for all that differ from it in nothing but numbers that no known error has; its memory is empty at
//! the beginning. Both have to say the same. The peers are asked as they are: whoever remembered for them would gain as much.

use std::{cell::Cell, collections::HashMap, path::Path, sync::Mutex};

use loghelper::inference::TextKey;

use crate::{
    engine::{Build, Engine, LogHelper},
    loghub::{Set, judge},
    report::{Judged, Report},
};

/// Rounds in which all engines are asked in turn, each time made anew; of each the fastest counts, as other work disturbs the others.
const N_ROUNDS: usize = 5;

/// The product as its server asks it.
struct Remembering {
    engine: LogHelper,
    told: Mutex<HashMap<TextKey, Option<(usize, f64)>>>,
    n_asked: Cell<usize>,
}

impl Engine for Remembering {
    fn name(&self) -> &'static str {
        "loghelper, remembering"
    }

    fn ranking(&self, text: &str, n: usize) -> Vec<(usize, f64)> {
        self.engine.ranking(text, n)
    }

    fn best(&self, text: &str) -> Option<(usize, f64)> {
        let key = self.engine.0.text_key(text, None);
        let told = self.told.lock().ok().and_then(|told| told.get(&key).copied());
        told.unwrap_or_else(|| {
            self.n_asked.set(self.n_asked.get() + 1);
            let best = self.engine.best(text);
            if let Ok(mut told) = self.told.lock() {
                told.insert(key, best);
            }
            best
        })
    }

    fn threshold(&self) -> Option<f64> {
        self.engine.threshold()
    }
}

impl Remembering {
    fn new(texts: &[&str]) -> Self {
        Self { engine: LogHelper::new(texts), told: Mutex::default(), n_asked: Cell::default() }
    }

    fn boxed(texts: &[&str]) -> Box<dyn Engine> {
        Box::new(Self::new(texts))
    }
}

/// Asks each engine every line, the product first without and then with remembering, and prints.
pub fn run(data: &Path, peers: &[Build]) {
    let set = Set::stream(data);
    if set.queries.is_empty() {
        println!("loghub_2k/corrected not found: skipped");
        return;
    }
    let texts: Vec<&str> = set.known.iter().map(|case| case.text.as_str()).collect();
    let engines: Vec<Build> = [LogHelper::boxed, Remembering::boxed].into_iter().chain(peers.iter().copied()).collect();
    let mut fastest: Vec<Report> = Vec::new();
    for _ in 0..N_ROUNDS {
        for (place, build) in engines.iter().enumerate() {
            let report = judge(&set, build(&texts).as_ref());
            match fastest.get_mut(place) {
                Some(best) if best.seconds() <= report.seconds() => {}
                Some(best) => *best = report,
                None => fastest.push(report),
            }
        }
    }
    println!(
        "\n# loghub 2k, {} lines as they were written, {} known errors, fastest of {N_ROUNDS} rounds",
        set.queries.len(),
        set.known.len()
    );
    fastest.iter().for_each(Report::print_total);
    let remembering = Remembering::new(&texts);
    let told = judge(&set, &remembering).judged;
    let as_without = |(cold, told): &(&Judged, &Judged)| (cold.best, cold.score) == (told.best, told.score);
    let n_same = fastest.first().map_or(0, |cold| cold.judged.iter().zip(&told).filter(as_without).count());
    println!("    {} lines were not remembered; of all, {n_same} were answered as without remembering", remembering.n_asked.get());
}
