//! The macros of a module, as the bridge calls them.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use rustc_proc_macro::bridge::PanicMessage;
use rustc_proc_macro::bridge::client::{Client, ProcMacro};
use rustc_proc_macro::bridge::server::{Named, Refusal, RemoteFunctions, RemoteMacro, RemoteServer};
use rustc_wasm_proc_macro_api::policy::Grants;
use rustc_wasm_proc_macro_api::{self as api, CallError, Dispatch, EXPANSION_STACK, Events, NEW_STACK};
use stubgen::module::Declaration;

use crate::ahead::ahead;
use crate::asking::Asking;
use crate::server::Server;
use crate::{ModuleFile, Surroundings, refused, runtime, watt};

/// A module's compiled code, made when the first of its macros is expanded: most compilations
/// that reach a macro crate through another crate never run it.
struct Code {
    file: Arc<ModuleFile>,
    /// What the user grants to the module.
    grants: Grants,
    surroundings: Arc<dyn Surroundings>,
    compiled: OnceLock<Result<api::LoadedModule, String>>,
    /// What was loaded from the cache on another thread. `None`: nothing, and nothing will be.
    ahead: OnceLock<Option<api::LoadedModule>>,
}

/// A macro of a module.
#[derive(Clone)]
struct WasmMacro {
    code: Arc<Code>,
    index: u32,
    /// What people call it.
    title: &'static str,
}

/// Every Wasm macro of the process, by the id that its client has. As native macro libraries do,
/// they stay until the end.
static MACROS: RwLock<Vec<WasmMacro>> = RwLock::new(Vec::new());

/// What the last macro is called that was run.
static LAST: Mutex<Option<&'static str>> = Mutex::new(None);

/// A text for people that names the last macro which was run, if there was one. It waits for nothing and allocates
/// nothing, so a signal's handler may ask.
pub fn last_macro() -> Option<&'static str> {
    LAST.try_lock().ok().and_then(|last| *last)
}

/// The macros of a module with these grants, in the order of its declarations.
pub fn proc_macros(file: Arc<ModuleFile>, grants: Grants, surroundings: Arc<dyn Surroundings>) -> &'static [ProcMacro] {
    let code = Arc::new(Code { file, grants, surroundings, compiled: OnceLock::new(), ahead: OnceLock::new() });
    let in_time = Arc::clone(&code);
    ahead(move || _ = in_time.ahead.get_or_init(|| in_time.load(true, &()).ok()));
    let mut macros = MACROS.write().unwrap_or_else(PoisonError::into_inner);
    let declared = code.file.info.declarations.iter().zip(0..).map(|(declaration, index)| {
        let id = macros.len();
        let functions = RemoteFunctions { id, expand, may, refusal, could, memory, time, with_stack };
        let remote = RemoteMacro(Box::leak(Box::new(functions)));
        let title = String::leak(format!("`{}` of `{}`", declaration.name(), code.file.info.abi.krate));
        macros.push(WasmMacro { code: Arc::clone(&code), index, title });
        match declaration {
            Declaration::Derive { trait_name, helpers, .. } => ProcMacro::CustomDerive {
                trait_name: leak(trait_name),
                attributes: Vec::leak(helpers.iter().map(leak).collect()),
                client: Client::remote(remote),
            },
            Declaration::Attr { name, .. } => ProcMacro::Attr { name: leak(name), client: Client::remote(remote) },
            Declaration::Bang { name, .. } => ProcMacro::Bang { name: leak(name), client: Client::remote(remote) },
        }
    });
    Vec::leak(declared.collect())
}

fn leak(name: &String) -> &'static str {
    String::leak(name.clone())
}

impl Code {
    fn compiled(&self) -> Result<api::LoadedModule, PanicMessage> {
        self.compiled
            .get_or_init(|| match self.loaded_ahead() {
                Some(module) => Ok(module),
                None => self
                    .load(false, &*self.surroundings)
                    .map_err(|error| format!("cannot load `{}`\n{error}", self.file.path.display())),
            })
            .clone()
            .map_err(PanicMessage::Fault)
    }

