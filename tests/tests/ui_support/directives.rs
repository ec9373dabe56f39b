//! The lines by which a case names its macros.
//!
//! ```text
//! wasm: [NAME=]CRATE[@bare]      a macro crate, by `--wasm-proc-macro`; natively by `--extern`
//! extern: [NAME=]CRATE           the same, by `--extern` both ways
//! native: [NAME=]CRATE           its native build, by `--extern`, both ways
//! search: CRATE                  only the directory that it is in, by `-L`
//! library: NAME                  a library, whose own macros are built in the same way
//! copies: CRATE COUNT            that many copies of a module, `CRATE_00` and so on; no native run
//! bad: KIND                      a bad module (see `tests::bad`), which must leave nothing in the cache; no native run
//! bad-extern: KIND               the same as `plain`, by `--extern`
//! faulty: KIND                   a module that is bad only when it runs, and so is in the cache; no native run
//! watt: NAME                     a module made for watt, `ui/auxiliary/watt/NAME.wat`; no native run
//! no-native: REASON              the case has no native counterpart
//! ```

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fs, io};

use tests::artifacts::use_macros;
use tests::command::files;
use tests::source::Source;
use tests::{Artifacts, Form, Toolchain, bad, wasm, watt};
use ui_test::build_manager::BuildManager;
use ui_test::custom_flags::Flag;
use ui_test::per_test_config::{Comments, TestConfig};
use ui_test::spanned::{Span, Spanned};
use ui_test::{CommentParser, Config, Error, Errored, Revisioned};

use super::expansions::Expansion;

/// The key under which [`WithoutNative`] stands.
pub const NO_NATIVE: &str = "no-native";

/// The variable by which a flag finds out how macros are built in this run; `ui_test` has no other place for it.
const FORM_VAR: &str = "TESTS_FORM";

/// Makes the lines known, and sets what every case has.
pub fn register(config: &mut Config, form: Form) {
    config.program.envs.push((FORM_VAR.into(), Some(format!("{form:?}").into())));
    let custom = &mut config.custom_comments;
    custom.insert("wasm", |parser, argument, span| add(parser, argument, span, Use::Module));
    custom.insert("extern", |parser, argument, span| add(parser, argument, span, Use::Extern));
    custom.insert("native", |parser, argument, span| add(parser, argument, span, Use::NativeExtern));
    custom.insert("search", |parser, argument, span| add(parser, argument, span, Use::Search));
    custom.insert("library", |parser, argument, span| add(parser, argument, span, Use::Library));
    custom.insert("copies", |parser, argument, span| add(parser, argument, span, Use::Copies));
    custom.insert("bad", |parser, argument, span| add(parser, argument, span, Use::Bad));
    custom.insert("bad-extern", |parser, argument, span| add(parser, argument, span, Use::BadExtern));
    custom.insert("faulty", |parser, argument, span| add(parser, argument, span, Use::Faulty));
    custom.insert("watt", |parser, argument, span| add(parser, argument, span, Use::Watt));
    custom.insert(NO_NATIVE, |parser, reason, span| {
        parser.check(span.clone(), !reason.is_empty(), "say why there is no native counterpart");
        parser.set_custom_once(NO_NATIVE, WithoutNative, span);
    });
    let base = config.comment_defaults.base();
    base.set_custom("cache", Cache::Shared);
    base.set_custom("expansion", Expansion);
}

/// How macros are built in this run.
pub fn form(config: &Config) -> Form {
    let native = config
        .program
        .envs
        .iter()
        .any(|(name, value)| name == FORM_VAR && value.as_deref().is_some_and(|value| value == "Native"));
    if native { Form::Native } else { Form::Wasm }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Module,
    Extern,
    NativeExtern,
    Search,
    Library,
    Copies,
    Bad,
    BadExtern,
    Faulty,
    Watt,
}

/// One line; all are under one key, so that their order is that of the arguments.
#[derive(Clone, Debug)]
struct Directive {
    how: Use,
    argument: String,
}

fn add(parser: &mut CommentParser<&mut Revisioned>, argument: Spanned<&str>, span: Span, how: Use) {
    if matches!(how, Use::Copies | Use::Bad | Use::BadExtern | Use::Faulty | Use::Watt) {
        parser.set_custom(NO_NATIVE, WithoutNative);
    }
    if matches!(how, Use::Bad | Use::BadExtern) {
        parser.set_custom("cache", Cache::Empty);
    }
    parser.add_custom_spanned("macros", Directive { how, argument: (*argument).to_owned() }, span);
}

impl Flag for Directive {
    fn clone_inner(&self) -> Box<dyn Flag> {
        Box::new(self.clone())
    }

    fn must_be_unique(&self) -> bool {
        false
    }

    fn apply(&self, command: &mut Command, config: &TestConfig, _: &BuildManager) -> Result<(), Errored> {
        self.arguments(form(&config.config), command).map_err(|message| failed(&self.argument, message))
    }
}

