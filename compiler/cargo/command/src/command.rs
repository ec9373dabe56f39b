//! The command line: taken apart, and what is done by it.

use std::ffi::{OsStr, OsString};
use std::process::exit;

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _};

use crate::args::store::StoreCommand;
use crate::args::{Cli, Command};
use crate::shell::{Shell, Verbosity};
use crate::{
    background, init, optimize, pack, permissions_command, reference, run, shared, shared_command, split, store_command,
};

/// The exit code of Cargo for a command line that it does not understand.
const USAGE_CODE: i32 = 1;

/// `cargo wasm-proc-macro`, from the command line to the exit code.
pub fn command() -> i32 {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.next_if(|first| first == shared::COURIER).is_some() {
        return shared::courier::run();
    }
    if args.next_if(|first| first == background::WORKER).is_some() {
        return background::worker::run(args);
    }
    let split = split::split(args);
    let cli = parse(&split.ours);
    let color = cli.common.color.as_deref().map(OsStr::new).or_else(|| split.cargo.value_of("--color"));
    let verbosity = match &cli.common {
        common if common.quiet => Verbosity::Quiet,
        common if common.verbose > 0 => Verbosity::Verbose,
        _ => split.cargo.verbosity(),
    };
    let shell = Shell::new(verbosity, color);
    let result = match &cli.command {
        Command::Check(options)
        | Command::Build(options)
        | Command::Run(options)
        | Command::Test(options)
        | Command::Bench(options)
        | Command::Doc(options) => run::run(&shell, &options.options(), &split.cargo),
        Command::Permissions(options) => permissions_command::run(&shell, options, &split.cargo),
        Command::Optimize(_) => optimize::run(&shell, &split.cargo),
        Command::Pack(options) => pack::pack(&shell, options, &split.cargo),
        Command::Verify(options) => pack::verify(&shell, options, &split.cargo),
        Command::Store { command: StoreCommand::Local(command) } => store_command::run(&shell, command),
        Command::Store { command: StoreCommand::Shared(command) } => shared_command::run(&shell, command, &split.cargo),
        Command::Init(options) => init::run(&shell, options),
        Command::GenerateDocs { markdown, man, completions } => {
            reference::write(markdown.as_deref(), man.as_deref(), completions.as_deref())
        }
    };
    result.unwrap_or_else(|failure| shell.failure(failure))
}

/// Reads our part of the command line; says what is wrong with it, or the help, and ends.
fn parse(ours: &[OsString]) -> Cli {
    let choice = if std::env::var_os("CARGO_TERM_COLOR").is_some_and(|value| value == "never") {
        ColorChoice::Never
    } else {
        ColorChoice::Auto
    };
    let command = Cli::command().color(choice);
    let line = std::iter::once(OsString::from("cargo wasm-proc-macro")).chain(ours.iter().cloned());
    let parsed = command.try_get_matches_from(line).and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.unwrap_or_else(|error| {
        _ = error.print();
        exit(if error.use_stderr() { USAGE_CODE } else { 0 })
    })
}
