//! LogHelper.

pub mod detect;
pub mod domain;
pub mod inference;
pub mod parse;
pub mod query;
pub mod store;
