//! LogHelper.

pub mod app;
pub mod cli;
pub mod config;
pub mod detect;
pub mod domain;
pub mod inference;
pub mod parse;
pub mod query;
pub mod review;
pub mod sample;
pub mod store;
pub mod usecase;
pub mod web;
