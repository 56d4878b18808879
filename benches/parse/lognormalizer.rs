//! lognormalizer of liblognorm: reads line by line with a rule base and writes JSON; pairs nothing.

use std::{
    fs::File,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    time::Instant,
};

const RULES: &str = r#"version=2
rule=:=> %server:word% at %date:word% %time:word% %half:char-to:\x3a%: from %ip:ipv4%; RequestType = %type:char-to:;%; ContentType = %content:char-to:;%; charset="%charset:char-to:"%";
rule=:<= %server:word% at %date:word% %time:word% %half:char-to:\x3a%: to %ip:ipv4%
rule=:Input = %body:json%
rule=:Output = %body:json%
"#;

/// The input on disk, where it is read from. Writing it there is no part of what is measured.
pub struct Prepared(tempfile::TempDir);

impl Prepared {
    /// Writes rules and text.
    pub fn new(text: &[u8]) -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        File::create(folder.path().join("records.rb")).ok()?.write_all(RULES.as_bytes()).ok()?;
        File::create(folder.path().join("input.log")).ok()?.write_all(text).ok()?;
        Some(Self(folder))
    }

    /// The input.
    pub fn input(&self) -> PathBuf {
        self.0.path().join("input.log")
    }

    /// Seconds that it takes; `None` when it is not installed.
    pub fn run(&self) -> Option<f64> {
        let mut command = Command::new("lognormalizer");
        command.arg("-r").arg(self.0.path().join("records.rb"));
        command.stdin(File::open(self.input()).ok()?).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        command.status().ok()?;
        Some(start.elapsed().as_secs_f64())
    }
}
