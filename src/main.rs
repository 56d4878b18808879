//! The `loghelper` program: arguments, telemetry, exit code; nothing else.

use std::{io::IsTerminal, process::ExitCode};

use tracing_subscriber::EnvFilter;

/// Parsing hands out a dozen small pieces of memory an exchange, and worker threads free what others asked for: this allocator does
/// both faster than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = loghelper::cli::arguments();
    let filter = EnvFilter::try_from_env("LOGHELPER_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    // A line that cannot be written, as nobody reads it any more, is no reason for a panic of the thread that wrote it.
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).log_internal_errors(false).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("loghelper: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(loghelper::cli::run(arguments)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("loghelper: {error:#}");
            ExitCode::FAILURE
        }
    }
}
