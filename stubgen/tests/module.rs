//! Reading modules: what is right is read rightly, and everything else is refused with its own error.

mod common;

use std::fs;

use common::{ABI, DECLS, I32, I64, TestModule, demo, test_module, with_decls};
use stubgen::module::{
    ABI_SECTION, Abi, DECLS_SECTION, Declaration, Digest, Edition, GuestAbi, ItemType, MAX_MACROS, ModuleError,
    ModuleInfo, NotWasm, ReadError, ValueType, WASI_FUNCTIONS, starts_as_wasm,
};
use wasm_encoder::{
    EntityType, ExportKind, ExportSection, FunctionSection, GlobalType, ImportCompact, ImportSection, Imports,
    MemoryType, Module, TypeSection,
};

fn error(bytes: &[u8]) -> ModuleError {
    ModuleInfo::parse(bytes).expect_err("the module is accepted")
}

/// The error of the demo module after a change.
fn error_with(change: impl FnOnce(&mut TestModule)) -> ModuleError {
    let mut module = demo();
    change(&mut module);
    error(&module.build())
}

fn decls_error(decls: &str) -> ModuleError {
    error(&with_decls(decls))
}

fn abi_error(abi: &str) -> ModuleError {
    error(&test_module(DECLS, abi).build())
}

#[test]
fn a_good_module_is_read() {
    let bytes = demo().build();
    let info = ModuleInfo::parse(&bytes).unwrap();
    assert_eq!(info.size, bytes.len() as u64);
    assert_eq!(info.digest, Digest::of(&bytes));
    assert_eq!(info.guest, GuestAbi::Rustc1);
    assert_eq!(
        info.abi,
        Abi {
            abi: 1,
            krate: "demo_macros".into(),
            version: "1.2.3".into(),
            edition: Edition::Edition2021,
            compiler: "rustc 1.96.0 (test)".into()
        }
    );
    assert_eq!(
        info.declarations,
        [
            Declaration::Derive {
                trait_name: "Demo".into(),
                function: "derive_demo".into(),
                helpers: vec!["demo".into(), "other".into()]
            },
            Declaration::Attr { name: "wrap".into(), function: "wrap".into() },
            Declaration::Bang { name: "make".into(), function: "make".into() },
        ]
    );
    let imports: Vec<String> = info.imports.iter().map(|i| format!("{}.{}: {}", i.module, i.name, i.ty)).collect();
    assert_eq!(
        imports,
        [
            "rustc_proc_macro.dispatch: function (i32, i32, i32) -> i32",
            "rustc_proc_macro.take: function (i32) -> ()",
            "rustc_proc_macro.panic: function (i32, i32) -> ()",
            "wasi_snapshot_preview1.fd_write: function (i32, i32, i32, i32) -> i32",
        ]
    );
    let exports: Vec<String> = info.exports.iter().map(|e| format!("{}: {}", e.name, e.ty)).collect();
    assert_eq!(
        exports,
        [
            "__rustc_proc_macro_run: function (i32, i32, i32, i32) -> i64",
            "memory: memory of 32-bit addresses",
            "__rustc_proc_macro_decls: immutable global of type i32",
        ]
    );
}

