//! Runs the cases in `ui/`, each of which is one call of the compiler.
//!
//! Every case runs twice: with its macros from WebAssembly, and with the same macros built natively. Both have the same
//! expectations, so that diagnostics are equal word for word. Where a case compiles, both expansions must be equal too. A
//! case that has no native counterpart says so, and why, by `//@ no-native: REASON`.

mod ui_support;

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, thread};

use tests::{Artifacts, Form, Toolchain};
use ui_support::{directives, expansions};
use ui_test::color_eyre::eyre::Result;
use ui_test::custom_flags::edition::Edition;
use ui_test::custom_flags::rustfix::RustfixMode;
use ui_test::{
    Args, CommandBuilder, Config, Format, bless_output_files, default_file_filter, default_per_file_config,
    error_on_output_conflict, run_tests_generic, status_emitter,
};

/// The cases, from the directory in which cargo runs tests.
const CASES: &str = "ui";

/// `./x.py test --quick` sets it: from WebAssembly only.
const ONCE_VAR: &str = "WASM_PROC_MACRO_UI_ONCE";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let args = Args::test()?;
    let toolchain = Toolchain::get();
    let bless = tests::toolchain::bless() || args.bless;
    for (name, _) in tests::toolchain::clean_environment() {
        // SAFETY: this is the only thread. Removed here, the names are not in every command that a failed case shows.
        unsafe { env::remove_var(name) };
    }
    let expansions_dir = toolchain.work().join("expansions");
    _ = fs::remove_dir_all(&expansions_dir);
    let mut all = Ok(());
    // Native macros judge what WebAssembly has written.
    let once = env::var_os(ONCE_VAR).is_some();
    for &form in if once { &[Form::Wasm][..] } else { &[Form::Wasm, Form::Native] } {
        if !args.list {
            println!("cases with {} macros", if form == Form::Native { "native" } else { "WebAssembly" });
        }
        let outcome = run_tests_generic(
            vec![config(toolchain, form, bless && form == Form::Wasm, &args)],
            default_file_filter,
            default_per_file_config,
            Box::<dyn status_emitter::StatusEmitter>::from(Format::Pretty),
        );
        all = all.and(outcome);
    }
    if once {
        return all;
    }
    expansions::compare(&expansions_dir).map_err(ui_test::color_eyre::eyre::Report::msg).and(all)
}

fn config(toolchain: &Toolchain, form: Form, bless: bool, args: &Args) -> Config {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(4);
    let mut config = Config {
        host: None,
        out_dir: toolchain.work().join("ui").join(format!("{form:?}")),
        bless_command: Some("./x.py test --bless".to_owned()),
        threads: NonZeroUsize::new(threads),
        ..Config::rustc(CASES)
    };
    config.with_args(args);
    config.output_conflict_handling = if bless { bless_output_files } else { error_on_output_conflict };
    config.program = CommandBuilder { program: toolchain.rustc_path(), ..CommandBuilder::rustc() };

    let base = config.comment_defaults.base();
    base.set_custom("edition", Edition("2024".to_owned()));
    base.set_custom("rustfix", RustfixMode::Disabled);
    directives::register(&mut config, form);
    normalize(&mut config);
    config
}

/// Replaces what depends on the machine.
fn normalize(config: &mut Config) {
    let work = Toolchain::get().work().display().to_string();
    let artifacts = Artifacts::dir().display().to_string();
    config.stderr_filter(&format!("{}/[0-9a-f]{{16}}/", escape(&artifacts)), "$$MACROS/");
    config.stderr_filter(&escape(&work), "$$WORK");
    if let Ok(dir) = env::current_dir() {
        config.stderr_filter(&escape(&format!("{}/", dir.display())), "");
    }
    // The native build of `foo.wasm`.
    config.stderr_filter(r"\$MACROS/lib([a-zA-Z0-9_]+)\.so", "$$MACROS/$1.wasm");
    // Where a damaged module is damaged depends on its length, and so on the compiler's version.
    config.stderr_filter(r"at offset (0x[0-9a-f]+|[0-9]+)", "at offset $$OFFSET");
    config.stderr_filter(r"function\[[0-9]+\]::[a-z0-9_]+", "function[$$N]");
    // How the bridge calls a macro.
    config.stderr_filter(r", called by `proc_macro::bridge::[^\n]*", "");
    config.stderr_filter(r"(compiler|rustc) 1\.[0-9.]+[^`\n]*", "$1 VERSION");
}

fn escape(text: &str) -> String {
    let special = |c: char| r"\.+*?()|[]{}^$#&-~".contains(c);
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

/// The name of a case without directory `ui` and extension: what its files are called.
fn case_name(path: &Path) -> String {
    let name = path.strip_prefix(CASES).unwrap_or(path).with_extension("");
    name.display().to_string().replace(['/', '\\'], ".")
}
