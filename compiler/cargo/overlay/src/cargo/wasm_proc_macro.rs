//! Builds procedural macros for WebAssembly and takes them from there, as `cargo wasm-proc-macro` asks.
//!
//! That command calls Cargo up to three times with the user's own arguments, and each time with a
//! request in the file that `__CARGO_WASM_PROC_MACRO_REQUEST` names: to learn the macros of the build, to
//! build those that are missing, and to build everything with them.
//!
//! Where the configuration has a switch on (`switch`), plain Cargo decides what that command decides in its own process (`here`), and
//! makes the requests itself.
//!
//! **Invariant**: without a request and the switch nothing in here changes what Cargo does.

mod along;
mod executor;
mod graph;
mod here;
mod host;
mod output;
mod plan;
mod policy;
mod request;
mod settings;
mod switch;

pub use self::here::end;
pub use self::switch::{begin, tool};

use std::ffi::OsString;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cargo_util::ProcessBuilder;

use crate::core::Target;
use crate::core::Workspace;
use crate::core::compiler::unit_graph::UnitGraph;
use crate::core::compiler::{
    BuildConfig, BuildRunner, Compilation, CompileKind, CompileMode, CompileTarget, Executor, MessageFormat,
    RustcTargetData, Unit, UnitInterner,
};
use crate::ops::CompileOptions;
use crate::{CargoResult, drop_println};

use self::request::{Mode, Request};

/// What macros are built for. Both WebAssembly targets would do; this one has files and an environment.
const GUEST: &str = "wasm32-wasip1";

/// Whether the guest is none of the platforms that the user builds for.
static IS_ADDITIONAL: AtomicBool = AtomicBool::new(false);

/// Names the file in which compilers write what they refuse macros.
const REFUSALS: &str = "RUSTC_WASM_PROC_MACRO_REFUSALS";

/// The exit code of Cargo's own errors.
const ERROR_CODE: i32 = 101;

/// Compiles with macros from modules, if the switch is on and no request says more.
///
/// # Errors
///
/// As [`crate::ops::compile_ws`].
pub fn compile<'gctx>(
    ws: &Workspace<'gctx>,
    options: &CompileOptions,
    exec: &Arc<dyn Executor>,
) -> CargoResult<Option<Compilation<'gctx>>> {
    here::compile(ws, options, exec)
}

/// The options of a compilation, adjusted to the request.
///
/// # Errors
///
/// When the file of the request cannot be read or is not one.
pub fn options(options: &CompileOptions) -> CargoResult<CompileOptions> {
    request::read()?;
    let mut options = options.clone();
    // Not every command has an option for it.
    options.build_config.keep_going |= runs_nothing();
    if mode() == Some(Mode::Build) {
        options.build_config.message_format =
            MessageFormat::Json { render_diagnostics: false, short: false, ansi: false };
        options.build_config.keep_going = true;
        // The macros are the roots here, and with this option roots are what is not compiled.
        options.build_config.compile_time_deps_only = false;
        // `cargo fix` mends the sources of what the user has it mend, when that is compiled.
        options.build_config.primary_unit_rustc = None;
        options.build_config.rustfix_diagnostic_server = Rc::default();
    }
    Ok(options)
}

/// The platforms that dependencies are resolved for: those of the user, and that of the macros.
///
/// # Errors
///
/// When the compiler does not know the platform.
pub fn requested_kinds(target_data: &mut RustcTargetData<'_>, config: &BuildConfig) -> CargoResult<Vec<CompileKind>> {
    let mut kinds = config.requested_kinds.clone();
    if has_guests() {
        host::keep_cfgs(target_data);
    }
    if has_guests() && !kinds.contains(&guest()) {
        target_data.merge_compile_kind(guest())?;
        if builds_for_guest() {
            kinds.push(guest());
            IS_ADDITIONAL.store(true, Ordering::Relaxed);
        }
    }
    Ok(kinds)
}

/// Whether a platform is there for macros alone. What ordinary crates depend on for it would add features to what they
/// have without it.
pub fn is_additional(kind: CompileKind) -> bool {
    IS_ADDITIONAL.load(Ordering::Relaxed) && is_guest(kind)
}

