//! Compilations in several steps, of other kinds of crates, and for other targets: each is done with native macros and with
//! macros from Wasm, and a transcript of all that was said must be the same.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use similar::TextDiff;
use tests::artifacts::use_macros;
use tests::{Artifacts, Form, Lab, RustcExt};

/// A macro crate that says on the compiler's stdout when it runs, and gives WORD.
const TALK: &str = r##"
extern crate proc_macro;
use proc_macro::TokenStream;

#[proc_macro]
pub fn say(input: TokenStream) -> TokenStream {
    println!("say runs on {input}");
    format!("{:?}", format!("WORD {input}")).parse().unwrap()
}

#[proc_macro_derive(Say)]
pub fn derive_say(input: TokenStream) -> TokenStream {
    let name = input.into_iter().skip_while(|tree| tree.to_string() != "struct").nth(1).unwrap();
    println!("Say runs on {name}");
    format!("impl {name} {{ pub fn say() -> &'static str {{ \"WORD {name}\" }} }}").parse().unwrap()
}

#[proc_macro_attribute]
pub fn listed(arguments: TokenStream, item: TokenStream) -> TokenStream {
    println!("listed runs on {arguments}");
    item
}
"##;

const MAIN: &str = r#"
#[derive(talk::Say)]
pub struct Talker;
#[talk::listed(function)]
pub fn text() -> String { format!("{} {}", talk::say!(input), Talker::say()) }
fn main() { println!("{}", text()); }
#[test]
fn it_says() { assert_eq!(text().len(), 24); }
"#;

/// A directory with a macro crate in one form, and what has been said in it so far.
struct Scene {
    lab: Lab,
    form: Form,
    transcript: String,
}

impl Scene {
    /// Puts the macro crate `talk`, with that word, in place of the one before.
    fn talk(&self, word: &str) {
        self.macros("talk", &TALK.replace("WORD", word));
    }

    fn macros(&self, name: &str, source: &str) {
        let built = Artifacts::get().macros_from(name, source, self.form);
        let place = self.file_of(name);
        // Never in the place of a library that is loaded.
        _ = fs::remove_file(&place);
        fs::copy(built, place).expect("it was just built");
    }

    fn file_of(&self, name: &str) -> PathBuf {
        self.lab.join(&self.form.file_name(name))
    }

    /// A call of rustc with `talk`.
    fn rustc(&self, arguments: &[&str]) -> Command {
        let mut rustc = self.lab.rustc();
        rustc.args(arguments).args(use_macros(self.form, "talk", &self.file_of("talk"))).args(["-L", "."]);
        rustc.env("RUSTC_BOOTSTRAP", "1");
        rustc
    }

    /// Runs it, and adds what it says to the transcript.
    fn run(&mut self, mut command: Command) {
        let outcome = command.outcome();
        let text = format!("{:?}\n{}{}", outcome.code, outcome.stdout, outcome.stderr);
        let text = text.replace(&self.lab.path().display().to_string(), "$LAB");
        let timed = regex::Regex::new(r"finished in [0-9.]+s").expect("it is well formed");
        self.transcript += &timed.replace_all(&text, "finished");
    }

    fn compile(&mut self, arguments: &[&str]) {
        self.transcript += &format!("$ rustc {}\n", arguments.join(" "));
        self.run(self.rustc(arguments));
    }

    fn program(&mut self, name: &str) {
        self.transcript += &format!("$ ./{name}\n");
        assert!(self.lab.join(name).exists(), "there is no `{name}`:\n{}", self.transcript);
        let mut program = Command::new(self.lab.join(name));
        program.current_dir(self.lab.path());
        self.run(program);
    }

    /// Adds a digest of a file to the transcript.
    fn contents(&mut self, name: &str) {
        use std::hash::{DefaultHasher, Hasher};
        let bytes = fs::read(self.lab.join(name)).expect("it was just made");
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        self.transcript += &format!("{name}: {} bytes, {:016x}\n", bytes.len(), hasher.finish());
    }
}

