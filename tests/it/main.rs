//! The integration tests: one binary, real parts.

mod browser;
mod cli;
#[macro_use]
mod contract;
mod crash;
mod faults;
mod mongod;
mod people;
mod relearn;
mod samples;
mod support;
mod tidy;
