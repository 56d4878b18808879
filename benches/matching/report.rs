//! From single judgements to the figures.

/// One query's outcome.
pub struct Judged {
    pub query: usize,
    pub best: Option<usize>,
    pub score: f64,
    /// The nearest known error is the query's.
    pub is_right: bool,
    /// The knowledge base has the query's template.
    pub is_known: bool,
    pub group: usize,
    /// What the answer took.
    pub seconds: f64,
}

/// All outcomes of one engine.
#[derive(Default)]
pub struct Report {
    pub engine: &'static str,
    /// Its fixed threshold.
    pub threshold: Option<f64>,
    pub judged: Vec<Judged>,
}

struct Figures {
    /// Of the queries that are known, the share whose nearest known error is right.
    top1: f64,
    /// F1 of the verdicts "known, and it is this one".
    f1: f64,
    /// F1 of "known" alone, whichever it is.
    binary: f64,
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn figures<'a>(judged: impl Iterator<Item = &'a Judged> + Clone, threshold: f64) -> Figures {
    let count = |test: &dyn Fn(&&Judged) -> bool| judged.clone().filter(test).count();
    let known = count(&|judged| judged.is_known);
    let said = count(&|judged| judged.score >= threshold);
    let right = count(&|judged| judged.score >= threshold && judged.is_right);
    let told = count(&|judged| judged.score >= threshold && judged.is_known);
    Figures {
        top1: share(count(&|judged| judged.is_known && judged.is_right), known),
        f1: share(2 * right, said + known),
        binary: share(2 * told, said + known),
    }
}

/// Expected calibration error: the mean distance between score and share of right verdicts, over ten bins.
fn calibration_error<'a>(judged: impl Iterator<Item = &'a Judged>) -> f64 {
    let mut bins = [(0.0, 0.0, 0.0); 10];
    for judged in judged {
        let bin = &mut bins[((judged.score * 10.0) as usize).min(9)];
        *bin = (bin.0 + 1.0, bin.1 + judged.score, bin.2 + f64::from(u8::from(judged.is_right)));
    }
    let n_judged: f64 = bins.iter().map(|(n, ..)| n).sum();
    bins.iter().map(|(_, score, right)| (score - right).abs()).sum::<f64>() / n_judged.max(1.0)
}

/// Mean and median of what an answer took.
fn micros<'a>(judged: impl Iterator<Item = &'a Judged>) -> String {
    let mut micros: Vec<f64> = judged.map(|judged| judged.seconds * 1e6).collect();
    micros.sort_by(f64::total_cmp);
    let median = micros.get(micros.len() / 2).copied().unwrap_or_default();
    format!("{:.2} us/query, median {median:.2}", micros.iter().sum::<f64>() / micros.len().max(1) as f64)
}

impl Report {
    /// Adds the outcomes of another split.
    pub fn add(&mut self, other: Self) {
        self.judged.extend(other.judged);
    }

    /// What all answers took.
    pub fn seconds(&self) -> f64 {
        self.judged.iter().map(|judged| judged.seconds).sum()
    }

    /// The threshold that is best afterwards.
    fn best_threshold(&self) -> f64 {
        let n_known = self.judged.iter().filter(|judged| judged.is_known).count();
        let mut judged: Vec<&Judged> = self.judged.iter().collect();
        judged.sort_by(|a, b| b.score.total_cmp(&a.score));
        let (mut best, mut said, mut right) = ((f64::NEG_INFINITY, 0.0), 0, 0);
        for of_score in judged.chunk_by(|a, b| a.score == b.score) {
            said += of_score.len();
            right += of_score.iter().filter(|judged| judged.is_right).count();
            let f1 = share(2 * right, said + n_known);
            best = of_score.first().filter(|_| f1 > best.0).map_or(best, |judged| (f1, judged.score));
        }
        best.1
    }

    /// One line for all queries.
    pub fn print_total(&self) {
        let (name, threshold) = (self.engine, self.threshold);
        let fixed = threshold.unwrap_or_else(|| self.best_threshold());
        let total = figures(self.judged.iter(), fixed);
        let micros = micros(self.judged.iter());
        let calibration = threshold.map(|_| format!("  ECE {:.3}", calibration_error(self.judged.iter()))).unwrap_or_default();
        let best = if threshold.is_some() {
            format!("  (best F1 {:.3} at {:.2})", figures(self.judged.iter(), self.best_threshold()).f1, self.best_threshold())
        } else {
            " at its best threshold".into()
        };
        println!(
            "{name:<38} top-1 {:.3}  F1 {:.3}  known/unknown F1 {:.3}{calibration}  {micros}{best}",
            total.top1, total.f1, total.binary
        );
    }

    /// One line a system.
    pub fn print_systems(&self, names: &[String]) {
        for (group, name) in names.iter().enumerate() {
            let of_system = self.judged.iter().filter(|judged| judged.group == group);
            let system = figures(of_system.clone(), self.threshold.unwrap_or_default());
            println!(
                "    {name:<12} {:>4} queries  top-1 {:.3}  F1 {:.3}  known/unknown F1 {:.3}  ECE {:.3}  {}",
                of_system.clone().count(),
                system.top1,
                system.f1,
                system.binary,
                calibration_error(of_system.clone()),
                micros(of_system)
            );
        }
    }
}
