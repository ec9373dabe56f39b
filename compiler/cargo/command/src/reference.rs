//! The reference, the man pages and the completions, written from the definition that `--help` is written from.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_complete::{Generator as _, Shell};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::args::{Cli, DETAILS};
use crate::failure::{Failure, Result};

/// The command as a program.
const PROGRAM: &str = "cargo-wasm-proc-macro";

/// Writes the reference into one file, the man pages, one for each command, into a directory, and the completions, one
/// for each shell, into another.
pub(crate) fn write(file: Option<&Path>, dir: Option<&Path>, completions_dir: Option<&Path>) -> Result<i32> {
    let failed = |path: &Path, error| Failure::new(format!("cannot write to `{}`: {error}", path.display()));
    if let Some(file) = file {
        fs::write(file, markdown()).map_err(|error| failed(file, error))?;
    }
    if let Some(dir) = dir {
        man_pages(dir).map_err(|error| failed(dir, error))?;
    }
    if let Some(dir) = completions_dir {
        completions(dir).map_err(|error| failed(dir, error))?;
    }
    Ok(0)
}

fn man_pages(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let command = Cli::command().disable_help_subcommand(true);
    clap_mangen::generate_to(command.clone(), dir)?;
    let main = Man::new(command);
    fs::write(dir.join(main.get_filename()), man_page(&main)?)
}

/// Cargo's completions for bash and zsh hand over to those of a program `cargo-NAME`; fish's own for Cargo do not.
const FISH_HANDS_OVER: &str = r#"complete -c cargo -n "__fish_seen_subcommand_from wasm-proc-macro" -f -a '(complete -C (commandline -pc | string replace -r "^\s*cargo\s+(\+\S+\s+)?wasm-proc-macro" cargo-wasm-proc-macro))'
"#;

fn completions(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let write = |shell: Shell, edit: &dyn Fn(String) -> String| {
        // The script for bash looks for commands below one with `-` in its name under other names than it gives them.
        let name = if shell == Shell::Bash { "cargo_wasm_proc_macro" } else { PROGRAM };
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut visible().bin_name(name), name, &mut script);
        fs::write(dir.join(shell.file_name(PROGRAM)), edit(String::from_utf8_lossy(&script).into_owned()))
    };
    write(Shell::Bash, &|script| script.replace(" cargo_wasm_proc_macro\n", &format!(" {PROGRAM}\n")))?;
    write(Shell::Zsh, &|script| script)?;
    write(Shell::Fish, &|script| script + FISH_HANDS_OVER)
}

/// The command without what its help leaves out, which the completions would offer.
fn visible() -> Command {
    let whole = Cli::command();
    let below = whole.get_subcommands().filter(|below| !below.is_hide_set());
    Command::new(PROGRAM)
        .version(env!("CARGO_PKG_VERSION"))
        .args(whole.get_arguments().cloned())
        .subcommands(below.cloned())
}

/// The main page, with the details as sections of their own and their lines as they are.
fn man_page(main: &Man) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    main.render_title(&mut page)?;
    main.render_name_section(&mut page)?;
    main.render_synopsis_section(&mut page)?;
    main.render_description_section(&mut page)?;
    main.render_options_section(&mut page)?;
    main.render_subcommands_section(&mut page)?;
    for (title, text) in DETAILS {
        let mut section = Roff::new();
        section.control("SH", [title.to_uppercase().as_str()]).control("nf", []);
        text.lines().for_each(|line| _ = section.text([roman(line)]));
        section.control("fi", []);
        section.to_writer(&mut page)?;
    }
    Ok(page)
}

/// The reference.
fn markdown() -> String {
    let mut command = Cli::command().color(clap::ColorChoice::Never).disable_help_subcommand(true);
    command.build();
    let mut text = String::from(
        "# cargo wasm-proc-macro\n\nWritten by `cargo wasm-proc-macro generate-docs --markdown REFERENCE.md`; `--man DIR` writes the same as man pages, and `--completions DIR` what bash, zsh and fish complete it with.\n",
    );
    add(&mut text, &command);
    text
}

/// Adds the help of a command and of those below it.
fn add(text: &mut String, command: &Command) {
    let mut command = command.clone();
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    text.push_str(&format!("\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n").trim_end()));
    let mut twins: Vec<String> = Vec::new();
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        // Six commands differ in nothing but their name; reading the same options six times helps nobody.
        let options: Vec<String> = below.get_arguments().map(|argument| argument.get_id().to_string()).collect();
        if options.iter().any(|option| option == "forbid_native") {
            twins.push(below.get_name().to_owned());
            if twins.len() > 1 {
                continue;
            }
        }
        add(text, below);
    }
    if let [first, others @ ..] = twins.as_slice() {
        let others: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
        let said = format!("## `{name} {first}`\n");
        *text = text.replace(&said, &format!("{said}\n{} have the same options.\n", others.join(", ")));
    }
}
