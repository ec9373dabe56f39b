//! Reading how macros are documented: what is right gets into the stub, everything else is refused.

mod common;

use common::demo;
use stubgen::module::{ATTRIBUTES_SECTION, Attributes, Deprecated, ModuleError, ModuleInfo};
use stubgen::stub::{Body, needs_features, source};

/// Of the demo module's three macros the first and the last have something to say.
const ATTRIBUTES: &str = "\
root=https://docs.rs/demo/1.0.0
macro=0
deprecated=
since=1.2.0
note=use \"that\"
unstable=core_intrinsics,fmt_internals
unsafe=
hidden=
alias=other name
alias=\\\\+
doc= First line.
doc=
doc= a\\nb\\\\n\\r\t*/
macro=2
deprecated=
";

fn module(attributes: &str) -> Vec<u8> {
    let mut module = demo();
    module.sections.push((ATTRIBUTES_SECTION, attributes.as_bytes().to_vec()));
    module.build()
}

fn read(attributes: &str) -> Result<Vec<Attributes>, ModuleError> {
    Ok(ModuleInfo::parse(&module(attributes))?.attributes)
}

#[test]
fn what_is_written_is_read() {
    let attributes = read(ATTRIBUTES).unwrap();
    let deprecated = |since: Option<&str>, note: Option<&str>| {
        Some(Deprecated { since: since.map(str::to_owned), note: note.map(str::to_owned) })
    };
    let first = Attributes {
        deprecated: deprecated(Some("1.2.0"), Some("use \"that\"")),
        unstable: vec!["core_intrinsics".to_owned(), "fmt_internals".to_owned()],
        internal_unsafe: true,
        hidden: true,
        aliases: vec!["other name".to_owned(), "\\+".to_owned()],
        docs: vec![" First line.".to_owned(), String::new(), " a\nb\\n\r\t*/".to_owned()],
    };
    let last = Attributes { deprecated: deprecated(None, None), ..Attributes::default() };
    assert_eq!(attributes, [first, Attributes::default(), last]);
    let info = ModuleInfo::parse(&module(ATTRIBUTES)).unwrap();
    assert_eq!(info.root_url.as_deref(), Some("https://docs.rs/demo/1.0.0"));
}

/// Modules of other compilers, and those that `stubgen annotate` makes, do not have it.
#[test]
fn the_section_need_not_be_there() {
    assert_eq!(ModuleInfo::parse(&demo().build()).unwrap().attributes, vec![Attributes::default(); 3]);
    assert_eq!(read("").unwrap(), vec![Attributes::default(); 3]);
}

#[test]
fn the_stub_has_the_attributes() {
    let stub = |attributes: &str| source(&ModuleInfo::parse(&module(attributes)).unwrap(), Body::Empty);
    let expected = "#[deprecated(since = \"1.2.0\", note = \"use \\\"that\\\"\")]\n\
                    #[doc(hidden)]\n\
                    #[doc(alias = \"other name\")]\n\
                    #[doc(alias = \"\\\\+\")]\n\
                    #[doc = \" First line.\"]\n\
                    #[doc = \"\"]\n\
                    #[doc = \" a\\nb\\\\n\\r\\t*/\"]\n\
                    #[allow_internal_unstable(core_intrinsics, fmt_internals)]\n\
                    #[allow_internal_unsafe]\n\
                    #[proc_macro_derive(";
    assert!(stub(ATTRIBUTES).contains(expected), "{}", stub(ATTRIBUTES));
    assert!(stub(ATTRIBUTES).contains("#[deprecated]\n#[proc_macro]\n"), "{}", stub(ATTRIBUTES));
    let note = stub("macro=1\ndeprecated=\nnote=\n");
    assert!(note.contains("#[deprecated(note = \"\")]\n#[proc_macro_attribute]\n"), "{note}");
}

/// What stands at the head of the stub; one that leaves the compiler is for stable ones, too.
#[test]
fn unstable_features_are_for_stubs_inside_the_compiler() {
    let info = ModuleInfo::parse(&module(ATTRIBUTES)).unwrap();
    let inside = source(&info, Body::Empty);
    let head = "#![allow(warnings)]\n\
                #![doc(html_root_url = \"https://docs.rs/demo/1.0.0\")]\n\
                #![feature(allow_internal_unstable, allow_internal_unsafe)]\n\
                extern crate proc_macro;\n";
    assert!(needs_features(&info) && inside.starts_with(head), "{inside}");
    let outside = source(&info, Body::Panic { file_name: "x.wasm".to_owned() });
    assert!(outside.contains("#[doc(alias") && !outside.contains("internal_"), "{outside}");

    let info = ModuleInfo::parse(&module("macro=0\nhidden=\n")).unwrap();
    let inside = source(&info, Body::Empty);
    assert!(!needs_features(&info) && !inside.contains("feature"), "{inside}");
}

/// In such a crate rustc could not tell the attribute from the macro.
#[test]
fn a_macro_that_is_called_as_an_attribute_is_in_the_way_of_all() {
    for (name, in_the_way_of) in [
        ("doc", ["#[doc", "#[deprecated", "html_root_url"].as_slice()),
        ("deprecated", &["#[doc", "#[deprecated", "html_root_url"]),
        ("feature", &["#![feature", "#[allow_internal"]),
        ("allow_internal_unstable", &["#![feature", "#[allow_internal"]),
        ("allow_internal_unsafe", &["#![feature", "#[allow_internal"]),
    ] {
        let mut demo = demo();
        let decls = demo.sections.iter_mut().find(|(name, _)| *name == ".rustc_proc_macro_decls").unwrap();
        decls.1 =
            String::from_utf8(decls.1.clone()).unwrap().replace("attr:wrap", &format!("attr:{name}")).into_bytes();
        demo.sections.push((ATTRIBUTES_SECTION, ATTRIBUTES.as_bytes().to_vec()));
        let stub = source(&ModuleInfo::parse(&demo.build()).unwrap(), Body::Empty);
        assert!(!in_the_way_of.iter().any(|text| stub.contains(text)), "{stub}");
    }
}

