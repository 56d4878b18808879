//! The command line: one file a command. Data goes to standard output, progress and messages to standard error.
//!
//! Exit code 0: done; 1: failed; 2: wrong usage.

mod agent;
mod branch;
mod branch_key;
mod branch_subscription;
mod demo;
mod doctor;
mod errors;
mod group;
mod ingest;
mod input;
mod kb;
mod kb_file;
mod lines;
mod r#match;
mod model;
mod model_check;
mod output;
mod parse;
mod progress;
mod query;
mod reprocess;
mod serve;
mod suggest;
mod usage;
mod user;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use crate::{
    app,
    config::{Config, Flags},
    usecase::audit::{self, Origin},
};
use usage::Usage;

/// The exit code of a command that means nothing.
const WRONG_USAGE: u8 = 2;

/// Recognises errors in the request/response logs of a bank's branches and shows the answer.
#[derive(Debug, Parser)]
#[command(name = "loghelper", version, arg_required_else_help = true)]
pub struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
struct Global {
    /// Where documents live: `sqlite:PATH` or `mongodb://…` [env: LOGHELPER_STORE]
    #[arg(long, global = true, value_name = "URL")]
    store: Option<String>,
    /// Folder of this program's files [env: LOGHELPER_DATA_DIR] [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Configuration file [default: loghelper.toml in the data folder]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Global {
    /// The configuration with these flags on top.
    fn config(&self) -> Result<Config> {
        let flags = Flags { file: self.config.clone(), data_dir: self.data_dir.clone(), store: self.store.clone() };
        let config = Config::load(&flags).with_context(|| format!("the configuration ({}, LOGHELPER_…)", flags.file_path().display()))?;
        // The whole of it may hold a password.
        let url = config.store_url();
        if app::StoreKind::of(&url).is_none() {
            let scheme = url.split(':').next().unwrap_or_default();
            return Err(Usage::of("--store", scheme, "`sqlite:PATH` and `mongodb://…` are stores").into());
        }
        Ok(config)
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Seed a fresh store with a knowledge base and the logs of three branches, then serve.
    Demo(demo::Demo),
    /// Serve the web pages.
    Serve(serve::Serve),
    /// Parse, pair, detect, match and store log files.
    Ingest(ingest::Ingest),
    /// Read stored files again by the rules of today, or say what that would change.
    Reprocess(reprocess::Reprocess),
    /// Print the Logs of files as NDJSON; nothing is stored.
    Parse(parse::Parse),
    /// Print a verdict for each error text of standard input.
    Match(r#match::Match),
    /// Print the group and template of each message of standard input.
    Group(group::Group),
    /// Print stored Logs that match a filter.
    Query(query::Query),
    /// Work on unknown errors.
    Errors(errors::Errors),
    /// Import, export or check the knowledge base, try a rule on history, judge stored errors anew.
    Kb(kb::Kb),
    /// Draft a fix for an unknown error, with its sources.
    Suggest(suggest::Suggest),
    /// Register or list branches, make and revoke their ingestion keys.
    Branch(branch::Branch),
    /// Add or list people, set passwords.
    User(user::User),
    /// Follow the log files of a branch and send them.
    Agent(agent::Agent),
    /// List, fetch and try language models.
    Model(model::Model),
    /// Bring the store's schema up to date.
    Migrate(doctor::Migrate),
    /// Look whether everything that is needed is there.
    Doctor(doctor::Doctor),
}

/// Reads the arguments; ends the process with code 2 where they are wrong.
pub fn arguments() -> Arguments {
    Arguments::parse()
}

/// Runs a command.
///
/// # Errors
/// When it fails; the chain of causes is for people.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    match audit::during(Origin::command_line(), dispatch(arguments)).await {
        Err(error) if error.is::<Usage>() => {
            eprintln!("error: {error:#}\n\nFor more information, try '--help'.");
            Ok(ExitCode::from(WRONG_USAGE))
        }
        done => done,
    }
}

async fn dispatch(arguments: Arguments) -> Result<ExitCode> {
    let global = &arguments.global;
    match arguments.command {
        Command::Demo(command) => command.run(global).await,
        Command::Serve(command) => command.run(global).await,
        Command::Ingest(command) => command.run(global).await,
        Command::Reprocess(command) => command.run(global).await,
        Command::Parse(command) => command.run(global),
        Command::Match(command) => command.run(),
        Command::Group(command) => command.run(),
        Command::Query(command) => command.run(global).await,
        Command::Errors(command) => command.run(global).await,
        Command::Kb(command) => command.run(global).await,
        Command::Suggest(command) => command.run(global).await,
        Command::Branch(command) => command.run(global).await,
        Command::User(command) => command.run(global).await,
        Command::Agent(command) => command.run(global).await,
        Command::Model(command) => command.run(global).await,
        Command::Migrate(command) => command.run(global).await,
        Command::Doctor(command) => command.run(global).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    /// Each command of the tree with the words that lead to it.
    fn walk(command: &Command, words: &str, found: &mut Vec<(String, String)>) {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let words = format!("{words} {}", sub.get_name());
            found.push((words.clone(), sub.get_after_help().map(ToString::to_string).unwrap_or_default()));
            walk(sub, &words, found);
        }
    }

    #[test]
    fn the_tree_of_commands_is_consistent_and_each_has_an_example_of_itself() {
        let command = super::Arguments::command();
        command.clone().debug_assert();
        let mut found = Vec::new();
        walk(&command, "loghelper", &mut found);
        assert!(found.iter().any(|(words, _)| words == "loghelper errors approve"));
        for (words, help) in found {
            assert!(help.starts_with("Example") && help.contains(&words), "`{words}` has no example");
        }
    }

    #[test]
    fn examples_are_commands_that_can_be_given() {
        let mut found = Vec::new();
        walk(&super::Arguments::command(), "loghelper", &mut found);
        for line in found.iter().flat_map(|(_, help)| help.lines()) {
            let Some((_, call)) = line.split_once("loghelper ").filter(|_| line.starts_with("  ")) else { continue };
            let words = words(call.split(['|', '<', ';']).next().unwrap());
            let parsed = super::Arguments::command().try_get_matches_from(std::iter::once("loghelper".to_owned()).chain(words.clone()));
            let is_shortened = words.iter().any(|word| word.ends_with('…'));
            assert!(parsed.is_ok() || is_shortened, "{line}: {}", parsed.err().unwrap());
        }
    }

    /// The words of a command, as a shell parts them.
    fn words(call: &str) -> Vec<String> {
        let quoted = regex::Regex::new(r"'([^']*)'|(\S+)").unwrap();
        quoted.captures_iter(call).map(|word| word.get(1).or(word.get(2)).unwrap().as_str().to_owned()).collect()
    }
}
