//! Without the command: a module by hand, and `rustflags` in `.cargo/config.toml`, as docs/guide.md shows it.

use std::fs;

use cargo_tests::Site;
use tests::{RustcExt as _, Toolchain};

const SHOUT: &str = r#"
extern crate proc_macro;

#[proc_macro]
pub fn shout(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    format!("{:?}", input.to_string().to_uppercase()).parse().unwrap()
}
"#;

/// Compiles a macro crate to `modules/shout.wasm`.
fn compile(site: &Site, source: &str) {
    site.write("modules/shout.rs", source);
    let mut rustc = Toolchain::get().rustc();
    rustc.args(["--crate-type", "proc-macro", "--target", "wasm32-wasip1", "-O", "shout.rs", "-o", "shout.wasm"]);
    rustc.current_dir(site.tree.join("modules")).outcome().success();
}

#[test]
fn a_module_in_rustflags() {
    let site = Site::of("packages/no-macros");
    compile(&site, SHOUT);
    let module = site.tree.join("modules/shout.wasm");
    site.write(
        ".cargo/config.toml",
        &format!("[build]\nrustflags = [\"--wasm-proc-macro\", {:?}]\n", module.display().to_string()),
    );
    site.write("src/main.rs", "fn main() {\n    println!(\"{}\", shout::shout!(hello from wasm));\n}\n");
    let said = || site.plain(&["run", "--locked"]).success().stdout;
    assert_eq!(said(), "HELLO FROM WASM\n");
    // It stands in dep-info, so that Cargo sees another one.
    compile(&site, &SHOUT.replace("to_uppercase", "to_lowercase"));
    site.edit("src/main.rs", "hello from wasm", "Hello From Wasm");
    assert_eq!(said(), "hello from wasm\n");
    compile(&site, SHOUT);
    assert_eq!(said(), "HELLO FROM WASM\n");
    fs::remove_file(module).unwrap();
    let outcome = site.plain(&["run", "--locked"]);
    assert!(outcome.code == Some(101) && outcome.stderr.contains("shout.wasm"), "{outcome}");
}
