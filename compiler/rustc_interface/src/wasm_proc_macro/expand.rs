//! The macros of a module, as the bridge calls them.

use std::path::Path;
use std::sync::{Arc, Once, OnceLock, PoisonError, RwLock};

use rustc_middle::ty::tls;
use rustc_proc_macro::bridge::PanicMessage;
use rustc_proc_macro::bridge::client::{Client, ProcMacro};
use rustc_proc_macro::bridge::server::{Named, Refusal, RemoteMacro, RemoteServer};
use rustc_span::Symbol;
use rustc_wasm_proc_macro_api::readable::Readable;
use rustc_wasm_proc_macro_api::{
    self as api, Activity, CallError, Dispatch, EXPANSION_STACK, Events, NEW_STACK,
};
use stubgen::module::{Declaration, ModuleInfo};

use super::ahead::ahead;
use super::denied::denied;
use super::{Context, LoadedModule, profiler, runtime, watt};

/// A module's compiled code, made when the first of its macros is expanded: most compilations
/// that reach a macro crate through another crate never run it.
struct Code {
    module: Arc<LoadedModule>,
    compiled: OnceLock<Result<api::LoadedModule, String>>,
    /// What was loaded from the cache on another thread. `None`: nothing, and nothing will be.
    ahead: OnceLock<Option<api::LoadedModule>>,
}

/// A macro of a module.
#[derive(Clone)]
struct WasmMacro {
    code: Arc<Code>,
    index: u32,
}

/// Every Wasm macro of the process, by the id that its client has. As native macro libraries do,
/// they stay until the end.
static MACROS: RwLock<Vec<WasmMacro>> = RwLock::new(Vec::new());

/// The macros of `module`, in the order of its declarations.
pub(super) fn proc_macros(module: &Arc<LoadedModule>) -> &'static [ProcMacro] {
    let module = Arc::clone(module);
    let code = Arc::new(Code { module, compiled: OnceLock::new(), ahead: OnceLock::new() });
    let in_time = Arc::clone(&code);
    ahead(move || _ = in_time.ahead.get_or_init(|| in_time.load(true, &()).ok()));
    let mut macros = MACROS.write().unwrap_or_else(PoisonError::into_inner);
    let declared = code.module.info.declarations.iter().zip(0..).map(|(declaration, index)| {
        let remote = RemoteMacro { id: macros.len(), expand, may, refusal, memory, with_stack };
        macros.push(WasmMacro { code: Arc::clone(&code), index });
        match declaration {
            Declaration::Derive { trait_name, helpers, .. } => ProcMacro::CustomDerive {
                trait_name: leak(trait_name),
                attributes: Vec::leak(helpers.iter().map(leak).collect()),
                client: Client::remote(remote),
            },
            Declaration::Attr { name, .. } => {
                ProcMacro::Attr { name: leak(name), client: Client::remote(remote) }
            }
            Declaration::Bang { name, .. } => {
                ProcMacro::Bang { name: leak(name), client: Client::remote(remote) }
            }
        }
    });
    Vec::leak(declared.collect())
}

fn leak(name: &String) -> &'static str {
    String::leak(name.clone())
}

impl Code {
    fn compiled(&self) -> Result<api::LoadedModule, PanicMessage> {
        let LoadedModule { path, context, .. } = &*self.module;
        self.compiled
            .get_or_init(|| match self.loaded_ahead() {
                Some(module) => Ok(module),
                None => self
                    .load(false, &**context)
                    .map_err(|error| format!("cannot load `{}`\n{error}", path.display())),
            })
            .clone()
            .map_err(PanicMessage::Fault)
    }

    /// What another thread has loaded. Waits for it if it has begun, and else tells it not to.
    fn loaded_ahead(&self) -> Option<api::LoadedModule> {
        let profiler = profiler();
        let _timer = profiler.generic_activity("wasm_proc_macro_wait");
        *self.ahead.get_or_init(|| None)
    }

    fn load(&self, only_cached: bool, events: &dyn Events) -> Result<api::LoadedModule, String> {
        let LoadedModule { bytes, info, context, .. } = &*self.module;
        let cache = Some(context.cache().dir());
        let module = api::Module { bytes, digest: info.digest.0, cache, only_cached };
        runtime::runtime(&context.sysroot)?.load(&module, events)
    }
}

