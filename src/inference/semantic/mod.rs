//! Meaning: vectors that an embedding model made of texts, where words alone are not sure enough.
//!
//! The model is not here: whoever has one cuts texts by [`passages`] and [`asked`], has them embedded, and passes the [`Vector`]s.
//! Without them this stage is absent and costs nothing.

mod matrix;
mod vector;
mod wording;

pub(super) use matrix::Matrix;
pub use vector::Vector;
pub use wording::{asked, passages};
