//! LogHelper.

pub mod domain;