/// The digest goes into crate hashes and cache keys; this one is from `sha256sum`.
#[test]
fn the_digest_is_sha_256() {
    assert_eq!(Digest::of(b"abc").to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn a_module_without_macros_is_good() {
    for decls in ["", "\n"] {
        assert_eq!(ModuleInfo::parse(&with_decls(decls)).unwrap().declarations, [], "{decls:?}");
    }
}

#[test]
fn all_that_wasi_preview_1_offers_may_be_imported() {
    let mut module = demo();
    module.imports.extend(WASI_FUNCTIONS.map(|name| ("wasi_snapshot_preview1", name, vec![I64], vec![])));
    assert_eq!(ModuleInfo::parse(&module.build()).unwrap().imports.len(), 4 + 46);
}

/// The sections stand last, so a file that is cut off at the end of another section is well-framed Wasm.
#[test]
fn every_prefix_of_a_module_is_refused() {
    let bytes = demo().build();
    for length in 0..bytes.len() {
        assert!(
            ModuleInfo::parse(&bytes[..length]).is_err(),
            "the first {length} of {} bytes are accepted",
            bytes.len()
        );
    }
    ModuleInfo::parse(&bytes).unwrap();
}

/// The other order: what comes after the sections must be missed too.
#[test]
fn a_module_without_its_code_is_refused() {
    let bytes = TestModule { sections_first: true, ..demo() }.build();
    ModuleInfo::parse(&bytes).unwrap();
    // What is last here, the data, is not missed by the format.
    let data = bytes.windows(9).position(|window| window == b"some data").unwrap();
    let code_end = data - 8;
    assert_eq!(bytes[code_end], 11, "the identifier of the data section");
    for length in (0..bytes.len()).filter(|length| *length != code_end) {
        assert!(
            ModuleInfo::parse(&bytes[..length]).is_err(),
            "the first {length} of {} bytes are accepted",
            bytes.len()
        );
    }
}

/// Nothing that a file says may end in a panic, or reach a terminal as it is.
#[test]
fn changed_bytes_never_panic() {
    let bytes = demo().build();
    for index in 0..bytes.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff, bytes[index] ^ 1, bytes[index].wrapping_add(1)] {
            let mut changed = bytes.clone();
            changed[index] = value;
            if let Err(error) = ModuleInfo::parse(&changed) {
                let text = error.to_string();
                assert!(!text.contains(char::is_control), "{text:?}");
            }
        }
    }
}

#[test]
fn files_that_are_not_wasm_are_told_apart() {
    let component = [b"\0asm".as_slice(), &[0x0d, 0, 1, 0]].concat();
    let future = [b"\0asm".as_slice(), &[2, 0, 0, 0]].concat();
    for (bytes, found) in [
        (b"".as_slice(), NotWasm::Empty),
        (b"\0as", NotWasm::CutHeader),
        (b"\0asm\x01\0\0", NotWasm::CutHeader),
        (&component, NotWasm::Component),
        (&future, NotWasm::Version),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0", NotWasm::Native),
        (b"MZ\x90\0\x03\0\0\0", NotWasm::Native),
        (b"\xcf\xfa\xed\xfe\x0c\0\0\x01", NotWasm::Native),
        (b"(module)", NotWasm::Text),
        (b"hello, world", NotWasm::Other),
        (b"x", NotWasm::Other),
    ] {
        assert_eq!(error(bytes), ModuleError::NotWasm { found }, "{bytes:?}");
    }
}

#[test]
fn missing_and_doubled_sections_are_refused() {
    assert_eq!(error_with(|m| _ = m.sections.remove(0)), ModuleError::MissingSection { section: DECLS_SECTION });
    assert_eq!(error_with(|m| _ = m.sections.remove(1)), ModuleError::MissingSection { section: ABI_SECTION });
    let help = ModuleError::MissingSection { section: DECLS_SECTION }.help().unwrap();
    assert!(help.contains("--crate-type proc-macro") && help.contains("stubgen annotate"), "{help}");
    for (index, section) in [DECLS_SECTION, ABI_SECTION].into_iter().enumerate() {
        assert_eq!(
            error_with(|m| m.sections.push(m.sections[index].clone())),
            ModuleError::DuplicateSection { section }
        );
    }
}

#[test]
fn sections_must_be_text() {
    assert_eq!(
        error_with(|m| m.sections[0].1 = b"bang:a\xff:a\n".to_vec()),
        ModuleError::NotUtf8 { section: DECLS_SECTION, offset: 6 }
    );
    assert_eq!(
        error_with(|m| m.sections[1].1 = b"\xff".to_vec()),
        ModuleError::NotUtf8 { section: ABI_SECTION, offset: 0 }
    );
}

