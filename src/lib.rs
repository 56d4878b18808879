//! LogHelper: an expert system over the request/response logs of a bank's branches.
//!
//! ```text
//! branch bytes ─► parse ─► Log ──────────────────────────────────────────► store
//!                           └► detect ─► error text ─► inference (exact │ template │ key words │ meaning)
//!                                                        ├► Known  ─► Answer shown
//!                                                        └► Unknown ─► group (template) ─► suggest ─► draft ─► review ─► KnownError + Answer
//! web pages, JSON API and command line: three doors to the same use cases
//! ```
//!
//! Modules in reading order. Imports run one way: `domain`, `query`, then `parse`, `detect`, `inference`, `review`, `suggest`, then `ml`, `store`,
//! `usecase`, then `web` and `cli`, then `app`; a test holds it. The rooms before `store` are pure: no store, no clock, no chance.
//!
//! - [`domain`]: the documents, their ids (from content, so that a retry changes nothing), how halves of an exchange meet
//! - [`query`]: the filter algebra, the same for pages, command line, saved queries and conditions of known errors
//! - [`parse`]: bytes of a file to Logs and problems; the branch format, formats of one event a line, and what log shippers send
//! - [`detect`]: where the error of a response stands
//! - [`inference`]: which known error it is, and why; groups of the unknown
//! - [`review`]: the only place where a draft becomes a known error
//! - [`suggest`]: what a model is asked about an unknown error, and what is made of its reply; [`ml`]: models in this process
//! - [`notify`]: what a branch is told, as a message: written, signed, sent
//! - [`store`]: the traits and their two adapters, SQLite and MongoDB, under one contract
//! - [`usecase`]: ingest, diagnose, triage, approve, knowledge base, people, audit: load, call the pure core, save
//! - [`web`], `api`, [`cli`]: pages, JSON and commands; [`sample`]: logs for demonstration and tests
//! - [`agent`]: the other end of the wire: it follows a branch's files and sends them; of the rest it knows
//!   which lines belong together
//! - [`config`], [`app`]: settings, and the place where all of it is put together

pub mod agent;
mod api;
pub mod app;
pub mod cli;
pub mod config;
pub mod detect;
pub mod domain;
pub mod inference;
pub mod ml;
pub mod notify;
pub mod parse;
pub mod query;
pub mod review;
pub mod sample;
pub mod store;
pub mod suggest;
pub mod usecase;
pub mod web;
