//! Modules made for watt: the wire format, every refusal, and a real module that nobody here wrote.

#[path = "support/watt.rs"]
mod support;

use std::sync::LazyLock;

use proc_macro2::{Delimiter, Group, LineColumn, TokenStream, TokenTree};
use rustc_wasm_proc_macro::FaultKind;
use stubgen::annotate::annotate;
use stubgen::module::{Abi, Declaration, Edition};
use support::{Guest, bang, guest, returns, serde_derive};

/// Gets its input in the wire format and gives it back. In the format of 0.4 both directions are alike.
const THERE_AND_BACK: &str = "(local $bytes i32)
    (local.set $bytes (call $token_stream_serialize (local.get $stream)))
    (call $bytes_read (local.get $bytes) (i32.const 4096))
    (call $token_stream_deserialize (i32.const 4096) (call $bytes_len (local.get $bytes)))";

/// The call site's span on the wire.
const CALL_SITE: [u8; 4] = [255; 4];

fn ident(name: &str) -> Vec<u8> {
    [&[2][..], &CALL_SITE, &(name.len() as u32).to_le_bytes(), name.as_bytes()].concat()
}

fn literal(text: &str) -> Vec<u8> {
    [&[4][..], &CALL_SITE, &[0], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

fn punct(character: u32, joint: u8) -> Vec<u8> {
    [&[3][..], &character.to_le_bytes(), &[joint], &CALL_SITE].concat()
}

/// The one token that a guest makes.
fn made(tree: Vec<u8>) -> String {
    returns(&[tree, vec![0]].concat()).bang("").unwrap()
}

/// The message of the fault that a stream ends in.
fn refused(stream: &[u8]) -> String {
    let fault = returns(stream).bang("").unwrap_err().guest();
    assert!(matches!(fault.kind(), FaultKind::Protocol(_)), "{fault:?}");
    fault.to_string()
}

#[test]
fn streams_are_handed_over_as_they_are() {
    // A guest that does not look into its streams need not have them on the wire.
    let guest = bang("(local.get $stream)");
    assert_eq!(guest.bang("a + b").unwrap(), "a + b");
    assert_eq!(guest.expand(1, &["struct S ;"]).unwrap().to_string(), "struct S ;");
}

#[test]
fn an_attribute_gets_its_arguments_first() {
    // Both are numbers to the guest, so that nothing else would tell them apart.
    let guest = guest(
        "watt-0.5",
        "(func (export \"attr\") (param $arguments i32) (param $item i32) (result i32) (local.get $arguments))",
    );
    assert_eq!(guest.expand(2, &["arguments", "item"]).unwrap().to_string(), "arguments");
}

#[test]
fn every_kind_of_token_survives_the_wire() {
    let guest = bang(THERE_AND_BACK);
    for source in [
        "",
        "a r#fn _ größe r#größe 'lifetime <= . .. ..= ;",
        "( ) [ ] { } ( [ { a } ] , b )",
        r##"1 1u8 1.5e3 "text\n" r#"raw"# b'x' b"bytes" c"c" 'c' "ünï" "##,
        "- 1 , -1",
    ] {
        let expected: TokenStream = source.parse().unwrap();
        assert_eq!(guest.bang(source).unwrap(), expected.to_string());
    }
    // Groups without delimiters have no source.
    let group = Group::new(Delimiter::None, "a + b".parse().unwrap());
    let output = guest.expand_streams(0, vec![TokenTree::from(group).into()]).unwrap();
    match output.into_iter().next() {
        Some(TokenTree::Group(group)) => assert_eq!(group.delimiter(), Delimiter::None),
        other => panic!("{other:?}"),
    }
}

#[test]
fn spans_survive_the_wire() {
    let output = bang(THERE_AND_BACK).expand(0, &["one\n  ( two ) ; 3"]).unwrap();
    let starts: Vec<LineColumn> = output.into_iter().map(|tree| tree.span().start()).collect();
    let at = |line, column| LineColumn { line, column };
    assert_eq!(starts, [at(1, 0), at(2, 2), at(2, 10), at(2, 12)]);
}

#[test]
fn guests_of_0_5_are_told_three_spans_of_a_group() {
    // The only difference between the two formats. `bang!` returns the length of what it was sent as that of a string.
    let length = |import: &str| {
        let rest = "(func (export \"bang\") (param i32) (result i32)
            (i32.store8 (i32.const 64)
                (i32.add (i32.const 48) (call $bytes_len (call $token_stream_serialize (local.get 0)))))
            (call $token_stream_parse (i32.const 64) (i32.const 1)))";
        guest(import, rest).bang("()").unwrap()
    };
    // Kind, delimiter, one span or three, two ends: 8 or 16 bytes. 48 + 16 is `@`.
    assert_eq!((length("watt-0.4"), length("watt-0.5")), ("8".to_owned(), "@".to_owned()));
}

#[test]
fn the_delimiters_spans_come_back_with_the_group() {
    // The wire has one span of a group on the way back, but it is a known one.
    let output = bang(THERE_AND_BACK).expand(0, &["( a )"]).unwrap();
    match output.into_iter().next() {
        Some(TokenTree::Group(group)) => {
            assert_eq!((group.span_open().start().column, group.span_close().start().column), (0, 4));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn negative_literals_are_literals() {
    // watt panics: it parses such a text as two tokens. That is what a compiler makes of the literal in the end.
    for (text, expected) in [("-1", "- 1"), ("-1i32", "- 1i32"), ("-1.5", "- 1.5")] {
        assert_eq!(made(literal(text)), expected);
    }
    assert!(refused(&[literal("- 1"), vec![0]].concat()).ends_with("`- 1` is not a literal"));
}

#[test]
fn raw_and_unicode_identifiers_keep_their_spans() {
    // watt forgets the span of a raw identifier.
    assert_eq!(
        (made(ident("r#match")), made(ident("größe")), made(ident("r#größe"))),
        ("r#match".into(), "größe".into(), "r#größe".into())
    );
    let output = bang(THERE_AND_BACK).expand(0, &["a r#match größe b"]).unwrap();
    let columns: Vec<usize> = output.into_iter().map(|tree| tree.span().start().column).collect();
    assert_eq!(columns, [0, 2, 10, 16]);
}

#[test]
fn what_is_no_token_is_refused_in_words() {
    for (tree, message) in [
        (ident(""), "`` is not an identifier"),
        (ident("a b"), "`a b` is not an identifier"),
        (ident("1a"), "`1a` is not an identifier"),
        (ident("r#self"), "`r#self` is not an identifier"),
        (ident("größe + 1"), "`größe + 1` is not an identifier"),
        (ident("€"), "`€` is not an identifier"),
        (ident(&"-".repeat(100)), &format!("`{}…` is not an identifier", "-".repeat(40))),
        (literal("a"), "`a` is not a literal"),
        (literal("1 2"), "`1 2` is not a literal"),
        (literal("\"open"), "`\\\"open` is not a literal"),
        (punct(u32::from(b'a'), 0), "`a` is not a punctuation character"),
        (punct(0xd800, 0), "0xd800 in place of a character (before byte 10 of 11)"),
        (punct(u32::from(b'+'), 2), "unknown spacing 2 (before byte 6 of 11)"),
    ] {
        let text = refused(&[tree, vec![0]].concat());
        assert!(text.ends_with(message), "{text}");
    }
}

#[test]
fn a_malformed_stream_is_refused_in_words() {
    let group = |delimiter: u8| [&[1, delimiter][..], &CALL_SITE].concat();
    for (stream, message) in [
        (vec![], "an early end (before byte 0 of 0)"),
        (vec![5], "a tree of unknown kind 5 (before byte 1 of 1)"),
        (vec![0, 0], "bytes after its end (before byte 1 of 2)"),
        ([group(0), vec![0]].concat(), "an early end (before byte 7 of 7)"),
        ([group(4), vec![0, 0]].concat(), "unknown delimiter 4 (before byte 2 of 8)"),
        (vec![2, 9, 0, 0, 0, 1, 0, 0, 0, b'a', 0], "there is no span of number 9"),
        (vec![2, 255, 255, 255, 255, 255, 255, 255, 255, b'a', 0], "an early end (before byte 9 of 11)"),
        (vec![2, 255, 255, 255, 255, 1, 0, 0, 0, 0xff, 0], "a string that is not UTF-8 (before byte 10 of 11)"),
        (vec![4, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0], "there is no literal of number 0"),
        (vec![4, 255, 255, 255, 255, 2, 0], "a literal of unknown kind 2 (before byte 6 of 7)"),
        (vec![4, 255, 255], "an early end (before byte 1 of 3)"),
    ] {
        let text = refused(&stream);
        assert!(text.ends_with(message), "{text}");
    }
}

#[test]
fn groups_may_be_nested_deeply_but_not_without_end() {
    let nested = |depth: usize| [[&[1, 0][..], &CALL_SITE].concat().repeat(depth), vec![0; depth + 1]].concat();
    let output = returns(&nested(4096)).expand(0, &[""]).unwrap();
    assert!(!output.is_empty());
    assert!(refused(&nested(4097)).ends_with("it nests groups deeper than 4096"));
}

#[test]
fn numbers_of_nothing_are_refused() {
    for (body, message) in [
        ("(i32.const 7)", "there is no token stream of number 7"),
        ("(call $token_stream_serialize (i32.const 1))", "there is no token stream of number 1"),
        ("(call $literal_to_string (i32.const 0))", "there is no literal of number 0"),
        ("(call $string_len (i32.const 0))", "there is no string of number 0"),
        ("(call $string_read (i32.const -1) (i32.const 0)) (i32.const 0)", "there is no string of number 4294967295"),
        ("(call $bytes_len (i32.const 0))", "there is no buffer of number 0"),
        ("(call $bytes_read (i32.const 3) (i32.const 0)) (i32.const 0)", "there is no buffer of number 3"),
        ("(call $print_panic (i32.const 0)) (i32.const 0)", "there is no string of number 0"),
    ] {
        let text = bang(body).fault("");
        assert!(text.contains(message), "{text}");
    }
}

#[test]
fn memory_that_is_not_there_is_refused() {
    for (function, results) in [("token_stream_deserialize", ""), ("token_stream_parse", ""), ("string_new", "")] {
        for (ptr, len) in [("131072", "1"), ("-1", "1"), ("0", "-1"), ("131000", "73")] {
            let text = bang(&format!("(call ${function} (i32.const {ptr}) (i32.const {len})){results}")).fault("");
            assert!(text.contains(&format!("`{function}` was given")), "{text}");
        }
    }
    let read = "(call $string_read (call $string_new (i32.const 0) (i32.const 2)) (i32.const 131071)) (i32.const 0)";
    assert!(bang(read).fault("").contains("`string_read` was given 2 bytes at 0x1ffff"));
    let read = "(call $bytes_read (call $token_stream_serialize (local.get $stream)) (i32.const -1)) (i32.const 0)";
    assert!(bang(read).fault("").contains("`bytes_read` was given 1 bytes at 0xffffffff"));
}

#[test]
fn text_that_is_no_tokens_is_told_to_the_guest() {
    // The format's own way to say so: the number -1.
    let rest = r#"(data (i32.const 16) "(\ff1")
        (func (export "bang") (param i32) (result i32)
            (if (i32.ne (call $token_stream_parse (i32.const 16) (i32.const 1)) (i32.const -1)) (then unreachable))
            (if (i32.ne (call $token_stream_parse (i32.const 17) (i32.const 1)) (i32.const -1)) (then unreachable))
            (call $token_stream_parse (i32.const 18) (i32.const 1)))"#;
    assert_eq!(guest("watt-0.4", rest).bang("").unwrap(), "1");
}

#[test]
fn strings_go_both_ways() {
    // The text of a literal of the input, read into memory and parsed again.
    let body = "(local $string i32)
        (drop (call $token_stream_serialize (local.get $stream)))
        (local.set $string (call $literal_to_string (i32.const 0)))
        (call $string_read (local.get $string) (i32.const 512))
        (call $token_stream_parse (i32.const 512) (call $string_len (local.get $string)))";
    assert_eq!(bang(body).bang("\"größe\"").unwrap(), "\"größe\"");
}

/// Counts its expansions, and panics in the one whose input is empty.
const PANICS: &str = r#"(global $count (mut i32) (i32.const 48))
    (data (i32.const 16) "no \22luck\22 \ff")
    (func (export "bang") (param $stream i32) (result i32)
        (if (i32.eq (call $bytes_len (call $token_stream_serialize (local.get $stream))) (i32.const 1))
            (then (call $print_panic (call $string_new (i32.const 16) (i32.const 11))) unreachable))
        (i32.store8 (i32.const 64) (global.get $count))
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (call $token_stream_parse (i32.const 64) (i32.const 1)))"#;

#[test]
fn a_panic_has_its_message_and_the_next_expansion_a_fresh_instance() {
    // The guest is built to abort, and nothing has been cleared away in it.
    let guest = guest("watt-0.4", PANICS);
    assert_eq!((guest.bang("x").unwrap(), guest.bang("x").unwrap()), ("0".to_owned(), "1".to_owned()));
    let fault = guest.bang("").unwrap_err().guest();
    assert_eq!(fault.panic_message(), Some("no \"luck\" \u{fffd}"));
    assert_eq!(guest.bang("x").unwrap(), "0");
}

#[test]
fn numbers_of_one_expansion_mean_nothing_in_the_next() {
    // Else a guest that keeps them could mix up streams, and memory would grow with every expansion.
    let rest = r#"(global $again (mut i32) (i32.const 0))
        (func (export "bang") (param $stream i32) (result i32)
            (if (global.get $again) (then (drop (call $string_len (i32.const 0)))))
            (global.set $again (i32.const 1))
            (drop (call $string_new (i32.const 0) (i32.const 1)))
            (local.get $stream))"#;
    let guest = guest("watt-0.5", rest);
    assert_eq!(guest.bang("x").unwrap(), "x");
    assert!(guest.fault("x").contains("there is no string of number 0"));
}

#[test]
fn a_guest_cannot_make_the_host_keep_more_and_more() {
    // A loop that only asks would else end with the machine's memory.
    let endless =
        |body: &str| bang(&format!("(loop $again {body} (br $again)) unreachable")).bang("a").unwrap_err().guest();
    let fault = endless("(drop (call $string_new (i32.const 0) (i32.const 131072)))");
    assert_eq!(fault.kind(), &FaultKind::OutOfMemory);
    let fault = endless("(drop (call $token_stream_parse (i32.const 0) (i32.const 131072)))");
    assert!(fault.to_string().contains("keep more than 512 MiB of tokens"), "{fault}");
}

#[test]
fn a_call_before_any_macro_runs_is_refused() {
    let rest = "(func $start (drop (call $token_stream_parse (i32.const 0) (i32.const 0)))) (start $start)";
    let text = guest("watt-0.4", rest).fault("");
    assert!(text.contains("a call while no macro runs"), "{text}");
}

#[test]
fn newer_instructions_run() {
    // watt's interpreter stops at the first version of WebAssembly.
    for (items, body) in [
        ("", "(drop (i32.extend8_s (i32.const 200)))"),
        ("", "(drop (i64.extend32_s (i64.const 200)))"),
        (
            "",
            "(memory.copy (i32.const 0) (i32.const 64) (i32.const 8)) (memory.fill (i32.const 0) (i32.const 1) (i32.const 8))",
        ),
        ("", "(drop (i32.trunc_sat_f64_s (f64.const nan)))"),
        ("(func $two (result i32 i32) (i32.const 1) (i32.const 2))", "(call $two) drop drop"),
        ("(table $table 1 externref)", "(drop (ref.is_null (table.get $table (i32.const 0))))"),
        ("", "(drop (i8x16.extract_lane_s 0 (v128.const i64x2 0 0)))"),
        (
            "(func $self (param i32) (if (local.get 0) (then (return_call $self (i32.sub (local.get 0) (i32.const 1))))))",
            "(call $self (i32.const 1000000))",
        ),
    ] {
        let rest = format!("{items} (func (export \"bang\") (param i32) (result i32) {body} (local.get 0))");
        assert_eq!(guest("watt-0.5", &rest).bang("x").unwrap(), "x", "{body}");
    }
}

#[test]
fn deep_recursion_returns_and_endless_recursion_ends() {
    let recurse = |depth: i32| {
        let rest = format!(
            "(func $down (param i32) (result i32)
                (if (result i32) (local.get 0)
                    (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
                    (else (i32.const 0))))
            (func (export \"bang\") (param i32) (result i32) (drop (call $down (i32.const {depth}))) (local.get 0))"
        );
        guest("watt-0.4", &rest).bang("x")
    };
    assert_eq!(recurse(50_000).unwrap(), "x");
    assert_eq!(recurse(-1).unwrap_err().guest().kind(), &FaultKind::StackOverflow);
}

/// The real module, annotated as its user would.
static REAL: LazyLock<Guest> = LazyLock::new(|| {
    let derive = |name: &str, function: &str| Declaration::Derive {
        trait_name: name.to_owned(),
        function: function.to_owned(),
        helpers: vec!["serde".to_owned()],
    };
    let declarations = [derive("Serialize", "derive_serialize"), derive("Deserialize", "derive_deserialize")];
    let abi = Abi {
        abi: 1,
        krate: "serde_derive".to_owned(),
        version: "1.0.137".to_owned(),
        edition: Edition::Edition2015,
        compiler: "watt".to_owned(),
    };
    let module = serde_derive();
    let annotated = annotate(&module, &declarations, &abi).unwrap();
    assert_eq!(annotated[..module.len()], module, "the rest of the file stays as it is");
    Guest::load(&annotated)
});

#[test]
fn serde_derive_of_crates_io_derives() {
    // Everything above in one module, made by another compiler at another time.
    let guest = &*REAL;
    for (source, parts) in [
        ("struct Unit ;", &["for Unit", "serialize_unit_struct"][..]),
        ("pub struct Pair ( u8 , pub String ) ;", &["for Pair", "serialize_tuple_struct"]),
        (
            "struct Named < 'a , T > where T : Clone { a : u8 , # [serde (rename = \"B\")] r#fn : & 'a [T] }",
            &["for Named < 'a , T >", "\"B\"", "r#fn"],
        ),
        (
            "# [serde (rename_all = \"kebab-case\")] enum Choice { FirstOne , Second { a : u8 } , Third (u8) }",
            &["\"first-one\"", "\"third\""],
        ),
        ("# [serde (tag = \"t\" , content = \"c\")] enum Tagged { A { x : i128 } , B }", &["\"t\"", "\"c\""]),
    ] {
        for (index, name) in [(0, "Serialize"), (1, "Deserialize")] {
            let output = guest.expand(index, &[source]).unwrap().to_string();
            assert!(output.contains(&format!("{name} ")), "{output}");
            if index == 0 {
                parts.iter().for_each(|part| assert!(output.contains(part), "{part} in {output}"));
            }
        }
    }
    let output = guest.expand(0, &["# [serde (nonsense)] struct S ;"]).unwrap().to_string();
    assert!(
        output.contains("compile_error") && output.contains("unknown serde container attribute `nonsense`"),
        "{output}"
    );
}

#[test]
fn a_panic_of_serde_derive_has_its_message() {
    // The guest's own identifiers are ASCII, and it says so by a panic. Afterwards it works again.
    let guest = &*REAL;
    let fault = guest.expand(0, &["struct Größe ;"]).unwrap_err().guest();
    assert_eq!(fault.panic_message(), Some("\"Größe\" is not a valid Ident"));
    guest.expand(0, &["struct Size ;"]).unwrap();
}