#[test]
fn malformed_declarations_are_shown_with_their_line() {
    for (decls, line, text) in [
        ("bang:a:a\nbang:b:b", 2, "bang:b:b"),
        ("\nbang:a:a\n", 1, ""),
        ("bang:a:a\n\n", 2, ""),
        ("bang:a\n", 1, "bang:a"),
        ("derive:A\n", 1, "derive:A"),
        ("derive:A:a:h:x\n", 1, "derive:A:a:h:x"),
        ("attr:a:a:h\n", 1, "attr:a:a:h"),
        ("bang:a:a:\n", 1, "bang:a:a:"),
    ] {
        match decls_error(decls) {
            ModuleError::MalformedLine { section: DECLS_SECTION, line: l, text: t, .. } => {
                assert_eq!((l, t.as_str()), (line, text), "{decls:?}");
            }
            other => panic!("{decls:?}: {other}"),
        }
    }
    assert_eq!(decls_error("bang:a:a\nfunction:b:b\n"), ModuleError::UnknownKind { line: 2, kind: "function".into() });
    let long = decls_error(&format!("\u{1b}[2J{}\n", "x".repeat(9000))).to_string();
    assert!(long.contains(r"`\u{1b}[2Jxxx") && long.contains('…') && long.len() < 400, "{long}");
}

#[test]
fn names_must_be_rusts() {
    for (decls, role, name) in [
        ("bang:a-b:f\n", "macro name", "a-b"),
        ("bang::f\n", "macro name", ""),
        ("derive:self:f\n", "macro name", "self"),
        ("derive:Self:f\n", "macro name", "Self"),
        ("attr:crate:f\n", "macro name", "crate"),
        ("attr:_:f\n", "macro name", "_"),
        ("bang:r#try:try\n", "macro name", "r#try"),
        ("bang:a\r:f\n", "macro name", r"a\r"),
        ("bang: a:f\n", "macro name", " a"),
        ("bang:a:super\n", "function name", "super"),
        ("bang:a:\n", "function name", ""),
        ("derive:A:a:\n", "helper attribute", ""),
        ("derive:A:a:x,\n", "helper attribute", ""),
        ("derive:A:a:x, y\n", "helper attribute", " y"),
        ("derive:A:a:x,self\n", "helper attribute", "self"),
    ] {
        match decls_error(decls) {
            ModuleError::BadName { line: 1, role: r, name: n, .. } => {
                assert_eq!((r, n.as_str()), (role, name), "{decls:?}");
            }
            other => panic!("{decls:?}: {other}"),
        }
    }
}

/// rustc: E0428 for each pair of kinds, since all macros share a namespace. Two equal helpers are fine.
#[test]
fn macro_names_are_unique_over_all_kinds() {
    for (first, second) in [("derive:X:a", "derive:X:b"), ("derive:X:a", "attr:X:X"), ("bang:X:X", "derive:X:b")] {
        assert_eq!(
            decls_error(&format!("bang:other:other\n{first}\n{second}\n")),
            ModuleError::DuplicateMacro { first: 2, line: 3, name: "X".into() }
        );
    }
    assert_eq!(
        decls_error("derive:A:f\nderive:B:f\n"),
        ModuleError::DuplicateFunction { first: 1, line: 2, name: "f".into() }
    );
    ModuleInfo::parse(&with_decls("derive:A:a:x,x\nderive:B:b:x\n")).unwrap();
}

/// Each takes the compiler time and memory before anything of the module runs.
#[test]
fn there_are_only_so_many_macros_and_names_of_attributes() {
    let macros = |number: usize| (0..number).map(|n| format!("bang:m{n}:m{n}\n")).collect::<String>();
    assert_eq!(ModuleInfo::parse(&with_decls(&macros(MAX_MACROS))).unwrap().declarations.len(), MAX_MACROS);
    let error = decls_error(&macros(MAX_MACROS + 1));
    assert!(matches!(error, ModuleError::MalformedLine { line: 4097, .. }), "{error}");
    let helpers = |number: usize| format!("derive:A:a:{}\n", vec!["x"; number].join(","));
    ModuleInfo::parse(&with_decls(&helpers(1 << 16))).unwrap();
    let error = decls_error(&helpers((1 << 16) + 1));
    assert!(error.to_string().contains("65536 helper attributes at most"), "{error}");
    let error = decls_error(&" ".repeat(33 << 20));
    assert_eq!(error, ModuleError::LongSection { section: DECLS_SECTION, bytes: 33 << 20 });
}

