//! What `/metrics` says of a language model in this process: how quick it is lately, what it takes, what became of its requests.

use std::fmt::Write;

use crate::usecase::Services;

/// Writes its figures; nothing where no model runs in this process.
pub(super) fn show(text: &mut String, services: &Services) {
    let Some(figures) = services.drafts.backend().and_then(|backend| backend.figures()) else { return };
    for (name, about, n) in [
        ("tokens_per_second", "Tokens written a second lately, all replies together.", figures.tokens_per_second),
        ("memory_bytes", "About how much memory the model takes: weights and contexts.", figures.bytes as f64),
    ] {
        let _ = writeln!(text, "# HELP loghelper_model_{name} {about}\n# TYPE loghelper_model_{name} gauge\nloghelper_model_{name} {n}");
    }
    for (name, about, n) in [
        ("unwanted", "Requests that were given up by who asked.", figures.unwanted),
        ("refused", "Requests that were not taken in.", figures.refused),
        ("restarts", "Times the model was loaded anew after a panic.", figures.restarts),
    ] {
        let name = format!("loghelper_model_{name}_total");
        let _ = writeln!(text, "# HELP {name} {about}\n# TYPE {name} counter\n{name} {n}");
    }
}
