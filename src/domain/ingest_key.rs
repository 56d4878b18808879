//! The key with which a branch's programs send logs: it does nothing else, and only its hash is kept.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::BranchCode;

/// What every key begins with.
const BEGIN: &str = "lhk_";

/// An ingestion key, without the secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IngestKey {
    /// The visible beginning of the key: `lhk_` and eight hexadecimal digits.
    #[serde(rename = "_id")]
    pub id: String,
    /// The branch whose logs it lets in.
    pub branch: BranchCode,
    /// What it is for, in a person's words.
    pub name: String,
    /// BLAKE3 of the whole key, hexadecimal. The secret has 256 random bits: a slow hash would add nothing.
    pub hash: String,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime,
    /// From when on it is not taken: it was revoked, or another took its place.
    pub ends_at: Option<DateTime>,
    /// When it was used last, to within a minute.
    pub last_used_at: Option<DateTime>,
}

impl IngestKey {
    /// The text of a key: what the branch is given once.
    pub fn text(id_digits: &str, secret: &str) -> String {
        format!("{BEGIN}{id_digits}_{secret}")
    }

    /// The visible beginning of a text that has the form of a key.
    pub fn id_of(text: &str) -> Option<&str> {
        let digits = text.strip_prefix(BEGIN)?;
        let (digits, secret) = digits.split_once('_')?;
        let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
        (digits.len() == 8 && secret.len() == 64 && is_hex(digits) && is_hex(secret)).then(|| text.get(..BEGIN.len() + 8)).flatten()
    }

    /// What is kept of a key's text.
    pub fn hash_of(text: &str) -> String {
        blake3::hash(text.as_bytes()).to_hex().to_string()
    }

    /// Whether this text is the key, and it is taken at this moment.
    pub fn opens(&self, text: &str, now: DateTime) -> bool {
        // Hashes of this kind are compared in constant time.
        let same = blake3::Hash::from_hex(&self.hash).is_ok_and(|hash| hash == blake3::hash(text.as_bytes()));
        same && self.is_valid(now)
    }

    /// Whether it is taken at this moment.
    pub fn is_valid(&self, now: DateTime) -> bool {
        self.ends_at.is_none_or(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_a_form_and_open_until_they_end() {
        let text = IngestKey::text("0123abcd", &"5e".repeat(32));
        assert_eq!(IngestKey::id_of(&text), Some("lhk_0123abcd"));
        for bad in ["", "lhk_", "lhk_0123abcd", "lhk_0123abcd_", "lhk_0123abcd_xyz", &text[1..], &format!("{text}0"), "lhk_ї_ї"] {
            assert_eq!(IngestKey::id_of(bad), None, "{bad}");
        }
        let at = DateTime::from_millis;
        let key = IngestKey {
            id: "lhk_0123abcd".into(),
            branch: "K01".parse().unwrap(),
            name: String::new(),
            hash: IngestKey::hash_of(&text),
            created_by: "olena".into(),
            created_at: at(0),
            ends_at: Some(at(1000)),
            last_used_at: None,
        };
        assert!(key.opens(&text, at(999)) && !key.opens(&text, at(1000)));
        assert!(!key.opens(&text.replace("5e", "5f"), at(0)));
    }
}
