//! A text asked for the first time and asked again: what the product remembers of each text that differs from it in nothing but numbers
//! that no known error has.

use std::{cell::RefCell, collections::HashMap, path::Path, time::Instant};

use loghelper::inference::{Digits, Query, TextKey};

use crate::{engine::LogHelper, loghub::Set};

/// Asks every query of all systems twice and prints what each round took.
pub fn run(data: &Path) {
    let set = Set::load(data, 0, |_| true);
    let texts: Vec<&str> = set.known.iter().map(|case| case.text.as_str()).collect();
    let engine = LogHelper::new(&texts);
    let mut digits = Digits::default();
    texts.iter().for_each(|text| digits.note(text));
    let told: RefCell<HashMap<TextKey, Option<f64>>> = RefCell::default();
    let n_new = RefCell::new(0);
    let ask = |text: &str| {
        let key = digits.key(text, None);
        *told.borrow_mut().entry(key).or_insert_with(|| {
            *n_new.borrow_mut() += 1;
            engine.0.recognise(&Query::new(text), &|_| true).map(|found| found.score)
        })
    };
    println!("\n# loghub 2k, all systems, {} queries, each remembered without the numbers that no known error has", set.queries.len());
    for round in ["first round", "again"] {
        n_new.replace(0);
        let started = Instant::now();
        set.queries.iter().for_each(|query| {
            ask(&query.text);
        });
        let micros = started.elapsed().as_secs_f64() * 1e6 / set.queries.len().max(1) as f64;
        println!("{round:<12} {micros:.2} us/query, {} of them not remembered", n_new.borrow());
    }
}
