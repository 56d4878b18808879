//! lognormalizer of liblognorm: reads line by line with a rule base and writes JSON; pairs nothing.

use std::{
    fs::File,
    io::Write,
    process::{Command, Stdio},
};

use super::Outcome;

const RULES: &str = r#"version=2
rule=:=> %server:word% at %date:word% %time:word% %half:char-to:\x3a%: from %ip:ipv4%; RequestType = %type:char-to:;%; ContentType = %content:char-to:;%; charset="%charset:char-to:"%";
rule=:<= %server:word% at %date:word% %time:word% %half:char-to:\x3a%: to %ip:ipv4%
rule=:Input = %body:json%
rule=:Output = %body:json%
"#;

/// Runs it over the text; `None` when it is not installed.
pub fn run(text: &[u8]) -> Option<Outcome> {
    let folder = tempfile::tempdir().ok()?;
    let (rules, input) = (folder.path().join("records.rb"), folder.path().join("input.log"));
    File::create(&rules).ok()?.write_all(RULES.as_bytes()).ok()?;
    File::create(&input).ok()?.write_all(text).ok()?;
    let mut command = Command::new("lognormalizer");
    command.arg("-r").arg(&rules).stdin(File::open(&input).ok()?).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().ok()?;
    Some(Outcome { n_logs: 0, bson_bytes: 0 })
}
