//! `rustc-hosted`: the compiler in a sandbox, from the command line.

mod options;

use std::env;
use std::process::ExitCode;

use hosted::Compiler;

/// The exit code where there is none of the compiler's.
const STOPPED: u8 = 101;

fn main() -> ExitCode {
    let words: Vec<_> = env::args_os().skip(1).collect();
    let options = match options::parse(&words) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{}", options::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("error: {message}\nhelp: `rustc-hosted --help` lists the options");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(STOPPED)),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(STOPPED)
        }
    }
}

fn run(options: &options::Options) -> Result<i32, String> {
    let compiler = Compiler::load(&options.compiler, &options.cache)?;
    become_its(options)?;
    compiler.run(&options.invocation).map_err(|stopped| stopped.to_string())
}

/// Gives this process the environment and the working directory that the compiler and its macros are to see.
fn become_its(options: &options::Options) -> Result<(), String> {
    let names: Vec<_> = env::vars_os().map(|(name, _)| name).collect();
    // SAFETY: Wasmtime's threads and the one that counts the time do not look at the environment.
    unsafe {
        for name in names {
            env::remove_var(name);
        }
        for (name, value) in &options.invocation.environment {
            env::set_var(name, value);
        }
    }
    let directory = &options.invocation.directories[0].path;
    env::set_current_dir(directory).map_err(|error| format!("`{}`: {error}", directory.display()))
}
