//! Gets a module's crate metadata: from the cache, or from a nested session that compiles the stub.

use std::borrow::Cow;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::{io, thread};

use rustc_errors::DiagInner;
use rustc_errors::emitter::Emitter;
use rustc_errors::formatting::format_diag_messages;
use rustc_feature::{Features, UNSTABLE_LANG_FEATURES, UnstableFeatures};
use rustc_metadata::{METADATA_HEADER, encode_metadata};
use rustc_session::config::{
    CodegenOptions, CrateType, Input, Options, OutputType, OutputTypes, ResolveDocLinks,
    UnstableOptions,
};
use rustc_session::lint::Level;
use rustc_span::edition::Edition;
use rustc_span::fatal_error::catch_fatal_errors;
use rustc_span::source_map::{FilePathMapping, SourceMap};
use rustc_span::{FileName, RealFileName, Symbol};
use rustc_wasm_proc_macro_client::with_stack_of_thread;
use stubgen::cache::{Key, Kind};
use stubgen::module::ModuleInfo;
use stubgen::stub::{self, Body};

use super::scratch::{Scratch, limit_of_address_space, survive_file_limit};
use super::{Context, LoadedModule, profiler, stub_spans};
use crate::interface::{Config, run_compiler};
use crate::passes;
use crate::util::{DEFAULT_STACK_SIZE, DummyCodegenBackend, STACK_SIZE};

impl LoadedModule {
    /// The module's crate metadata, framed as in a native library.
    pub(super) fn metadata(&self) -> Result<&[u8], String> {
        let framed = || {
            let rmeta = self.stub_metadata()?;
            let length = (rmeta.len() as u64).to_le_bytes();
            Ok([METADATA_HEADER, &length, &rmeta].concat())
        };
        self.metadata.get_or_init(framed).as_deref().map_err(String::clone)
    }

    /// The crate metadata of the module's stub, as it stands in an `.rmeta` file.
    fn stub_metadata(&self) -> Result<Vec<u8>, String> {
        let cache = self.context.cache();
        let info = permitted(self.info(), &self.context);
        let build = self.context.build();
        let mut parts = vec![&info.digest.0[..], build.as_bytes(), info.abi.krate.as_bytes()];
        if self.context.unstable_features && stub::needs_features(&info) {
            parts.push(b"unstable features");
        }
        let key = Key::from_parts(parts);
        if let Some(entry) = cache.lookup(Kind::Stub, &key) {
            return Ok(entry.bytes().to_vec());
        }
        let profiler = profiler();
        let _timer = profiler
            .verbose_generic_activity_with_arg("wasm_proc_macro_stub", &*self.info().abi.krate);
        let metadata = compile(&info, &self.context)?;
        // A cache that cannot be written costs the next compilation this work, and no more.
        if let Err(error) = cache.publish(Kind::Stub, &key, &metadata) {
            self.context.warn_about_cache(&format!("a stub cannot be kept: {error}"));
        }
        Ok(metadata)
    }
}

/// The module as its stub says it. `allow_internal_unstable` is the module's own word, and with features that are
/// made for the standard library, or half made, code can crash the compiler. So without the user's say
/// it is not taken for those. Of libraries only intrinsics are such.
fn permitted<'a>(info: &'a ModuleInfo, context: &Context) -> Cow<'a, ModuleInfo> {
    if context.unstable_features || !stub::needs_features(info) {
        return Cow::Borrowed(info);
    }
    let is_safe = |name: &String| {
        let name = Symbol::intern(name);
        let features = Features::default();
        let is_of_language = UNSTABLE_LANG_FEATURES.iter().any(|feature| feature.name == name);
        let is_unsafe = is_of_language && (features.internal(name) || features.incomplete(name));
        !is_unsafe && name.as_str() != "core_intrinsics"
    };
    let mut info = info.clone();
    info.attributes.iter_mut().for_each(|attributes| attributes.unstable.retain(is_safe));
    Cow::Owned(info)
}

