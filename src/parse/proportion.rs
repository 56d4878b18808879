//! How many times larger compressed bytes may become before they can be no logs: the same for bodies, files and archives.

/// Bytes before which no proportion says anything.
pub(super) const SMALL: u64 = 16 << 20;
/// How many times larger; logs become twenty times larger, seldom a hundred.
pub(super) const MAX_RATIO: u64 = 250;
/// What is said of what becomes larger than that.
pub(super) const BOMB: &str = "the compressed input becomes more than 250 times larger: it is no log";

/// Whether so many bytes cannot be logs when they came of so few.
pub(super) fn is_bomb(unfolded: u64, of_compressed: u64) -> bool {
    unfolded > SMALL && unfolded / of_compressed.max(1) > MAX_RATIO
}
