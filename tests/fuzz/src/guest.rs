//! Guests that call what their input says: one module for all inputs, so that nothing is compiled anew.
//!
//! Their input is a list of operations. Each begins with a byte: the number of a function, behind which its arguments stand in eight
//! little-endian bytes each; or [`STORE`], behind which an address, a length, how often (four bytes each) and so many bytes stand,
//! which are copied there, one behind the other. What functions return is written to [`RESULTS`], four bytes for each call.

use std::fmt::Write as _;

/// The operation that writes to the guest's memory.
pub const STORE: u8 = 255;

/// What a guest clears before it begins, and returns when it is done: its first 64 KiB, but for the first kilobyte.
pub const CLEARED: u32 = 0x400;

/// Where results are written.
pub const RESULTS: u32 = 0xc000;

/// Where operations are, and behind what is returned.
pub const INPUT: u32 = 0x1_0000;

/// Where everything of the guest's ends.
pub const MEMORY: u32 = 0x3_0000;

/// The most operations that there is room for in results.
pub const OPERATIONS: usize = 512;

/// An imported function: module, name, a letter for each parameter (`i` or `l`), and whether it returns a number.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    pub module: &'static str,
    pub name: &'static str,
    pub parameters: &'static str,
    pub returns: bool,
}

impl Function {
    /// A function that returns a number.
    pub const fn new(module: &'static str, name: &'static str, parameters: &'static str) -> Function {
        Function { module, name, parameters, returns: true }
    }

    /// A function that returns nothing.
    pub const fn silent(module: &'static str, name: &'static str, parameters: &'static str) -> Function {
        Function { module, name, parameters, returns: false }
    }
}

/// The text that imports these functions, as `$f0` and so on.
pub fn imports(functions: &[Function]) -> String {
    let mut text = String::new();
    for (number, function) in functions.iter().enumerate() {
        let parameters: Vec<&str> = function.parameters.chars().map(ty).collect();
        let result = if function.returns { "(result i32)" } else { "" };
        let Function { module, name, .. } = function;
        _ = writeln!(
            text,
            "(import \"{module}\" \"{name}\" (func $f{number} (param {}) {result}))",
            parameters.join(" ")
        );
    }
    text
}

/// The imports of a guest with so many pages of memory beyond [`MEMORY`], and `$interpret`, a function of the operations' place and
/// length.
pub fn interpreter(functions: &[Function], room: u32) -> String {
    let mut text = imports(functions);
    let count = functions.len();
    _ = write!(
        text,
        "(memory (export \"memory\") {})
        (func $interpret (param $at i32) (param $len i32)
          (local $end i32) (local $result i32) (local $op i32) (local $to i32) (local $times i32)
          (local.set $end (i32.add (local.get $at) (local.get $len)))
          (local.set $result (i32.const {RESULTS}))
          (memory.fill (i32.const {CLEARED}) (i32.const 0) (i32.const {}))
          (block $done (loop $next
            (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $op (i32.load8_u (local.get $at)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (block $store ",
        (MEMORY >> 16) + room,
        INPUT - CLEARED
    );
    for number in (0..count).rev() {
        _ = writeln!(text, "(block $c{number}");
    }
    let labels: String = (0..count).map(|number| format!("$c{number} ")).collect();
    _ = writeln!(text, "(br_table {labels} $store (local.get $op))");
    for (number, function) in functions.iter().enumerate() {
        let arguments: String = function
            .parameters
            .chars()
            .enumerate()
            .map(|(argument, letter)| {
                let load = format!("(i64.load offset={} (local.get $at))", 8 * argument);
                if letter == 'l' { load } else { format!("(i32.wrap_i64 {load})") }
            })
            .collect();
        let call = format!("(call $f{number} {arguments})");
        let call = if function.returns { format!("(i32.store (local.get $result) {call})") } else { call };
        _ = writeln!(
            text,
            ") {call}
            (local.set $result (i32.add (local.get $result) (i32.const 4)))
            (local.set $at (i32.add (local.get $at) (i32.const {})))
            (br $next)",
            8 * function.parameters.len()
        );
    }
    text.push_str(
        ")
            (local.set $len (i32.load offset=4 (local.get $at)))
            (local.set $to (i32.load (local.get $at)))
            (local.set $times (i32.load offset=8 (local.get $at)))
            (local.set $at (i32.add (local.get $at) (i32.const 12)))
            (block $copied (loop $copy
              (br_if $copied (i32.eqz (local.get $times)))
              (memory.copy (local.get $to) (local.get $at) (local.get $len))
              (local.set $to (i32.add (local.get $to) (local.get $len)))
              (local.set $times (i32.sub (local.get $times) (i32.const 1)))
              (br $copy)))
            (local.set $at (i32.add (local.get $at) (local.get $len)))
            (br $next))))",
    );
    text
}

fn ty(letter: char) -> &'static str {
    if letter == 'l' { "i64" } else { "i32" }
}

/// Appends the call of a function.
pub fn call(operations: &mut Vec<u8>, number: usize, arguments: &[u64]) {
    operations.push(number as u8);
    arguments.iter().for_each(|argument| operations.extend(argument.to_le_bytes()));
}

/// Appends a write to the guest's memory.
pub fn store(operations: &mut Vec<u8>, address: u32, bytes: &[u8]) {
    repeat(operations, address, bytes, 1);
}

/// Appends a write to the guest's memory of so many times the same.
pub fn repeat(operations: &mut Vec<u8>, address: u32, bytes: &[u8], times: u32) {
    operations.push(STORE);
    for number in [address, bytes.len() as u32, times] {
        operations.extend(number.to_le_bytes());
    }
    operations.extend_from_slice(bytes);
}
