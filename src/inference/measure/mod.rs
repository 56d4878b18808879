//! How alike a query and an entry are: measurements, and the probability that they are the same error.

mod align;
mod calibration;
mod filled;
mod indel;
mod texts;

pub use align::{Alignment, Weighted, align};
pub use calibration::{FEATURES, Features, features, logit, probability, with_characters};
pub use filled::filled;
pub use texts::{Characters, Likeness, Line, Texts};
