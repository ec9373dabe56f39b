//! The functions that a guest of watt imports, called with numbers and pointers of every sort.
//!
//! Such a guest is given nothing but tokens, so its operations are one long identifier, with a letter for every half byte.

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use rustc_wasm_proc_macro::{Dispatch, Module};
use rustc_wasm_proc_macro_api::policy::Policy;
use rustc_wasm_proc_macro_api::watt::{Format, Session};
use stubgen::module::ModuleInfo;

use crate::guest::{self, Function, INPUT, MEMORY};
use crate::support::watt::Tokens;

const WATT: &str = "watt-0.4";

/// The number of `token_stream_serialize` among the functions, and that of what reads and measures its result.
const FUNCTIONS: [Function; 10] = [
    Function::new(WATT, "token_stream_serialize", "i"),
    Function::silent(WATT, "bytes_read", "ii"),
    Function::new(WATT, "bytes_len", "i"),
    Function::new(WATT, "token_stream_deserialize", "ii"),
    Function::new(WATT, "token_stream_parse", "ii"),
    Function::new(WATT, "literal_to_string", "i"),
    Function::new(WATT, "string_new", "ii"),
    Function::new(WATT, "string_len", "i"),
    Function::silent(WATT, "string_read", "ii"),
    Function::silent(WATT, "print_panic", "i"),
];

/// Where the operations are once they have been decoded.
const OPERATIONS: u32 = INPUT + 0x1_0000;

/// The most bytes of operations that there is room for.
const MOST: usize = 0x7000;

static MODULE: LazyLock<Module> = LazyLock::new(|| {
    let text = format!(
        r#"(module
            {}
            (func (export "raw_to_token_stream") (param i32) (result i32) (local.get 0))
            (func (export "token_stream_into_raw") (param i32) (result i32) (local.get 0))
            (func (export "run") (param $stream i32) (result i32) (local $bytes i32) (local $len i32) (local $at i32)
                (local.set $bytes (call $f0 (local.get $stream)))
                (call $f1 (local.get $bytes) (i32.const {INPUT}))
                (local.set $len (i32.load offset=5 (i32.const {INPUT})))
                (loop $next
                    (i32.store8 (i32.add (i32.const {OPERATIONS}) (local.get $at)) (i32.or
                        (i32.shl (call $digit (i32.mul (local.get $at) (i32.const 2))) (i32.const 4))
                        (call $digit (i32.add (i32.mul (local.get $at) (i32.const 2)) (i32.const 1)))))
                    (local.set $at (i32.add (local.get $at) (i32.const 1)))
                    (br_if $next (i32.lt_u (i32.mul (local.get $at) (i32.const 2)) (local.get $len))))
                (call $interpret (i32.const {OPERATIONS}) (local.get $at))
                (i32.load (i32.const {})))
            (func $digit (param i32) (result i32)
                (i32.sub (i32.load8_u offset=9 (i32.add (i32.const {INPUT}) (local.get 0))) (i32.const 97)))
            (@custom ".rustc_proc_macro_decls" "bang:run:run\n")
            (@custom ".rustc_proc_macro_abi" "abi=1\ncrate=guest\nversion=0.1.0\nedition=2021\ncompiler=watt\n"))"#,
        guest::interpreter(&FUNCTIONS),
        guest::RESULTS,
    );
    let bytes = wat::parse_str(text).expect("the guest should assemble");
    let info = ModuleInfo::parse(&bytes).expect("the guest should follow the ABI");
    let grants = Policy::of_process().grants(&[0; 32], "guest", "0.1.0");
    Module::load(&bytes, &info, None, &grants, &()).expect("the guest should load")
});

struct Compiler(Session<Tokens>);

impl Dispatch for Compiler {
    fn dispatch(&mut self, request: &[u8]) -> std::result::Result<&[u8], String> {
        self.0.answer(request)
    }
}

/// Runs a guest that does what the input says.
pub(super) fn run(input: &mut Unstructured<'_>) -> Result<()> {
    let mut code = Vec::new();
    for _ in 0..input.int_in_range(1..=24)? {
        if code.len() > MOST || input.is_empty() {
            break;
        }
        operation(input, &mut code)?;
    }
    let name: String = code.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(b'a' + digit)).collect();
    let stream = TokenStream::from(TokenTree::Ident(Ident::new(if name.is_empty() { "pp" } else { &name }, Span::call_site())));
    let mut compiler = Compiler(Session::new(Tokens, Format::Watt04, vec![stream]));
    match MODULE.expand(0, &[], false, &mut compiler, &()) {
        Ok(output) => _ = compiler.0.finish(&output),
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
    Ok(())
}

fn operation(input: &mut Unstructured<'_>, code: &mut Vec<u8>) -> Result<()> {
    if input.ratio(1, 4)? {
        let bytes = input.bytes(input.len().min(24))?;
        guest::store(code, 0x1000 + 0x100 * input.int_in_range(0..=3u32)?, bytes);
        return Ok(());
    }
    let number = input.int_in_range(0..=FUNCTIONS.len() - 1)?;
    let mut arguments = Vec::new();
    for argument in 0..FUNCTIONS[number].parameters.len() {
        let pointer = FUNCTIONS[number].parameters.len() == 2 && (argument == 0) != FUNCTIONS[number].name.ends_with("_read");
        arguments.push(match (pointer, input.ratio(1, 16)?) {
            (_, true) => u64::from(*input.choose(&[u32::MAX, MEMORY, MEMORY - 1, 0x8000_0000, 0x1_0000])?),
            (true, false) => u64::from(0x1000 + 0x100 * input.int_in_range(0..=3u32)?),
            (false, false) => input.int_in_range(0..=24)?,
        });
    }
    guest::call(code, number, &arguments);
    Ok(())
}
