//! `denwaban`: one binary for everything. The command line is in [`cli`]; what `serve` runs is put together by [`startup`]
//! and turns in [`engine`].

mod addresses;
mod backup;
mod caretaker;
mod certificates;
mod cli;
mod clock;
mod config;
mod demo;
mod descriptors;
mod dial_in;
mod disk;
mod engine;
mod house_key;
mod keeping;
mod links;
mod local;
mod pages;
mod past;
mod phone;
mod process;
mod refresh;
mod reports;
mod service;
mod shutdown;
mod softphone;
mod startup;
mod telemetry;
mod telephone;
mod tell;
mod trouble;
mod words;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