/// Compiles the stub to crate metadata, in a session that shares nothing with the user's.
fn compile(info: &ModuleInfo, context: &Context) -> Result<Vec<u8>, String> {
    let errors = Arc::new(Mutex::new(Vec::new()));
    let config = config(info, context, Arc::clone(&errors));
    let own_dir = context.output_dir.as_deref().unwrap_or(Path::new("."));
    let scratch = Scratch::new(own_dir).map_err(|error| cannot_compile(&error))?;
    let path = scratch.path();

    // The session's globals belong to a thread, so the nested session has one of its own.
    let stack = STACK_SIZE.get().copied().unwrap_or(DEFAULT_STACK_SIZE);
    let finished = with_stack_of_thread(stack, || thread::scope(|scope| {
        let session = || {
            survive_file_limit();
            try_thread()?;
            let compiled = catch_fatal_errors(|| {
                run_compiler(config, |compiler| {
                    let krate = stub_spans::parse(&compiler.sess, info);
                    passes::create_and_enter_global_ctxt(compiler, krate, |tcx| {
                        tcx.ensure_ok().early_lint_checks(());
                        encode_metadata(tcx, &path, None);
                    });
                    compiler.sess.dcx().abort_if_errors();
                })
            });
            io::Result::Ok(compiled.is_ok())
        };
        thread::Builder::new()
            .name("rustc-stub".to_owned())
            .spawn_scoped(scope, session)
            .map_err(|error| cannot_compile(&error))
            .map(|session| session.join())
    }))?;
    let errors = errors.lock().unwrap();
    match finished {
        Ok(Ok(true)) if errors.is_empty() => scratch.read().map_err(|error| cannot_compile(&error)),
        Ok(Ok(_)) => Err(does_not_compile(&errors)),
        Ok(Err(error)) => Err(cannot_compile(&error)),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Starts a thread such as the nested session starts, which panics where there is no room for it. Then there may be none to say so
/// either.
fn try_thread() -> io::Result<()> {
    let stack = STACK_SIZE.get().copied().unwrap_or(DEFAULT_STACK_SIZE);
    thread::Builder::new().stack_size(stack).spawn(|| {})?.join().expect("it does nothing");
    Ok(())
}

/// Stubs compile. Where one does not, there is a mistake in this crate; or the session, which maps the standard library once more,
/// has not found the room for it, and says that libraries are not there.
fn does_not_compile(errors: &[String]) -> String {
    let hint = match limit_of_address_space() {
        Some(bytes) => {
            format!("\nthe address space of this process is limited to {} MiB", bytes >> 20)
        }
        None => String::new(),
    };
    format!("its stub does not compile: {}{hint}", errors.join("; "))
}

fn cannot_compile(error: &io::Error) -> String {
    format!("its stub cannot be compiled: {error}")
}

fn config(info: &ModuleInfo, context: &Context, errors: Arc<Mutex<Vec<String>>>) -> Config {
    // Whatever is tracked enters the crate hash, which is to depend on the module alone.
    let working_dir =
        FilePathMapping::empty().to_real_filename(&RealFileName::empty(), Path::new("/"));
    let opts = Options {
        crate_types: vec![CrateType::ProcMacro],
        crate_name: Some(info.abi.krate.clone()),
        edition: info
            .abi
            .edition
            .as_str()
            .parse::<Edition>()
            .expect("stubgen knows rustc's editions"),
        output_types: OutputTypes::new(&[(OutputType::Metadata, None)]),
        cg: CodegenOptions { metadata: vec![info.digest.to_string()], ..Default::default() },
        unstable_opts: UnstableOptions { threads: context.threads, ..Default::default() },
        lint_cap: Some(Level::Allow),
        // rustdoc asks a crate with documentation where the links in it lead.
        resolve_doc_links: ResolveDocLinks::ExportedMetadata,
        sysroot: context.sysroot.clone(),
        working_dir,
        unstable_features: match stub::needs_features(info) {
            true => UnstableFeatures::Allow,
            false => UnstableFeatures::Disallow,
        },
        ..Default::default()
    };
    Config {
        opts,
        crate_cfg: Vec::new(),
        crate_check_cfg: Vec::new(),
        input: Input::Str {
            name: FileName::Custom(format!("stub of {}", info.abi.krate)),
            input: stub::source(info, Body::Empty),
        },
        output_dir: None,
        output_file: None,
        ice_file: None,
        file_loader: None,
        lint_caps: Default::default(),
        psess_created: Some(Box::new(move |psess| {
            psess.dcx().set_emitter(Box::new(Collector(errors)))
        })),
        track_state: None,
        register_lints: None,
        override_queries: None,
        extra_symbols: Vec::new(),
        make_codegen_backend: Some(Box::new(|_| {
            Box::new(DummyCodegenBackend { target_config_override: None })
        })),
        using_internal_features: &USING_INTERNAL_FEATURES,
    }
}

/// The nested session's own copy of a flag that only words internal compiler errors.
static USING_INTERNAL_FEATURES: AtomicBool = AtomicBool::new(false);

/// Keeps the errors of the nested session away from the user's.
struct Collector(Arc<Mutex<Vec<String>>>);

impl Emitter for Collector {
    fn emit_diagnostic(&mut self, diag: DiagInner) {
        if diag.is_error() {
            let text = format_diag_messages(&diag.messages, &diag.args);
            self.0.lock().unwrap().push(text.into_owned());
        }
    }

    fn source_map(&self) -> Option<&SourceMap> {
        None
    }
}
