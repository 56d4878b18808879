//! From characters to what can be compared: normalised text, tokens, stems, the shape with its variables masked.

mod characters;
mod exact;
mod fold;
mod likely;
mod scan;
mod script;
mod secret;
mod split;
mod squeeze;
mod stem;

pub use exact::{ExactKey, quick};
pub use fold::{fold, is_apostrophe, is_invisible};
pub use scan::{Kind, Scan, Token, hash};
pub use secret::is_identifier;
pub use squeeze::map_into;
