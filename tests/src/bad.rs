//! Modules that are bad on purpose, each made from a good one by one change.

use wasm_encoder::{ExportKind, ExportSection, ImportSection};
use wasmparser::{ExportSectionReader, ExternalKind, ImportSectionReader, TypeRef};

use crate::wasm::{ABI_SECTION, Change, DECLS_SECTION, SPANS_SECTION, Section, rewrite, rewrite_text, sections};

/// The numbers of the sections that are changed here (WebAssembly core specification, "Binary format", "Modules").
const IMPORT_SECTION: u8 = 2;
const GLOBAL_SECTION: u8 = 6;
const EXPORT_SECTION: u8 = 7;
const CODE_SECTION: u8 = 10;

const DECLS_EXPORT: &str = "__rustc_proc_macro_decls";
const RUN_EXPORT: &str = "__rustc_proc_macro_run";

/// The bad module of that kind, made from `good`, a build of `ui/auxiliary/macros/plain.rs`; none if the kind is not known.
pub fn make(kind: &str, good: &[u8]) -> Option<Vec<u8>> {
    let decls = |change: &dyn Fn(&str) -> String| rewrite_text(good, DECLS_SECTION, change);
    let abi = |change: &dyn Fn(&str) -> String| rewrite_text(good, ABI_SECTION, change);
    let spans = |change: &dyn Fn(&str) -> String| rewrite_text(good, SPANS_SECTION, change);
    let replace = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "`{from}` is not in {text:?}");
        text.replacen(from, to, 1)
    };
    Some(match kind {
        // Not a module.
        "empty" => Vec::new(),
        "header-cut" => good[..6].to_vec(),
        "header-only" => good[..8].to_vec(),
        "text" => b"(module)\n".to_vec(),
        "elf" => std::fs::read("/proc/self/exe").expect("this program can be read"),
        "component" => [&b"\0asm\x0d\0\x01\0"[..], &good[8..]].concat(),
        "future-version" => [&b"\0asm\x02\0\0\0"[..], &good[8..]].concat(),
        "noise" => (0..4096u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 | 1).collect(),
        // A module, but not whole or not well made.
        "cut-in-code" => good[..middle(good, CODE_SECTION)].to_vec(),
        "cut-in-declarations" => good[..good.len() - tail_after(good, DECLS_SECTION)].to_vec(),
        "noise-after" => [good, &b"\xff\xff\xff\xff"[..]].concat(),
        "bad-body" => bad_body(good),
        // No procedural macros.
        "ordinary" => remove(good, &[DECLS_SECTION, ABI_SECTION, SPANS_SECTION]),
        "no-abi" => remove(good, &[ABI_SECTION]),
        "no-declarations" => remove(good, &[DECLS_SECTION]),
        "declarations-twice" => double(good, DECLS_SECTION),
        "abi-twice" => double(good, ABI_SECTION),
        // The declarations.
        "malformed-line" => decls(&|text| replace(text, "derive:Plain:plain_derive:plain_helper", "derive:Plain")),
        "too-many-parts" => decls(&|text| replace(text, "bang:plain:plain", "bang:plain:plain:plain")),
        "unfinished-line" => decls(&|text| text.trim_end().to_owned()),
        "empty-line" => decls(&|text| format!("\n{text}")),
        "unknown-kind" => decls(&|text| replace(text, "bang:plain", "function:plain")),
        "duplicate-macro" => decls(&|text| format!("{text}bang:plain:other\n")),
        "duplicate-function" => decls(&|text| format!("{text}bang:other:plain\n")),
        "bad-name" => decls(&|text| replace(text, "bang:plain:", "bang:pla in:")),
        "keyword-name" => decls(&|text| replace(text, "bang:plain:", "bang:crate:")),
        "raw-name" => decls(&|text| replace(text, "bang:plain:", "bang:r#plain:")),
        "reserved-name" => decls(&|text| replace(text, "attr:plain_attr:", "attr:cfg:")),
        "injected-source" => decls(&|text| replace(text, "bang:plain:plain", "bang:plain:f(){}")),
        "not-utf8" => rewrite(good, |section| match section.name {
            Some(DECLS_SECTION) => Change::Contents(b"bang:pl\xc3in:plain\n".to_vec()),
            _ => Change::Keep,
        }),
        // Otherwise the spans were one too few.
        "undeclared-macro" => remove(&decls(&|text| format!("{text}bang:ghost:ghost\n")), &[SPANS_SECTION]),
        // What the module says of its crate.
        "wrong-abi" => abi(&|text| replace(text, "abi=1\n", "abi=2\n")),
        "abi-not-a-number" => abi(&|text| replace(text, "abi=1\n", "abi=one\n")),
        "unknown-key" => abi(&|text| format!("{text}flavour=strange\n")),
        "duplicate-key" => abi(&|text| format!("{text}crate=plain\n")),
        "missing-key" => abi(&|text| {
            text.lines().filter(|line| !line.starts_with("edition=")).map(|line| format!("{line}\n")).collect()
        }),
        "bad-crate-name" => abi(&|text| replace(text, "crate=plain\n", "crate=pla-in\n")),
        "bad-version" => abi(&|text| replace(text, "version=0.0.0\n", "version=new\n")),
        "future-edition" => abi(&|text| replace(text, "edition=2024\n", "edition=2027\n")),
        "no-value" => abi(&|text| replace(text, "edition=2024\n", "edition\n")),
        // What the module says of its source.
        "span-outside" => spans(&|text| replace(text, "crate=0:", "crate=9:")),
        "span-missing" => spans(&|text| {
            text.lines().filter(|line| !line.starts_with("macro=")).map(|line| format!("{line}\n")).collect()
        }),
        // Exports and imports.
        "run-missing" => rename_export(good, RUN_EXPORT, "__rustc_proc_macro_walk"),
        "decls-missing" => rename_export(good, DECLS_EXPORT, "__rustc_proc_macro_facts"),
        "memory-missing" => rename_export(good, "memory", "recollection"),
        "run-is-global" => swap_exports(good),
        "unknown-import" => rename_import(good, "dispatch", "rustc_proc_macro", "telephone"),
        "unknown-import-module" => rename_import(good, "dispatch", "env", "dispatch"),
        "unknown-wasi-import" => rename_import(good, "dispatch", "wasi_snapshot_preview1", "fd_teleport"),
        "import-of-wrong-type" => rename_import(good, "dispatch", "rustc_proc_macro", "take"),
        "decls-outside-memory" => wild_decls(good),
        _ => return None,
    })
}