#[test]
fn names_that_make_the_stubs_attributes_ambiguous_are_refused() {
    for decls in [
        "attr:cfg:cfg\n",
        "derive:cfg_attr:f\n",
        "attr:proc_macro_attribute:proc_macro_attribute\n",
        "derive:proc_macro_derive:f\n",
        "derive:proc_macro:f\nbang:g:g\n",
    ] {
        assert!(matches!(decls_error(decls), ModuleError::ReservedName { .. }), "{decls}");
    }
    for decls in ["bang:cfg:cfg\n", "derive:proc_macro:f\n", "attr:proc_macro_derive:proc_macro_derive\n"] {
        ModuleInfo::parse(&with_decls(decls)).unwrap();
    }
}

#[test]
fn the_abi_section_is_read_strictly() {
    let without = |key: &str| ABI.split_inclusive('\n').filter(|line| !line.starts_with(key)).collect::<String>();
    for key in ["abi", "crate", "version", "edition", "compiler"] {
        assert!(matches!(abi_error(&without(key)), ModuleError::MissingKey { key: k } if k == key), "{key}");
        let line = ABI.split_inclusive('\n').find(|line| line.starts_with(key)).unwrap();
        assert!(
            matches!(abi_error(&format!("{ABI}{line}")), ModuleError::DuplicateKey { line: 6, key: k } if k == key),
            "{key}"
        );
    }
    assert_eq!(abi_error(&format!("{ABI}host=x\n")), ModuleError::UnknownKey { line: 6, key: "host".into() });
    assert!(matches!(abi_error(&format!("{ABI}\n")), ModuleError::MalformedLine { line: 6, .. }));
    assert!(matches!(abi_error(ABI.trim_end()), ModuleError::MalformedLine { line: 5, .. }));
    for (key, from, to) in [
        ("abi", "abi=1", "abi="),
        ("abi", "abi=1", "abi=-1"),
        ("abi", "abi=1", "abi=1 "),
        ("crate", "crate=demo_macros", "crate=demo-macros"),
        ("crate", "crate=demo_macros", "crate=größe"),
        ("crate", "crate=demo_macros", "crate=crate"),
        ("crate", "crate=demo_macros", "crate="),
        ("version", "version=1.2.3", "version="),
        ("version", "version=1.2.3", "version=1.2.3\r"),
        ("version", "version=1.2.3", "version=1\".3"),
        ("edition", "edition=2021", "edition=2022"),
        ("compiler", "compiler=rustc 1.96.0 (test)", "compiler="),
        ("compiler", "compiler=rustc 1.96.0 (test)", "compiler=rustc\u{1b}"),
    ] {
        assert!(matches!(abi_error(&ABI.replace(from, to)), ModuleError::BadValue { key: k, .. } if k == key), "{to}");
    }
}

#[test]
fn another_abi_version_is_said_with_who_built_it() {
    for found in ["2", "01", "4294967297"] {
        let error = abi_error(&ABI.replace("abi=1", &format!("abi={found}")));
        let compiler = Some("rustc 1.96.0 (test)".to_owned());
        assert_eq!(error, ModuleError::WrongAbi { found: found.into(), expected: 1, compiler });
    }
    // The declarations and the keys of another version may be anything.
    let error = error(&test_module("what:is:this\n", "abi=2\nnew=key\ncompiler=rustc 2\n").build());
    assert_eq!(error.to_string(), "the module has ABI version 2, but version 1 is expected; it was built by `rustc 2`");
}

