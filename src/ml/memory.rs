//! Whether a model fits, judged before it is loaded: a process that takes more than there is does not fail, it is killed, and the
//! product with it.

use std::fs;

use candle_core::quantized::GgmlDType;

use super::{cgroup, error::Error, gguf::Gguf, packed, shape::Shape};

/// Beside weights and context: tables, the vocabulary's tree, numbers under way.
const BESIDE: u64 = 192 << 20;

/// Bytes that a model takes: its weights, the form in which products of quantized numbers keep them a second time, keys and values
/// of a full context for each text under way.
fn needed(gguf: &Gguf, shape: &Shape, context: usize, n_streams: usize) -> u64 {
    let context = context.min(shape.context) as u64;
    // The cache grows by half at a time, and the old one is copied into the new one layer for layer.
    let cache = shape.kv_bytes_per_token().saturating_mul(context + context / 2).saturating_mul(n_streams as u64);
    of_weights(gguf, n_streams).saturating_add(cache).saturating_add(BESIDE)
}

/// Bytes of the weights in all forms in which they are held; packed ones are a little larger than in the file.
pub(super) fn of_weights(gguf: &Gguf, n_streams: usize) -> u64 {
    gguf.sizes().fold(0_u64, |sum, (name, kind, bytes)| {
        // Rows of the embedding are looked up in the form of the file; as the head it is multiplied with one row for each text under way.
        let is_embedding = name.starts_with("token_embd");
        let twice = match packed::serves(kind) {
            true if is_embedding => bytes.saturating_add(bytes / 32),
            true => bytes / 32,
            false if is_embedding && n_streams == 1 => 0,
            false => again(kind, bytes),
        };
        sum.saturating_add(bytes).saturating_add(twice)
    })
}

/// The number of texts that fit side by side, so many at most.
///
/// # Errors
/// When not even one does.
pub(super) fn streams(gguf: &Gguf, shape: &Shape, context: usize, at_most: usize, free: Option<u64>) -> Result<usize, Error> {
    let Some(free) = free else { return Ok(at_most.max(1)) };
    let found = (1..=at_most.max(1)).rev().find(|n_streams| needed(gguf, shape, context, *n_streams) <= free);
    found.ok_or_else(|| Error::Memory { needed: needed(gguf, shape, context, 1), free })
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

/// Bytes that are free: of the machine, or of the container or service where that has less. Nothing where the system does not say.
pub fn free() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text))?;
    Some(cgroup::left().map_or(machine, |left| machine.min(left)))
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
    use crate::ml::random::Recipe;

    #[test]
    fn as_many_texts_are_held_as_memory_has_room_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.gguf");
        Recipe::tiny("qwen3", 1).write(&path).unwrap();
        let gguf = Gguf::open(&path).unwrap();
        let shape = Shape::of(&gguf).unwrap();
        let need = |n_streams| needed(&gguf, &shape, 512, n_streams);
        assert!(need(4) > need(1));
        for (free, held) in [(None, 4), (Some(u64::MAX), 4), (Some(need(3)), 3), (Some(need(2) - 1), 1)] {
            assert_eq!(streams(&gguf, &shape, 512, 4, free).unwrap(), held, "{free:?}");
        }
        assert!(matches!(streams(&gguf, &shape, 512, 4, Some(need(1) - 1)), Err(Error::Memory { .. })));
    }

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
