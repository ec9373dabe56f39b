//! Attributes that are unknown, at odds with each other or on the wrong item.
//@ edition: 2021
//@ library: clap
//@ macros: clap_derive
//@ count: 12

use clap::{Args, Parser, Subcommand, ValueEnum};

#[derive(Parser)]
#[command(rename_all = "what")]
struct Casing {
    a: u8,
}

#[derive(Parser)]
struct Both {
    #[arg(long)]
    #[command(subcommand)]
    a: Option<u8>,
}

#[derive(Parser)]
struct Syntax {
    #[arg(long = )]
    a: u8,
}

#[derive(Parser)]
struct Default2 {
    #[arg(long, default_value_t, default_values_t = [1])]
    a: bool,
    #[arg(skip, long)]
    b: u8,
}

#[derive(Args)]
struct Flat {
    #[command(flatten = 5)]
    a: u8,
}

#[derive(ValueEnum, Clone)]
enum Fields {
    A(u8),
}

#[derive(ValueEnum, Clone)]
struct Struct;

#[derive(Subcommand)]
struct NotAnEnum {
    a: u8,
}

#[derive(Subcommand)]
enum Two {
    A(u8, u8),
}

#[derive(Args)]
enum NotAStruct {
    A,
}

#[derive(Parser)]
struct Tuple(u8, u8);

#[derive(Parser)]
#[clap(unknown_key)]
#[arg(long)]
struct Old {
    #[structopt(long)]
    a: u8,
}

fn main() {}
