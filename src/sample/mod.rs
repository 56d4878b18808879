//! Sample logs of branches: deterministic by seed, any amount, every irregularity that real files have.
//!
//! `faults` are the errors that servers report, `bodies` what client and server say, `quirk` what is irregular about an
//! exchange, `half` and `dialect` how a record is written. The generator counts what it writes ([`Truth`]), so that what is
//! read back can be compared with it.

mod bodies;
mod dialect;
mod exchange;
mod faults;
mod foreign;
mod half;
mod quirk;
mod random;
#[cfg(test)]
mod seed_tests;
#[cfg(test)]
mod tests;
mod truth;
mod values;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

pub use dialect::{DateStyle, Dialect, TextEncoding};
pub use half::Half;
pub use truth::Truth;

use half::Flaw;
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

/// Writes one file; `late` are responses left over from the file before. Returns the truth and the responses that come too
/// late for this file.
///
/// # Errors
/// When the output cannot be written.
pub fn generate(plan: &Plan, late: Vec<Half>, out: &mut dyn Write) -> io::Result<(Truth, Vec<Half>)> {
    let mut random = Random::new(plan.seed);
    let mut writer = Writer { plan, truth: Truth::default(), text: String::with_capacity(4096), out };
    writer.out.write_all(plan.dialect.byte_order_mark())?;
    // Halves that are written when their time comes, in the order in which they were made.
    let mut pending: BTreeMap<(i64, u64), Half> = BTreeMap::new();
    let mut order = 0;
    writer.truth.late = late.len() as i64;
    writer.truth.response_only = late.len() as i64;
    for half in late {
        order += 1;
        pending.insert((plan.start, order), Half { at: plan.start, ..half });
    }
    let mut left_over = Vec::new();
    let (mut n, mut now) = (0, plan.start);
    while n < plan.n_exchanges {
        now += random.below(4) as i64;
        let made = exchange::make(plan, n, now, &mut random);
        n += made.n_exchanges;
        let goes_over = plan.irregular && n + 20 > plan.n_exchanges && made.may_be_late && random.chance(0.5);
        let truth = &mut writer.truth;
        truth.complete += made.complete - i64::from(goes_over);
        truth.request_only += made.request_only + i64::from(goes_over);
        truth.response_only += made.response_only;
        for half in made.halves {
            if goes_over && half.is_response {
                left_over.push(half);
            } else {
                order += 1;
                pending.insert((half.at, order), half);
            }
        }
        while let Some(first) = pending.first_entry().filter(|first| first.key().0 <= now) {
            writer.write(&first.remove(), &mut random)?;
        }
    }
    for half in pending.into_values() {
        writer.write(&half, &mut random)?;
    }
    writer.out.flush()?;
    Ok((writer.truth, left_over))
}

/// Writes records and counts them.
struct Writer<'a> {
    plan: &'a Plan,
    truth: Truth,
    text: String,
    out: &'a mut dyn Write,
}

impl Writer<'_> {
    fn write(&mut self, half: &Half, random: &mut Random) -> io::Result<()> {
        self.truth.records += 1;
        self.truth.malformed += i64::from(half.is_malformed());
        if let Some(message) = half.error {
            self.truth.count(message);
        }
        self.text.clear();
        self.truth.foreign_lines += half.write(&self.plan.dialect, &mut self.text);
        // What follows a cut body may be read as more of it.
        if self.plan.irregular && !matches!(half.flaw, Flaw::Cut { .. }) {
            if random.chance(0.01) {
                self.text.push('\n');
            }
            if random.chance(0.01) {
                self.truth.foreign_lines += foreign::write(random, &mut self.text);
            }
        }
        self.plan.dialect.write(&self.text, self.out)
    }
}

/// The demonstration: three branches, two files each, the second with late responses of the first, and a file of a day on which nothing
/// happened.
pub fn demo_plans() -> Vec<Vec<Plan>> {
    plans(3000, 20_160_508)
}

/// Any amount of exchanges over the three branches.
pub fn plans(n_exchanges: u64, seed: u64) -> Vec<Vec<Plan>> {
    let offices = [
        ("K01", [Dialect::paper(), Dialect::edited()]),
        ("L02", [Dialect::western(), Dialect::western()]),
        ("O03", [Dialect::southern(), Dialect::unmarked()]),
    ];
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
    let plans = offices.into_iter().enumerate().map(|(office, (branch, [first, second]))| {
        let rest = if office == 0 { n_exchanges - share * 5 } else { share };
        vec![day(office, 0, first, branch, rest), day(office, 1, second, branch, share)]
    });
    let mut plans: Vec<Vec<Plan>> = plans.collect();
    if let Some(last) = plans.last_mut() {
        // The day before the first; responses of other days cannot come on it.
        let idle = Plan { file: "bars-O03-2016-05-07.log".to_owned(), n_exchanges: 0, ..day(2, 0, Dialect::paper(), "O03", 0) };
        last.insert(0, idle);
    }
    plans
}
