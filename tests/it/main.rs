//! The integration tests: one binary, real parts.

mod browser;
mod cli;
mod contract;
mod contract_knowledge;
mod crash;
mod faults;
mod knowledge;
mod mongod;
mod relearn;
mod samples;
mod support;
mod tidy;
