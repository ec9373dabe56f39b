//! Macros in the server of the toolchain, from modules and from native libraries.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use analyzer_tests::server::{Call, program};
use analyzer_tests::{Project, Server, Spans};
use tests::{Form, Toolchain};

/// One macro of each kind, and some that look around.
const KINDS: &str = r#"
extern crate proc_macro;
use proc_macro::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};

#[proc_macro]
pub fn shout(input: TokenStream) -> TokenStream {
    let loud = |tree| match tree {
        TokenTree::Ident(ident) => Ident::new(&ident.to_string().to_uppercase(), ident.span()).into(),
        TokenTree::Group(group) => {
            let mut loud = Group::new(group.delimiter(), shout(group.stream()));
            loud.set_span(group.span());
            loud.into()
        }
        tree => tree,
    };
    input.into_iter().map(loud).collect()
}

#[proc_macro_derive(Name, attributes(name))]
pub fn name(item: TokenStream) -> TokenStream {
    let mut trees = item.into_iter().skip_while(|tree| !matches!(tree.to_string().as_str(), "struct" | "enum")).skip(1);
    let name = trees.next().unwrap();
    let mut output: TokenStream = "impl".parse().unwrap();
    output.extend([name.clone()]);
    let body = format!("{{ const NAME: &str = {:?}; }}", name.to_string());
    output.extend(body.parse::<TokenStream>().unwrap());
    output
}

#[proc_macro_attribute]
pub fn beside(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut output = attribute;
    output.extend([TokenTree::Group(Group::new(Delimiter::Brace, item))]);
    output
}

#[proc_macro]
pub fn spans(input: TokenStream) -> TokenStream {
    let mut trees = input.into_iter();
    let (first, last) = (trees.next().unwrap().span(), trees.last().unwrap().span());
    let mut output = TokenStream::new();
    for span in [first, first.located_at(last), first.resolved_at(last), Span::mixed_site()] {
        output.extend([TokenTree::Ident(Ident::new("here", span))]);
    }
    output
}

#[proc_macro]
pub fn panics(_: TokenStream) -> TokenStream {
    panic!("it does not like that")
}

#[proc_macro]
pub fn place(_: TokenStream) -> TokenStream {
    let dir = std::env::current_dir().unwrap().display().to_string();
    let variable = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    [dir, variable].iter().map(|text| TokenTree::Literal(Literal::string(text))).collect()
}

#[proc_macro]
pub fn file(input: TokenStream) -> TokenStream {
    let name = input.to_string();
    let text = std::fs::read_to_string(name.trim_matches('"')).unwrap_or_else(|error| error.to_string());
    TokenTree::Literal(Literal::string(&text)).into()
}
"#;

/// What no macro should do.
const BAD: &str = r##"
extern crate proc_macro;
use proc_macro::{Delimiter, Group, Literal, TokenStream, TokenTree};

#[proc_macro]
pub fn fine(input: TokenStream) -> TokenStream {
    input
}

#[proc_macro]
pub fn traps(_: TokenStream) -> TokenStream {
    core::arch::wasm32::unreachable()
}

#[proc_macro]
pub fn loops(_: TokenStream) -> TokenStream {
    let mut number = 0_u64;
    loop {
        number = std::hint::black_box(number + 1);
    }
}

#[proc_macro]
pub fn recurses(_: TokenStream) -> TokenStream {
    fn deeper(number: u64) -> u64 {
        if number == u64::MAX { 0 } else { std::hint::black_box(deeper(std::hint::black_box(number) + 1) + 1) }
    }
    deeper(0).to_string().parse().unwrap()
}

#[proc_macro]
pub fn ends(_: TokenStream) -> TokenStream {
    std::process::exit(7)
}

