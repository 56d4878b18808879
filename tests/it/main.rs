//! The integration tests: one binary, real parts.

mod agent;
mod browser;
mod cli;
#[macro_use]
mod contract;
mod contract_ingestion;
mod contract_knowledge;
mod contract_triage;
mod crash;
mod faults;
mod knowledge;
mod mongod;
mod people;
mod poster;
mod posts;
mod relearn;
mod removal;
mod replica_set;
mod samples;
mod scanning;
mod support;
mod tidy;