impl Directive {
    fn arguments(&self, form: Form, command: &mut Command) -> Result<(), String> {
        let artifacts = Artifacts::get();
        // `NAME=CRATE@bare`
        let (name, krate) = match self.argument.split_once('=') {
            Some((name, krate)) => (Some(name), krate),
            None => (None, &*self.argument),
        };
        let (krate, wasm) = match krate.strip_suffix("@bare") {
            Some(krate) => (krate, Form::Bare),
            None => (krate, Form::Wasm),
        };
        let form = if form == Form::Native { form } else { wasm };
        match self.how {
            Use::Module => {
                let path = artifacts.macros(krate, form)?;
                match name {
                    None if form != Form::Native => command.arg("--wasm-proc-macro").arg(&path),
                    name => command.args(use_macros(form, name.unwrap_or(&crate_name(krate)?), &path)),
                };
                // The flag makes a module known to libraries too; a native macro crate must be on the search path for that.
                if form == Form::Native {
                    command.arg("-L").arg(path.parent().expect("it is in a directory"));
                }
            }
            Use::Extern | Use::NativeExtern => {
                let form = if self.how == Use::NativeExtern { Form::Native } else { form };
                let path = artifacts.macros(krate, form)?;
                let name = name.map_or_else(|| crate_name(krate), |name| Ok(name.to_owned()))?;
                command.arg("--extern").arg(format!("{name}={}", path.display()));
            }
            Use::Search => {
                let path = artifacts.macros(krate, form)?;
                command.arg("-L").arg(path.parent().expect("it is in a directory"));
            }
            Use::Library => _ = command.args(artifacts.library(krate, form)?.arguments()),
            Use::Copies => {
                for copy in copies(&self.argument)? {
                    command.arg("--wasm-proc-macro").arg(copy);
                }
            }
            Use::BadExtern => {
                command.arg("--extern").arg(format!("plain={}", bad_module(&self.argument)?.display()));
            }
            Use::Watt => _ = command.arg("--wasm-proc-macro").arg(watt::module(&self.argument)?),
            Use::Bad | Use::Faulty => _ = command.arg("--wasm-proc-macro").arg(bad_module(&self.argument)?),
        }
        Ok(())
    }
}

/// The crate name of `ui/auxiliary/macros/NAME.rs`.
fn crate_name(name: &str) -> Result<String, String> {
    Ok(Source::read(Path::new("ui/auxiliary/macros"), name)?.crate_name)
}

/// `CRATE COUNT`
fn copies(argument: &str) -> Result<Vec<PathBuf>, String> {
    let wrong = || format!("`{argument}`: expected a crate and a number");
    let (krate, count) = argument.split_once(' ').ok_or_else(wrong)?;
    let count: usize = count.parse().map_err(|_| wrong())?;
    let module = fs::read(Artifacts::get().macros(krate, Form::Wasm)?).map_err(|error| error.to_string())?;
    let dir = Toolchain::get().work().join("copies");
    fs::create_dir_all(&dir).map_err(|error| error.to_string())?;
    let copy = |number: usize| {
        let name = format!("{krate}_{number:02}");
        let path = dir.join(format!("{name}.wasm"));
        let marker = format!("@@{number:06}@@");
        write(&path, &wasm::copy_as(&module, &name, "@@MARKER@@", &marker)).map(|()| path)
    };
    (0..count).map(copy).collect()
}

fn bad_module(kind: &str) -> Result<PathBuf, String> {
    let dir = Toolchain::get().work().join("bad");
    fs::create_dir_all(dir.join("directory.wasm")).map_err(|error| error.to_string())?;
    let path = dir.join(format!("{kind}.wasm"));
    if ["no-such-file", "directory"].contains(&kind) {
        return Ok(path);
    }
    let good = fs::read(Artifacts::get().macros("plain", Form::Wasm)?).map_err(|error| error.to_string())?;
    let bytes = bad::make(kind, &good).ok_or_else(|| format!("there is no kind of bad module `{kind}`"))?;
    write(&path, &bytes)?;
    Ok(path)
}

/// Writes a file of which only the content matters, unless it is there: another case may be reading it.
fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let write = || -> io::Result<()> {
        let file = tempfile_beside(path)?;
        fs::write(&file, bytes)?;
        fs::rename(&file, path)
    };
    write().map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}

fn tempfile_beside(path: &Path) -> io::Result<PathBuf> {
    let id = format!("{}-{:?}", std::process::id(), std::thread::current().id());
    Ok(path.with_extension(id.replace(['(', ')'], "")))
}

/// The cache of a case that must not leave anything in it.
fn empty_cache(case: &Path) -> PathBuf {
    Toolchain::get().work().join("empty-caches").join(crate::case_name(case))
}

pub fn failed(what: &str, message: String) -> Errored {
    Errored::new(vec![Error::Bug(message)], what)
}

/// Where a case caches its modules.
#[derive(Clone, Copy, Debug)]
enum Cache {
    /// With all others: most cases are not about the cache.
    Shared,
    /// Apart, since nothing may be left in it.
    Empty,
}

impl Flag for Cache {
    fn clone_inner(&self) -> Box<dyn Flag> {
        Box::new(*self)
    }

    fn must_be_unique(&self) -> bool {
        true
    }

    fn apply(&self, command: &mut Command, config: &TestConfig, _: &BuildManager) -> Result<(), Errored> {
        let dir = match self {
            Cache::Shared => Toolchain::get().work().join("cache"),
            Cache::Empty => empty_cache(config.status.path()),
        };
        if let Cache::Empty = self {
            _ = fs::remove_dir_all(&dir);
        }
        command.arg("--wasm-proc-macro-cache").arg(dir);
        Ok(())
    }

    fn post_test_action(&self, config: &TestConfig, _: &Output, _: &BuildManager) -> Result<(), Errored> {
        let Cache::Empty = self else { return Ok(()) };
        match files(&empty_cache(config.status.path())) {
            left if left.is_empty() => Ok(()),
            left => Err(failed("the cache", format!("the bad module has left {left:?} there"))),
        }
    }
}

/// The case is not run with native macros.
#[derive(Clone, Copy, Debug)]
struct WithoutNative;

impl Flag for WithoutNative {
    fn clone_inner(&self) -> Box<dyn Flag> {
        Box::new(*self)
    }

    fn must_be_unique(&self) -> bool {
        true
    }

    fn test_condition(&self, config: &Config, _: &Comments, _: &str) -> bool {
        form(config) == Form::Native
    }
}
