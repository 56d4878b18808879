//! The `loghelper` program: arguments, telemetry, exit code; nothing else.

fn main() {}
