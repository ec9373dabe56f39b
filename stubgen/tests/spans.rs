//! Reading where macros stand in the source of their crate: what is right is read rightly, everything else is refused.

mod common;

use common::demo;
use stubgen::module::{
    FileSpan, ModuleError, ModuleInfo, REMAP_SCOPES, SPANS_SECTION, SourceFile, SourceHash, SourceName, Spans,
};

/// As the compiler writes it, of a crate with three macros, with every kind of line.
const SPANS: &str = "\
file=src/lib.rs
hash=md5:000102030405060708090a0b0c0d0e0f
length=100
lines=10,20,30
wide=3:2,5:4,40:3
removed=0:3,10:4
file=/demo/src/other.rs
remapped=macro,debuginfo
local=src/other.rs
hash=sha1:000102030405060708090a0b0c0d0e0f10111213
checksum=blake3:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
length=7
file=anon
hash=sha256:ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff
length=0
crate=0:0:100
macro=0:12:29
macro=
macro=1:0:7
quoted=0:43:44
quoted=2:0:0
quoted=
";

fn module(spans: &str) -> Vec<u8> {
    let mut module = demo();
    module.sections.push((SPANS_SECTION, spans.as_bytes().to_vec()));
    module.build()
}

fn read(spans: &str) -> Result<Spans, ModuleError> {
    Ok(ModuleInfo::parse(&module(spans))?.spans.expect("the section is there"))
}

