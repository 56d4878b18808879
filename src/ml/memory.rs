//! Whether a model fits, judged before it is loaded: a process that takes more than there is does not fail, it is killed, and the
//! product with it.

use std::fs;

use candle_core::quantized::GgmlDType;

use super::{gguf::Gguf, shape::Shape};

/// Beside weights and context: tables, the vocabulary's tree, numbers under way.
const BESIDE: u64 = 192 << 20;

/// Bytes that a model takes: its weights, the form in which products of quantized numbers keep them a second time, keys and values
/// of a full context.
pub(super) fn needed(gguf: &Gguf, shape: &Shape, context: usize) -> u64 {
    let weights = gguf.sizes().fold(0_u64, |sum, (name, kind, bytes)| {
        // Rows of the embedding are looked up, not multiplied, or for one token at a time.
        let twice = if name.starts_with("token_embd") { 0 } else { again(kind, bytes) };
        sum.saturating_add(bytes).saturating_add(twice)
    });
    let context = context.min(shape.context) as u64;
    // The cache grows by half at a time, and the old one is copied into the new one layer for layer.
    let cache = shape.kv_bytes_per_token().saturating_mul(context + context / 2);
    weights.saturating_add(cache).saturating_add(BESIDE)
}

/// Bytes of the second form.
fn again(kind: GgmlDType, bytes: u64) -> u64 {
    match kind {
        GgmlDType::Q4K => bytes / 3 * 4,
        GgmlDType::Q6K => bytes / 2 * 3,
        GgmlDType::F16 | GgmlDType::BF16 => bytes.saturating_mul(2),
        _ => bytes,
    }
}

/// Bytes that are free: of the machine, or of the container where that has less. Nothing where the system does not say.
pub fn free() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text))?;
    let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let container = number("/sys/fs/cgroup/memory.max").zip(number("/sys/fs/cgroup/memory.current"));
    Some(container.map_or(machine, |(most, used)| machine.min(most.saturating_sub(used))))
}

/// The line of what is available, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Bytes of memory that this process holds now. Nothing where the system does not say.
pub fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_available_is_read_in_bytes() {
        let cases = [
            ("MemTotal:  1 kB\nMemAvailable:   2048 kB\n", Some(2 << 20)),
            ("MemTotal:  1 kB\n", None),
            ("MemAvailable: x kB\n", None),
            ("MemAvailable: 99999999999999999999 kB\n", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(available(text), wanted, "{text}");
        }
    }
}
