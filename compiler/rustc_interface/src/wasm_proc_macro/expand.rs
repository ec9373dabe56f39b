//! The macros of a module, as the bridge calls them.

use std::sync::{Arc, Once, OnceLock, PoisonError, RwLock};

use rustc_proc_macro::bridge::PanicMessage;
use rustc_proc_macro::bridge::client::{Client, ProcMacro};
use rustc_proc_macro::bridge::server::{RemoteMacro, RemoteServer};
use rustc_wasm_proc_macro::{Activity, Dispatch, Events, FaultKind, Module};
use stubgen::module::Declaration;

use super::{Context, LoadedModule, profiler};

/// A module's compiled code, made when the first of its macros is expanded: most compilations
/// that reach a macro crate through another crate never run it.
struct Code {
    module: Arc<LoadedModule>,
    compiled: OnceLock<Result<Module, String>>,
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
    let code = Arc::new(Code { module: Arc::clone(module), compiled: OnceLock::new() });
    let mut macros = MACROS.write().unwrap_or_else(PoisonError::into_inner);
    let declared = module.info.declarations.iter().zip(0..).map(|(declaration, index)| {
        let remote = RemoteMacro { id: macros.len(), expand };
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
    fn compiled(&self) -> Result<&Module, PanicMessage> {
        let LoadedModule { path, bytes, info, context, .. } = &*self.module;
        self.compiled
            .get_or_init(|| {
                Module::load(bytes, info, Some(context.cache()), &**context)
                    .map_err(|error| format!("cannot load `{}`\n{error}", path.display()))
            })
            .as_ref()
            .map_err(|error| PanicMessage::Fault(error.clone()))
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
    module.expand(index, input, force_show_panics, &mut Server(server), events).map_err(|fault| {
        match fault.kind() {
            FaultKind::Panic(message) => PanicMessage::String(message.clone()),
            _ => {
                let mut text = fault.to_string();
                for note in fault.notes() {
                    text.push('\n');
                    text.push_str(&note);
                }
                PanicMessage::Fault(text)
            }
        }
    })
}

struct Server<'a>(&'a mut dyn RemoteServer);

impl Dispatch for Server<'_> {
    fn dispatch(&mut self, request: &[u8]) -> Result<&[u8], String> {
        self.0.dispatch(request)
    }
}

impl Events for Context {
    fn measure(&self, activity: Activity, work: &mut dyn FnMut()) {
        let profiler = profiler();
        let _timer = profiler.generic_activity(activity.name());
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
            rustc_middle::ty::tls::with_opt(|tcx| {
                if let Some(tcx) = tcx {
                    tcx.dcx()
                        .warn(format!("the cache of procedural macros is not used: {message}"));
                }
            })
        });
    }
}
