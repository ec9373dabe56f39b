//! Guests of watt, and the tokens of `proc_macro2` to run them with.

#[path = "../../../rustc_wasm_proc_macro_client/src/watt/tokens.rs"]
mod tokens;

use std::path::PathBuf;
use std::process::Command;

use proc_macro2::{self as proc_macro, Group, Span, TokenStream};
use rustc_wasm_proc_macro::{Dispatch, Fault, Module};
use rustc_wasm_proc_macro_api::policy::Policy;
use rustc_wasm_proc_macro_api::watt::{Format, Session};
use stubgen::module::ModuleInfo;

pub(crate) use tokens::Tokens;

/// A guest with the macros `bang!`, `Derive` and `attr`, each a function. `rest` are further items; `import` is the module
/// that the host's functions come from.
pub fn wat(import: &str, rest: &str) -> String {
    let functions = [
        ("token_stream_serialize", "(param i32) (result i32)"),
        ("token_stream_deserialize", "(param i32 i32) (result i32)"),
        ("token_stream_parse", "(param i32 i32) (result i32)"),
        ("literal_to_string", "(param i32) (result i32)"),
        ("string_new", "(param i32 i32) (result i32)"),
        ("string_len", "(param i32) (result i32)"),
        ("string_read", "(param i32 i32)"),
        ("bytes_len", "(param i32) (result i32)"),
        ("bytes_read", "(param i32 i32)"),
        ("print_panic", "(param i32)"),
    ];
    let imports = functions.map(|(name, ty)| format!("(import \"{import}\" \"{name}\" (func ${name} {ty}))"));
    let defined = |name: &str| rest.contains(&format!("(export \"{name}\")"));
    let identity = |name: &str| match defined(name) {
        true => String::new(),
        false => format!("(func (export \"{name}\") (param i32) (result i32) (local.get 0))"),
    };
    let attribute = match defined("attr") {
        true => "",
        false => "(func (export \"attr\") (param i32 i32) (result i32) (local.get 1))",
    };
    format!(
        r#"(module
            {}
            (memory (export "memory") 2)
            {rest}
            {} {} {} {} {attribute}
            (@custom ".rustc_proc_macro_decls" "bang:bang:bang\nderive:Derive:derive:helper\nattr:attr:attr\n")
            (@custom ".rustc_proc_macro_abi" "abi=1\ncrate=guest\nversion=0.1.0\nedition=2021\ncompiler=watt\n"))"#,
        imports.join("\n"),
        identity("raw_to_token_stream"),
        identity("token_stream_into_raw"),
        identity("bang"),
        identity("derive"),
    )
}

/// A guest of watt 0.4 whose `bang!` is that function of a stream.
pub fn bang(body: &str) -> Guest {
    guest("watt-0.4", &format!("(func (export \"bang\") (param $stream i32) (result i32) {body})"))
}

pub fn guest(import: &str, rest: &str) -> Guest {
    let bytes = wat::parse_str(wat(import, rest)).expect("the guest should assemble");
    Guest::load(&bytes)
}

/// A guest of watt 0.4 whose `bang!` returns the stream that these bytes are.
pub fn returns(wire: &[u8]) -> Guest {
    let data: String = wire.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let rest = format!(
        "(data (i32.const 1024) \"{data}\")
        (func (export \"bang\") (param i32) (result i32)
            (call $token_stream_deserialize (i32.const 1024) (i32.const {})))",
        wire.len()
    );
    guest("watt-0.4", &rest)
}

pub struct Guest {
    module: Module,
    format: Format,
}

impl Guest {
    pub fn load(bytes: &[u8]) -> Guest {
        let info = ModuleInfo::parse(bytes).expect("the guest should follow the ABI");
        let format = match info.guest.name() {
            "watt-0.4" => Format::Watt04,
            "watt-0.5" => Format::Watt05,
            other => panic!("a guest of {other}"),
        };
        let grants = Policy::of_process().grants(&[0; 32], "guest", "0.1.0");
        let module = Module::load(bytes, &info.runnable(), None, &grants, &()).expect("the guest should load");
        Guest { module, format }
    }

    /// Runs macro number `index` on the tokens of each of `inputs`.
    pub fn expand(&self, index: u32, inputs: &[&str]) -> Result<TokenStream, Failure> {
        let inputs = inputs.iter().map(|input| input.parse().expect("the input should be tokens"));
        self.expand_streams(index, inputs.collect())
    }

    pub fn expand_streams(&self, index: u32, inputs: Vec<TokenStream>) -> Result<TokenStream, Failure> {
        let mut compiler = Compiler(Session::new(Tokens, self.format, inputs));
        let output = self.module.expand(index, &[], false, &mut compiler, &()).map_err(Failure::Guest)?;
        compiler.0.finish(&output).map_err(Failure::Output)
    }

    /// The text of what `bang!` makes of `input`.
    pub fn bang(&self, input: &str) -> Result<String, Failure> {
        self.expand(0, &[input]).map(|output| output.to_string())
    }

    /// The message of the fault that `bang!` ends in.
    pub fn fault(&self, input: &str) -> String {
        match self.bang(input).expect_err("the expansion should fail") {
            Failure::Guest(fault) => fault.to_string(),
            Failure::Output(message) => message,
        }
    }
}

/// Why there is no output.
#[derive(Debug)]
pub enum Failure {
    Guest(Fault),
    /// The guest returned what is no stream, which is found by the compiler.
    Output(String),
}

impl Failure {
    pub fn guest(self) -> Fault {
        match self {
            Failure::Guest(fault) => fault,
            Failure::Output(message) => panic!("{message}"),
        }
    }
}

struct Compiler(Session<Tokens>);

impl Dispatch for Compiler {
    fn dispatch(&mut self, request: &[u8]) -> Result<&[u8], String> {
        self.0.answer(request)
    }
}

/// The lexer knows whether that can be an identifier's name. `Ident::new` panics if not.
fn is_known_name(_name: &str) -> bool {
    false
}

/// `proc_macro2` has the spans of delimiters by itself.
fn set_group_spans(group: &mut Group, _open: Span, _close: Span, entire: Span) {
    group.set_span(entire);
}

/// The module in the crate `wa-serde-derive`, as Cargo downloads it. `tests/watt/` pins the crate.
pub fn serde_derive() -> Vec<u8> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/watt/Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--locked", "--manifest-path", manifest])
        .output()
        .expect("cargo should start");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    // Of all strings in there, one is the path of the package's manifest.
    let dir = metadata
        .split('"')
        .filter_map(|string| string.strip_suffix("/Cargo.toml"))
        .find(|dir| dir.rsplit('/').next().is_some_and(|name| name.starts_with("wa-serde-derive-")))
        .expect("the crate should be among the packages");
    let path = PathBuf::from(dir).join("src/serde_derive.wasm");
    std::fs::read(&path).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()))
}