/// What a root of the graph is compiled for. The tests of a macro crate and its documentation are no macros.
pub fn kind_of_root(kind: CompileKind, target: &Target, mode: CompileMode) -> CompileKind {
    if builds_for_guest() && target.proc_macro() && mode != CompileMode::Build {
        return CompileKind::Host;
    }
    kind.for_target(target)
}

/// What a macro crate is compiled for, if a request says so: the host otherwise.
pub fn kind_of(target: &Target) -> Option<CompileKind> {
    let is_guest = target.proc_macro()
        && builds_for_guest()
        && !target.src_path().path().is_some_and(|path| request::get().is_some_and(|r| r.is_native(path)));
    is_guest.then(guest)
}

/// Whether a dependency of this platform is one of a macro that is built for WebAssembly.
pub fn is_activated(dependency: &crate::core::Dependency, target_data: &RustcTargetData<'_>) -> bool {
    builds_for_guest() && target_data.dep_platform_activated(dependency, guest())
}

/// Whether code for this platform is a macro's, which no flags of the user's apply to but [`flags`].
pub fn is_guest(kind: CompileKind) -> bool {
    has_guests() && kind == guest()
}

/// The user's flags that apply to macros' code.
pub fn flags() -> Vec<String> {
    host::kept_cfgs()
}

/// Adjusts the environment of a build script whose package is compiled for the guest.
pub fn adjust_build_script(cmd: &mut ProcessBuilder, unit: &Unit, host: &str) {
    host::answer_target(cmd, unit, host);
}

/// Whether a unit is found where it was compiled, since copies without a hash in their name would collide.
pub fn keeps_place(unit: &Unit) -> bool {
    is_guest(unit.kind)
}

/// Whether a unit is copied from a module, so that not even its package's build script is needed.
pub fn is_from_module(unit: &Unit) -> bool {
    unit.rustflags.first().is_some_and(|flag| flag == request::MODULE_FLAG)
}

/// Keeps from what Cargo starts what is meant for Cargo itself, and from all but compilers what is meant for them.
pub fn adjust_environment(cmd: &mut ProcessBuilder, is_compiler: bool) {
    let Some(current) = request::current() else { return };
    cmd.env_remove(request::VARIABLE);
    if !is_compiler {
        cmd.env_remove(REFUSALS);
    }
    let of_compilers = current.compilers.iter().filter(|_| is_compiler);
    for (name, value) in current.all.iter().chain(of_compilers) {
        cmd.env(name, value);
    }
}

/// Whether a unit depends on another one only so that its module is made before it is taken. That says nothing about what it is.
pub fn is_maker(unit: &Unit, dep: &Unit) -> bool {
    along::is_maker(unit, dep)
}

/// What rustc and rustdoc are told about macros when they compile a unit: where it finds those that libraries export again, if they
/// are elsewhere than the libraries, and what macros may have.
pub fn arguments(build_runner: &BuildRunner<'_, '_>, unit: &Unit) -> Vec<OsString> {
    let mut arguments = policy::arguments(build_runner, unit);
    if (builds_for_guest() || along::is_below_a_macro(build_runner, unit))
        && !is_guest(unit.kind)
        && let Some(of_macros) = build_runner.bcx.unit_graph.keys().find(|unit| is_guest(unit.kind))
    {
        let mut argument = OsString::from("-Ldependency=");
        argument.push(build_runner.files().deps_dir(of_macros));
        arguments.push(argument);
    }
    arguments
}

/// Gets ready for compiling a graph whose units have their names.
///
/// # Errors
///
/// When the policy of a unit cannot be brought up to date.
pub fn prepare(build_runner: &BuildRunner<'_, '_>) -> CargoResult<()> {
    let Some(request) = request::get() else { return Ok(()) };
    if request.builds_along() {
        along::prepare(build_runner)?;
    }
    request.policy_dir.as_ref().map_or(Ok(()), |dir| policy::plan(build_runner, request, dir))
}

/// Writes what macros may have in a compiler that is about to start.
///
/// # Errors
///
/// When the file for it cannot be written.
pub fn write_policy(cmd: &ProcessBuilder) -> CargoResult<()> {
    policy::write(cmd)
}

