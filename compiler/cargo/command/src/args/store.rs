//! The command line of `store`: of the local one, and of the one that machines share.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::CargoOptions;

#[derive(Subcommand)]
pub(crate) enum StoreCommand {
    #[command(flatten)]
    Local(LocalCommand),
    #[command(flatten)]
    Shared(SharedCommand),
}

/// What is done with the store of this machine.
#[derive(Subcommand)]
pub(crate) enum LocalCommand {
    /// List the modules
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove modules that were not used for a long time
    Gc {
        /// Remove modules that were not used for this many days
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        max_age: u64,
        /// Then remove more, the longest unused first, until the store has at most this size, such as `500M` or `2G`
        #[arg(long, value_name = "SIZE", value_parser = parse_size)]
        max_size: Option<u64>,
    },
    /// Remove all modules
    Clear,
}

/// What is done with the store that machines share.
#[derive(Subcommand)]
pub(crate) enum SharedCommand {
    /// Make a pair of keys for a shared store: a secret key to sign modules, and a public key to trust them
    Keygen(Keygen),
    /// Download the modules that the project needs from the shared store
    Pull(CargoOptions),
    /// Sign the project's modules in the local store, and upload them to the shared store
    Push(Push),
    /// List the modules that the shared store has for the project, check their signatures, and print who signed them
    Verify(CargoOptions),
}

#[derive(Args)]
pub(crate) struct Keygen {
    /// Name of the key in messages, such as `ci`
    pub(crate) name: String,
    /// The file to write the secret key to [default: NAME.key]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Push {
    /// Also upload modules that the shared store already has
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) cargo: CargoOptions,
}

/// Reads a number of bytes with an optional unit of 1024s.
fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        _ => return Err("expected a number of bytes, or one with `K`, `M` or `G`".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "expected a number, such as in `500M`".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "the number is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_of_1024() {
        // A wrong unit would throw a store away.
        assert_eq!(parse_size("12"), Ok(12));
        assert_eq!(parse_size("500M"), Ok(500 << 20));
        assert_eq!(parse_size("2gib"), Ok(2 << 30));
        assert!(parse_size("M").is_err() && parse_size("1.5G").is_err() && parse_size("99999999999G").is_err());
    }
}
