//! Who names a file or a variable, where several have had a part in it: the user's invocation with an argument of a macro's, a file that a
//! macro has named itself, and a library that is called by a path.

use tests::{Lab, Outcome, RustcExt};

const MACROS: &str = "
extern crate proc_macro;
use proc_macro::{Delimiter, Group, Literal, TokenStream, TokenTree};

fn text(input: TokenStream) -> String {
    let Some(TokenTree::Literal(literal)) = input.into_iter().next() else { panic!() };
    literal.to_string().trim_start_matches(\"r##\\\"\").trim_end_matches(\"\\\"##\").to_owned()
}

/// The text's tokens.
#[proc_macro] pub fn tokens(input: TokenStream) -> TokenStream { text(input).parse().unwrap() }
/// The text as a literal.
#[proc_macro] pub fn literal(input: TokenStream) -> TokenStream { TokenTree::from(Literal::string(&text(input))).into() }
/// The item with the text at the beginning of its body.
#[proc_macro_attribute] pub fn inside(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let before: TokenStream = text(arguments).parse().unwrap();
    let insert = |tree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            Group::new(Delimiter::Brace, before.clone().into_iter().chain(group.stream()).collect()).into()
        }
        other => other,
    };
    item.into_iter().map(insert).collect()
}
/// The text's tokens before the item.
#[proc_macro_attribute] pub fn before(arguments: TokenStream, item: TokenStream) -> TokenStream {
    text(arguments).parse::<TokenStream>().unwrap().into_iter().chain(item).collect()
}
/// The tokens of the text in the helper attribute.
#[proc_macro_derive(Named, attributes(named))] pub fn named(item: TokenStream) -> TokenStream {
    let attribute = item.into_iter().find_map(|tree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => Some(group.stream()),
        _ => None,
    });
    match attribute.unwrap().into_iter().nth(1) {
        Some(TokenTree::Group(arguments)) => text(arguments.stream()).parse().unwrap(),
        _ => panic!(),
    }
}
";

/// A package with a directory of a macro's in it, and something beside it that is nobody's.
fn lab() -> Lab {
    let lab = Lab::new();
    let module = lab.module_from("naming", MACROS);
    std::fs::create_dir(lab.join("package")).unwrap();
    std::fs::rename(module, lab.join("package/naming.wasm")).unwrap();
    lab.write("outside/secret.txt", "\"the secret\"\n");
    lab.write("outside/secret.rs", "pub const HIDDEN: &str = \"the secret\";\n");
    lab.write("package/own.txt", "of the package");
    lab
}

fn compile(lab: &Lab, text: &str) -> Outcome {
    lab.write("package/lib.rs", text.replace("OUTSIDE", &lab.join("outside").display().to_string()));
    let mut rustc = lab.rustc();
    rustc.current_dir(lab.join("package")).env("THE_SECRET_WORD", "xyzzy");
    rustc
        .args(["lib.rs", "--crate-type=lib", "--emit=metadata,obj,dep-info", "--wasm-proc-macro", "naming.wasm"])
        .outcome()
}

