//! The inference engine: an error's text in, the known error that it is (or an honest "unknown") out, with the reasons.
//!
//! [`Index`] holds what matching needs of every known error and is updated in place. A [`Query`] passes its stages in order, each
//! surer than the next: the same normalised text, the same fixed words with other variables, an entry's regular expression or
//! code, key words, and, where an embedding model made vectors, meaning. A stage is a function from the query to scored
//! candidates (`stages`), so another one is one more function. Scores are calibrated: of the verdicts with score *s*, a share of
//! about *s* is right, and one fixed [`THRESHOLD`] parts known from unknown.
//!
//! [`Index::classify_where`] explains itself and names the next best; [`Index::recognise`] gives the same answer alone, for whoever asks
//! of many errors, and [`Index::text_key`] says which texts are one to the index, so that it need not be asked of each.
//!
//! What is written about known errors, their titles and answers, orders the nearest of an error that nobody knows
//! ([`Index::describe`]); no verdict comes of it.
//!
//! Nothing here knows of a store, a clock or a page. Results do not depend on the order in which rules were added.

mod candidates;
mod description;
mod digits;
mod entry;
mod expressions;
mod fresh;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod group;
mod index;
mod keyword;
mod measure;
mod rarity;
mod reason;
mod recalled;
mod relevance;
mod rule;
pub mod semantic;
mod stages;
mod terms;
mod text;
mod typo;
mod verdict;
mod vocabulary;

pub use digits::TextKey;
pub use index::Index;
pub use measure::{FEATURES, Features};
pub use reason::Reason;
pub use rule::{Keywords, Rule, RuleError};
pub use stages::THRESHOLD;
pub use verdict::{Match, Query, Recognised, Verdict};

#[cfg(test)]
mod tests;
