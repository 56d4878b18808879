//! Progress bars with rate and time left; on a terminal only.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over bytes; nothing is drawn where standard error is no terminal.
pub(super) fn bar(size: u64, name: &str) -> ProgressBar {
    let bar = ProgressBar::new(size);
    let style = "{msg:20!} {bar:30} {bytes}/{total_bytes} {binary_bytes_per_sec} {eta} left";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.set_message(name.to_owned());
    bar
}

/// A bar over things of this name, whose number is set when it is known.
pub(super) fn counter(name: &str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta} left") {
        bar.set_style(style);
    }
    bar.set_message(name.to_owned());
    bar
}