/// Plays a scene with native macros and with macros from Wasm. What is said must be the same, and must contain all of `says`.
#[track_caller]
fn same(says: &[&str], play: impl Fn(&mut Scene)) {
    let [native, wasm] = [Form::Native, Form::Wasm].map(|form| {
        let mut scene = Scene { lab: Lab::new(), form, transcript: String::new() };
        scene.talk("first");
        scene.lab.write("main.rs", MAIN);
        play(&mut scene);
        scene.transcript
    });
    let diff = TextDiff::from_lines(&native, &wasm);
    assert!(native == wasm, "{}", diff.unified_diff().header("native", "Wasm"));
    for text in says {
        assert!(native.contains(text), "expected `{text}` in:\n{native}");
    }
}

/// Which macros run again is a part of it: they say so.
fn incremental(flags: &[&str]) {
    same(&["first input first Talker", "second input second Talker", "first edited first Talker", "E0425"], |scene| {
        let arguments = [&["main.rs", "-Cincremental=incremental"], flags].concat();
        let build = |scene: &mut Scene| {
            scene.compile(&arguments);
            scene.program("main");
        };
        build(scene);
        build(scene);
        scene.talk("second");
        build(scene);
        scene.talk("first");
        build(scene);
        scene.lab.write("main.rs", MAIN.replace("input", "edited"));
        build(scene);
        scene.lab.write("main.rs", MAIN.replace("Talker::say()", "missing()"));
        scene.compile(&arguments);
        scene.lab.write("main.rs", MAIN.replace("pub struct Talker;", "pub struct Talker { _field: u8 }"));
        build(scene);
        scene.compile(&[&arguments[..], &["--emit=metadata"]].concat());
        build(scene);
    });
}

#[test]
fn incremental_builds_see_the_same_changes() {
    incremental(&[]);
}

#[test]
fn incremental_builds_that_keep_expansions_of_derives_keep_the_same() {
    incremental(&["-Zcache-proc-macros"]);
}

#[test]
fn several_threads_say_the_same_as_one() {
    same(&["first input first Talker"], |scene| {
        for threads in ["-Zthreads=1", "-Zthreads=2", "-Zthreads=4"] {
            scene.compile(&["main.rs", threads]);
            scene.program("main");
        }
    });
}

#[test]
fn metadata_first_and_the_rest_later() {
    same(&["first input first Talker"], |scene| {
        scene.lab.write("lib.rs", MAIN);
        scene.lab.write("user.rs", "fn main() { println!(\"{}\", library::text()); }");
        let library = ["lib.rs", "--crate-type=rlib", "--crate-name=library"];
        scene.compile(&[&library[..], &["--emit=metadata"]].concat());
        scene.compile(&["user.rs", "--emit=metadata", "--extern=library=liblibrary.rmeta"]);
        scene.compile(&[&library[..], &["--emit=metadata,link,dep-info"]].concat());
        scene.compile(&["user.rs", "--extern=library=liblibrary.rlib"]);
        scene.program("user");
    });
}

#[test]
fn libraries_of_all_kinds() {
    same(&["first input first Talker"], |scene| {
        scene.lab.write("lib.rs", MAIN);
        scene.lab.write(
            "user.rs",
            "use library::Talker; fn main() { println!(\"{} {}\", library::text(), Talker::say()); }",
        );
        for (kind, file) in [("rlib", "liblibrary.rlib"), ("dylib", "liblibrary.so")] {
            scene.compile(&["lib.rs", "--crate-type", kind, "--crate-name=library", "-Cprefer-dynamic"]);
            scene.compile(&["user.rs", "-Cprefer-dynamic", &format!("--extern=library={file}"), "-Crpath"]);
            scene.program("user");
            fs::remove_file(scene.lab.join(file)).expect("it was just made");
        }
        for kind in ["staticlib", "cdylib"] {
            scene.compile(&["lib.rs", "--crate-type", kind, "--crate-name=library"]);
        }
        // What a library exports of a macro crate is there for its users, and for theirs.
        scene
            .lab
            .write("exports.rs", "pub use talk::*; #[macro_export] macro_rules! hi { () => { $crate::say!(hi) } }");
        scene.lab.write("again.rs", "pub use exports::{hi, Say}; pub use exports;");
        scene.lab.write(
            "uses.rs",
            "#[derive(again::Say)] struct S; fn main() { println!(\"{} {}\", again::hi!(), S::say()); }",
        );
        scene.compile(&["exports.rs", "--crate-type=rlib"]);
        scene.compile(&["again.rs", "--crate-type=rlib", "--extern=exports=libexports.rlib"]);
        scene.compile(&["uses.rs", "--extern=again=libagain.rlib"]);
        scene.program("uses");
    });
}

