//! The filter algebra: what users, saved queries and conditions of known errors may ask of Logs.
//!
//! A filter arrives as text (`request.method = "CloseSession" and not error exists`) or as a nested rule set in JSON, is
//! validated once into a [`Filter`], and from then on is data: each store translates it, and [`Filter::accepts`] is the
//! reference that both translations are tested against. No store syntax passes: a path never begins with `$`.

mod ast;
mod error;
mod evaluate;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod lexer;
#[cfg(any(test, fuzzing))]
mod naive;
mod parser;
mod path;
mod patterns;
mod rule_set;
mod test;
#[cfg(test)]
mod tests;
mod typed;

pub use ast::{Filter, Operator, Test, Value};
pub use error::FilterError;
pub use path::{Path, PathError};
