//! From characters to what can be compared: normalised text, tokens, stems, the shape with its variables masked.

mod exact;
mod fold;
mod scan;
mod script;
mod secret;
mod split;
mod stem;

pub use exact::{ExactKey, exact_key};
pub use scan::{Kind, Scan, Token};
pub use secret::is_identifier;
