//! Annotated modules read as they were annotated, and keep every byte they had.

mod common;

use common::{ABI, I32, TestModule, demo, test_module};
use stubgen::annotate::{AnnotateError, annotate};
use stubgen::module::{ABI_SECTION, DECLS_SECTION, Declaration, GuestAbi, ModuleError, ModuleInfo};

fn bare() -> Vec<u8> {
    TestModule { sections: vec![], ..demo() }.build()
}

fn expected() -> ModuleInfo {
    ModuleInfo::parse(&demo().build()).unwrap()
}

fn watt() -> TestModule {
    TestModule {
        imports: vec![("watt-0.5", "token_stream_parse", vec![I32, I32], vec![I32])],
        run: None,
        decls_global: None,
        functions: vec!["raw_to_token_stream", "token_stream_into_raw", "derive_demo", "wrap", "make"],
        sections: vec![],
        ..demo()
    }
}

#[test]
fn the_sections_are_appended_and_read_back() {
    let bare = bare();
    let expected = expected();
    let annotated = annotate(&bare, &expected.declarations, &expected.abi).unwrap();
    assert_eq!(annotated[..bare.len()], bare);
    // Another encoder writes the same.
    assert_eq!(annotated, demo().build());
    assert_eq!(ModuleInfo::parse(&annotated).unwrap(), expected);
}

/// Sections of 128 and of 16,384 bytes are the first whose lengths take one byte more.
#[test]
fn sections_of_all_lengths_are_appended_rightly() {
    for length in (1..200).chain(16_300..16_400) {
        let expected = test_module(&format!("bang:{}:f\n", "m".repeat(length)), ABI).build();
        let info = ModuleInfo::parse(&expected).unwrap();
        assert!(annotate(&bare(), &info.declarations, &info.abi).unwrap() == expected, "{length}");
    }
}

#[test]
fn a_module_with_either_section_is_refused() {
    let expected = expected();
    for (index, section) in [DECLS_SECTION, ABI_SECTION].into_iter().enumerate() {
        let mut module = demo();
        module.sections = vec![module.sections[index].clone()];
        assert_eq!(
            annotate(&module.build(), &expected.declarations, &expected.abi),
            Err(AnnotateError::SectionExists { section })
        );
    }
}

#[test]
fn functions_must_be_exported_functions() {
    let expected = expected();
    // The functions of the test module take one stream each, and attributes take two.
    let declarations: Vec<_> = expected.declarations.into_iter().filter(|macro_| macro_.kind() != "attr").collect();
    let annotated = annotate(&watt().build(), &declarations, &expected.abi).unwrap();
    assert_eq!(ModuleInfo::parse(&annotated).unwrap().guest, GuestAbi::Watt05);
    for function in ["absent", "memory"] {
        let declaration = Declaration::Bang { name: "x".into(), function: function.into() };
        let result = annotate(&watt().build(), &[declaration], &expected.abi);
        assert_eq!(result, Err(AnnotateError::NotAnExport { function: function.into() }));
    }
}

#[test]
fn what_would_be_read_as_something_else_is_refused() {
    let expected = expected();
    let bang = |name: &str| Declaration::Bang { name: name.into(), function: "f".into() };
    for declarations in
        [vec![bang("a:b")], vec![bang("a\nbang:b")], vec![bang("")], vec![bang("a"), bang("a")], vec![bang("r#a")]]
    {
        let result = annotate(&bare(), &declarations, &expected.abi);
        assert!(matches!(result, Err(AnnotateError::Module(_))), "{declarations:?}: {result:?}");
    }
    // A derive whose list of helpers is one helper with a comma would come back with two.
    let derive = Declaration::Derive { trait_name: "A".into(), function: "f".into(), helpers: vec!["x,y".into()] };
    assert_eq!(
        annotate(&bare(), &[derive], &expected.abi),
        Err(AnnotateError::Module(ModuleError::AmbiguousText { section: DECLS_SECTION }))
    );
    for (field, value) in [("compiler", "x\nabi=1"), ("krate", "a-b"), ("version", "")] {
        let mut abi = expected.abi.clone();
        match field {
            "compiler" => abi.compiler = value.into(),
            "krate" => abi.krate = value.into(),
            _ => abi.version = value.into(),
        }
        assert!(matches!(annotate(&bare(), &[], &abi), Err(AnnotateError::Module(_))), "{field}");
    }
}

#[test]
fn broken_modules_are_refused() {
    let (bare, expected) = (bare(), expected());
    for length in [0, 7, bare.len() / 2, bare.len() - 1] {
        assert!(annotate(&bare[..length], &expected.declarations, &expected.abi).is_err(), "{length}");
    }
}
