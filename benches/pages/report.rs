//! How long the pages took, as a table of the documentation.

use std::{collections::BTreeMap, time::Duration};

use super::walk::{Load, Visit};

/// Prints a row a page, and one of all.
pub fn print(visits: &[Visit], load: &Load) {
    let mut pages: BTreeMap<&str, Vec<&Visit>> = BTreeMap::new();
    for visit in visits {
        pages.entry(visit.page).or_default().push(visit);
    }
    let n_second = visits.len() as f64 / load.seconds as f64;
    println!("{} analysts, {} s, rest {} s, {} pages, {n_second:.1} a second\n", load.n_analysts, load.seconds, load.think, visits.len());
    println!("| page | opened | p50 ms | p95 ms | p99 ms | longest ms | bytes | faults |\n|---|---|---|---|---|---|---|---|");
    for (page, visits) in &pages {
        row(page, visits);
    }
    row("all", &visits.iter().collect::<Vec<_>>());
    for fault in visits.iter().filter_map(|visit| visit.fault.as_ref()).take(5) {
        println!("fault: {fault}");
    }
}

fn row(page: &str, visits: &[&Visit]) {
    let mut times: Vec<Duration> = visits.iter().map(|visit| visit.took).collect();
    times.sort_unstable();
    let at = |share: f64| {
        times.get(((times.len() as f64 * share).ceil() as usize).saturating_sub(1)).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    let bytes = visits.iter().map(|visit| visit.bytes).sum::<usize>() / visits.len().max(1);
    let n_faults = visits.iter().filter(|visit| visit.fault.is_some()).count();
    println!("| {page} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {bytes} | {n_faults} |", visits.len(), at(0.5), at(0.95), at(0.99), at(1.0));
}
