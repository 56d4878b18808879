//! The integration tests: one binary, real parts.

mod browser;
mod cli;
mod contract;
mod contract_ingestion;
mod crash;
mod faults;
mod mongod;
mod poster;
mod posts;
mod relearn;
mod replica_set;
mod samples;
mod support;
mod tidy;
