//! WASI, against a model: random calls of all functions by a guest. It learns nothing of what it may not read, changes nothing,
//! and gets what is there where it may read.

mod model;
mod operations;
mod site;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use arbitrary::Unstructured;
use rustc_wasm_proc_macro::{Dispatch, FaultKind, Module};
use rustc_wasm_proc_macro_api::policy::Wanted;

use crate::guest::{self, CLEARED, INPUT, RESULTS};
use crate::support::guests::load_with;
use model::Model;
use operations::FUNCTIONS;
use site::{SECRET, Site};

struct Lab {
    site: Site,
    module: Module,
}

static LAB: LazyLock<Lab> = LazyLock::new(|| {
    site::set_variables();
    let site = Site::new().expect("a directory");
    std::env::set_current_dir(site.root.join(site::PACKAGE)).expect("a directory");
    let module = load_with(&guest_text(), &site.grants);
    Lab { site, module }
});

fn guest_text() -> String {
    format!(
        r#"(module
            (import "rustc_proc_macro" "take" (func $take (param i32)))
            {}
            (global (export "__rustc_proc_macro_decls") i32 (i32.const 16))
            (data (i32.const 16) "\00\00\00\00\01\00\00\00")
            (func (export "__rustc_proc_macro_run") (param i32 i32 i32 i32) (result i64)
                (call $take (i32.const {INPUT}))
                (call $interpret (i32.const {INPUT}) (local.get 2))
                (i64.const {}))
            (@custom ".rustc_proc_macro_decls" "bang:run:run\n")
            (@custom ".rustc_proc_macro_abi" "abi=1\ncrate=guest\nversion=0.1.0\nedition=2021\ncompiler=rustc\n"))"#,
        guest::interpreter(&FUNCTIONS, 0),
        u64::from(CLEARED) << 32 | u64::from(INPUT - CLEARED)
    )
}

/// The functions that guests of other targets may call with anything: not those that wait or that write to the terminal.
pub fn safe_functions() -> impl Iterator<Item = guest::Function> {
    FUNCTIONS.into_iter().filter(|function| !["poll_oneoff", "fd_write"].contains(&function.name))
}

/// The compiler as the guest sees it.
#[derive(Default)]
struct Server {
    read: Vec<PathBuf>,
    refused: Vec<Wanted>,
}

impl Dispatch for Server {
    fn dispatch(&mut self, _request: &[u8]) -> Result<&[u8], String> {
        Err("there should be no request".to_owned())
    }

    fn depends_on(&mut self, path: &Path) {
        self.read.push(path.to_owned());
    }

    fn refused(&mut self, wanted: Wanted) {
        self.refused.push(wanted);
    }
}

/// Runs the target: an input is what a guest does.
pub fn run(data: &[u8]) -> bool {
    let Lab { site, module } = &*LAB;
    let root = site.root.to_str().expect("a temporary directory has an ordinary name");
    let Ok((operations, mut code)) = operations::make(&mut Unstructured::new(data), root) else { return false };
    // The instance is used again, and must begin as a new one.
    let close = FUNCTIONS.iter().position(|function| function.name == "fd_close").expect("it is there");
    for fd in 5..5 + operations.len() as u64 {
        guest::call(&mut code, close, &[fd]);
    }
    let mut server = Server::default();
    let output = match module.expand(0, &code, false, &mut server, &()) {
        Ok(output) => output,
        Err(fault) => {
            let is_exit = matches!(fault.kind(), FaultKind::Exit(_));
            assert!(is_exit && operations.iter().any(|operation| operation.name() == "proc_exit"), "{fault:?}");
            return true;
        }
    };
    let is_secret = |window: &[u8]| window == SECRET.as_bytes();
    assert!(!output.windows(SECRET.len()).any(is_secret), "the guest knows what it may not");
    let mut model = Model::new(site, &output);
    for (number, operation) in operations.iter().enumerate() {
        let at = (RESULTS - CLEARED) as usize + 4 * number;
        let errno = u32::from_le_bytes(output[at..at + 4].try_into().expect("four bytes"));
        eprintln_if_asked(|| format!("{operation:?} -> {errno}"));
        model.check(operation, errno);
    }
    // An instance tells it once, however often it is used.
    static TOLD: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    told.extend(server.read.iter().filter_map(|path| path.canonicalize().ok()));
    for path in &model.read {
        assert!(told.contains(path), "the compiler does not know that `{}` was read", path.display());
    }
    drop(told);
    assert!(!model.is_refused || !server.refused.is_empty(), "the compiler does not know that something was refused");
    assert!(site.is_untouched(), "something has changed in the directory");
    true
}

/// Says what happens, if `FUZZ_VERBOSE` is set.
fn eprintln_if_asked(text: impl FnOnce() -> String) {
    static IS_ASKED: LazyLock<bool> = LazyLock::new(|| std::env::var_os("FUZZ_VERBOSE").is_some());
    if *IS_ASKED {
        eprintln!("{}", text());
    }
}
