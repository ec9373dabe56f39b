//! The command line as people read it: what `--help`, the reference and the man page are made of.

pub(crate) mod store;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use self::store::StoreCommand;
use crate::on_refusal::OnRefusal;
use crate::run::Options;

/// Run Cargo with every procedural macro of a project in WebAssembly.
///
/// `cargo wasm-proc-macro build` does what `cargo build` does, with the same options. Before that it
/// builds each procedural macro of the project, with its dependencies, into a WebAssembly module, once
/// for all your projects, and lets the compiler run the macros from there: in a sandbox, and without
/// compiling what only macros need. Nothing in the project changes but its target directory, and
/// `wasm-proc-macro.toml` where you answer a question.
#[derive(Parser)]
#[command(
    name = "cargo-wasm-proc-macro",
    bin_name = "cargo wasm-proc-macro",
    version,
    verbatim_doc_comment,
    after_help = EXAMPLES,
    after_long_help = details(),
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

const EXAMPLES: &str = "\
Try it in any project:
  cargo wasm-proc-macro build               build with every macro from Wasm
  cargo wasm-proc-macro test --workspace    the options of `cargo test` are those of this command
  cargo wasm-proc-macro build --explain serde_derive
                                            say what is done with a macro and why; build nothing

A macro gets what you have granted it, and runs natively only if you say so. What it asks for besides
is an error with the lines to write, or at a terminal a question.";

