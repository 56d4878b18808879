//! All lines of all systems, one after another as they were written: what a server is asked that is sent these logs.
//!
//! The knowledge base is that of [`loghub`](crate::loghub). Beside the engine itself stands the engine as the server asks it, which
//! remembers what it said of a text for all that differ from it in nothing but numbers that no known error has; its memory is empty at
//! the beginning. Both have to say the same.

use std::{cell::RefCell, collections::HashMap, path::Path, sync::Mutex};

use loghelper::inference::TextKey;

use crate::{
    engine::{Build, Engine, LogHelper},
    loghub::{Set, judge},
};

/// The product as its server asks it.
struct Remembering {
    engine: LogHelper,
    told: Mutex<HashMap<TextKey, Option<(usize, f64)>>>,
    n_asked: RefCell<usize>,
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
            *self.n_asked.borrow_mut() += 1;
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

/// Asks each engine every line, the product first without and then with remembering, and prints.
pub fn run(data: &Path, peers: &[Build]) {
    let set = Set::stream(data);
    if set.queries.is_empty() {
        println!("loghub_2k/corrected not found: skipped");
        return;
    }
    let texts: Vec<&str> = set.known.iter().map(|case| case.text.as_str()).collect();
    println!("\n# loghub 2k, {} lines as they were written, {} known errors", set.queries.len(), set.known.len());
    let cold = judge(&set, &LogHelper::new(&texts));
    cold.print_total();
    let remembering = Remembering { engine: LogHelper::new(&texts), told: Mutex::default(), n_asked: RefCell::default() };
    let warm = judge(&set, &remembering);
    warm.print_total();
    let n_other = cold.judged.iter().zip(&warm.judged).filter(|(cold, warm)| (cold.best, cold.score) != (warm.best, warm.score)).count();
    println!("    {} lines were not remembered, {n_other} were answered otherwise than without", remembering.n_asked.borrow());
    peers.iter().for_each(|build| judge(&set, build(&texts).as_ref()).print_total());
}
