//! Modules that are right, and ways to make them wrong.

use std::path::Path;
use std::sync::LazyLock;

/// The section with declarations and the one with the ABI, as text for `wat`.
pub const SECTIONS: &str = r#"
    (@custom ".rustc_proc_macro_decls" "bang:one:one\nderive:Two:two:helper,other\nattr:three:three\n")
    (@custom ".rustc_proc_macro_abi" "abi=1\ncrate=guest\nversion=0.1.0\nedition=2021\ncompiler=rustc 1.96.0\n")"#;

const ITEMS: &str = r#"
    (import "rustc_proc_macro" "dispatch" (func $dispatch (param i32 i32 i32) (result i32)))
    (import "rustc_proc_macro" "take" (func $take (param i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2)
    (table 3 funcref)
    (elem (i32.const 0) $one $two)
    (tag $t (param i32))
    (global (export "__rustc_proc_macro_decls") i32 (i32.const 16))
    (global $state (mut i32) (i32.const 0))
    (data (i32.const 16) "\00\00\00\00\03\00\00\00")
    (type $callback (func (param i32) (result i32)))
    (func $one (type $callback) (i32.add (local.get 0) (i32.const 1)))
    (func $two (type $callback)
        (block $h (result i32) (try_table (catch $t $h) (throw $t (local.get 0))) (i32.const 0)))
    (func (export "__rustc_proc_macro_run") (param i32 i32 i32 i32) (result i64) (local $n i32)
        (call $take (i32.const 1024))
        (global.set $state (i32.add (global.get $state) (i32.const 1)))
        (loop $again
            (local.set $n (call_indirect (type $callback) (local.get $n) (i32.and (local.get $n) (i32.const 1))))
            (br_if $again (i32.lt_u (local.get $n) (i32.const 9))))
        (drop (call $dispatch (i32.const 1024) (local.get 2) (i32.const 4096)))
        (i64.or (i64.const 0x40000000000) (i64.extend_i32_u (local.get 2))))"#;

const WATT: &str = r#"(module
    (import "watt-0.5" "token_stream_parse" (func $parse (param i32 i32) (result i32)))
    (import "watt-0.5" "token_stream_serialize" (func $serialize (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "raw_to_token_stream") (param i32) (result i32) (local.get 0))
    (func (export "token_stream_into_raw") (param i32) (result i32) (local.get 0))
    (func (export "derive_thing") (param i32) (result i32) (drop (call $serialize (local.get 0))) (local.get 0))
    (func (export "attr") (param i32 i32) (result i32) (local.get 1)))"#;

/// A directory with modules that compilers have made, for runs that are long enough to be worth it.
const REAL_MODULES: &str = "FUZZ_MODULES";

static BARE: LazyLock<Vec<u8>> = LazyLock::new(|| assemble(&format!("(module {ITEMS})")));

static ALL: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut all = vec![assemble(&format!("(module {ITEMS} {SECTIONS})")), assemble(WATT)];
    let real = std::env::var_os(REAL_MODULES).and_then(|dir| Path::new(&dir).read_dir().ok());
    let mut paths: Vec<_> = real.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    all.extend(paths.iter().filter_map(|path| std::fs::read(path).ok()));
    all
});

fn assemble(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the sample should assemble")
}

/// A module that has all that a module needs but the custom sections.
pub fn without_sections() -> &'static [u8] {
    &BARE
}

/// A whole module that was changed as `data` says: which one, and then for each change its place, its kind and a byte.
pub fn changed(data: &[u8]) -> Vec<u8> {
    let Some((which, changes)) = data.split_first() else { return Vec::new() };
    let mut module = ALL[usize::from(*which) % ALL.len()].clone();
    for change in changes.chunks_exact(6) {
        let [a, b, c, kind, byte, more] = *change else { continue };
        if module.is_empty() {
            break;
        }
        let at = u32::from_le_bytes([a, b, c, 0]) as usize % module.len();
        match kind % 5 {
            0 => module[at] = byte,
            1 => module[at] = module[at].wrapping_add(byte as i8 as u8 % 5),
            2 => module.insert(at, byte),
            3 => drop(module.drain(at..(at + usize::from(more) + 1).min(module.len()))),
            _ => {
                let part = module[at..(at + usize::from(more) + 1).min(module.len())].to_vec();
                let to = usize::from(byte) * module.len() / 256;
                module.splice(to..to, part);
            }
        }
    }
    module
}

/// Appends a custom section.
pub fn append_section(module: &mut Vec<u8>, name: &str, contents: &[u8]) {
    let mut section = Vec::new();
    leb128(&mut section, name.len());
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(contents);
    module.push(0);
    leb128(module, section.len());
    module.extend(section);
}

fn leb128(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