/// Where each section of a module starts, and where the module ends.
pub fn boundaries(module: &[u8]) -> Vec<usize> {
    let sections = sections(module);
    sections.iter().map(|section| section.start).chain([module.len()]).collect()
}

fn find<'a>(module: &'a [u8], sections: &'a [Section<'a>], id: u8) -> &'a Section<'a> {
    let section = sections.iter().find(|section| section.id == id);
    section.unwrap_or_else(|| panic!("no section {id} in a module of {} bytes", module.len()))
}

fn middle(module: &[u8], id: u8) -> usize {
    let sections = sections(module);
    let range = find(module, &sections, id).range(module);
    range.start + range.len() / 2
}

/// How many bytes there are from the middle of that custom section on.
fn tail_after(module: &[u8], name: &str) -> usize {
    let sections = sections(module);
    let section = sections.iter().find(|section| section.name == Some(name)).expect("the module has the section");
    module.len() - (section.range(module).end - section.data.len() / 2)
}

fn remove(module: &[u8], names: &[&str]) -> Vec<u8> {
    rewrite(module, |section| match section.name {
        Some(name) if names.contains(&name) => Change::Remove,
        _ => Change::Keep,
    })
}

fn double(module: &[u8], name: &str) -> Vec<u8> {
    rewrite(module, |section| if section.name == Some(name) { Change::Double } else { Change::Keep })
}

/// Function bodies are validated when the module is compiled, which is later than all the rest.
fn bad_body(module: &[u8]) -> Vec<u8> {
    rewrite(module, |section| {
        if section.id != CODE_SECTION {
            return Change::Keep;
        }
        let mut contents = section.contents.to_vec();
        // The last byte of the section is the last function's `end`.
        *contents.last_mut().expect("there is code") = 0xff;
        Change::Contents(contents)
    })
}

