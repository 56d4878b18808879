//! LogHelper.

pub mod domain;
pub mod inference;
