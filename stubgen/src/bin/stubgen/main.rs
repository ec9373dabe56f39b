//! The command `stubgen`: inspects modules with procedural macros, writes their stubs, and manages the cache.

mod args;
mod cache;
mod inspect;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use stubgen::annotate::annotate;
use stubgen::module::{ABI_VERSION, Abi, Edition, ModuleError, ModuleInfo};
use stubgen::stub::{self, Body};

use args::{Annotate, Args, Command};

/// A failure as it is shown: the error, then what to know and what to do.
struct Failure {
    error: String,
    note: Option<String>,
    help: Option<String>,
}

impl Failure {
    fn new(error: String) -> Failure {
        Failure { error, note: None, help: None }
    }

    /// The failure of an operation on a file or directory.
    fn at(action: &str, path: &Path, error: &io::Error) -> Failure {
        Failure::new(format!("could not {action} `{}`: {error}", path.display()))
    }
}

fn main() -> ExitCode {
    let mut command = Args::command();
    let matches = command.get_matches_mut();
    let args = match Args::from_arg_matches(&matches) {
        Ok(args) => args,
        Err(error) => error.format(&mut command).exit(),
    };
    let result = match args.command {
        Command::Inspect { file, json } => inspect::run(&file, json),
        Command::Emit { file, out } => emit(&file, &out),
        Command::Annotate(mut args) => {
            args.set_macros(&matches);
            run_annotate(&args)
        }
        Command::Cache { command, dir } => cache::run(command, dir),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { error, note, help }) => {
            eprintln!("error: {error}");
            for (label, text) in [("note", note), ("help", help)] {
                if let Some(text) = text {
                    eprintln!("{label}: {text}");
                }
            }
            ExitCode::FAILURE
        }
    }
}

/// Writes to standard output. A reader that has heard enough is no error.
fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("could not write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| Failure::at("read", file, &error))
}

/// A failure of what a file says.
fn bad_module(file: &Path, error: &ModuleError) -> Failure {
    Failure {
        error: format!("`{}` cannot be used as procedural macros", file.display()),
        note: Some(error.to_string()),
        help: error.help(),
    }
}

fn emit(file: &Path, out: &Path) -> Result<(), Failure> {
    let info = ModuleInfo::parse(&read(file)?).map_err(|error| bad_module(file, &error))?;
    let file_name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    stub::emit(&info, out, Body::Panic { file_name }).map_err(|error| Failure::at("write a stub to", out, &error))
}

fn run_annotate(args: &Annotate) -> Result<(), Failure> {
    let bytes = read(&args.file)?;
    let krate = match &args.crate_name {
        Some(name) => name.clone(),
        None => args.file.file_stem().unwrap_or_default().to_string_lossy().replace('-', "_"),
    };
    let edition = Edition::from_year(&args.edition).unwrap_or(Edition::Edition2021);
    let abi = Abi {
        abi: ABI_VERSION,
        krate,
        version: args.crate_version.clone(),
        edition,
        compiler: format!("unknown (annotated by stubgen {})", env!("CARGO_PKG_VERSION")),
    };
    let annotated = annotate(&bytes, &args.macros, &abi).map_err(|error| Failure {
        error: format!("could not annotate `{}`", args.file.display()),
        note: Some(error.to_string()),
        help: error.help(),
    })?;
    stubgen::write_atomically(&args.out, &annotated).map_err(|error| Failure::at("write", &args.out, &error))?;
    if let Err(error) = ModuleInfo::parse(&annotated) {
        eprintln!("warning: the compiler will refuse `{}`", args.out.display());
        eprintln!("note: {error}");
    }
    Ok(())
}
