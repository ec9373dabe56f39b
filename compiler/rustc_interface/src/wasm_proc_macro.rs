//! Lets the crate loader take procedural macros from WebAssembly modules.
//!
//! To the loader a module is one more kind of macro library: it asks [`ModuleLoader`] for the
//! crate metadata, which is the stub's, and for the macros, which run in Wasmtime.
//!
//! A module may have the file name of a native macro library, so that a build system can put one where
//! the other is expected: what a file is, its first bytes say.
//!
//! **Invariant**: nothing of a native crate is read in here beyond its first four bytes, and nothing
//! at all of an `rlib` or `rmeta`.

mod bridging_crates;
mod options;
mod scratch;
mod stub_session;
mod stub_spans;
mod surroundings;

use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

pub(crate) use bridging_crates::configure as configure_bridging_crates;
pub(crate) use options::resolve_options;
use rustc_data_structures::fx::{FxHashMap, FxIndexSet};
use rustc_data_structures::owned_slice::{OwnedSlice, try_slice_owned};
use rustc_data_structures::profiling::SelfProfilerRef;
use rustc_data_structures::sync::IntoDynSyncSend;
use rustc_metadata::creader::{MetadataLoader, MetadataLoaderDyn};
use rustc_middle::ty::tls;
use rustc_proc_macro::bridge::client::ProcMacro;
use rustc_session::config::Sysroot;
use rustc_span::Symbol;
use rustc_target::spec::Target;
use rustc_wasm_proc_macro_api::policy::Policy;
pub use rustc_wasm_proc_macro_client::last_macro;
use rustc_wasm_proc_macro_client::{self as client, ModuleFile, Surroundings, Told};
use stubgen::cache::{self, Cache};
use stubgen::module::{Abi, ModuleInfo, starts_as_wasm};
pub(crate) use surroundings::makefile_word;

use crate::interface::Compiler;

/// What of the session the loader needs; a loader outlives every borrow of it.
struct Context {
    /// The arguments of `--wasm-proc-macro-cache` and `--out-dir`.
    cache_dir: Option<PathBuf>,
    output_dir: Option<PathBuf>,
    cache: OnceLock<Cache>,
    sysroot: Sysroot,
    threads: usize,
    cfg_version: &'static str,
    /// Whether the user's own code may use unstable features.
    unstable_features: bool,
    /// What the user grants, once it is known.
    policy: OnceLock<Policy>,
    /// What macros were refused that the user has been told of.
    told: Told,
}

impl Context {
    /// The cache. Where it is is looked for at the first module, since most compilations have none.
    fn cache(&self) -> &Cache {
        self.cache.get_or_init(|| {
            Cache::new(self.cache_dir.clone().unwrap_or_else(|| {
                let working_dir = std::env::current_dir().unwrap_or_default();
                cache::default_dir(self.output_dir.as_deref(), &working_dir)
            }))
        })
    }

    /// What the user grants. Without a file for it that is the same for all, and looked at with the first module.
    fn policy(&self) -> &Policy {
        self.policy.get_or_init(Policy::of_process)
    }

    /// Tells builds of the compiler apart whose crate metadata may differ.
    fn build(&self) -> String {
        let tree = option_env!("RUSTC_WASM_PROC_MACRO_BUILD").unwrap_or_default();
        format!("{} {tree}", self.cfg_version)
    }
}

/// The session's profiler. Nothing of a module may keep one, since modules stay for the rest of
/// the process and a profile is written when its last reference goes.
fn profiler() -> SelfProfilerRef {
    tls::with_opt(|tcx| tcx.map_or(SelfProfilerRef::new(None, None), |tcx| tcx.prof.clone()))
}

/// A module that a compilation names or finds, read but not yet run.
struct LoadedModule {
    file: IntoDynSyncSend<Arc<ModuleFile>>,
    /// The crate metadata: a crate is looked for as an ordinary one first, and so asked for twice.
    metadata: OnceLock<Result<Vec<u8>, String>>,
    macros: OnceLock<&'static [ProcMacro]>,
    context: Arc<Context>,
}

/// The loader of crate metadata, for native crates and for modules.
struct ModuleLoader {
    native: Box<MetadataLoaderDyn>,
    context: Arc<Context>,
    /// The modules of `--wasm-proc-macro`, whatever their files are called.
    named: FxIndexSet<PathBuf>,
    /// Every module is read once a compilation, so that all of it sees the same bytes.
    modules: Mutex<FxHashMap<PathBuf, Result<Arc<LoadedModule>, String>>>,
}

