//! Assembly in what a macro returns: it may compute, and may not have the assembler read files into the program.
#![cfg(target_arch = "x86_64")]

use std::process::Command;

use tests::{Lab, Outcome, RustcExt};

/// A macro that returns the text of its input as tokens, and an attribute that returns its item.
const MACROS: &str = "
extern crate proc_macro;
use proc_macro::{TokenStream, TokenTree};
#[proc_macro] pub fn tokens(input: TokenStream) -> TokenStream {
    // Out of a raw string with two number signs, so that the user has not written the invocation itself.
    let Some(TokenTree::Literal(literal)) = input.into_iter().next() else { panic!() };
    literal.to_string().trim_start_matches(\"r##\\\"\").trim_end_matches(\"\\\"##\").parse().unwrap()
}
#[proc_macro_attribute] pub fn same(_: TokenStream, item: TokenStream) -> TokenStream { item }
";

fn compile(main: &str) -> Outcome {
    let lab = Lab::new();
    let module = lab.module_from("assembling", MACROS);
    lab.write("secret.txt", "planted");
    lab.write("main.rs", main.replace("SECRET", &lab.join("secret.txt").display().to_string()));
    let outcome = lab.rustc().arg("main.rs").module(&module).outcome();
    if outcome.code != Some(0) {
        return outcome;
    }
    let ran = Command::new(lab.join("main")).outcome();
    Outcome { stdout: ran.stdout, ..outcome }
}

/// A macro has no file of its own to embed, not even one of the package: it can read that, and return it.
#[test]
fn directives_that_read_are_refused() {
    for assembly in [
        r#"::core::arch::global_asm!(".incbin \"SECRET\"");"#,
        r#"::core::arch::global_asm!(".INCBIN \"SECRET\"", options(raw));"#,
        r#"::core::arch::global_asm!(".include \"SECRET\"");"#,
        r#"::core::arch::global_asm!(concat!(".inc", "bin \"SECRET\""));"#,
        r#"::core::arch::global_asm!(".macro a x", ".inc\\x \"SECRET\"", ".endm", "a bin");"#,
        r#"::core::arch::global_asm!(".irp x, bin", ".inc\\x \"SECRET\"", ".endr");"#,
        r#"fn f() { unsafe { ::core::arch::asm!(".incbin \"SECRET\"") } }"#,
        r#"#[unsafe(export_name = ".incbin")] fn f() {} ::core::arch::global_asm!("{} \"SECRET\"", sym f);"#,
        r#"#[unsafe(export_name = ".incbin")] fn f() {} ::core::arch::global_asm!("nop; {} \"SECRET\"", sym f);"#,
        r#"#[unsafe(export_name = "bin")] fn f() {} ::core::arch::global_asm!(".inc{} \"SECRET\"", sym f);"#,
        r#"macro_rules! m { ($a:literal) => { ::core::arch::global_asm!($a); } } m!(".incbin \"SECRET\"");"#,
        r#"::core::arch::global_asm!("\".incbin\" \"SECRET\"");"#,
        // What is repeated is read again, without these two characters.
        r#"::core::arch::global_asm!(".rept 1", ".inc\\()bin \"SECRET\"", ".endr");"#,
        r#"::core::arch::global_asm!(".rept 1; .rept 1; .inc\\\\()()bin \"SECRET\"; .endr; .endr");"#,
        // By this type of a section LLVM's linker opens what stands in it.
        r#"::core::arch::global_asm!(".section .deplibs,\"MS\",@llvm_dependent_libraries,1; .asciz \"SECRET\"");"#,
        r#"::core::arch::global_asm!(".section .deplibs,\"MS\",@0x6FFF4C04,1; .asciz \"SECRET\"");"#,
        r#"::core::arch::global_asm!(".section .deplibs,\"MS\",\"015777646004\",1; .asciz \"SECRET\"");"#,
        r#"::core::arch::global_asm!(".section .deplibs,\"MS\",@{},1; .asciz \"SECRET\"", const 1879002116u32);"#,
        // The compiler's standard output is somebody's to read.
        r#"::core::arch::global_asm!(".print \"{{\\\"reason\\\": 1}}\"");"#,
    ] {
        let outcome = compile(&format!("assembling::tokens!(r##\"{assembly}\"##);\nfn main() {{}}\n")).one_error();
        outcome.says("assembly that a procedural macro returned could read a file");
    }
}

/// The user has written the invocation, and a macro its text.
#[test]
fn a_text_that_a_macro_makes_is_the_macros() {
    let assembly =
        "::core::arch::global_asm!(assembling::tokens!(r##\"\".incbin \\\"SECRET\\\"\"\"##));\nfn main() {}\n";
    compile(assembly).one_error().says("assembly that a procedural macro returned could read a file");
}

#[test]
fn assembly_that_computes_is_compiled() {
    let assembly = r#"
        fn double(x: u64) -> u64 {
            let y: u64;
            unsafe { ::core::arch::asm!("lea {y}, [{x} + {x}]", "add {y}, {}", "sub {y}, {}", const 1, const 1, x = in(reg) x, y = out(reg) y) };
            y
        }
        ::core::arch::global_asm!(".globl answer_of_a_macro", "answer_of_a_macro:", "mov eax, {}", "ret", const 42);
        unsafe extern "C" { safe fn answer_of_a_macro() -> u32; }
    "#;
    let main = "fn main() { println!(\"{} {}\", double(4), answer_of_a_macro()); }";
    let outcome = compile(&format!("assembling::tokens!(r##\"{assembly}\"##);\n{main}\n")).success();
    assert_eq!(outcome.stdout, "8 42\n", "{outcome}");
}

/// What only passes through a macro is the user's, and so are the files that it names.
#[test]
fn the_users_own_assembly_may_read() {
    let main = "
        #[assembling::same]
        mod embedded {
            ::core::arch::global_asm!(\".globl embedded_text\", \"embedded_text:\", \".incbin \\\"SECRET\\\"\");
            unsafe extern \"C\" { static embedded_text: [u8; 7]; }
            pub fn text() -> &'static str { unsafe { str::from_utf8(&*&raw const embedded_text).unwrap() } }
        }
        fn main() { println!(\"{}\", embedded::text()); }
    ";
    let outcome = compile(main).success();
    assert_eq!(outcome.stdout, "planted\n", "{outcome}");
}
