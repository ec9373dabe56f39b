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
/// `cargo wasm-proc-macro build` does what `cargo build` does, with the same options. But first it
/// builds each procedural macro of the project into a WebAssembly module. The compiler then runs the
/// macros in a sandbox. A module is built once for all your projects, and then nothing has to be
/// compiled that only macros need. Only the target directory of the project changes, and
/// `wasm-proc-macro.toml` if you answer a question.
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
  cargo wasm-proc-macro test --workspace    options of `cargo test` work here, too
  cargo wasm-proc-macro build --explain serde_derive
                                            print how a macro is run and why; build nothing

A macro has what you grant it. If it asks for more, you are asked at a terminal; elsewhere the build
fails, and the error has the lines to write. A macro runs natively only if you say so.";

/// What a newcomer need not know at once: titles and texts.
pub(crate) const DETAILS: &[(&str, &str)] = &[
    (
        "Permissions",
        "\
You grant permissions in `wasm-proc-macro.toml`, in the root of the workspace. Such files in other
packages are ignored.

  [permissions.sqlx-macros]         # or \"NAME@VERSION-REQUIREMENT\", or a package id
  read = [\".env\", \".sqlx\"]          # paths from the workspace's root; a directory with all below it
  env = [\"DATABASE_URL\", \"SQLX_*\"]
  time = \"2min\"                     # of one expansion: ms, s, min, h
  memory = \"2GiB\"                   # B, KiB, MiB, GiB

  [permissions.git-version-macro]
  native = true                     # native code with all your rights

Without a grant, a macro can read the package that is compiled, its OUT_DIR, and the manifests of the package
and the workspace. It sees the environment variables of Cargo and rustc, of the package's build script, of
`[env]`, of the terminal and the locale, and some that libraries read, such as RAYON_NUM_THREADS and CI.
If it asks for anything else, the expansion ends with an error. If several sections name the same package,
it gets what all of them grant, and the largest `time` and `memory`.",
    ),
    (
        "When something is refused",
        "\
`--on-refusal`, or else `on-refusal` in the table `[wasm-proc-macro]` of Cargo's configuration, chooses what
happens if a macro is refused something, or cannot be built for wasm32-wasip1:

  ask      at a terminal, ask once for each package, write your answers to `wasm-proc-macro.toml`, and
           continue; elsewhere as `fail` [default]
  fail     fail with an error that has the lines to write
  native   run these macros natively, with all your rights, and list them at the end; write nothing

After a refusal Cargo continues as far as it can, so that you see the requests of all macros at once. The
store remembers macros that cannot be built, and the target directory remembers requests; `--retry` tries
again.",
    ),
    (
        "Plain `cargo`",
        "\
With the following table in Cargo's configuration, the toolchain's plain `cargo` does what this command does,
for every command that compiles. That includes each `cargo` that other tools start. Other toolchains ignore
the table. `cargo wasm-proc-macro init` writes it:

  [wasm-proc-macro]                 # in `.cargo/config.toml`
  enabled = true
  on-refusal = \"fail\"              # the options of the same names
  forbid-native = true
  optimize = \"later\"               # or \"background\", \"first\", see below

Each key has an environment variable, as in all of Cargo's configuration. For example,
CARGO_WASM_PROC_MACRO_ENABLED=false builds natively. `cargo install`, `cargo package` and `cargo publish` use
the `wasm-proc-macro.toml` of the workspace, or else of the directory, in which you start them.",
    ),
    (
        "The store",
        "\
Modules are kept in a store. A module is used again if the package, its version, features and dependencies
and the compiler are the same, and also the environment variables and files that its build depended on. For
path packages, the contents of their sources must be the same, too; if something else can change the result,
such as a build script, the module is not kept. Nor is one that was built with a native macro. Any number of
builds can use the store at the same time.

A build makes modules without optimization, because that is as quick as a native build. `optimize` makes
optimized modules of the macros that the project uses, except those of path packages, and all later builds
use them. With `optimize = \"first\"` in the table `[wasm-proc-macro]`, builds make optimized modules.
With `\"background\"`, a process with the lowest priority makes them after a build. The next build ends it, and it
takes at most 10 minutes. It writes to `background/log` in the store. The expansions are the same.",
    ),
    (
        "A shared store",
        "\
Machines can share a store: a directory on a server that supports GET, HEAD and PUT, for example with
WebDAV, a bucket on an S3 server, or a directory that is mounted. It is set in Cargo's configuration:

  [wasm-proc-macro.store]
  url = \"https://example.org/modules\"   # or \"s3://bucket/prefix\", \"file:///path\"; empty: no shared store
  trusted-keys = [\"ci:9f86d081…\"]       # as `store keygen` prints them
  mode = \"read-write\"                   # also upload modules that are built here [default: read]
  signing-key = \"/run/secrets/ci.key\"   # signs uploads; relative to the directory with `.cargo`
  credential-process = [\"program\"]      # prints {\"token\": …}, or \"username\" and \"password\", or what
                                        # Amazon's tools print
  endpoint = \"https://s3.example.org\"   # the S3 server, if it is not Amazon's; `region` is a key, too
  timeout = \"10s\"                       # of one request; a whole build waits at most 12 times as long
  retries = 2

A module is used only if a trusted key has signed it for the same package, source, features, dependencies
and compiler. Only modules of packages from registries and Git are shared, and only if their build depended
on nothing else of the machine. If the shared store is slow, wrong or unavailable, Cargo prints one line and
builds the modules. With `--offline` it is not used.",
    ),
    (
        "Pinned modules",
        "\
`wasm-proc-macro.toml` can also pin modules that are files of the project. `pack` prints these lines:

  [modules]
  serde_derive = { path = \"wasm/serde_derive-1.0.229.wasm\", sha256 = \"…\", features = [] }
  \"clap_derive@4.5.0\" = { path = \"wasm/clap_derive-4.5.0.wasm\", sha256 = \"…\" }

A pinned module is used instead of building one. It is an error if its digest, crate or version differs. If
the line has `features`, it is also an error if the module lacks a feature that the project needs. `pack`
builds with the features that `cargo build` needs with the same options.",
    ),
    (
        "Environment",
        "\
WASM_PROC_MACRO_STORE         the store's directory
                              [default: rustc-wasm-proc-macro/store in the user's cache directory]
RUSTC_WASM_PROC_MACRO_CACHE   where the compiler keeps stubs and compiled modules
                              [default: compiled in the store]
WASM_PROC_MACRO_STORE_TOKEN, or WASM_PROC_MACRO_STORE_USER and WASM_PROC_MACRO_STORE_PASSWORD
                              credentials for a shared store; sent only by https, or to this machine
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL
                              credentials for a shared store in a bucket
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
As in Cargo: 101 for an error, 1 for a wrong command line, otherwise the exit code of the program that was
run. `verify` ends with 1 if a module is different.",
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
    /// Color the output [values: auto, always, never]
    #[arg(long, global = true, value_name = "WHEN", value_parser = ["auto", "always", "never"], hide_possible_values = true)]
    pub(crate) color: Option<String>,
    /// Print only errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print more, for example the compiler's errors for a macro that cannot be built for Wasm
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check for errors, like `cargo check`
    #[command(visible_alias = "c")]
    Check(Run),
    /// Compile, like `cargo build`
    #[command(visible_alias = "b")]
    Build(Run),
    /// Compile and run a program, like `cargo run`
    #[command(visible_alias = "r")]
    Run(Run),
    /// Compile and run tests, like `cargo test`
    #[command(visible_alias = "t")]
    Test(Run),
    /// Compile and run benchmarks, like `cargo bench`
    Bench(Run),
    /// Build documentation, like `cargo doc`
    #[command(visible_alias = "d")]
    Doc(Run),
    /// Show what macros are granted and what they have asked for, or grant it
    Permissions(Permissions),
    /// Build optimized modules of the macros that the project uses, for all later builds
    Optimize(CargoOptions),
    /// Write a macro's module to a file that a project can pin in `wasm-proc-macro.toml`
    Pack(Pack),
    /// Build the pinned modules again from source, and compare them byte for byte
    Verify(Verify),
    /// Turn this on for plain `cargo` in a project: write the table to `.cargo/config.toml`
    Init(Init),
    /// List, remove and share modules
    Store {
        #[command(subcommand)]
        command: StoreCommand,
    },
    /// Write the reference, the man pages and the shell completions
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
    /// Fail if a macro would run natively that is not named by `--native`, even if `wasm-proc-macro.toml` allows it
    #[arg(long)]
    pub(crate) forbid_native: bool,
    /// Run this macro package natively. May be repeated. SPEC is `NAME`, `NAME@VERSION` or Cargo's package id
    #[arg(long, value_name = "SPEC")]
    pub(crate) native: Vec<String>,
    /// Run only this macro package from Wasm, and the others natively. May be repeated
    #[arg(long, value_name = "SPEC")]
    pub(crate) only: Vec<String>,
    /// What to do if a macro is refused something, or cannot be built for Wasm
    #[arg(long, value_name = "WHAT")]
    pub(crate) on_refusal: Option<OnRefusal>,
    /// Try again to build macros that failed before
    #[arg(long)]
    pub(crate) retry: bool,
    /// Print how a package is run and why, and build nothing. May be repeated
    #[arg(long, value_name = "SPEC")]
    pub(crate) explain: Vec<String>,
    /// Options and arguments of Cargo; after `--`, those of the program
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
    /// Also write `rust-toolchain.toml`, so that rustup uses this toolchain's `cargo`
    #[arg(long)]
    pub(crate) toolchain: bool,
}

#[derive(Args)]
pub(crate) struct Permissions {
    /// Write the requests of all macro packages, or of these, to `wasm-proc-macro.toml`. Native rights only of named packages
    #[arg(long, value_name = "SPEC", num_args = 0..)]
    pub(crate) accept: Option<Vec<String>>,
    #[command(flatten)]
    pub(crate) cargo: CargoOptions,
}

/// What of a command's options is Cargo's, where it only looks at the macros of a build.
#[derive(Args)]
pub(crate) struct CargoOptions {
    /// Options of `cargo build`, which select the macros. `--all-targets` includes those that only tests use
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
    /// Options of `cargo build`, which select the features. `--all-targets` includes macros that only tests use
    #[arg(value_name = "CARGO OPTIONS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) cargo: Vec<OsString>,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// Verify only this package. May be repeated
    #[arg(short, long, value_name = "SPEC")]
    pub(crate) package: Vec<String>,
    /// Options of `cargo build`, which select the features. `--all-targets` includes macros that only tests use
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
