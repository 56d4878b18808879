//! By what else a group of unknown errors could be recognised: words that nothing known says, and what all its latest Logs have in common.

use super::Services;
use crate::domain::LogError;

/// Key words that are proposed.
const KEYWORDS: usize = 5;

/// Fixed words of the group that no known error has, the one first that the fewest groups have.
pub fn keywords(services: &Services, group: &LogError) -> Vec<String> {
    let mut words = services.groups.rarest_first(services.knowledge.fresh_words(&group.template));
    words.truncate(KEYWORDS);
    words
}
