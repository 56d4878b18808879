//! LogHelper.

pub mod detect;
pub mod domain;
pub mod parse;
pub mod query;
pub mod store;
