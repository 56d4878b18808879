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
mod user;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::{
    config::{Config, Flags},
    usecase::audit::{self, Origin},
};

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
        Ok(Config::load(&flags)?)
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
    audit::during(Origin::command_line(), dispatch(arguments)).await
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
    use clap::CommandFactory;

    #[test]
    fn the_tree_of_commands_is_consistent_and_each_has_an_example() {
        let command = super::Arguments::command();
        command.clone().debug_assert();
        for sub in command.get_subcommands() {
            let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("loghelper "), "`{}` has no example", sub.get_name());
        }
    }
}