/// What a newcomer need not know at once: titles and texts.
pub(crate) const DETAILS: &[(&str, &str)] = &[
    (
        "Permissions",
        "\
What a macro may have stands in `wasm-proc-macro.toml`, in the root of the workspace. Such files of
other packages mean nothing.

  [permissions.sqlx-macros]         # or \"NAME@VERSION-REQUIREMENT\", or a package id
  read = [\".env\", \".sqlx\"]          # below the workspace's root; of directories all below them
  env = [\"DATABASE_URL\", \"SQLX_*\"]
  time = \"2min\"                     # of one expansion: ms, s, min, h
  memory = \"2GiB\"                   # B, KiB, MiB, GiB

  [permissions.git-version-macro]
  native = true                     # native code with all your rights

Without a line a macro reads the package that is compiled, its OUT_DIR and the manifests of package and
workspace, and sees the variables of Cargo and rustc, those of the package's build script and of `[env]`,
the terminal's and the locale's, and some that libraries ask for by themselves, such as RAYON_NUM_THREADS
and CI. What it asks for besides, and does not get, ends the expansion with an error. Sections that name the
same package add up; of several times or amounts of memory the largest counts.",
    ),
    (
        "When something is refused",
        "\
`--on-refusal`, else `on-refusal` in the table `[wasm-proc-macro]` of Cargo's configuration, says what is
done about macros that were refused something, or that cannot be built for wasm32-wasip1:

  ask      at a terminal: collect what macros ask for, ask once for each package, write the answers down
           and go on; elsewhere as `fail` [default]
  fail     end with an error that has the lines to write
  native   run these macros natively, with all your rights, say so at the end, and write nothing

After a refusal Cargo goes on as far as it can, so that all macros of the build have asked. What cannot
be built is remembered in the store, and what was asked for in the target directory; `--retry` tries again.",
    ),
    (
        "Plain `cargo`",
        "\
Where Cargo's configuration says so, the toolchain's plain `cargo` does what this command does, for every
command that compiles, and so does every `cargo` that others start there. Other Cargos ignore the table.
`cargo wasm-proc-macro init` writes it into a project:

  [wasm-proc-macro]                 # in `.cargo/config.toml`
  enabled = true
  on-refusal = \"fail\"              # the options of the same names
  forbid-native = true
  optimize = \"later\"               # or \"background\", \"first\", see below

Each key has an environment variable, as all of Cargo's: CARGO_WASM_PROC_MACRO_ENABLED=false builds natively.
For a package that `cargo install` fetches, or that `cargo package` and `cargo publish` verify,
`wasm-proc-macro.toml` is that of the workspace, or else the directory, in which they are started.",
    ),
    (
        "The store",
        "\
Modules are kept in a store, by package, version, features, dependencies and compiler, and by all that
compilers and build scripts say they depend on: environment variables, and files elsewhere. Any number
of runs may use it at once. Modules of path packages, and of macros that are built from one, are kept by
the contents of their sources, too, unless more than these decides what becomes of them, such as a build
script. With a native macro in it no module is kept.

A module that is needed now is built without optimization, which takes as long as natively. `optimize` builds
optimized ones of the macros that a project uses, but for those of path packages, and every build takes them
from then on. What a macro expands to is the same. With `optimize = \"first\"` in the table `[wasm-proc-macro]`
modules are optimized when they are built. With `\"background\"` they are optimized after a build, by a process
with the lowest priority, which the next build ends and which takes at most 10 minutes. It writes to
`background/log` in the store.",
    ),
    (
        "A shared store",
        "\
Behind the local store there may be one that machines share: a directory on a server that takes GET, HEAD
and PUT, such as one with WebDAV, a bucket of an S3 server, or a directory that machines have mounted. Cargo's
configuration says where:

  [wasm-proc-macro.store]
  url = \"https://example.org/modules\"   # or \"s3://bucket/prefix\", \"file:///path\"; empty: none
  trusted-keys = [\"ci:9f86d081…\"]       # as `store keygen` prints them
  mode = \"read-write\"                   # send what is built here, too [default: read]
  signing-key = \"/run/secrets/ci.key\"   # what signs it; relative to the directory with `.cargo`
  credential-process = [\"program\"]      # prints {\"token\": …}, or \"username\" and \"password\", or what
                                        # Amazon's tools print
  endpoint = \"https://s3.example.org\"   # the S3 server, if it is not Amazon's; and `region`
  timeout = \"10s\"                       # for one answer; all together take at most 12 times as long
  retries = 2

Only a module is taken that a trusted key has signed for the same package, source, features, dependencies
and compiler. Shared are modules of packages from registries and Git, where nothing else on the machine had
a say in what they are. Of a store that is slow, wrong or gone one line is said, and modules are built; with
`--offline` it is not asked.",
    ),
    (
        "Pinned modules",
        "\
The same file pins modules that a project brings along. `pack` prints its lines:

  [modules]
  serde_derive = { path = \"wasm/serde_derive-1.0.229.wasm\", sha256 = \"…\", features = [] }
  \"clap_derive@4.5.0\" = { path = \"wasm/clap_derive-4.5.0.wasm\", sha256 = \"…\" }

Such a module is used instead of one that is built. One with another digest, or of another crate or
version, is an error; so is one that was built without a feature that the project needs, if the line has
`features`. `pack` builds with the features that `cargo build` needs with the same options.",
    ),
    (
        "Environment",
        "\
WASM_PROC_MACRO_STORE         the store's directory
                              [default: rustc-wasm-proc-macro/store in the user's cache directory]
RUSTC_WASM_PROC_MACRO_CACHE   where the compiler keeps stubs and compiled modules
                              [default: compiled in the store]
WASM_PROC_MACRO_STORE_TOKEN, or WASM_PROC_MACRO_STORE_USER and WASM_PROC_MACRO_STORE_PASSWORD
                              credentials for a shared store, sent by https or to this machine only
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL
                              for one in a bucket
WASM_PROC_MACRO_STORE_SIGNING_KEY
                              the text of a secret key, instead of `signing-key`
CARGO_WASM_PROC_MACRO_ON_REFUSAL
                              as `on-refusal` in Cargo's configuration
NO_COLOR, CARGO_TERM_COLOR, CARGO_TERM_QUIET, CARGO_TERM_VERBOSE, CARGO_TERM_PROGRESS_WHEN
                              as in Cargo",
    ),
    (
        "Exit codes",
        "\
Those of Cargo: 101 for errors, 1 for command lines that are not understood, else what the program
returns. `verify` ends with 1 if a module is different.",
    ),
];

fn details() -> String {
    let mut text = EXAMPLES.to_owned();
    for (title, body) in DETAILS {
        text += &format!("\n\n{title}:");
        for line in body.lines() {
            text += &if line.is_empty() { "\n".to_owned() } else { format!("\n  {line}") };
        }
    }
    text
}

/// What Cargo has, too, and means the same.
#[derive(Args)]
pub(crate) struct Common {
    /// Colour what is said [values: auto, always, never]
    #[arg(long, global = true, value_name = "WHEN", value_parser = ["auto", "always", "never"], hide_possible_values = true)]
    pub(crate) color: Option<String>,
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more, such as the compiler's errors for a macro that cannot be built to Wasm
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check for errors, as `cargo check`
    #[command(visible_alias = "c")]
    Check(Run),
    /// Compile, as `cargo build`
    #[command(visible_alias = "b")]
    Build(Run),
    /// Compile and run a program, as `cargo run`
    #[command(visible_alias = "r")]
    Run(Run),
    /// Compile and run tests, as `cargo test`
    #[command(visible_alias = "t")]
    Test(Run),
    /// Compile and run benchmarks, as `cargo bench`
    Bench(Run),
    /// Write documentation, as `cargo doc`
    #[command(visible_alias = "d")]
    Doc(Run),
    /// Show what macros may have and have asked for, or grant it
    Permissions(Permissions),
    /// Build optimized modules of the macros that are used, for all later builds
    Optimize(CargoOptions),
    /// Write a macro's module to a file that a project can pin in `wasm-proc-macro.toml`
    Pack(Pack),
    /// Build the pinned modules again from source and compare them, byte for byte
    Verify(Verify),
    /// Let plain `cargo` do what this command does, in a project
    Init(Init),
    /// Look after the modules that were built
    Store {
        #[command(subcommand)]
        command: StoreCommand,
    },
    /// Write the reference, the man pages and what shells complete command lines with
    #[command(hide = true)]
    GenerateDocs {
        /// The file to write the reference to
        #[arg(long, value_name = "FILE")]
        markdown: Option<PathBuf>,
        /// The directory to write the man pages to
        #[arg(long, value_name = "DIR")]
        man: Option<PathBuf>,
        /// The directory to write the completions for bash, zsh and fish to
        #[arg(long, value_name = "DIR")]
        completions: Option<PathBuf>,
    },
}

/// Every other option is Cargo's.
#[derive(Args)]
pub(crate) struct Run {
    /// Fail if a macro would run natively that this command line does not name, whatever `wasm-proc-macro.toml` says
    #[arg(long)]
    pub(crate) forbid_native: bool,
    /// Run this macro package natively. May be repeated. SPEC is `NAME`, `NAME@VERSION` or Cargo's package id
    #[arg(long, value_name = "SPEC")]
    pub(crate) native: Vec<String>,
    /// Run only this macro package from Wasm, and the others natively. May be repeated
    #[arg(long, value_name = "SPEC")]
    pub(crate) only: Vec<String>,
    /// What to do about macros that are refused something, or cannot be built to Wasm
    #[arg(long, value_name = "WHAT")]
    pub(crate) on_refusal: Option<OnRefusal>,
    /// Try macros again that are known to fail in Wasm
    #[arg(long)]
    pub(crate) retry: bool,
    /// Say what is done with a package and why, and build nothing. May be repeated
    #[arg(long, value_name = "SPEC")]
    pub(crate) explain: Vec<String>,
    /// Options and arguments of Cargo's, with `--` and a program's own behind them
    #[arg(value_name = "CARGO OPTIONS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) cargo: Vec<OsString>,
}

impl Run {
    pub(crate) fn options(&self) -> Options {
        Options {
            forbid_native: self.forbid_native,
            native: self.native.clone(),
            only: self.only.clone(),
            on_refusal: self.on_refusal,
            retry: self.retry,
            explain: self.explain.clone(),
        }
    }
}

#[derive(Args)]
pub(crate) struct Init {
    /// Write `rust-toolchain.toml`, too, so that rustup's `cargo` is the one of this toolchain
    #[arg(long)]
    pub(crate) toolchain: bool,
}

#[derive(Args)]
pub(crate) struct Permissions {
    /// Write what was asked for into `wasm-proc-macro.toml`: of all macro packages but native rights, or of these packages
    #[arg(long, value_name = "SPEC", num_args = 0..)]
    pub(crate) accept: Option<Vec<String>>,
    #[command(flatten)]
    pub(crate) cargo: CargoOptions,
}

/// What of a command's options is Cargo's, where it only looks at the macros of a build.
#[derive(Args)]
pub(crate) struct CargoOptions {
    /// Options of `cargo build`'s: they decide which macros there are. `--all-targets` finds those that only tests use
    #[arg(value_name = "CARGO OPTIONS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) cargo: Vec<OsString>,
}

#[derive(Args)]
pub(crate) struct Pack {
    /// The macro package: `NAME`, `NAME@VERSION` or Cargo's package id
    #[arg(short, long, value_name = "SPEC")]
    pub(crate) package: String,
    /// The directory to write `NAME-VERSION.wasm` to [default: the current one]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,
    /// Options of `cargo build`'s: they decide the features. `--all-targets` finds macros that only tests use
    #[arg(value_name = "CARGO OPTIONS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) cargo: Vec<OsString>,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// Verify only this package. May be repeated
    #[arg(short, long, value_name = "SPEC")]
    pub(crate) package: Vec<String>,
    /// Options of `cargo build`'s: they decide the features. `--all-targets` finds macros that only tests use
    #[arg(value_name = "CARGO OPTIONS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) cargo: Vec<OsString>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_has_no_contradictions() {
        // clap checks only what a call happens to use, but for this.
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
