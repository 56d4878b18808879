//! Sample logs of branches: deterministic by seed, any amount, every irregularity that real files have.
//!
//! The generator counts what it writes, so that what is read back can be compared with the truth.

mod dialect;
mod exchange;
mod messages;
mod random;
#[cfg(test)]
mod tests;

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io::{self, Write},
};

pub use dialect::{DateStyle, Dialect, TextEncoding};
use exchange::{Exchange, Half};
use random::Random;

/// What to write.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Code of the branch.
    pub branch: &'static str,
    /// Name of the file.
    pub file: String,
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// Number of exchanges.
    pub n_exchanges: u64,
    /// Seconds since 1970, local to the branch, of the first.
    pub start: i64,
    /// How the office writes.
    pub dialect: Dialect,
    /// Whether anything irregular occurs.
    pub irregular: bool,
}

/// What was written, by the rules of the parser: a record is a header with what follows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Truth {
    /// Halves written.
    pub records: i64,
    /// Exchanges with both halves.
    pub complete: i64,
    /// Requests alone.
    pub request_only: i64,
    /// Responses alone.
    pub response_only: i64,
    /// Records with a damaged date or body.
    pub malformed: i64,
    /// Lines between records.
    pub foreign_lines: i64,
    /// Exchanges with an error.
    pub errors: i64,
}

/// A half that is written when its time comes: time, place in the order, text.
type Pending = Reverse<(i64, u64, Half)>;

/// Writes one file; `known` are texts of errors that the knowledge base knows, `late` responses left over from the file before.
/// Returns the truth and the responses that come too late for this file.
///
/// # Errors
/// When the output cannot be written.
pub fn generate(plan: &Plan, known: &[String], late: Vec<Half>, out: &mut dyn Write) -> io::Result<(Truth, Vec<Half>)> {
    let mut random = Random::new(plan.seed);
    let mut truth = Truth::default();
    let mut pending: BinaryHeap<Pending> = BinaryHeap::new();
    let mut order = 0;
    out.write_all(plan.dialect.byte_order_mark())?;
    for mut half in late {
        half.at = plan.start;
        truth.response_only += 1;
        truth.errors += i64::from(half.is_error);
        pending.push(Reverse((half.at, order, half)));
        order += 1;
    }
    let mut left_over = Vec::new();
    let mut now = plan.start;
    let mut line = String::new();
    for n in 0..plan.n_exchanges {
        now += random.below(4) as i64;
        let exchange = Exchange::new(plan, n, now, known, &mut random);
        let goes_over = plan.irregular && n + 20 > plan.n_exchanges && exchange.is_plain && random.chance(0.5);
        exchange.count(goes_over, &mut truth);
        for half in [exchange.request, exchange.response].into_iter().flatten() {
            if goes_over && half.is_response {
                left_over.push(half);
            } else {
                order += 1;
                pending.push(Reverse((half.at, order, half)));
            }
        }
        while let Some(Reverse((at, ..))) = pending.peek() {
            if *at > now {
                break;
            }
            let Some(Reverse((_, _, half))) = pending.pop() else { break };
            write_half(&half, plan, &mut random, &mut truth, &mut line, out)?;
        }
    }
    while let Some(Reverse((_, _, half))) = pending.pop() {
        write_half(&half, plan, &mut random, &mut truth, &mut line, out)?;
    }
    out.flush()?;
    Ok((truth, left_over))
}

fn write_half(half: &Half, plan: &Plan, random: &mut Random, truth: &mut Truth, line: &mut String, out: &mut dyn Write) -> io::Result<()> {
    truth.records += 1;
    line.clear();
    half.write(&plan.dialect, line);
    if plan.irregular {
        if random.chance(0.01) {
            line.push('\n');
        }
        if random.chance(0.01) {
            truth.foreign_lines += messages::foreign(random, line);
        }
    }
    plan.dialect.write(line, out)
}

/// The demonstration: three branches, two files each, the second with late responses of the first.
pub fn demo_plans() -> Vec<[Plan; 2]> {
    plans(3000, 20_160_508)
}

/// Any amount of exchanges over the three branches.
pub fn plans(n_exchanges: u64, seed: u64) -> Vec<[Plan; 2]> {
    let offices = [("K01", Dialect::paper()), ("L02", Dialect::western()), ("O03", Dialect::southern())];
    let day = |office: usize, day: u64, dialect: Dialect, branch: &'static str, n_exchanges: u64| Plan {
        branch,
        file: format!("bars-{branch}-2016-05-{:02}.log", 8 + day),
        seed: seed.wrapping_mul(31).wrapping_add(office as u64 * 2 + day),
        n_exchanges,
        // The 8th of May 2016, 7:17:45.
        start: 1_462_691_865 + day as i64 * 86_400,
        dialect,
        irregular: true,
    };
    let share = n_exchanges / 6;
    let plans = offices.into_iter().enumerate().map(|(office, (branch, dialect))| {
        let rest = if office == 0 { n_exchanges - share * 5 } else { share };
        [day(office, 0, dialect, branch, rest), day(office, 1, dialect, branch, share)]
    });
    plans.collect()
}
