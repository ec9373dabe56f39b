//! Decisions in this process: `cargo_wasm_proc_macro` makes them, and plans and compiles by what stands here.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::anyhow;
use cargo_util_terminal::{Shell, Verbosity};
use cargo_wasm_proc_macro::{Call, Ended, Here, InCargo, Later, Messages, Output};

use super::request::{self, Current, Request};
use super::switch::Switch;
use super::{ERROR_CODE, along, output, plan};
use crate::core::Workspace;
use crate::core::compiler::{Compilation, Executor, MessageFormat, UnitInterner};
use crate::ops::{self, CompileOptions};
use crate::util::context::ConfigValue;
use crate::util::errors::AlreadyPrintedError;
use crate::{CargoResult, GlobalContext, display_error};

/// Whether something is being compiled by a decision that was made here.
static IS_DECIDED: AtomicBool = AtomicBool::new(false);

/// What is to be looked at when the command is over.
static LATER: Mutex<Option<Later>> = Mutex::new(None);

thread_local! {
    /// The plan that was asked for.
    static PLAN: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What there is to compile, and what came of it.
struct Compiling<'a, 'gctx> {
    ws: &'a Workspace<'gctx>,
    options: &'a CompileOptions,
    executor: &'a Arc<dyn Executor>,
    result: RefCell<Option<CargoResult<Compilation<'gctx>>>>,
}

/// Compiles with macros from modules, if the switch is on and nobody has decided yet.
///
/// # Errors
///
/// As [`ops::compile_ws`].
pub(super) fn compile<'gctx>(
    ws: &Workspace<'gctx>,
    options: &CompileOptions,
    executor: &Arc<dyn Executor>,
) -> CargoResult<Option<Compilation<'gctx>>> {
    let Some(switch) = Switch::get().filter(|_| !IS_DECIDED.load(Ordering::Relaxed)) else { return Ok(None) };
    let compiling = Compiling { ws, options, executor, result: RefCell::new(None) };
    let ended = InCargo::new(switch.words()?).compile(&compiling);
    let result = compiling.result.into_inner();
    match ended {
        Ended::Failed => Err(said()),
        Ended::AsCompiled(later) => {
            // Who has killed what built for it wants to hear nothing more.
            let compilation = result.unwrap_or_else(|| Err(said()))?;
            if !compilation.to_doc_test.is_empty() {
                *LATER.lock().unwrap_or_else(PoisonError::into_inner) = later;
            }
            Ok(Some(compilation))
        }
    }
}

/// An error about which nothing is to be said.
fn said() -> anyhow::Error {
    AlreadyPrintedError::new(anyhow!("the macros of this build cannot run")).into()
}

/// Says what is left to say when the command is over: why it has failed, if macros were refused something.
pub fn end(has_failed: bool) {
    let later = LATER.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(later) = later.filter(|_| has_failed) {
        later.end();
    }
}

/// Takes a plan, if it was asked for here.
pub(super) fn takes_plan(plan: &str) -> bool {
    let is_here = IS_DECIDED.load(Ordering::Relaxed);
    if is_here {
        PLAN.set(Some(plan.to_owned()));
    }
    is_here
}

/// Whether this process goes on when all has been done that a request says.
pub(super) fn goes_on() -> bool {
    IS_DECIDED.load(Ordering::Relaxed)
}

/// Ends a step of Cargo's that has nothing more to do. Nobody sees it.
#[derive(Debug)]
pub(super) struct EndOfStep;

impl fmt::Display for EndOfStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("all that was wanted is done")
    }
}

impl Error for EndOfStep {}

/// While something is done by a request.
struct Acting<'gctx> {
    gctx: &'gctx GlobalContext,
    /// The shell that is Cargo's otherwise.
    own: Option<Shell>,
}

impl<'gctx> Acting<'gctx> {
    fn begin(gctx: &'gctx GlobalContext, current: Current, shell: Option<Shell>) -> Acting<'gctx> {
        request::set(Some(current));
        IS_DECIDED.store(true, Ordering::Relaxed);
        Acting { gctx, own: shell.map(|shell| std::mem::replace(&mut *gctx.shell(), shell)) }
    }
}

impl Drop for Acting<'_> {
    fn drop(&mut self) {
        if let Some(own) = self.own.take() {
            *self.gctx.shell() = own;
        }
        IS_DECIDED.store(false, Ordering::Relaxed);
    }
}