/// The user has written the invocation, and a macro what is named.
#[test]
fn what_macros_put_into_arguments_is_named_by_them() {
    let lab = lab();
    for text in [
        "pub const A: &str = include_str!(naming::literal!(r##\"OUTSIDE/secret.txt\"##));",
        "pub const A: &[u8] = include_bytes!(naming::literal!(r##\"OUTSIDE/secret.txt\"##));",
        "pub const A: &str = include!(naming::literal!(r##\"OUTSIDE/secret.txt\"##));",
        "include!(naming::literal!(r##\"OUTSIDE/secret.rs\"##));",
        "#[doc = include_str!(naming::literal!(r##\"OUTSIDE/secret.txt\"##))] pub fn f() {}",
        "pub const A: &str = include_str!(concat!(naming::literal!(r##\"OUTSIDE\"##), \"/secret.txt\"));",
        "pub const A: &str = include_str!(include!(naming::literal!(r##\"name.txt\"##)));",
        // As in a function that a macro hands back with something of its own.
        "#[naming::inside(r##\"macro_rules! concat { ($($t:tt)*) => { \"OUTSIDE/secret.txt\" } }\"##)]
        pub fn f() -> &'static str { include_str!(concat!(\"own\", \".txt\")) }",
    ] {
        lab.write("package/name.txt", format!("{:?}", lab.join("outside/secret.txt")));
        let outcome = compile(&lab, text).errors();
        assert!(outcome.stderr.contains("was refused reading `"), "{text}: {outcome}");
        assert!(!outcome.stderr.contains("the secret"), "{text}: {outcome}");
    }
    for text in [
        "pub const A: &str = env!(naming::literal!(r##\"THE_SECRET_WORD\"##));",
        "pub const A: Option<&str> = option_env!(naming::literal!(r##\"THE_SECRET_WORD\"##));",
        "pub const A: &str = env!(concat!(\"THE_\", naming::literal!(r##\"SECRET_WORD\"##)));",
    ] {
        let outcome = compile(&lab, text).errors().says("was refused the environment variable `THE_SECRET_WORD`");
        assert!(!outcome.stderr.contains("xyzzy"), "{text}: {outcome}");
    }
    for text in [
        "pub const A: &str = include_str!(naming::literal!(r##\"own.txt\"##));",
        "pub const A: &str = include_str!(concat!(\"own\", naming::literal!(r##\".txt\"##)));",
        // An argument that only stands in what a macro hands back is the user's, and so is what stands beside it.
        "#[naming::inside(r##\"\"##)] pub fn f() -> &'static str { include_str!(concat!(\"../outside\", \"/secret.txt\")) }",
        "pub const A: &str = naming::literal!(r##\"x\"##); pub const B: &str = include_str!(\"../outside/secret.txt\");",
        "pub const A: (&str, &str) = (include_str!(naming::literal!(r##\"own.txt\"##)), include_str!(concat!(\"../outside\", \"/secret.txt\")));",
        "pub const A: &str = env!(concat!(\"THE_SECRET\", \"_WORD\"));",
    ] {
        compile(&lab, text).success();
    }
}

/// A macro's own package may lie in the user's, as after `cargo vendor`.
#[test]
fn what_stands_in_a_file_that_a_macro_named_is_not_the_users() {
    let lab = lab();
    let payload = "pub const A: &str = include_str!(\"OUTSIDE/secret.txt\");";
    let files = [
        ("plain.rs", payload.to_owned()),
        ("again.rs", format!("naming::tokens!(r##\"{payload}\"##);")),
        ("later.rs", format!("macro_rules! later {{ () => {{ {payload} }} }}")),
        ("further.rs", "include!(\"plain.rs\");".to_owned()),
        ("module.rs", "#[path = \"plain.rs\"] mod plain;".to_owned()),
    ];
    for (name, text) in files {
        lab.write(
            &format!("package/vendor/{name}"),
            text.replace("OUTSIDE", &lab.join("outside").display().to_string()),
        );
    }
    for text in [
        "naming::tokens!(r##\"include!(\"vendor/plain.rs\");\"##);",
        "naming::tokens!(r##\"include!(\"vendor/again.rs\");\"##);",
        "naming::tokens!(r##\"include!(\"vendor/later.rs\"); later!();\"##);",
        "naming::tokens!(r##\"include!(\"vendor/further.rs\");\"##);",
        "naming::tokens!(r##\"include!(\"vendor/module.rs\");\"##);",
        "naming::tokens!(r##\"#[path = \"vendor/plain.rs\"] mod m;\"##);",
        "naming::tokens!(r##\"#[path = \"vendor\"] mod m { mod plain; }\"##);",
        "naming::tokens!(r##\"#[cfg_attr(all(), path = \"vendor/plain.rs\")] mod m;\"##);",
        "include!(naming::literal!(r##\"vendor/plain.rs\"##));",
        "include!(naming::literal!(r##\"vendor/again.rs\"##));",
    ] {
        let outcome = compile(&lab, text).errors();
        assert!(outcome.stderr.contains("was refused reading `"), "{text}: {outcome}");
        assert!(!outcome.stderr.contains("the secret"), "{text}: {outcome}");
    }
    // The user's own files are the user's.
    compile(&lab, "#[path = \"vendor/module.rs\"] mod m; naming::tokens!(r##\"pub fn f() {}\"##);").success();
}

/// By a path or a file as its name, the linker reads any file as a script, which can put any other file into the program.
#[test]
fn libraries_have_names_and_no_paths() {
    let lab = lab();
    let library = |name: &str, more: &str| {
        format!(
            "naming::tokens!(r##\"#[link(name = \"{name}\", kind = \"dylib\"{more})] unsafe extern \"C\" {{}}\"##);"
        )
    };
    const REFUSED: &str = "a procedural macro names a library by its file: `";
    for name in ["../../../outside/script", "OUTSIDE/script", "a/b", ":script"] {
        compile(&lab, &library(name, "")).one_error().says(REFUSED);
    }
    let verbatim = library("script", ", modifiers = \"+verbatim\"");
    compile(&lab, &verbatim).one_error().says(REFUSED);
    let conditional = library("a/b", "").replace("#[link(", "#[cfg_attr(all(), link(").replace("\")]", "\"))]");
    compile(&lab, &conditional).one_error().says("a procedural macro names a library by its file: `a/b`");
    compile(&lab, &library("verbatim", "")).success();
}