/// Gets a rustdoc ready that is to run the examples of a package's documentation. Where nothing is to be run it compiles them here, and
/// the result is true.
///
/// # Errors
///
/// As [`write_policy`].
pub fn prepare_examples(rustdoc: &mut ProcessBuilder) -> CargoResult<bool> {
    policy::write(rustdoc)?;
    if runs_nothing() {
        rustdoc.args(&["--no-run", "-Zunstable-options"]).env("RUSTC_BOOTSTRAP", "1");
        // Those of the other packages are compiled all the same.
        _ = rustdoc.exec();
    }
    Ok(runs_nothing())
}

/// The graph of what is to be built, and its roots. In `plan` mode this prints the plan and ends the process.
///
/// # Errors
///
/// When a macro that is to be built is not in the graph, or one is in it that nobody decided about, or the plan cannot be
/// written. With a macro that another plan would have, the process ends without a word. Where this process has decided, it ends
/// neither then nor with a plan, and the error is [`here::EndOfStep`].
pub fn units(
    ws: &Workspace<'_>,
    interner: &UnitInterner,
    target_data: &RustcTargetData<'_>,
    roots: Vec<Unit>,
    graph: UnitGraph,
) -> CargoResult<(Vec<Unit>, UnitGraph)> {
    let Some(request) = request::get() else { return Ok((roots, graph)) };
    match request.mode {
        Mode::Plan => {
            // Not while the shell is held for printing.
            let plan = plan::plan(ws, target_data, &roots, &graph)?;
            if here::takes_plan(&plan) {
                along::keep(&graph);
                return Err(here::EndOfStep.into());
            }
            drop_println!(ws.gctx(), "{plan}");
            end_early(0)
        }
        Mode::Build => {
            let (roots, graph) = graph::of_modules(ws, interner, request, target_data, &graph)?;
            graph::check_native(request, &roots, &graph)?;
            let total = graph::reachable(&roots, &graph).len();
            // It begins like Cargo's messages.
            drop_println!(ws.gctx(), r#"{{"reason":"wasm-proc-macro-units","total":{total}}}"#);
            Ok((roots, graph))
        }
        Mode::Use => {
            if graph::has_unplanned(request, &roots, &graph)? {
                if here::goes_on() {
                    return Err(here::EndOfStep.into());
                }
                end_early(ERROR_CODE);
            }
            let (roots, mut graph) = graph::with_modules(interner, request, roots, graph);
            if request.builds_along() {
                along::merge(ws, interner, request, target_data, &mut graph)?;
            }
            Ok((roots, graph))
        }
    }
}

/// Runs the compiler, except for a macro that is taken from a module.
pub fn executor(compiler: &Arc<dyn Executor>) -> Arc<dyn Executor> {
    if request::get().is_some() { Arc::new(executor::Copier::new(Arc::clone(compiler))) } else { Arc::clone(compiler) }
}

/// Called when all has been built. The process ends here where only modules were wanted, since the subcommand would go on
/// to run what was not built, and where nothing is to be run. Examples of the documentation are compiled later.
pub fn built(compilation: &mut Compilation<'_>) {
    if here::goes_on() {
        return;
    }
    if mode() == Some(Mode::Build) || runs_nothing() && compilation.to_doc_test.is_empty() {
        end_early(0);
    }
    if runs_nothing() {
        compilation.tests.clear();
    }
}

fn end_early(code: i32) -> ! {
    std::process::exit(code)
}

fn runs_nothing() -> bool {
    request::get().is_some_and(|request| request.runs_nothing)
}

fn mode() -> Option<Mode> {
    request::get().map(|request| request.mode)
}

/// Whether macros are resolved for WebAssembly.
fn builds_for_guest() -> bool {
    matches!(mode(), Some(Mode::Plan | Mode::Build))
}

fn builds_along() -> bool {
    request::get().is_some_and(Request::builds_along)
}

/// Whether macros may be in the graph as they are built for WebAssembly.
fn has_guests() -> bool {
    builds_for_guest() || builds_along()
}

fn guest() -> CompileKind {
    CompileKind::Target(CompileTarget::new(GUEST, false).expect("the name of a built-in target"))
}