impl<'gctx> Compiling<'_, 'gctx> {
    /// Does something by a request, with another shell if there is one.
    fn by<T>(&self, current: Current, shell: Option<Shell>, act: impl FnOnce() -> CargoResult<T>) -> CargoResult<T> {
        let _acting = Acting::begin(self.ws.gctx(), current, shell);
        act()
    }

    fn planned(&self, request: &str) -> CargoResult<String> {
        let current = Current::new(Request::parse(request.as_bytes())?);
        // What is said in every build is said when it is compiled.
        let (verbosity, once) = (self.ws.gctx().shell().verbosity(), output::Once::new(self.ws.ignore_lock()));
        let left = once.left();
        let mut shell = Shell::from_write(Box::new(once));
        shell.set_verbosity(verbosity);
        let ended = self.by(current, Some(shell), || {
            let options = super::options(self.options)?;
            ops::create_bcx(self.ws, &options, &UnitInterner::new(), None).map(drop)
        });
        // Whatever else is done before something is compiled has nothing to do with it.
        request::set(None);
        match (PLAN.take(), ended) {
            (Some(plan), _) => Ok(plan),
            (None, ended) => {
                // It is not said again.
                _ = io::stderr().write_all(&left.lock().unwrap_or_else(PoisonError::into_inner));
                Err(ended.err().unwrap_or_else(|| anyhow!("nothing was planned")))
            }
        }
    }
}

impl Here for Compiling<'_, '_> {
    fn facts(&self) -> Option<String> {
        let (ws, gctx) = (self.ws, self.ws.gctx());
        // What is installed has the newest dependencies that there are, and grants from elsewhere.
        if ws.ignore_lock() || plan::project(ws) != ws.root() {
            return None;
        }
        let mut options = self.options.clone();
        // In it is a number that `cargo fix` has anew each time.
        options.build_config.primary_unit_rustc = None;
        let mut facts = format!("{:?} {:?} {options:?} {:?}\n", ws.root(), gctx.cwd(), gctx.cli_unstable());
        for package in ws.members() {
            _ = writeln!(facts, "{:?}", package.manifest_path());
        }
        match gctx.values() {
            Ok(values) => {
                add(&mut facts, &ConfigValue::Table(values.clone(), crate::util::context::Definition::BuiltIn))
            }
            Err(error) => facts += &error.to_string(),
        }
        Some(facts)
    }

    fn start(&self) -> SystemTime {
        SystemTime::now() - self.ws.gctx().creation_time().elapsed()
    }

    fn files(&self) -> Vec<PathBuf> {
        let lock_file = self.ws.lock_root().as_path_unlocked().join("Cargo.lock");
        let manifests = self.ws.members().map(|package| package.manifest_path().to_owned());
        let roots = self.ws.gctx().ws_roots().keys().map(|root| root.join("Cargo.toml")).collect::<Vec<_>>();
        manifests.chain(roots).chain([lock_file, self.ws.root_manifest().to_owned()]).collect()
    }

    fn target_dir(&self) -> PathBuf {
        self.ws.target_dir().as_path_unlocked().to_owned()
    }

    fn plan(&self, request: &str) -> Result<String, i32> {
        self.planned(request).map_err(|error| {
            self.result.replace(Some(Err(error)));
            ERROR_CODE
        })
    }

    fn compile(&self, call: &Call<'_>) -> i32 {
        let gctx = self.ws.gctx();
        let is_read = call.output == Output::Messages;
        let shell = match call.output {
            Output::Users => None,
            Output::Nobodys => Some(Shell::from_write(Box::new(io::sink()))),
            Output::Messages => {
                let mut shell = Shell::from_write(Box::new(Messages::default()));
                shell.set_verbosity(Verbosity::Normal);
                Some(shell)
            }
        };
        let result = Request::parse(call.request.as_bytes()).and_then(|request| {
            let current = Current { request, compilers: call.compilers.clone(), all: call.all.clone() };
            self.by(current, shell, || {
                let result = ops::compile_ws(self.ws, self.options, self.executor);
                if let (true, Err(error)) = (is_read, &result) {
                    display_error(error, &mut gctx.shell());
                }
                result
            })
        });
        let code = if result.is_ok() { 0 } else { ERROR_CODE };
        if call.output == Output::Users {
            let is_seen = !matches!(&result, Err(error) if error.is::<EndOfStep>());
            self.result.replace(is_seen.then_some(result));
        }
        code
    }

    fn can_build_along(&self) -> bool {
        let config = &self.options.build_config;
        // Programs that read messages expect a macro crate once; and the user's own code for that platform is no macro.
        config.message_format == MessageFormat::Human
            && !config.compile_time_deps_only
            && !config.requested_kinds.contains(&super::guest())
    }

    fn built_along(&self, is_success: bool) -> Vec<String> {
        along::messages(is_success)
    }

    fn say_error(&self) {
        if let Some(Err(error)) = &*self.result.borrow() {
            display_error(error, &mut self.ws.gctx().shell());
        }
    }
}

/// Writes a value of the configuration, tables in the order of their keys, with where it is from.
fn add(text: &mut String, value: &ConfigValue) {
    match value {
        ConfigValue::Table(table, _) => {
            for (key, value) in table.iter().collect::<BTreeMap<_, _>>() {
                _ = write!(text, "{key}{{");
                add(text, value);
                text.push('}');
            }
        }
        value => _ = writeln!(text, "{value:?} {}", value.definition()),
    }
}