    /// What another thread has loaded. Waits for it if it has begun, and else tells it not to.
    fn loaded_ahead(&self) -> Option<api::LoadedModule> {
        let mut loaded = None;
        self.surroundings.waits(&mut || loaded = *self.ahead.get_or_init(|| None));
        loaded
    }

    fn load(&self, only_cached: bool, events: &dyn Events) -> Result<api::LoadedModule, String> {
        let Code { file, grants, surroundings, .. } = self;
        let module = api::Module {
            bytes: &file.bytes,
            runnable: &file.info.runnable(),
            cache: Some(surroundings.cache().dir()),
            only_cached,
            needs_standard_output: surroundings.needs_standard_output(),
            grants,
        };
        runtime::runtime(surroundings.sysroot())?.load(&module, events)
    }
}

fn wasm_macro(id: usize) -> WasmMacro {
    MACROS.read().unwrap_or_else(PoisonError::into_inner)[id].clone()
}

/// What the bridge calls to run macro number `id` of this process.
fn expand(
    id: usize,
    input: &[u8],
    force_show_panics: bool,
    server: &mut dyn RemoteServer,
) -> Result<Vec<u8>, PanicMessage> {
    let this = wasm_macro(id);
    let asking = this.asking();
    let module = this.code.compiled()?;
    *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(this.title);
    let events = &*this.code.surroundings;
    let run = |input: &[u8], server: &mut dyn Dispatch| {
        let run = || module.expand(this.index, input, force_show_panics, server, events);
        stacker::maybe_grow(EXPANSION_STACK, NEW_STACK, run)
    };
    let (outcome, refused) = refused::collecting(|| match watt::format(asking.info.guest) {
        Some(format) => {
            let run = |answers: &mut dyn Dispatch| run(&[], answers);
            watt::expand(&asking, format, input, force_show_panics, server, run)
        }
        None => run(input, &mut Server { bridge: server, asking: &asking }),
    });
    let errors = refused.errors(&asking, &outcome);
    if !errors.is_empty() {
        return Err(PanicMessage::Refused(errors));
    }
    outcome.map_err(|error| match error {
        CallError::Panic(message) => PanicMessage::String(message),
        CallError::Fault(text) => PanicMessage::Fault(text),
    })
}

/// Whether a request of macro number `id` may have that from the compiler.
fn may(id: usize, what: Named<'_>) -> bool {
    let this = wasm_macro(id);
    let asking = this.asking();
    let wanted = asking.wanted(what);
    wanted.map(|wanted| refused::note(&asking, wanted)).is_none()
}

/// Why the output of macro number `id` may not have that from the compiler.
fn refusal(id: usize, what: Named<'_>) -> Option<Refusal> {
    let this = wasm_macro(id);
    let asking = this.asking();
    asking.wanted(what).map(|wanted| refused::refusal(&asking, wanted))
}

/// Whether macro number `id` could have this by itself.
fn could(id: usize, what: Named<'_>) -> bool {
    wasm_macro(id).asking().wanted(what).is_none()
}

/// How many bytes the compiler may hold for macro number `id`.
fn memory(id: usize) -> u64 {
    wasm_macro(id).code.grants.memory()
}

/// How long an expansion of macro number `id` may take.
fn time(id: usize) -> Duration {
    wasm_macro(id).code.grants.time()
}

fn with_stack(bytes: usize, f: &mut dyn FnMut()) {
    stacker::maybe_grow(bytes, bytes + (1 << 20), f);
}

impl WasmMacro {
    fn asking(&self) -> Asking<'_> {
        let declaration = &self.code.file.info.declarations[self.index as usize];
        let Code { file, grants, surroundings, .. } = &*self.code;
        Asking { info: &file.info, grants, surroundings: &**surroundings, declaration }
    }
}
