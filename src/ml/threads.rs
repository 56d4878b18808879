//! How many threads a model takes. The tensor library reads that from its environment when it is first used, and a running program
//! cannot change its own environment safely: it starts itself anew with another one, before it has opened anything.

use std::{io, thread};

/// Variables that the library and its thread pool read.
const VARIABLES: [&str; 2] = ["CANDLE_NUM_THREADS", "RAYON_NUM_THREADS"];
/// What MKL reads, in programs that are built with it.
const OF_MKL: &str = "MKL_NUM_THREADS";

/// Threads for a model: as configured, or what leaves a quarter of the processors, one at least, so that pages stay quick.
pub fn wanted(configured: usize) -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    if configured == 0 { processors.saturating_sub(processors.div_ceil(4)).max(1) } else { configured.min(processors) }
}

/// Starts this program anew where the library would take another number of threads; returns where all is well. What the environment
/// says already goes before the configuration.
///
/// # Errors
/// When the program cannot be started anew.
pub fn settle(configured: usize) -> io::Result<()> {
    let wanted = wanted(configured);
    if VARIABLES.iter().any(|name| std::env::var_os(name).is_some()) || candle_core::utils::get_num_threads() == wanted {
        return Ok(());
    }
    anew(wanted)
}

/// The same where a failure is no reason to stop: the model is then quicker, and the pages slower, than was wished.
pub fn settle_if_possible(configured: usize) {
    if let Err(error) = settle(configured) {
        tracing::warn!(%error, "the language model takes as many threads as there are processors");
    }
}

/// Whether the library's own threads still take work. A panic in one of them leaves their lock unusable for as long as the process lives
/// (candle 0.11), and they are nobody's to replace.
pub(super) fn are_sound() -> bool {
    std::panic::catch_unwind(|| candle_core::utils::barrier_pool().execute(|_| ())).is_ok()
}

#[cfg(unix)]
fn anew(threads: usize) -> io::Result<()> {
    use std::os::unix::process::CommandExt;
    let mut arguments = std::env::args_os();
    let mut command = std::process::Command::new(std::env::current_exe()?);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    let variables = VARIABLES.into_iter().chain([OF_MKL]).map(|name| (name, threads.to_string()));
    Err(command.args(arguments).envs(variables).exec())
}

#[cfg(not(unix))]
fn anew(threads: usize) -> io::Result<()> {
    tracing::warn!(threads, "set CANDLE_NUM_THREADS and RAYON_NUM_THREADS for this number of threads");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::wanted;

    #[test]
    fn a_quarter_of_the_processors_is_left_free_and_one_is_taken_at_least() {
        let processors = std::thread::available_parallelism().unwrap().get();
        assert_eq!(wanted(0), (processors - processors.div_ceil(4)).max(1));
        assert_eq!(wanted(1), 1);
        assert_eq!(wanted(10_000), processors);
    }
}
