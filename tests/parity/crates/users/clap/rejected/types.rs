//! Types of arguments that have no parser, and methods that clap does not have.
//@ edition: 2021
//@ library: clap
//@ macros: clap_derive
//@ count: 6

use clap::{Parser, Subcommand};

struct Opaque;

#[derive(Parser)]
struct Line {
    #[arg(long)]
    opaque: Opaque,
    #[arg(long, unknown_method = 5)]
    number: u8,
    #[arg(long, default_value_t = "text")]
    count: u32,
}

#[derive(Subcommand)]
enum Action {
    #[command(flatten)]
    Missing(Absent),
}

fn main() {}
