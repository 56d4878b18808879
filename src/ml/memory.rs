//! What memory there is: of the machine, or of a graphics processor.

use std::fs;

use candle_core::Device;

use super::cgroup;

/// Bytes that are free: of the machine, or of the container or service where that has less. Nothing where the system does not say.
pub fn free() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text))?;
    Some(cgroup::left().map_or(machine, |left| machine.min(left)))
}

/// Bytes that are free where a model on this device has its numbers. Nothing where that is not known.
pub(super) fn free_on(device: &Device) -> Option<u64> {
    if device.is_cpu() { free() } else { graphics(device) }
}

/// What the driver has not given to anybody yet.
#[cfg(feature = "cuda")]
fn graphics(device: &Device) -> Option<u64> {
    let Device::Cuda(device) = device else { return None };
    let (free, _all) = device.cuda_stream().context().mem_get_info().ok()?;
    u64::try_from(free).ok()
}

/// Nobody is asked in a program that was not built for one.
#[cfg(not(feature = "cuda"))]
fn graphics(_device: &Device) -> Option<u64> {
    None
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
