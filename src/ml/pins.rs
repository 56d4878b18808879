//! Files of the known models: where each is, how many bytes it has and which. The address names the revision of the publisher's
//! repository, so that what is fetched does not change when the publisher changes theirs.
//!
//! Each digest stood, beside the size and with the same revision where one was named, in several public repositories that have nothing
//! to do with each other and check their own downloads by it. On GitHub among others: `berniehans/titan` (0.6B in 4 bits),
//! `tylerguest/infurnace` (0.6B in 8), `hectorlutero/TypedDecisionMCP` (1.7B in 4), `joshmeek/otlet` (1.7B in 8), `1picassoai/Sarge` (4B).
//! Those of the two embedding models stood in more than ten each. The publisher's own server was not asked: it could not be reached.

/// A file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its name, in the folder it is pulled from.
    pub name: &'static str,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in small hexadecimal digits.
    pub sha256: &'static str,
}

const fn part(name: &'static str, bytes: u64, sha256: &'static str) -> Part {
    Part { name, bytes, sha256 }
}

/// A folder and its files, the weights first.
pub(super) type Source = (&'static str, &'static [Part]);

/// Quantized by Unsloth.
pub(super) const QWEN3_0_6B_Q4: Source = (
    "https://huggingface.co/unsloth/Qwen3-0.6B-GGUF/resolve/50968a4468ef4233ed78cd7c3de230dd1d61a56b",
    &[part("Qwen3-0.6B-Q4_K_M.gguf", 396_705_472, "ac2d97712095a558e31573f62f466a3f9d93990898b0ec79d7c974c1780d524a")],
);

/// Quantized by Qwen themselves.
pub(super) const QWEN3_0_6B_Q8: Source = (
    "https://huggingface.co/Qwen/Qwen3-0.6B-GGUF/resolve/23749fefcc72300e3a2ad315e1317431b06b590a",
    &[part("Qwen3-0.6B-Q8_0.gguf", 639_446_688, "9465e63a22add5354d9bb4b99e90117043c7124007664907259bd16d043bb031")],
);

/// Quantized by Unsloth.
pub(super) const QWEN3_1_7B_Q4: Source = (
    "https://huggingface.co/unsloth/Qwen3-1.7B-GGUF/resolve/d7f544eead698dbd1f15126ef60b45a1e1933222",
    &[part("Qwen3-1.7B-Q4_K_M.gguf", 1_107_409_472, "b139949c5bd74937ad8ed8c8cf3d9ffb1e99c866c823204dc42c0d91fa181897")],
);

/// Quantized by Qwen themselves.
pub(super) const QWEN3_1_7B_Q8: Source = (
    "https://huggingface.co/Qwen/Qwen3-1.7B-GGUF/resolve/90862c4b9d2787eaed51d12237eafdfe7c5f6077",
    &[part("Qwen3-1.7B-Q8_0.gguf", 1_834_426_016, "061b54daade076b5d3362dac252678d17da8c68f07560be70818cace6590cb1a")],
);

/// Quantized by Unsloth.
pub(super) const QWEN3_4B_INSTRUCT_Q4: Source = (
    "https://huggingface.co/unsloth/Qwen3-4B-Instruct-2507-GGUF/resolve/a06e946bb6b655725eafa393f4a9745d460374c9",
    &[part("Qwen3-4B-Instruct-2507-Q4_K_M.gguf", 2_497_281_120, "3605803b982cb64aead44f6c1b2ae36e3acdb41d8e46c8a94c6533bc4c67e597")],
);

/// As published.
pub(super) const MINILM_ENGLISH: Source = (
    "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
    &[
        part("model.safetensors", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
        part("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        part("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
    ],
);

/// As published.
pub(super) const MINILM_MULTILINGUAL: Source = (
    "https://huggingface.co/sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2/resolve/e8f8c211226b894fcb81acc59f3b34ba3efd5f42",
    &[
        part("model.safetensors", 470_641_600, "eaa086f0ffee582aeb45b36e34cdd1fe2d6de2bef61f8a559a1bbc9bd955917b"),
        part("tokenizer.json", 9_081_518, "2c3387be76557bd40970cec13153b3bbf80407865484b209e655e5e4729076b8"),
        part("config.json", 645, "6300193cb75e01cf80c96decef7187dfb33094d97cc1490b7ead6ff134476e4e"),
    ],
);

#[cfg(test)]
mod tests {
    use super::super::catalogue::entries;

    #[test]
    fn every_file_is_pinned_at_a_revision_of_its_publisher() {
        let is_hex = |text: &str, length| text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let mut digests = std::collections::HashSet::new();
        for entry in entries() {
            assert!(is_hex(entry.address.rsplit('/').next().unwrap(), 40), "{}", entry.address);
            for file in entry.files {
                assert!(is_hex(file.sha256, 64) && digests.insert(file.sha256), "{}", file.name);
            }
        }
    }

    #[test]
    fn sizes_agree_with_what_is_reckoned_from_the_form() {
        for (recipe, bytes) in entries().iter().filter_map(|entry| Some((entry.recipe.as_ref()?, entry.bytes()))) {
            let share = recipe.about_bytes() as f64 / bytes as f64;
            assert!((0.97..1.03).contains(&share), "{bytes}: {share}");
        }
    }
}
