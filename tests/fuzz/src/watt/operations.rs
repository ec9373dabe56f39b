//! A guest of watt that calls what its input says: numbers and pointers of every sort.
//!
//! It is given nothing but tokens, so its operations are one long identifier, with a letter for every half byte.

use arbitrary::{Result, Unstructured};

use crate::guest::{self, Function, INPUT, MEMORY};

const WATT: &str = "watt-0.4";

/// What the guest imports. By the first two it gets at its operations.
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

/// Pages of memory for long texts, which begin at [`MEMORY`].
const ROOM: u32 = 8;

/// Source texts that a guest may have parsed, and how often each is repeated.
const TEXTS: [(&str, u32); 10] = [
    ("(", 3000),
    ("/*)*/(", 40_000),
    ("[{(", 700),
    ("a ", 3),
    ("1u8 ", 2),
    ("-1.5e3 ", 1),
    ("\"text\" ", 2),
    ("#[a(b)] struct S; ", 1),
    ("concat!(\"a\", 1) ", 1),
    (") ", 1),
];

/// The guest, whose one macro is `run!`.
pub(crate) fn text() -> String {
    format!(
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
            (@custom ".rustc_proc_macro_abi" "abi=1\ncrate=watt\nversion=0.1.0\nedition=2021\ncompiler=watt\n"))"#,
        guest::interpreter(&FUNCTIONS, ROOM),
        guest::RESULTS,
    )
}

/// What the macro is given to do what the input says.
pub(crate) fn identifier(input: &mut Unstructured<'_>) -> Result<String> {
    let mut code = Vec::new();
    for _ in 0..input.int_in_range(1..=24)? {
        if code.len() > MOST || input.is_empty() {
            break;
        }
        operation(input, &mut code)?;
    }
    // Nothing at all would be no identifier.
    if code.is_empty() {
        guest::store(&mut code, guest::CLEARED, b"a");
    }
    Ok(code.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(b'a' + digit)).collect())
}

fn operation(input: &mut Unstructured<'_>, code: &mut Vec<u8>) -> Result<()> {
    match input.int_in_range(0..=7)? {
        0 => {
            let bytes = input.bytes(input.len().min(24))?;
            guest::store(code, 0x1000 + 0x100 * input.int_in_range(0..=3u32)?, bytes);
            return Ok(());
        }
        1 => {
            let (text, times) = *input.choose(&TEXTS)?;
            let times = if input.ratio(1, 8)? { times } else { times.min(3) };
            guest::repeat(code, MEMORY, text.as_bytes(), times);
            guest::call(code, 4, &[MEMORY.into(), u64::from(times) * text.len() as u64]);
            return Ok(());
        }
        _ => {}
    }
    let number = input.int_in_range(0..=FUNCTIONS.len() - 1)?;
    let Function { name, parameters, .. } = FUNCTIONS[number];
    let mut arguments = Vec::new();
    for argument in 0..parameters.len() {
        let is_pointer = parameters.len() == 2 && (argument == 0) != name.ends_with("_read");
        arguments.push(match (is_pointer, input.ratio(1, 16)?) {
            (_, true) => u64::from(*input.choose(&[u32::MAX, MEMORY, MEMORY - 1, 0x8000_0000, 0x1_0000])?),
            (true, false) => u64::from(0x1000 + 0x100 * input.int_in_range(0..=3u32)?),
            (false, false) => input.int_in_range(0..=24)?,
        });
    }
    guest::call(code, number, &arguments);
    Ok(())
}