#[proc_macro]
pub fn prints(input: TokenStream) -> TokenStream {
    println!("{}", r#"{"ExpandMacro":{"Ok":"#);
    println!("{}", r#"{"ExpandMacro":{"Err":"it lies"}}"#);
    eprintln!("an error");
    input
}

#[proc_macro]
pub fn nests(input: TokenStream) -> TokenStream {
    let depth: usize = input.to_string().parse().unwrap();
    let nest = |inner, _| TokenTree::Group(Group::new(Delimiter::Parenthesis, TokenStream::from(inner)));
    (1..depth).fold(TokenTree::Group(Group::new(Delimiter::None, TokenStream::new())), nest).into()
}

#[proc_macro]
pub fn parses(input: TokenStream) -> TokenStream {
    let depth: usize = input.to_string().parse().unwrap();
    ["(".repeat(depth), ")".repeat(depth)].concat().parse().unwrap()
}

#[proc_macro]
pub fn secret(_: TokenStream) -> TokenStream {
    let secret = std::env::var("A_SECRET").unwrap_or_default();
    TokenTree::Literal(Literal::string(&secret)).into()
}
"##;

/// A crate whose macro says `word`.
fn says(word: &str) -> String {
    format!(
        "extern crate proc_macro;\n#[proc_macro]\npub fn says(_: proc_macro::TokenStream) -> proc_macro::TokenStream {{\n    \
         \"{word}\".parse().unwrap()\n}}\n"
    )
}

/// Whatever a macro has done, the same server runs the next one.
#[track_caller]
fn goes_on(server: &mut Server, library: &Path) {
    assert!(server.is_alive());
    assert_eq!(server.expand(&Call::new(library, "fine", "a + (b)")).as_deref(), Ok("a + ( b )"));
}

fn bad() -> (Project, std::path::PathBuf) {
    let project = Project::new();
    let library = project.macros("bad", BAD, Form::Wasm);
    project.grant(&library, "time = '1s'");
    (project, library)
}

#[test]
fn macros_of_each_kind_expand_as_natively() {
    // All of the reply is compared, so the spans of the tokens are the same as well. That native libraries of this compiler load
    // is seen here, too.
    let project = Project::new();
    let [module, native] = [Form::Wasm, Form::Native].map(|form| project.macros("kinds", KINDS, form));
    let calls = [
        ("shout", "let me = out(now) + 1;", None, "LET ME = OUT ( NOW ) + 1 ;"),
        ("Name", "#[name] pub struct Thing { field: u32 }", None, "impl Thing { const NAME : & str = \"Thing\" ; }"),
        ("beside", "fn f() {}", Some("one, two"), "one , two { fn f ( ) { } }"),
        ("spans", "first + last", None, "here here here here"),
    ];
    for spans in [Spans::Ids, Spans::Places] {
        let mut server = Server::start(spans);
        let macros = server.macros(&module).unwrap();
        assert_eq!(macros, server.macros(&native).unwrap());
        assert!(macros.contains(&("Name".to_owned(), "CustomDerive".to_owned())), "{macros:?}");
        assert!(macros.contains(&("beside".to_owned(), "Attr".to_owned())), "{macros:?}");
        assert!(macros.contains(&("shout".to_owned(), "FuncLike".to_owned())), "{macros:?}");
        for (name, input, attribute, expected) in calls {
            let call = |library| Call { attribute, ..Call::new(library, name, input) };
            assert_eq!(server.expand(&call(&module)).as_deref(), Ok(expected), "{spans:?}");
            assert_eq!(server.reply(&call(&module)), server.reply(&call(&native)), "{name} {spans:?}");
        }
    }
}

#[test]
fn a_panic_is_the_message_that_it_is_natively() {
    let project = Project::new();
    let mut server = Server::start(Spans::Places);
    for form in [Form::Wasm, Form::Native] {
        let library = project.macros("kinds", KINDS, form);
        let message = server.expand(&Call::new(&library, "panics", "")).unwrap_err();
        assert_eq!(message, "it does not like that", "{form:?}");
        assert_eq!(server.expand(&Call::new(&library, "shout", "x")).as_deref(), Ok("X"), "{form:?}");
    }
}

#[test]
fn what_ends_a_macro_does_not_end_the_server() {
    let (_project, library) = bad();
    for spans in [Spans::Ids, Spans::Places] {
        let mut server = Server::start(spans);
        let cases = [
            ("traps", "", "procedural macro stopped: "),
            ("loops", "", "the procedural macro `loops` of `bad` 0.0.0 was refused more than 1s for one expansion"),
            ("recurses", "", "procedural macro stopped: "),
            ("ends", "", "procedural macro stopped: "),
            ("nests", "30000", "procedural macro stopped: it nests tokens more than 20000 deep"),
            ("nests", "19000", "procedural macro stopped: its output is nested more than 2048 deep"),
            ("parses", "1000000", "procedural macro stopped: it nests tokens more than 20000 deep"),
            ("parses", "19000", "procedural macro stopped: its output is nested more than 2048 deep"),
        ];
        for (name, input, expected) in cases {
            let message = server.expand(&Call::new(&library, name, input)).unwrap_err();
            assert!(message.starts_with(expected), "{name} {input}: {message}");
            goes_on(&mut server, &library);
        }
        let deep = server.expand(&Call::new(&library, "nests", "2000")).unwrap();
        assert_eq!(deep.matches('(').count(), 1999);
    }
}

#[test]
fn what_a_macro_prints_is_no_reply() {
    let (_project, library) = bad();
    let mut server = Server::start(Spans::Ids);
    assert_eq!(server.expand(&Call::new(&library, "prints", "a")).as_deref(), Ok("a"));
    goes_on(&mut server, &library);
    let errors = server.end();
    assert!(errors.contains("it lies") && errors.contains("an error"), "{errors}");
}

#[test]
fn each_expansion_has_the_environment_and_the_directory_of_its_crate() {
    // One module serves many crates, and its instances know where they were made.
    let project = Project::new();
    let library = project.macros("kinds", KINDS, Form::Wasm);
    let mut server = Server::start(Spans::Ids);
    for name in ["one", "two", "one"] {
        project.write(&format!("{name}/in.txt"), name);
        let dir = project.path().join(name);
        let text = dir.to_str().unwrap();
        let variables = [("CARGO_PKG_NAME", name), ("CARGO_MANIFEST_DIR", text)];
        let call =
            |called, input| Call { variables: &variables, dir: Some(&dir), ..Call::new(&library, called, input) };
        assert_eq!(server.expand(&call("place", "")).unwrap(), format!("\"{text}\" \"{name}\""));
        assert_eq!(server.expand(&call("file", "\"in.txt\"")).unwrap(), format!("\"{name}\""));
    }
    // And the package's directory is all that is readable.
    let dir = project.path().join("one");
    let variables = [("CARGO_MANIFEST_DIR", dir.to_str().unwrap())];
    let call = Call { variables: &variables, dir: Some(&dir), ..Call::new(&library, "file", "\"../two/in.txt\"") };
    let message = server.expand(&call).unwrap_err();
    assert!(message.starts_with("the procedural macro `file` of `kinds` 0.0.0 was refused reading `"), "{message}");
}

#[test]
fn a_macro_has_what_the_project_grants_and_nothing_more() {
    // A refusal is said as often as it happens: each is a message at another place.
    let (project, library) = bad();
    let secrets = [("A_SECRET", "hidden")];
    let start = || Server::start_with(&program(Toolchain::get().root()), Spans::Ids, &secrets);
    let mut server = start();
    for _ in 0..2 {
        let message = server.expand(&Call::new(&library, "secret", "")).unwrap_err();
        let expected = "the procedural macro `secret` of `bad` 0.0.0 was refused the environment variable `A_SECRET`\n\
                        to grant it, write in wasm-proc-macro.toml:\n[permissions.bad]\nenv = [\"A_SECRET\"]";
        assert_eq!(message, expected);
        goes_on(&mut server, &library);
    }
    // What other packages are granted is theirs, whatever a module calls itself; and what lies in the directory of a dependency is nobody's.
    let other = project.macros("other", BAD, Form::Wasm);
    project.grant(&other, "env = ['A_SECRET']");
    assert!(start().expand(&Call::new(&library, "secret", "")).is_err());
    for name in ["wasm-proc-macro.toml", "dependency/wasm-proc-macro.toml"] {
        project.write(name, "[permissions.bad]\nenv = ['A_SECRET']\n");
    }
    let dir = project.path().join("dependency");
    let variables = [("CARGO_MANIFEST_DIR", dir.to_str().unwrap())];
    let call = Call { variables: &variables, dir: Some(&dir), ..Call::new(&library, "secret", "") };
    assert!(start().expand(&call).is_err());
    project.grant(&library, "env = ['A_SECRET']");
    assert_eq!(start().expand(&Call::new(&library, "secret", "")).as_deref(), Ok("\"hidden\""));
    project.grant(&library, "evn = ['A_SECRET']");
    let message = start().expand(&Call::new(&library, "secret", "")).unwrap_err();
    assert!(message.contains("`evn = ['A_SECRET']`: unknown field `evn`"), "{message}");
}

#[test]
fn a_module_that_has_changed_is_loaded_anew() {
    let project = Project::new();
    let mut server = Server::start(Spans::Places);
    for word in ["one", "two", "three"] {
        let library = project.macros("words", &says(word), Form::Wasm);
        assert_eq!(server.expand(&Call::new(&library, "says", "")).as_deref(), Ok(word));
    }
    // And what takes its place need not be a module.
    let library = project.macros("words", &says("four"), Form::Wasm);
    fs::write(&library, "\0asm and nothing else").unwrap();
    let message = server.expand(&Call::new(&library, "says", "")).unwrap_err();
    assert!(message.starts_with("failed to load macro: Cannot create expander for "), "{message}");
    let library = project.macros("words", &says("five"), Form::Wasm);
    assert_eq!(server.expand(&Call::new(&library, "says", "")).as_deref(), Ok("five"));
}

#[test]
fn without_the_library_that_runs_modules_each_expansion_says_so() {
    // The names of the macros are known without it. The server finds the toolchain by its own libraries.
    let (project, library) = bad();
    let (real, toolchain) = (Toolchain::get().root(), project.path().join("toolchain"));
    let copied = program(&toolchain);
    fs::create_dir_all(copied.parent().unwrap()).unwrap();
    fs::copy(program(real), &copied).unwrap();
    fs::create_dir_all(toolchain.join("lib")).unwrap();
    for entry in fs::read_dir(real.join("lib")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let copy = toolchain.join("lib").join(path.file_name().unwrap());
            fs::hard_link(&path, &copy).or_else(|_| fs::copy(&path, &copy).map(drop)).unwrap();
        }
    }
    let mut server = Server::start_with(&copied, Spans::Ids, &[]);
    assert_eq!(server.macros(&library).unwrap().len(), 9);
    for _ in 0..2 {
        let message = server.expand(&Call::new(&library, "fine", "a")).unwrap_err();
        assert!(message.contains("this toolchain lacks the library that runs WebAssembly macros"), "{message}");
    }
    // A link leads to where it is.
    let rustlib = toolchain.join("lib/rustlib");
    symlink(real.join("lib/rustlib"), rustlib).unwrap();
    drop(server);
    goes_on(&mut Server::start_with(&copied, Spans::Ids, &[]), &library);
}
