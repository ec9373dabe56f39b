//! Guests written by hand, and a compiler that answers as each test wants.

#![allow(dead_code, reason = "every test file uses its own part of this")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rustc_wasm_proc_macro::{Dispatch, Fault, Module};
use rustc_wasm_proc_macro_api::policy::{Grants, Policy, Wanted};
use stubgen::module::ModuleInfo;

/// A guest with two macros, `one` and `two`. `run` is the body of the function that runs a macro, with the parameters
/// `$decls $index $len $force`; `rest` are further items, imports apart, which stand in `imports`.
pub fn wat(imports: &str, rest: &str, run: &str) -> String {
    format!(
        r#"(module
            (import "rustc_proc_macro" "dispatch" (func $dispatch (param i32 i32 i32) (result i32)))
            (import "rustc_proc_macro" "take" (func $take (param i32)))
            (import "rustc_proc_macro" "panic" (func $panic (param i32 i32)))
            {imports}
            (memory (export "memory") 2)
            (global (export "__rustc_proc_macro_decls") i32 (i32.const 16))
            (data (i32.const 16) "\00\00\00\00\02\00\00\00")
            (func $output (param $ptr i32) (param $len i32) (result i64)
                (i64.or
                    (i64.shl (i64.extend_i32_u (local.get $ptr)) (i64.const 32))
                    (i64.extend_i32_u (local.get $len))))
            {rest}
            (func $run (export "__rustc_proc_macro_run")
                (param $decls i32) (param $index i32) (param $len i32) (param $force i32) (result i64)
                {run})
            {SECTIONS})"#
    )
}

/// The custom sections of a module with the macros `one` and `two`.
pub const SECTIONS: &str = r#"
    (@custom ".rustc_proc_macro_decls" "bang:one:one\nbang:two:two\n")
    (@custom ".rustc_proc_macro_abi" "abi=1\ncrate=guest\nversion=0.1.0\nedition=2021\ncompiler=rustc 1.96.0\n")"#;

/// A function body that returns its input.
pub const ECHO: &str = "(call $take (i32.const 1024)) (call $output (i32.const 1024) (local.get $len))";

pub fn parse(text: &str) -> (Vec<u8>, ModuleInfo) {
    let bytes = wat::parse_str(text).expect("the guest should assemble");
    let info = ModuleInfo::parse(&bytes).expect("the guest should follow the ABI");
    (bytes, info)
}

pub fn load(text: &str) -> Module {
    load_with(text, &grants())
}

pub fn load_with(text: &str, grants: &Grants) -> Module {
    let (bytes, info) = parse(text);
    Module::load(&bytes, &info.runnable(), None, grants, &()).expect("the guest should load")
}

/// What every module has without a policy.
pub fn grants() -> Grants {
    Policy::of_process().grants(&[0; 32], "guest", "0.1.0")
}

/// A guest with nothing but `run`.
pub fn guest(run: &str) -> Module {
    load(&wat("", "", run))
}

/// A compiler that answers requests by a function and keeps what it was told.
pub struct Server<F> {
    answer: F,
    reply: Vec<u8>,
    pub read: Vec<PathBuf>,
    pub refused: Vec<Wanted>,
    pub asked: Vec<String>,
    pub hidden: Vec<String>,
}

pub fn server<F: FnMut(&[u8]) -> Vec<u8>>(answer: F) -> Server<F> {
    Server { answer, reply: Vec::new(), read: Vec::new(), refused: Vec::new(), asked: Vec::new(), hidden: Vec::new() }
}

impl<F: FnMut(&[u8]) -> Vec<u8>> Dispatch for Server<F> {
    fn dispatch(&mut self, request: &[u8]) -> Result<&[u8], String> {
        self.reply = (self.answer)(request);
        Ok(&self.reply)
    }

    fn depends_on(&mut self, path: &Path) {
        self.read.push(path.to_owned());
    }

    fn refused(&mut self, wanted: Wanted) {
        self.refused.push(wanted);
    }

    fn variable(&mut self, name: &str) -> bool {
        self.asked.push(name.to_owned());
        !self.hidden.iter().any(|hidden| hidden == name)
    }
}

/// Expands macro 0 with a compiler that expects no requests.
pub fn expand(module: &Module, input: &[u8]) -> Result<Vec<u8>, Fault> {
    expand_with(module, input, |_| panic!("there should be no request"))
}

/// Expands macro 0 with a compiler that answers by `answer`.
pub fn expand_with(module: &Module, input: &[u8], answer: impl FnMut(&[u8]) -> Vec<u8>) -> Result<Vec<u8>, Fault> {
    module.expand(0, input, false, &mut server(answer), &())
}

/// Runs the ignored test `name` of this test program in a process of its own, with `prelude` before it in the shell.
pub fn in_child(prelude: &str, name: &str) -> Output {
    let program = std::env::current_exe().expect("a test program has a path");
    Command::new("sh")
        .args(["-c", &format!("{prelude} exec \"$@\""), "sh"])
        .arg(program)
        .args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .expect("a shell should start")
}

const CHILD: &str = "RUSTC_WASM_PROC_MACRO_TEST_CHILD";

/// Whether this process was started by [`in_child`]. Without it the ignored tests do nothing.
pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}