/// The section's contents again.
fn written(spans: &Spans) -> String {
    fn list<T>(key: &str, items: &[T], item: impl Fn(&T) -> String) -> String {
        let items: Vec<_> = items.iter().map(item).collect();
        if items.is_empty() { String::new() } else { format!("{key}={}\n", items.join(",")) }
    }
    let hash = |key: &str, hash: &SourceHash| {
        format!("{key}={}:{}\n", hash.kind, hash.digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    let file = |file: &SourceFile| {
        let SourceName { name, remapped, local } = &file.name;
        let mut text = format!("file={name}\n");
        let scopes: Vec<_> = (0..REMAP_SCOPES.len()).filter(|bit| remapped & 1 << bit != 0).collect();
        text += &list("remapped", &scopes, |bit| REMAP_SCOPES[*bit].to_owned());
        text.extend(local.as_ref().map(|local| format!("local={local}\n")));
        text += &hash("hash", &file.hash);
        text.extend(file.checksum.as_ref().map(|checksum| hash("checksum", checksum)));
        let lines: Vec<_> = file.lines.windows(2).map(|pair| pair[1] - pair[0]).collect();
        text + &format!("length={}\n", file.length)
            + &list("lines", &lines, u32::to_string)
            + &list("wide", &file.wide, |(at, bytes)| format!("{at}:{bytes}"))
            + &list("removed", &file.removed, |(at, bytes)| format!("{at}:{bytes}"))
    };
    let span = |key: &str, span: &Option<FileSpan>| match span {
        Some(FileSpan { file, start, end }) => format!("{key}={file}:{start}:{end}\n"),
        None => format!("{key}=\n"),
    };
    let mut text: String = spans.files.iter().map(file).collect();
    text += &span("crate", &spans.krate);
    text.extend(spans.macros.iter().map(|each| span("macro", each)));
    text.extend(spans.quoted.iter().map(|each| span("quoted", each)));
    text
}

#[test]
fn what_is_read_says_all_that_was_written() {
    let spans = read(SPANS).unwrap();
    assert_eq!(written(&spans), SPANS);
    assert_eq!(spans.files[0].lines, [0, 10, 30, 60]);
    assert_eq!(spans.files[1].lines, [0]);
    assert_eq!(spans.files[2].lines, [0; 0]);
    assert_eq!(spans.files[0].wide, [(3, 2), (5, 4), (40, 3)]);
}

/// Modules of other compilers, and those that `stubgen annotate` makes, do not have it.
#[test]
fn the_section_need_not_be_there() {
    assert_eq!(ModuleInfo::parse(&demo().build()).unwrap().spans, None);
}

#[test]
fn a_second_section_is_refused() {
    let mut module = demo();
    module.sections.extend([(SPANS_SECTION, SPANS.into()), (SPANS_SECTION, SPANS.into())]);
    let error = ModuleInfo::parse(&module.build()).unwrap_err();
    assert_eq!(error, ModuleError::DuplicateSection { section: SPANS_SECTION });
}

#[test]
fn text_that_is_not_utf_8_is_refused() {
    let mut module = demo();
    module.sections.push((SPANS_SECTION, b"file=\xff".to_vec()));
    let error = ModuleInfo::parse(&module.build()).unwrap_err();
    assert_eq!(error, ModuleError::NotUtf8 { section: SPANS_SECTION, offset: 5 });
}

/// Columns count characters, not bytes.
#[test]
fn places_have_lines_and_columns() {
    let spans = read(SPANS).unwrap();
    assert_eq!(spans.place_of(0), Some(("src/lib.rs", 2, 3)));
    assert_eq!(spans.place_of(1), None);
    assert_eq!(spans.place_of(2), Some(("/demo/src/other.rs", 1, 1)));
    assert_eq!(spans.place_of(3), None);
    let later = read(&SPANS.replace("macro=0:12:29", "macro=0:43:43")).unwrap();
    assert_eq!(later.place_of(0), Some(("src/lib.rs", 3, 12)));
}

#[test]
fn every_prefix_is_refused_but_those_without_the_last_quotations() {
    for end in 0..SPANS.len() {
        let accepted = read(&SPANS[..end]).is_ok();
        let whole = SPANS.find("quoted=").unwrap() <= end && SPANS[..end].ends_with('\n');
        assert_eq!(accepted, whole, "the first {end} bytes");
    }
}

#[test]
fn a_section_that_ends_too_early_says_what_is_missing() {
    let missing = |text| match read(text) {
        Err(ModuleError::MissingLine { section: SPANS_SECTION, key }) => key,
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(""), "crate");
    assert_eq!(missing("file=a\n"), "hash");
    assert_eq!(missing("file=a\nhash=md5:000102030405060708090a0b0c0d0e0f\n"), "length");
    let error = read("").unwrap_err().to_string();
    assert_eq!(error, "custom section `.rustc_proc_macro_spans` ends before a line `crate=`");
}

#[test]
fn there_must_be_a_span_for_each_macro() {
    for (found, text) in [(2, SPANS.replace("macro=\n", "")), (4, SPANS.replace("macro=\n", "macro=\nmacro=\n"))] {
        assert_eq!(read(&text), Err(ModuleError::WrongSpanCount { found, expected: 3 }));
    }
}

/// Each change of one line, and what the error says of it.
#[test]
fn malformed_lines_are_refused() {
    let huge = format!("length={}", 16 << 20);
    let cases = [
        // Lines that are not where they must be.
        ("crate=0:0:100\n", "\ncrate=0:0:100\n", "expected `crate=FILE:START:END`"),
        ("crate=0:0:100\n", "", "expected `crate=FILE:START:END`"),
        ("crate=0:0:100", "crate 0:0:100", "expected `crate=FILE:START:END`"),
        ("macro=1:0:7\n", "macro=1:0:7\ncrate=\n", "expected `quoted=FILE:START:END`"),
        ("quoted=\n", "macro=\n", "expected `quoted=FILE:START:END`"),
        ("hash=md5:000102030405060708090a0b0c0d0e0f\n", "", "expected `hash=KIND:DIGEST`"),
        ("length=100\n", "", "expected `length=BYTES`"),
        ("local=src/other.rs\n", "directory=src\n", "expected `hash=KIND:DIGEST`"),
        // Names.
        ("file=src/lib.rs", "file=", "expected `file=NAME`"),
        ("file=src/lib.rs", "file=src/\u{1b}[31mlib.rs", "a name has a control character"),
        ("file=anon", "file=a\tb", "a name has a control character"),
        ("local=src/other.rs", "local=", "expected `local=NAME`"),
        ("local=src/other.rs", "local=\u{85}", "a name has a control character"),
        ("remapped=macro,debuginfo", "remapped=debuginfo,macro", "the scopes are not in order"),
        ("remapped=macro,debuginfo", "remapped=macro,macro", "the scopes are not in order"),
        ("remapped=macro,debuginfo", "remapped=all", "a scope is not known"),
        ("remapped=macro,debuginfo", "remapped=", "a scope is not known"),
        ("file=anon", "file=src/lib.rs", "the file before has the name of an earlier one"),
        // Digests.
        ("hash=md5:00", "hash=md5 00", "expected `hash=KIND:DIGEST`"),
        ("hash=md5:00", "hash=md4:00", "the kind of digest is not known"),
        ("hash=md5:00", "hash=md5:", "the digest is not hexadecimal, or of another length"),
        ("hash=md5:00", "hash=md5:0", "the digest is not hexadecimal, or of another length"),
        ("hash=md5:00", "hash=md5:0000", "the digest is not hexadecimal, or of another length"),
        ("hash=md5:00", "hash=md5:0G", "the digest is not hexadecimal, or of another length"),
        ("hash=sha256:ff", "hash=sha256:FF", "the digest is not hexadecimal, or of another length"),
        ("checksum=blake3:00", "checksum=blake3:", "the digest is not hexadecimal, or of another length"),
        // Numbers.
        ("length=100", "length=+100", "expected `length=BYTES`"),
        ("length=100", "length=0100", "expected `length=BYTES`"),
        ("length=100", "length=", "expected `length=BYTES`"),
        ("length=100", "length=4294967296", "expected `length=BYTES`"),
        ("length=7", &huge, "the files have more than 16 MiB together"),
        // Lines.
        ("lines=10,20,30", "lines=10,0,30", "expected `lines=BYTES,BYTES…`"),
        ("lines=10,20,30", "lines=10,,30", "expected `lines=BYTES,BYTES…`"),
        ("lines=10,20,30", "lines=", "expected `lines=BYTES,BYTES…`"),
        ("lines=10,20,30", "lines=10,20,70", "a line starts after the end of the file"),
        ("lines=10,20,30", "lines=10,4294967290", "a line starts after the end of the file"),
        ("lines=10,20,30", "lines=4,20,30", "a line starts inside of a character"),
        // Characters.
        ("wide=3:2", "wide=3", "expected `wide=OFFSET:BYTES,…`"),
        ("wide=3:2", "wide=3:2:1", "expected `wide=OFFSET:BYTES,…`"),
        ("wide=3:2", "wide=3:1", "a character of several bytes has two, three or four"),
        ("wide=3:2", "wide=3:5", "a character of several bytes has two, three or four"),
        ("wide=3:2", "wide=3:258", "a character of several bytes has two, three or four"),
        ("wide=3:2", "wide=3:3", "the characters are not in order"),
        ("40:3", "98:3", "a character ends after the file"),
        ("40:3", "4294967295:3", "a character ends after the file"),
        // Removed bytes.
        ("removed=0:3,10:4", "removed=10:4,0:3", "the removed bytes are not in order"),
        ("removed=0:3,10:4", "removed=0:3,10:3", "the removed bytes are not in order"),
        ("removed=0:3,10:4", "removed=0:0", "more bytes are removed than there can be"),
        ("removed=0:3,10:4", "removed=0:4", "more bytes are removed than there can be"),
        ("removed=0:3,10:4", "removed=101:4", "more bytes are removed than there can be"),
        ("removed=0:3,10:4", "removed=0:3,4294967295:4294967295", "more bytes are removed than there can be"),
        // Spans.
        ("macro=0:12:29", "macro=0:12", "expected `FILE:START:END`, three decimal numbers"),
        ("macro=0:12:29", "macro=0:12:29:0", "expected `FILE:START:END`, three decimal numbers"),
        ("macro=0:12:29", "macro=0:-1:29", "expected `FILE:START:END`, three decimal numbers"),
        ("macro=0:12:29", "macro=3:12:29", "there is no such file"),
        ("macro=0:12:29", "macro=0:30:29", "the span ends before it starts"),
        ("macro=0:12:29", "macro=0:12:101", "the span ends after its file"),
        ("macro=0:12:29", "macro=0:4:29", "the span cuts a character"),
        ("macro=0:12:29", "macro=0:3:8", "the span cuts a character"),
        ("crate=0:0:100", "crate=0:0:42", "the span cuts a character"),
        ("quoted=2:0:0", "quoted=2:0:1", "the span ends after its file"),
    ];
    for (from, to, expected) in cases {
        assert!(SPANS.contains(from), "{from:?}");
        match read(&SPANS.replacen(from, to, 1)) {
            Err(ModuleError::MalformedLine { section: SPANS_SECTION, reason, .. }) => {
                assert!(reason.contains(expected), "{from:?} as {to:?}: {reason}");
            }
            other => panic!("{from:?} as {to:?}: {other:?}"),
        }
    }
}

#[cfg(feature = "cli")]
#[test]
fn inspect_shows_places() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("x.wasm"), module(SPANS)).unwrap();
    let text = common::good(dir.path(), &["inspect", "x.wasm"]);
    for line in [
        "  #[derive(Demo)] with #[demo] #[other] by derive_demo, defined at src/lib.rs:2:3\n",
        "  #[wrap] by wrap\n",
        "  make! by make, defined at /demo/src/other.rs:1:1\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&common::good(dir.path(), &["inspect", "--json", "x.wasm"])).unwrap();
    assert_eq!(json["macros"][0]["defined"], serde_json::json!({ "file": "src/lib.rs", "line": 2, "column": 3 }));
    assert_eq!(json["macros"][1]["defined"], serde_json::Value::Null);
}