fn rename_export(module: &[u8], from: &str, to: &str) -> Vec<u8> {
    exports_as(module, |name| if name == from { to.to_owned() } else { name.to_owned() })
}

fn swap_exports(module: &[u8]) -> Vec<u8> {
    exports_as(module, |name| match name {
        RUN_EXPORT => DECLS_EXPORT.to_owned(),
        DECLS_EXPORT => RUN_EXPORT.to_owned(),
        other => other.to_owned(),
    })
}

/// The module with its exports renamed.
pub fn exports_as(module: &[u8], rename: impl Fn(&str) -> String) -> Vec<u8> {
    rewrite(module, |section| {
        if section.id != EXPORT_SECTION {
            return Change::Keep;
        }
        let mut exports = ExportSection::new();
        let reader = ExportSectionReader::new(wasmparser::BinaryReader::new(section.contents, 0)).expect("it is whole");
        for export in reader {
            let export = export.expect("it is whole");
            let kind = match export.kind {
                ExternalKind::Func => ExportKind::Func,
                ExternalKind::Memory => ExportKind::Memory,
                ExternalKind::Global => ExportKind::Global,
                kind => panic!("modules of ours do not export a {kind:?}"),
            };
            exports.export(&rename(export.name), kind, export.index);
        }
        Change::Contents(contents_of(&exports))
    })
}

fn rename_import(module: &[u8], from: &str, to_module: &str, to: &str) -> Vec<u8> {
    rewrite(module, |section| {
        if section.id != IMPORT_SECTION {
            return Change::Keep;
        }
        let mut imports = ImportSection::new();
        let reader = ImportSectionReader::new(wasmparser::BinaryReader::new(section.contents, 0)).expect("it is whole");
        for import in reader.into_imports() {
            let import = import.expect("it is whole");
            let TypeRef::Func(ty) = import.ty else { panic!("modules of ours import functions only") };
            let (module, name) = if import.name == from { (to_module, to) } else { (import.module, import.name) };
            imports.import(module, name, wasm_encoder::EntityType::Function(ty));
        }
        Change::Contents(contents_of(&imports))
    })
}

/// A module whose declarations are said to be where there is no memory.
fn wild_decls(module: &[u8]) -> Vec<u8> {
    let sections = sections(module);
    let exports = find(module, &sections, EXPORT_SECTION);
    let reader = ExportSectionReader::new(wasmparser::BinaryReader::new(exports.contents, 0)).expect("it is whole");
    let exports: Vec<_> = reader.into_iter().map(|export| export.expect("it is whole")).collect();
    let decls = exports.iter().find(|export| export.name == DECLS_EXPORT).expect("the module has it").index;
    rewrite(module, |section| {
        if section.id != GLOBAL_SECTION {
            return Change::Keep;
        }
        let mut globals = wasm_encoder::GlobalSection::new();
        let reader = wasmparser::GlobalSectionReader::new(wasmparser::BinaryReader::new(section.contents, 0));
        for (index, global) in reader.expect("it is whole").into_iter().enumerate() {
            let global = global.expect("it is whole");
            let mut operators = global.init_expr.get_operators_reader();
            let wasmparser::Operator::I32Const { value } = operators.read().expect("it is whole") else {
                panic!("globals of modules of ours are i32 constants")
            };
            let value = if index as u32 == decls { -16 } else { value };
            let ty = wasm_encoder::GlobalType {
                val_type: wasm_encoder::ValType::I32,
                mutable: global.ty.mutable,
                shared: false,
            };
            globals.global(ty, &wasm_encoder::ConstExpr::i32_const(value));
        }
        Change::Contents(contents_of(&globals))
    })
}

/// The contents of a section without its number and its length.
fn contents_of(section: &impl wasm_encoder::Encode) -> Vec<u8> {
    let mut bytes = Vec::new();
    section.encode(&mut bytes);
    let length = bytes.iter().position(|byte| byte & 0x80 == 0).expect("a length ends") + 1;
    bytes.split_off(length)
}
