//! The signature of a request: whoever has the secret can tell that it is ours, and that it was sent just now.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header that bears it.
pub const SIGNATURE: &str = "LogHelper-Signature";

/// `t=<seconds since 1970>,v1=<HMAC-SHA256 of "<seconds>.<body>", hexadecimal>`.
pub fn signature(secret: &str, seconds: i64, body: &[u8]) -> String {
    // Keys of any length are taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_can_check_it() {
        // python3 -c "import hmac; print(hmac.new(b'lhs_5e', b'1462680000.{}', 'sha256').hexdigest())"
        let expected = "t=1462680000,v1=d51a88f267df4f64aa099ca1998e6f3e3d322207cd6428b6222faea984948ecf";
        assert_eq!(signature("lhs_5e", 1_462_680_000, b"{}"), expected);
        assert_ne!(signature("lhs_5e", 1_462_680_001, b"{}"), expected);
        assert_ne!(signature("lhs_5f", 1_462_680_000, b"{}")[13..], expected[13..]);
        assert_eq!(signature("", 0, b"").len(), 4 + 3 + 64);
    }
}
