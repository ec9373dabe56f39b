//! Modules made for watt: how they are known, and what they must export and may import.

mod common;

use common::{ABI, I32, TestModule, test_module};
use stubgen::module::{GuestAbi, ModuleError, ModuleInfo};

fn error(bytes: &[u8]) -> ModuleError {
    ModuleInfo::parse(bytes).unwrap_err()
}

/// A module made for watt, right in all respects unless a field is changed.
fn watt(host: &'static str) -> TestModule {
    let mut module = test_module("derive:Demo:demo\n", ABI);
    module.imports = vec![
        (host, "token_stream_parse", vec![I32, I32], vec![I32]),
        ("wasi_snapshot_preview1", "proc_exit", vec![I32], vec![]),
    ];
    (module.run, module.decls_global) = (None, None);
    module.functions = vec!["raw_to_token_stream", "token_stream_into_raw", "demo"];
    module
}

#[test]
fn a_module_for_watt_is_known_by_its_imports() {
    for (guest, host) in [(GuestAbi::Watt04, "watt-0.4"), (GuestAbi::Watt05, "watt-0.5")] {
        assert_eq!(ModuleInfo::parse(&watt(host).build()).unwrap().guest, guest);
        for missing in 0..3 {
            let mut module = watt(host);
            let name = module.functions.remove(missing);
            assert!(matches!(error(&module.build()), ModuleError::MissingExport { name: found, .. } if found == name));
        }
        // Two macros may be one function, which is no Rust function with one name.
        let mut module = watt(host);
        module.sections[0].1 = b"derive:Demo:demo\nderive:Other:demo\n".to_vec();
        assert_eq!(ModuleInfo::parse(&module.build()).unwrap().declarations.len(), 2);
    }
}

#[test]
fn a_module_for_watt_gets_only_what_watt_offers() {
    let with_import = |import: (&'static str, &'static str, Vec<_>, Vec<_>)| {
        let mut module = watt("watt-0.5");
        module.imports.push(import);
        error(&module.build())
    };
    for (module, name) in
        [("watt-0.5", "token_stream_print"), ("watt-0.4", "bytes_len"), ("watt-0.6", "bytes_len"), ("env", "f")]
    {
        let found = with_import((module, name, vec![I32], vec![I32]));
        assert_eq!(found, ModuleError::UnknownImport { module: module.into(), name: name.into() });
        assert_eq!(found.help().unwrap().contains("made for `watt`"), module.starts_with("watt"));
    }
    assert!(matches!(with_import(("watt-0.5", "bytes_len", vec![], vec![I32])), ModuleError::WrongImport { .. }));
    // The bridge's functions are for modules that hold the bridge's client.
    let found = with_import(("rustc_proc_macro", "take", vec![I32], vec![]));
    assert!(matches!(found, ModuleError::UnknownImport { module, .. } if module == "watt-0.5"));
}

#[test]
fn functions_of_a_module_for_watt_take_and_return_numbers() {
    // An attribute takes two, and the test module's functions one.
    let mut module = watt("watt-0.4");
    module.sections[0].1 = b"attr:demo:demo\n".to_vec();
    match error(&module.build()) {
        ModuleError::WrongExport { name, expected, .. } => {
            assert_eq!((name.as_str(), expected), ("demo", "function (i32, i32) -> i32"));
        }
        other => panic!("{other}"),
    }
    let mut module = watt("watt-0.4");
    module.sections[0].1 = b"bang:demo:memory\n".to_vec();
    assert!(matches!(error(&module.build()), ModuleError::WrongExport { .. }));
}
