//! LogHelper.

pub mod domain;
pub mod query;
pub mod store;
