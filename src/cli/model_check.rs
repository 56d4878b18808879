//! `model check`: a model tried on this machine: speed, memory, self-tests.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};

use crate::{
    config::Config,
    ml::{
        self, LocalModel, Site, catalogue,
        measure::{self, Speed, TOKENS},
        threads,
        trial::{self, Trial},
    },
};

/// What to try.
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// A GGUF file or a name of the list; the configured model where none is given
    model: Option<String>,
    /// Measure a model of this form whose weights are chance: for speed where no weights can be had
    #[arg(long)]
    random: bool,
    /// Threads of the model [default: as configured]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Measure this many replies side by side, too
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    streams: Option<u8>,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

/// What was found.
#[derive(serde::Serialize)]
struct Report {
    model: String,
    speed: Speed,
    side_by_side: Option<SideBySide>,
    trials: Vec<Trial>,
}

/// Several replies at once.
#[derive(serde::Serialize)]
struct SideBySide {
    n_streams: u8,
    /// All together.
    tokens_per_s: f64,
}

impl Check {
    pub(super) fn run(self, config: &Config) -> Result<ExitCode> {
        threads::settle(self.threads.unwrap_or(config.llm.threads)).context("the number of threads could not be set")?;
        let folder = tempfile::tempdir()?;
        let named = self.model.clone().unwrap_or_else(|| config.llm.model.clone());
        let file = match self.random {
            true => self.chance(&named, folder.path().join("chance.gguf"))?,
            false => catalogue::locate(&named, &config.data.dir, config.llm.context, Site::here).map_err(advised)?,
        };
        eprintln!("measuring {}", file.display());
        let speed = measure::speed(&file).map_err(advised)?;
        let side_by_side = match self.streams {
            Some(n_streams) => {
                Some(SideBySide { n_streams, tokens_per_s: measure::streams(&file, usize::from(n_streams)).map_err(advised)? })
            }
            None => None,
        };
        // Weights of chance have nothing to say.
        let trials = match self.random {
            true => Vec::new(),
            false => {
                eprintln!("asking");
                let llm = crate::config::LlmConfig { model: file.display().to_string(), ..config.llm.clone() };
                trial::run(&LocalModel::start(&llm, &config.data.dir))
            }
        };
        let report = Report { model: file.display().to_string(), speed, side_by_side, trials };
        match self.json {
            true => println!("{}", serde_json::to_string(&report)?),
            false => print(&report),
        }
        Ok(if report.trials.iter().all(|trial| trial.passed) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Writes a file of chance in the form of a model of the list.
    fn chance(&self, named: &str, file: PathBuf) -> Result<PathBuf> {
        let entry = catalogue::entries().into_iter().find(|entry| entry.name == named);
        let recipe =
            entry.and_then(|entry| entry.recipe).context("--random takes the name of a model for drafts of `loghelper model list`")?;
        eprintln!("writing weights of chance");
        recipe.write(&file)?;
        Ok(file)
    }
}

/// The error with what to do about it.
fn advised(error: ml::Error) -> anyhow::Error {
    let remedy = error.remedy();
    anyhow::Error::new(error).context(remedy)
}

fn print(report: &Report) {
    let speed = &report.speed;
    let (n_prompt, n_reply) = TOKENS;
    println!("model            {}", report.model);
    println!("device           {}, {} threads", speed.device, speed.threads);
    println!("weights          {} MB, loaded in {:.1} s", speed.weight_bytes >> 20, speed.load_s);
    println!("prompt           {:.1} tokens/s ({n_prompt} tokens)", speed.prefill_tokens_per_s);
    println!("reply            {:.1} tokens/s ({n_reply} tokens)", speed.decode_tokens_per_s);
    if let Some(SideBySide { n_streams, tokens_per_s }) = &report.side_by_side {
        let times = tokens_per_s / speed.decode_tokens_per_s;
        println!("side by side     {tokens_per_s:.1} tokens/s, {n_streams} replies together: {times:.2} times one");
    }
    let reckoned = speed.reckoned_bytes >> 20;
    match (speed.graphics_bytes, speed.resident_bytes) {
        (Some(bytes), _) => println!("memory           {} MB of the graphics processor, {reckoned} MB reckoned", bytes >> 20),
        (None, Some(bytes)) => println!("memory           {} MB, {reckoned} MB reckoned for the model", bytes >> 20),
        (None, None) => println!("memory           {reckoned} MB reckoned"),
    }
    if let Some(distance) = speed.distance_to_processor {
        println!("to the processor {distance:.1e} relative distance of logits");
    }
    for trial in &report.trials {
        println!("{} {}\n     {}", if trial.passed { "ok  " } else { "FAIL" }, trial.name, trial.reply.trim());
    }
}