/// A macro crate that is itself made with macros, whose form is the same, and used.
#[test]
fn macro_crates_that_use_macros() {
    const OUTER: &str = "extern crate proc_macro; use proc_macro::TokenStream;
        const INNER: &str = talk::say!(inner);
        #[derive(talk::Say)] struct Outer;
        #[proc_macro] pub fn outer(_: TokenStream) -> TokenStream { format!(\"{:?}\", (INNER, Outer::say())).parse().unwrap() }";
    same(&["(\"first inner\", \"first Outer\") \"first main\""], |scene| {
        scene.lab.write("outer.rs", OUTER);
        scene.lab.write("user.rs", "fn main() { println!(\"{:?} {:?}\", outer::outer!(), talk::say!(main)); }");
        let file = scene.file_of("outer");
        let target = scene.form.target().map(|target| ["--target", target]);
        let mut rustc = scene.rustc(&["outer.rs", "--crate-type=proc-macro"]);
        rustc.arg("-o").arg(&file).args(target.into_iter().flatten());
        scene.run(rustc);
        let mut rustc = scene.rustc(&["user.rs"]);
        rustc.args(use_macros(scene.form, "outer", &file));
        scene.run(rustc);
        scene.program("user");
    });
}

/// The target of the program is another one than that of the macros, even where both are Wasm. The program is the same to the
/// last byte.
#[test]
fn cross_compiling_makes_the_same_program() {
    same(&["main.wasm: "], |scene| {
        scene.compile(&["main.rs", "--target=wasm32-wasip1", "-Cstrip=symbols"]);
        scene.contents("main.wasm");
        scene.compile(&["main.rs", "--target=wasm32-wasip1", "--crate-type=rlib", "--crate-name=library"]);
    });
}

#[test]
fn the_program_is_the_same_to_the_last_byte() {
    same(&["main: ", "main.s: ", "main.ll: "], |scene| {
        scene.compile(&["main.rs", "-Cstrip=symbols", "-Cmetadata=same"]);
        scene.contents("main");
        scene.compile(&["main.rs", "-O", "--emit=asm,llvm-ir,mir"]);
        for file in ["main.s", "main.ll", "main.mir"] {
            scene.contents(file);
        }
    });
}

#[test]
fn test_programs_are_the_same() {
    same(&["1 passed"], |scene| {
        scene.compile(&["main.rs", "--test"]);
        scene.program("main");
    });
}

/// By all ways of naming a macro crate on the command line.
#[test]
fn macro_crates_are_named_in_the_same_ways() {
    same(&["first input first Talker", "E0463"], |scene| {
        let file = scene.file_of("talk").display().to_string();
        scene.lab.write("old.rs", "#[macro_use] extern crate talk; extern crate talk as other; fn main() { println!(\"{}{}\", say!(a), other::say!(b)); }");
        scene.lab.write("none.rs", "extern crate talkative; fn main() {}");
        let mut search = scene.lab.rustc();
        search.args(["old.rs", "-L", "."]);
        scene.run(search);
        scene.program("old");
        let mut by_extern = scene.lab.rustc();
        by_extern.args(["main.rs", "--extern"]).arg(format!("talk={file}"));
        scene.run(by_extern);
        scene.program("main");
        let mut renamed = scene.lab.rustc();
        scene.lab.write("renamed.rs", MAIN.replace("talk::", "renamed::"));
        renamed.args(["renamed.rs", "--extern"]).arg(format!("renamed={file}"));
        scene.run(renamed);
        scene.program("renamed");
        scene.compile(&["none.rs"]);
    });
}

/// What the comparison would miss if it compared nothing.
#[test]
fn a_transcript_tells_what_the_compiler_said() {
    same(
        &[
            "$ rustc main.rs",
            "Some(0)",
            "say runs on input",
            "Say runs on Talker",
            "listed runs on function",
            "$ ./main",
        ],
        |scene| {
            scene.compile(&["main.rs"]);
            scene.program("main");
        },
    );
}