/// What the bridge calls to run macro number `id` of this process.
fn expand(
    id: usize,
    input: &[u8],
    force_show_panics: bool,
    server: &mut dyn RemoteServer,
) -> Result<Vec<u8>, PanicMessage> {
    let WasmMacro { code, index } =
        MACROS.read().unwrap_or_else(PoisonError::into_inner)[id].clone();
    let module = code.compiled()?;
    let events: &Context = &code.module.context;
    let info = &code.module.info;
    let declaration = &info.declarations[index as usize];
    let run = |input: &[u8], server: &mut dyn Dispatch| {
        let run = || module.expand(index, input, force_show_panics, server, events);
        stacker::maybe_grow(EXPANSION_STACK, NEW_STACK, run)
    };
    let output = match watt::format(info.guest) {
        Some(format) => {
            let run = |answers: &mut dyn Dispatch| run(&[], answers);
            watt::expand(info, declaration, format, input, force_show_panics, server, run)
        }
        None => run(input, &mut Server { bridge: server, info, macro_name: declaration.name() }),
    };
    output.map_err(|error| match error {
        CallError::Panic(message) => PanicMessage::String(message),
        CallError::Fault(text) => PanicMessage::Fault(text),
    })
}

/// Whether a request of macro number `id` may have this from the compiler. What it may not have is noted.
fn may(id: usize, what: Named<'_>) -> bool {
    let (is_allowed, action) = match what {
        Named::File(path) => (
            Readable::of_process().allows_file(path),
            format!("to open `{}`", path.display()),
        ),
        Named::Variable(_) => (true, String::new()),
        Named::Memory(_) => (false, "more memory of the compiler".to_owned()),
    };
    if !is_allowed {
        let WasmMacro { code, index } =
            MACROS.read().unwrap_or_else(PoisonError::into_inner)[id].clone();
        let info = &code.module.info;
        let macro_name = info.declarations[index as usize].name();
        denied(&info.abi, macro_name, &action);
    }
    is_allowed
}

/// Why what macro number `id` returned may not have this from the compiler.
fn refusal(id: usize, what: Named<'_>) -> Option<Refusal> {
    (!may(id, what)).then(|| Refusal {
        text: match what {
            Named::File(path) => format!("a procedural macro may not read `{}`", path.display()),
            _ => "a procedural macro may not have this".to_owned(),
        },
        notes: Vec::new(),
        help: None,
    })
}

/// The bytes that the compiler may hold for macro number `id` and all others.
fn memory(_: usize) -> u64 {
    4 << 30
}

/// Calls the function where that many bytes of stack are left at least.
fn with_stack(bytes: usize, f: &mut dyn FnMut()) {
    stacker::maybe_grow(bytes, bytes + (1 << 20), f);
}

/// The compiler during one expansion.
struct Server<'a> {
    bridge: &'a mut dyn RemoteServer,
    info: &'a ModuleInfo,
    macro_name: &'a str,
}

impl Dispatch for Server<'_> {
    fn dispatch(&mut self, request: &[u8]) -> Result<&[u8], String> {
        self.bridge.dispatch(request)
    }

    fn depends_on(&mut self, path: &Path) {
        depends_on(path);
    }

    fn denied(&mut self, what: &str) {
        denied(&self.info.abi, self.macro_name, what);
    }
}

/// The expansion of a macro may depend on that file or directory.
pub(super) fn depends_on(path: &Path) {
    tls::with_opt(|tcx| {
        if let Some(tcx) = tcx {
            let path = Symbol::intern(&path.to_string_lossy());
            tcx.sess.file_depinfo.borrow_mut().insert(path);
        }
    });
}

impl Events for Context {
    fn measure(&self, activity: Activity, work: &mut dyn FnMut()) {
        let profiler = profiler();
        // `-Ztime-passes` prints a line for every verbose activity, so those that happen once a
        // module are.
        let (_verbose, _timer) = match activity {
            Activity::Load | Activity::Compile => {
                (Some(profiler.verbose_generic_activity(activity.name())), None)
            }
            Activity::Instantiate | Activity::Expand => {
                (None, Some(profiler.generic_activity(activity.name())))
            }
        };
        work();
    }

    fn warn(&self, message: &str) {
        self.warn_about_cache(message);
    }
}

impl Context {
    /// Says once that the cache does not work, which costs time and nothing else.
    pub(super) fn warn_about_cache(&self, message: &str) {
        static WARNED: Once = Once::new();
        WARNED.call_once(|| {
            tls::with_opt(|tcx| {
                if let Some(tcx) = tcx {
                    tcx.dcx()
                        .warn(format!("the cache of procedural macros is not used: {message}"));
                }
            })
        });
    }
}
