//! The integration tests: one binary, real parts.

mod agent;
mod browser;
mod cli;
#[macro_use]
mod contract;
mod contract_ingestion;
mod contract_knowledge;
mod contract_suggestions;
mod contract_triage;
mod contract_vectors;
mod crash;
mod door_faults;
mod doors;
mod embedder;
mod faults;
mod knowledge;
mod listeners;
mod llama;
mod meanings;
mod model;
mod mongod;
mod people;
mod poster;
mod posts;
mod relearn;
mod removal;
mod replica_set;
mod samples;
mod scanning;
mod shippers;
mod suggest;
mod support;
mod tidy;