/// The loader that the crate store of `compiler` asks.
pub(crate) fn metadata_loader(compiler: &Compiler) -> Box<MetadataLoaderDyn> {
    let sess = &compiler.sess;
    let named: FxIndexSet<PathBuf> =
        options::named_modules(&sess.opts).map(|path| path.canonicalized().clone()).collect();
    sess.file_depinfo.borrow_mut().extend(
        options::named_modules(&sess.opts)
            .map(|path| Symbol::intern(&path.original().to_string_lossy())),
    );

    let context = Arc::new(Context {
        cache_dir: sess.opts.wasm_proc_macro_cache.clone(),
        output_dir: sess.io.output_dir.clone(),
        cache: OnceLock::new(),
        sysroot: sess.opts.sysroot.clone(),
        threads: sess.threads(),
        cfg_version: sess.cfg_version,
        unstable_features: sess.opts.unstable_features.is_nightly_build(),
        policy: options::policy(sess).map_or_else(OnceLock::new, OnceLock::from),
        told: Default::default(),
    });
    Box::new(ModuleLoader {
        native: compiler.codegen_backend.metadata_loader(),
        context,
        named,
        modules: Default::default(),
    })
}

impl ModuleLoader {
    fn module(&self, path: &Path) -> Result<Arc<LoadedModule>, String> {
        let mut modules = lock(&self.modules);
        let entry = match modules.entry(path.to_path_buf()) {
            Entry::Occupied(read) => return read.get().clone(),
            Entry::Vacant(entry) => entry,
        };
        // Modules that are read are mostly used.
        client::prepare(&self.context.sysroot);
        let profiler = profiler();
        let _timer = profiler.generic_activity_with_arg(
            "wasm_proc_macro_read",
            path.file_name().unwrap_or_default().to_string_lossy(),
        );
        let module = ModuleFile::read(path, self.context.cache()).map(|file| {
            Arc::new(LoadedModule {
                file: IntoDynSyncSend(Arc::new(file)),
                metadata: OnceLock::new(),
                macros: OnceLock::new(),
                context: Arc::clone(&self.context),
            })
        });
        entry.insert(module).clone()
    }
}

impl MetadataLoader for ModuleLoader {
    fn get_rlib_metadata(&self, target: &Target, filename: &Path) -> Result<OwnedSlice, String> {
        self.native.get_rlib_metadata(target, filename)
    }

    fn get_dylib_metadata(&self, target: &Target, filename: &Path) -> Result<OwnedSlice, String> {
        if !self.named.contains(filename)
            && !has_wasm_extension(filename)
            && !starts_as_wasm(filename)
        {
            return self.native.get_dylib_metadata(target, filename);
        }
        let in_file = |error: String| format!("`{}`: {error}", filename.display());
        let module = self.module(filename).map_err(in_file)?;
        try_slice_owned(module, |module| module.metadata()).map_err(in_file)
    }

    fn is_remote_proc_macro(&self, filename: &Path) -> bool {
        self.named.contains(filename)
            || lock(&self.modules).contains_key(filename)
            || has_wasm_extension(filename) && Abi::read(filename).is_ok()
    }

    fn remote_proc_macros(&self, crate_name: Symbol) -> Vec<PathBuf> {
        let has_name =
            |path: &&PathBuf| Abi::read(path).is_ok_and(|abi| abi.krate == crate_name.as_str());
        self.named.iter().filter(has_name).cloned().collect()
    }

    fn get_proc_macros(&self, filename: &Path) -> Result<&'static [ProcMacro], String> {
        let module = self.module(filename)?;
        Ok(module.macros.get_or_init(|| module.proc_macros()))
    }
}

impl LoadedModule {
    fn info(&self) -> &ModuleInfo {
        &self.file.info
    }

    fn proc_macros(&self) -> &'static [ProcMacro] {
        let ModuleInfo { abi: Abi { krate, version, .. }, digest, .. } = self.info();
        let name = options::name_of(&self.file.path, krate);
        let grants = self.context.policy().grants(&digest.0, &name, version);
        let surroundings: Arc<dyn Surroundings> = Arc::<Context>::clone(&self.context);
        client::proc_macros(Arc::clone(&self.file), grants, surroundings)
    }
}

/// Nothing in here leaves its data half changed when it panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn has_wasm_extension(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wasm")
}
