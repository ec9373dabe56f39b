//! Modules made to measure for tests.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use std::borrow::Cow;

use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, MemorySection, MemoryType, Module, TypeSection, ValType,
};

pub const I32: ValType = ValType::I32;
pub const I64: ValType = ValType::I64;

pub const ABI: &str = "abi=1\ncrate=demo_macros\nversion=1.2.3\nedition=2021\ncompiler=rustc 1.96.0 (test)\n";
pub const DECLS: &str = "derive:Demo:derive_demo:demo,other\nattr:wrap:wrap\nbang:make:make\n";

/// A module for the guest ABI of rustc, right in all respects unless a field is changed.
pub struct TestModule {
    pub imports: Vec<(&'static str, &'static str, Vec<ValType>, Vec<ValType>)>,
    pub memory_import: bool,
    pub memory: Option<MemoryType>,
    pub decls_global: Option<GlobalType>,
    pub run: Option<(Vec<ValType>, Vec<ValType>)>,
    /// Further exported functions.
    pub functions: Vec<&'static str>,
    /// Custom sections, at the end.
    pub sections: Vec<(&'static str, Vec<u8>)>,
    /// Whether the custom sections stand at the start instead.
    pub sections_first: bool,
}

pub fn test_module(decls: &str, abi: &str) -> TestModule {
    TestModule {
        imports: vec![
            ("rustc_proc_macro", "dispatch", vec![I32, I32, I32], vec![I32]),
            ("rustc_proc_macro", "take", vec![I32], vec![]),
            ("rustc_proc_macro", "panic", vec![I32, I32], vec![]),
            ("wasi_snapshot_preview1", "fd_write", vec![I32, I32, I32, I32], vec![I32]),
        ],
        memory_import: false,
        memory: Some(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None }),
        decls_global: Some(GlobalType { val_type: I32, mutable: false, shared: false }),
        run: Some((vec![I32; 4], vec![I64])),
        functions: vec![],
        sections: vec![
            (".rustc_proc_macro_decls", decls.as_bytes().to_vec()),
            (".rustc_proc_macro_abi", abi.as_bytes().to_vec()),
        ],
        sections_first: false,
    }
}

pub fn demo() -> TestModule {
    test_module(DECLS, ABI)
}

/// The bytes of a good module with these declarations.
pub fn with_decls(decls: &str) -> Vec<u8> {
    test_module(decls, ABI).build()
}

impl TestModule {
    pub fn build(&self) -> Vec<u8> {
        let (mut types, mut imports, mut functions) =
            (TypeSection::new(), ImportSection::new(), FunctionSection::new());
        let (mut exports, mut code) = (ExportSection::new(), CodeSection::new());
        for (module, name, params, results) in &self.imports {
            imports.import(module, name, EntityType::Function(types.len()));
            types.ty().function(params.clone(), results.clone());
        }
        if self.memory_import {
            let memory = MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
            imports.import("env", "memory", EntityType::Memory(memory));
        }
        let mut add = |name: &str, params: Vec<ValType>, results: Vec<ValType>| {
            exports.export(name, ExportKind::Func, self.imports.len() as u32 + functions.len());
            functions.function(types.len());
            types.ty().function(params, results);
            let mut body = Function::new([(2, I32)]);
            body.instructions().unreachable().end();
            code.function(&body);
        };
        if let Some((params, results)) = &self.run {
            add("__rustc_proc_macro_run", params.clone(), results.clone());
        }
        for name in &self.functions {
            add(name, vec![I32], vec![I32]);
        }
        let (mut memories, mut globals, mut data) = (MemorySection::new(), GlobalSection::new(), DataSection::new());
        if let Some(memory) = self.memory {
            memories.memory(memory);
            exports.export("memory", ExportKind::Memory, self.memory_import as u32);
            data.active(self.memory_import as u32, &ConstExpr::i32_const(16), *b"some data");
        }
        if let Some(ty) = self.decls_global {
            let init = if ty.val_type == I64 { ConstExpr::i64_const(1024) } else { ConstExpr::i32_const(1024) };
            globals.global(ty, &init);
            exports.export("__rustc_proc_macro_decls", ExportKind::Global, 0);
        }

        let mut module = Module::new();
        let customs = |module: &mut Module| {
            for (name, data) in &self.sections {
                module.section(&CustomSection { name: Cow::Borrowed(name), data: Cow::Borrowed(data) });
            }
        };
        if self.sections_first {
            customs(&mut module);
        }
        module.section(&types).section(&imports).section(&functions).section(&memories).section(&globals);
        module.section(&exports).section(&code).section(&data);
        if !self.sections_first {
            customs(&mut module);
        }
        module.finish()
    }
}

/// The command in `dir`, which does not see what the cache's directory is elsewhere.
#[cfg(feature = "cli")]
pub fn command(dir: &std::path::Path, args: &[&str]) -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_stubgen"));
    command.args(args).current_dir(dir).env_remove("RUSTC_WASM_PROC_MACRO_CACHE");
    command
}

/// A run of the command in `dir`.
#[cfg(feature = "cli")]
pub fn stubgen(dir: &std::path::Path, args: &[&str]) -> std::process::Output {
    command(dir, args).output().unwrap()
}

/// The standard output of a run that must succeed, and that must not say a word beside it.
#[cfg(feature = "cli")]
pub fn good(dir: &std::path::Path, args: &[&str]) -> String {
    let output = stubgen(dir, args);
    assert!(output.status.success() && output.stderr.is_empty(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