/// Wherever tokens can stand, and by each name that there is for the built-in macros: all of it in one crate, a file for each.
#[test]
fn no_place_is_left_out() {
    let lab = lab();
    let tokens = |text: &str| format!("naming::tokens!(r##\"{text}\"##)");
    let places = [
        tokens("include_str!(FILE)"),
        "#[derive(naming::Named)] #[named(r##\"const _: &str = include_str!(FILE);\"##)] pub struct Derived;".to_owned(),
        "#[naming::before(r##\"const _: &str = include_str!(FILE);\"##)] pub struct Before;".to_owned(),
        format!("pub fn pattern(x: &str) -> u8 {{ match x {{ {} => 1, _ => 2 }} }}", tokens("include_str!(FILE)")),
        format!("pub fn length() -> [u8; {}] {{ loop {{}} }}", tokens("include_bytes!(FILE).len()")),
        format!("pub type Type = {};", tokens("[u8; include_bytes!(FILE).len()]")),
        format!("pub trait Trait {{ {}; }}", tokens("const A: &str = include_str!(FILE);")),
        format!("pub struct Implemented; impl Implemented {{ {}; }}", tokens("pub const A: &str = include_str!(FILE);")),
        format!("unsafe extern \"C\" {{ {}; }}", tokens("#[doc = include_str!(FILE)] pub fn foreign();")),
        format!("mod renamed {{ {}; }}", tokens("use std::include_str as other; pub const A: &str = other!(FILE);")),
        format!("{};", tokens("mine! { pub const PASSED: &str = include_str!(FILE); }")),
        format!("{};", tokens("pub const LOADED: &str = load!(FILE);")),
        format!("pub fn statement() {{ {}; }}", tokens("let x = std::include_bytes!(FILE);")),
        format!("pub fn printed() {{ {}; }}", tokens("println!(include_str!(FILE))")),
        format!("{};", tokens("pub static NESTED: &[u8] = { static A: &[u8] = include_bytes!(FILE); A };")),
        format!("{};", tokens("pub const BLOCK: &str = const { include!(FILE) };")),
        format!("{};", tokens("#[macro_use] mod macros { macro_rules! later { () => { include_str!(FILE) } } } pub const LATER: &str = later!();")),
        // What stands in arguments of the user's.
        "pub const LOADED_BY_USER: &str = load!(naming::literal!(r##\"PATH\"##));".to_owned(),
        "pub fn formatted() { println!(\"{}\", include_str!(naming::literal!(r##\"PATH\"##))); }".to_owned(),
        "#[naming::inside(r##\"macro_rules! env { ($($t:tt)*) => { FILE } }\"##)] pub mod shadowed { pub const A: &str = include_str!(concat!(env!(\"X\"))); }".to_owned(),
        "#[naming::inside(r##\"macro_rules! stringify { ($($t:tt)*) => { FILE } }\"##)] pub mod shadowed_too { pub const A: &str = include_str!(stringify!(x)); }".to_owned(),
        "#[naming::inside(r##\"mod q { macro_rules! c { ($($t:tt)*) => { FILE } } pub(super) use c as concat; } use q::concat;\"##)] pub mod imported { pub const A: &str = include_str!(concat!(\"x\")); }".to_owned(),
    ];
    let mut text = "#![allow(unused)]\nmacro_rules! mine { ($($t:tt)*) => { $($t)* } }\nmacro_rules! load { ($t:expr) => { include_str!($t) } }\n".to_owned();
    for (number, place) in places.iter().enumerate() {
        let path = format!("OUTSIDE/place-{number:02}.txt");
        lab.write(&format!("outside/place-{number:02}.txt"), "\"the secret\"");
        let place = if number == 0 { format!("pub const EXPRESSION: &str = {place};") } else { place.clone() };
        text += &format!("{}\n", place.replace("FILE", &format!("\"{path}\"")).replace("PATH", &path));
    }
    let outcome = compile(&lab, &text).errors();
    let outside = lab.join("outside").display().to_string();
    for (number, place) in places.iter().enumerate() {
        let refused = format!("was refused reading `{outside}/place-{number:02}.txt`");
        assert!(outcome.stderr.contains(&refused), "{place}: {outcome}");
    }
    assert!(!outcome.stderr.contains("the secret"), "{outcome}");
}
