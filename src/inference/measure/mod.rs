//! How alike a query and an entry are: measurements, and the probability that they are the same error.

mod align;
mod calibration;
mod filled;
mod in_place;
mod indel;
mod pairs;
mod texts;

pub use align::{Alignment, Weighted, align};
pub use calibration::{FEATURES, Features, features, logit, probability, with_characters};
pub use filled::filled;
pub use in_place::in_place;
pub use texts::{Characters, Likeness, Line};