#[test]
fn exports_must_be_there_and_of_their_types() {
    let missing = |error| match error {
        ModuleError::MissingExport { name, .. } => name,
        other => panic!("{other}"),
    };
    assert_eq!(missing(error_with(|m| m.memory = None)), "memory");
    assert_eq!(missing(error_with(|m| m.decls_global = None)), "__rustc_proc_macro_decls");
    assert_eq!(missing(error_with(|m| m.run = None)), "__rustc_proc_macro_run");

    let wrong = |error| match error {
        ModuleError::WrongExport { name, .. } => name,
        other => panic!("{other}"),
    };
    for (params, results) in [
        (vec![I32; 3], vec![I64]),
        (vec![I32; 4], vec![I32]),
        (vec![I32; 4], vec![]),
        (vec![I32, I32, I32, I64], vec![I64]),
    ] {
        assert_eq!(wrong(error_with(|m| m.run = Some((params, results)))), "__rustc_proc_macro_run");
    }
    let global = GlobalType { val_type: I32, mutable: false, shared: false };
    for global in [GlobalType { mutable: true, ..global }, GlobalType { val_type: I64, ..global }] {
        assert_eq!(wrong(error_with(|m| m.decls_global = Some(global))), "__rustc_proc_macro_decls");
    }
    let memory64 = MemoryType { minimum: 1, maximum: None, memory64: true, shared: false, page_size_log2: None };
    assert_eq!(wrong(error_with(|m| m.memory = Some(memory64))), "memory");
}

/// With two there would be two answers to which one is meant.
#[test]
fn two_exports_of_one_name_are_refused() {
    let error = error_with(|m| m.functions = vec!["same", "same"]);
    assert!(matches!(&error, ModuleError::Malformed { message, .. } if message.contains("two exports")), "{error}");
}

#[test]
fn other_imports_are_refused_by_name() {
    for (module, name) in [
        ("env", "memcpy"),
        ("rustc_proc_macro", "other"),
        ("wasi_snapshot_preview1", "other"),
        ("wasi_unstable", "fd_write"),
        ("watt-0.5", "token_stream_parse"),
    ] {
        assert_eq!(
            error_with(|m| m.imports.push((module, name, vec![], vec![]))),
            ModuleError::UnknownImport { module: module.into(), name: name.into() }
        );
    }
    assert_eq!(
        error_with(|m| m.memory_import = true),
        ModuleError::UnknownImport { module: "env".into(), name: "memory".into() }
    );
}

#[test]
fn imports_must_be_of_their_types() {
    for index in 0..3 {
        match error_with(|m| m.imports[index].2.push(I32)) {
            ModuleError::WrongImport { module, name, found, .. } => {
                assert_eq!((module.as_str(), name.as_str()), ("rustc_proc_macro", demo().imports[index].1));
                assert!(matches!(found, ItemType::Function(ty) if ty.params.last() == Some(&ValueType::I32)));
            }
            other => panic!("{other}"),
        }
    }
    assert!(matches!(error_with(|m| m.imports[1].3.push(I32)), ModuleError::WrongImport { .. }));
}

/// Indices are resolved only where it matters, and checked everywhere.
#[test]
fn functions_must_be_there_and_have_types() {
    for (ty, exported, message) in [
        (1, 0, "type 1 is not a function type"),
        (2, 0, "type 2 does not exist"),
        (0, 2, "function 2 is exported but does not exist"),
        (0, u32::MAX, "function 4294967295 is exported but does not exist"),
    ] {
        let (mut types, mut functions, mut exports) =
            (TypeSection::new(), FunctionSection::new(), ExportSection::new());
        types.ty().function([I32], []);
        types.ty().struct_([]);
        functions.function(0).function(ty);
        exports.export("f", ExportKind::Func, exported);
        let mut module = Module::new();
        module.section(&types).section(&functions);
        // The second function's type is the last byte so far, and before the export are its section's number, size and count.
        let end = module.as_slice().len();
        let offset = if ty == 0 { end + 3 } else { end - 1 } as u64;
        module.section(&exports);
        assert_eq!(error(&module.finish()), ModuleError::Malformed { offset, message: message.into() });
    }
}