#[test]
fn a_second_section_is_refused() {
    let mut module = demo();
    module.sections.extend([(ATTRIBUTES_SECTION, b"".to_vec()), (ATTRIBUTES_SECTION, b"".to_vec())]);
    let error = ModuleInfo::parse(&module.build()).unwrap_err();
    assert_eq!(error, ModuleError::DuplicateSection { section: ATTRIBUTES_SECTION });
}

/// Each change of one line, and what the error says of it.
#[test]
fn malformed_lines_are_refused() {
    let cases = [
        ("root=", "root=ftp:", "expected `root=URL`"),
        ("root=https", "root=javascript", "expected `root=URL`"),
        ("1.0.0", "\"onclick=\"", "expected `root=URL`"),
        ("1.0.0", "<b>", "expected `root=URL`"),
        ("1.0.0", "1 0", "expected `root=URL`"),
        ("1.0.0\n", "\nroot=https://x\n", "expected `macro=NUMBER`"),
        ("macro=0\n", "", "expected `macro=NUMBER`"),
        ("macro=0\n", "\nmacro=0\n", "expected `macro=NUMBER`"),
        ("macro=0", "macro=", "expected `macro=NUMBER`"),
        ("macro=0", "macro=00", "expected `macro=NUMBER`"),
        ("macro=0", "macro=+0", "expected `macro=NUMBER`"),
        ("macro=0", "macro=-1", "expected `macro=NUMBER`"),
        ("macro=0", "macro=3", "there is no macro of that number"),
        ("macro=0", "macro=4294967295", "there is no macro of that number"),
        ("macro=0", "macro=2", "the macros are not in order"),
        ("macro=2", "macro=0", "the macros are not in order"),
        ("deprecated=\nsince", "since", "expected `doc=TEXT` or `macro=NUMBER`"),
        ("deprecated=\nsince", "deprecated=yes\nsince", "expected `deprecated=`"),
        ("core_intrinsics,", ",", "expected `unstable="),
        ("core_intrinsics", "", "expected `unstable="),
        ("core_intrinsics", "a)] fn x() {} #[doc(b", "expected `unstable="),
        ("core_intrinsics", "r#try", "expected `unstable="),
        ("core_intrinsics", "try", "expected `unstable="),
        ("core_intrinsics", "ä", "expected `unstable="),
        ("core_intrinsics", " a", "expected `unstable="),
        ("unsafe=", "unsafe=1", "expected `unsafe=`"),
        ("alias=\\\\+", "alias=", "expected `alias=NAME`"),
        ("alias=\\\\+", "alias= +", "expected `alias=NAME`"),
        ("alias=\\\\+", "alias=\"", "expected `alias=NAME`"),
        ("alias=\\\\+", "alias=a'b", "expected `alias=NAME`"),
        ("alias=\\\\+", "alias=a\tb", "expected `alias=NAME`"),
        ("alias=\\\\+\n", "alias=+\nhidden=\n", "expected `doc=TEXT` or `macro=NUMBER`"),
        ("hidden=", "hidden=no", "expected `hidden=`"),
        ("hidden=\n", "hidden=\nhidden=\n", "expected `doc=TEXT` or `macro=NUMBER`"),
        ("doc=\n", "docs=\n", "expected `doc=TEXT` or `macro=NUMBER`"),
        ("doc=\n", "doc\n", "expected `doc=TEXT` or `macro=NUMBER`"),
        ("\\r", "\\t", "a backslash stands before something else"),
        ("\\r\t*/", "\\", "a backslash stands before something else"),
        ("note=use", "note=\\u{1b}", "a backslash stands before something else"),
    ];
    for (from, to, expected) in cases {
        assert!(ATTRIBUTES.contains(from), "{from:?}");
        match read(&ATTRIBUTES.replacen(from, to, 1)) {
            Err(ModuleError::MalformedLine { section: ATTRIBUTES_SECTION, reason, .. }) => {
                assert!(reason.contains(expected), "{from:?} as {to:?}: {reason}");
            }
            other => panic!("{from:?} as {to:?}: {other:?}"),
        }
    }
}

#[cfg(feature = "cli")]
#[test]
fn inspect_shows_them() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("x.wasm"), module(ATTRIBUTES)).unwrap();
    let text = common::good(dir.path(), &["inspect", "x.wasm"]);
    assert!(text.contains("  #[derive(Demo)] with #[demo] #[other] by derive_demo, deprecated\n"), "{text}");
    assert!(text.contains("  #[wrap] by wrap\n"), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&common::good(dir.path(), &["inspect", "--json", "x.wasm"])).unwrap();
    assert_eq!(json["macros"][0]["deprecated"]["since"], "1.2.0");
    assert_eq!(json["macros"][0]["hidden"], true);
    assert_eq!(json["macros"][0]["allow_internal_unstable"], serde_json::json!(["core_intrinsics", "fmt_internals"]));
    assert_eq!(json["macros"][0]["aliases"], serde_json::json!(["other name", "\\+"]));
    assert_eq!(json["macros"][0]["docs"], " First line.\n\n a\nb\\n\r\t*/");
    assert_eq!(json["macros"][1].get("docs"), None);
}
