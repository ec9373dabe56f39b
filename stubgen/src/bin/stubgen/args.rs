//! The command line.

use std::path::PathBuf;

use clap::{ArgMatches, Parser, Subcommand};
use stubgen::module::Declaration;

/// Inspects WebAssembly modules with procedural macros, writes their stubs, and manages the compiler's cache
#[derive(Parser)]
#[command(name = "stubgen", version, max_term_width = 120)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print a module's macros, imports, size and SHA-256, and what it was built from
    Inspect {
        /// The module
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a module's stub as a Cargo package. The macros of the stub panic when they are run
    Emit {
        /// The module
        file: PathBuf,
        /// The directory for the package; it is created if it does not exist
        #[arg(short = 'o', value_name = "DIR")]
        out: PathBuf,
    },
    /// Add the sections that declare macros to a module that has none
    Annotate(Annotate),
    /// Manage the cache of stubs and compiled modules
    Cache {
        #[command(subcommand)]
        command: CacheCommand,
        /// The cache's directory [default: RUSTC_WASM_PROC_MACRO_CACHE, or else target/wasm-proc-macro]
        #[arg(long, global = true, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

#[derive(clap::Args)]
pub(crate) struct Annotate {
    /// The module
    pub(crate) file: PathBuf,
    /// Declare a derive macro. Macros are numbered in the order of these options
    #[arg(long, value_name = "TRAIT:FUNCTION[:HELPER,..]", value_parser = parse_derive)]
    derive: Vec<Declaration>,
    /// Declare an attribute macro
    #[arg(long, value_name = "NAME:FUNCTION", value_parser = parse_attr)]
    attr: Vec<Declaration>,
    /// Declare a function-like macro
    #[arg(long, value_name = "NAME:FUNCTION", value_parser = parse_bang)]
    bang: Vec<Declaration>,
    /// The crate name [default: the name of the file]
    #[arg(long, value_name = "NAME")]
    pub(crate) crate_name: Option<String>,
    /// The version of the macro crate
    #[arg(long, value_name = "VERSION", default_value = "0.0.0")]
    pub(crate) crate_version: String,
    /// The edition of the macro crate
    #[arg(long, value_name = "YEAR", default_value = "2021", value_parser = ["2015", "2018", "2021", "2024"])]
    pub(crate) edition: String,
    /// The file to write; it can be the module itself
    #[arg(short = 'o', value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// All declarations, in the order in which they stand on the command line.
    #[arg(skip)]
    pub(crate) macros: Vec<Declaration>,
}

#[derive(Subcommand)]
pub(crate) enum CacheCommand {
    /// List the entries
    List,
    /// Check the checksum of every entry; fails if an entry is damaged
    Verify,
    /// Remove entries that were not used for a long time
    Gc {
        /// Remove entries that were not used for this many days
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        max_age: u64,
        /// Then remove more, the longest unused first, until the cache has at most this many bytes
        #[arg(long, value_name = "BYTES")]
        max_bytes: Option<u64>,
    },
    /// Remove all entries
    Clear,
}

impl Annotate {
    /// Collects the declarations of all three options in the order of the command line, which numbers the macros.
    pub(crate) fn set_macros(&mut self, matches: &ArgMatches) {
        let Some((_, matches)) = matches.subcommand() else { return };
        let options = [("derive", &mut self.derive), ("attr", &mut self.attr), ("bang", &mut self.bang)];
        let mut macros: Vec<(usize, Declaration)> = Vec::new();
        for (option, declarations) in options {
            macros.extend(matches.indices_of(option).into_iter().flatten().zip(declarations.drain(..)));
        }
        macros.sort_by_key(|(index, _)| *index);
        self.macros = macros.into_iter().map(|(_, declaration)| declaration).collect();
    }
}

fn parse_derive(text: &str) -> Result<Declaration, String> {
    let mut parts = text.split(':');
    let (Some(name), Some(function), helpers, None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err("expected `TRAIT:FUNCTION` or `TRAIT:FUNCTION:HELPER,HELPER`".to_owned());
    };
    let helpers = helpers.map(|helpers| helpers.split(',').map(str::to_owned).collect()).unwrap_or_default();
    Ok(Declaration::Derive { trait_name: name.to_owned(), function: function.to_owned(), helpers })
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, function)) if !function.contains(':') => Ok((name.to_owned(), function.to_owned())),
        _ => Err("expected `NAME:FUNCTION`".to_owned()),
    }
}

fn parse_attr(text: &str) -> Result<Declaration, String> {
    parse_pair(text).map(|(name, function)| Declaration::Attr { name, function })
}

fn parse_bang(text: &str) -> Result<Declaration, String> {
    parse_pair(text).map(|(name, function)| Declaration::Bang { name, function })
}