/// The engine does not take them, and the name that they share would be read once for each.
#[test]
fn imports_in_groups_are_refused() {
    let mut types = TypeSection::new();
    types.ty().function([I32], []);
    let (module, ty) = ("rustc_proc_macro", EntityType::Function(0));
    let items = vec![ImportCompact { name: "take", ty }];
    for group in [
        Imports::Compact1 { module, items: items.into() },
        Imports::Compact2 { module, ty, names: vec!["take"].into() },
    ] {
        let mut imports = ImportSection::new();
        imports.imports(group);
        let error = error(Module::new().section(&types).section(&imports).as_slice());
        assert!(matches!(&error, ModuleError::Malformed { message, .. } if message.contains("in groups")), "{error}");
    }
}

/// A thousand parameters would fill a terminal, and for each export again.
#[test]
fn long_types_are_shown_in_part() {
    let text = error_with(|m| m.run = Some((vec![I32; 1000], vec![I64; 21]))).to_string();
    let found = format!("found function ({}…) -> ({}…)", "i32, ".repeat(20), "i64, ".repeat(20));
    assert!(text.ends_with(&found), "{text}");
    let text = error_with(|m| m.run = Some((vec![I32; 20], vec![]))).to_string();
    assert!(text.ends_with("i32, i32) -> ()"), "{text}");
}

/// The compiler reads the name of a module first and the whole of it later; what a pipe has said is gone by then.
#[cfg(unix)]
#[test]
fn what_can_be_read_only_once_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pipe.wasm");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let cache = stubgen::cache::Cache::new(dir.path().join("cache"));
    // Nobody writes to the pipe, so that it must not even be opened.
    for path in [std::path::Path::new("/dev/null"), &path] {
        let errors = [Abi::read(path).map(drop).unwrap_err(), cache.read_module(path).map(drop).unwrap_err()];
        for error in errors {
            assert!(matches!(error, ReadError::Io(_)), "{error}");
            assert_eq!(error.to_string(), "not a regular file, and only those can be read more than once");
        }
        assert!(!starts_as_wasm(path));
    }
}

#[test]
fn the_abi_section_is_found_without_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.wasm");
    let read = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        Abi::read(&path)
    };
    let mut module = demo();
    // A section whose name is as long, and sections after the one that is looked for.
    module.sections.insert(0, (".rustc_proc_macro_abx", b"abi=9\n".to_vec()));
    module.sections.push(("name", vec![1; 20_000]));
    let bytes = module.build();
    assert_eq!(read(&bytes).unwrap(), ModuleInfo::parse(&bytes).unwrap().abi);
    assert_eq!(read(&TestModule { sections_first: true, ..demo() }.build()).unwrap().krate, "demo_macros");

    let bytes = demo().build();
    for length in 0..bytes.len() {
        assert!(matches!(read(&bytes[..length]), Err(ReadError::Module(_))), "{length}");
    }
    let data = bytes.windows(9).position(|window| window == b"some data").unwrap();
    for length in [data, bytes.len() - 1] {
        let error = read(&bytes[..length]).unwrap_err();
        assert!(matches!(error, ReadError::Module(ModuleError::Malformed { .. })), "{length}: {error}");
    }
    let missing = TestModule { sections: vec![], ..demo() }.build();
    assert!(matches!(read(&missing), Err(ReadError::Module(ModuleError::MissingSection { section: ABI_SECTION }))));
    assert!(matches!(
        read(b"\0asm\x01\0\0\0\0\xff\xff\xff\xff\xff\x01"),
        Err(ReadError::Module(ModuleError::Malformed { .. }))
    ));
    assert!(matches!(Abi::read(dir.path()), Err(ReadError::Io(_))));
    assert!(matches!(Abi::read(&dir.path().join("none")), Err(ReadError::Io(_))));
}

#[test]
fn a_module_is_told_by_its_first_bytes_whatever_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("libdemo-0123.so");
    for (bytes, expected) in [
        (demo().build(), true),
        (b"\0asm".to_vec(), true),
        (b"\0as".to_vec(), false),
        (b"\x7fELF\0asm".to_vec(), false),
    ] {
        fs::write(&path, &bytes).unwrap();
        assert_eq!(starts_as_wasm(&path), expected, "{bytes:?}");
    }
    assert!(!starts_as_wasm(dir.path()));
    assert!(!starts_as_wasm(&dir.path().join("missing")));
}
