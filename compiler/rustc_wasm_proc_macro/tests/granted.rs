//! What a guest is granted, what it is told that it is not, and what the compiler hears of that.

mod support;

use std::path::Path;

use rustc_wasm_proc_macro::{Dispatch, FaultKind, Module};
use rustc_wasm_proc_macro_api::policy::{Grants, Policy, Wanted};
use support::{expand, in_child, is_child, load, load_with, server, wat};

/// The imports that this is about.
const IMPORTS: &str = r#"
    (import "rustc_proc_macro" "variable" (func $variable (param i32 i32) (result i32)))
    (import "rustc_proc_macro" "refuse" (func $refuse (param i32 i32 i32)))
    (import "rustc_proc_macro" "command" (func $command (param i32 i32 i32 i32) (result i64)))"#;

fn guest(rest: &str, run: &str) -> Module {
    load(&wat(IMPORTS, rest, run))
}

/// A guest that asks for two variables, the second one twice, and writes whether each is refused.
fn asking(one: &str, two: &str) -> Module {
    let ask = |at: u32, name: &str| format!("(call $variable (i32.const {at}) (i32.const {}))", name.len());
    guest(
        &format!(r#"(data (i32.const 512) "{one}") (data (i32.const 768) "{two}")"#),
        &format!(
            "(i32.store8 (i32.const 1024) {}) (i32.store8 (i32.const 1025) {two}) (i32.store8 (i32.const 1026) {two})
             (call $output (i32.const 1024) (i32.const 3))",
            ask(512, one),
            two = ask(768, two)
        ),
    )
}

fn protocol(fault: &rustc_wasm_proc_macro::Fault) -> &str {
    match fault.kind() {
        FaultKind::Protocol(message) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_compiler_says_whether_a_variable_may_be_looked_at() {
    // It knows what the variable's value decides about, so it hears of each name, in every expansion.
    let module = asking("DATABASE_URL", "SECRET");
    for _ in 0..2 {
        let mut server = server(|_| unreachable!());
        server.hidden.push("SECRET".to_owned());
        assert_eq!(module.expand(0, b"", false, &mut server, &()).unwrap(), [0, 1, 1]);
        assert_eq!(server.asked, ["DATABASE_URL", "SECRET"]);
        assert_eq!(server.refused, [], "the compiler knows it already");
    }
}

#[test]
fn a_name_that_is_no_text_is_refused_if_it_is_set() {
    // Nobody can grant it, and no compiler tracks it.
    let output = in_child("set -- env \"$(printf 'A\\377=1')\" \"$@\";", "no_text_child");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && stdout.contains("it is set"), "{output:?}");
}

#[test]
#[ignore = "run by a_name_that_is_no_text_is_refused_if_it_is_set"]
fn no_text_child() {
    if is_child() && std::env::vars_os().any(|(name, _)| name.as_encoded_bytes() == b"A\xff") {
        let mut server = server(|_| unreachable!());
        let rest = r#"(data (i32.const 512) "A\ffB\ff")"#;
        let ask = |at: u32| format!("(call $variable (i32.const {at}) (i32.const 2))");
        let run = format!(
            "(i32.store8 (i32.const 1024) {}) (i32.store8 (i32.const 1025) {}) (call $output (i32.const 1024) (i32.const 2))",
            ask(512),
            ask(514)
        );
        assert_eq!(guest(rest, &run).expand(0, b"", false, &mut server, &()).unwrap(), [1, 0]);
        assert_eq!(server.refused, [Wanted::Variable("A\u{fffd}".to_owned())]);
        assert_eq!(server.asked, [""; 0]);
        println!("it is set");
    }
}

#[test]
fn constructors_are_answered_before_the_compiler_listens() {
    // And the compiler hears of it then, once: what they found is in the instance's state.
    let rest = r#"(data (i32.const 512) "HOME") (data (i32.const 768) "CARGO")
        (func $early
            (i32.store8 (i32.const 1024) (call $variable (i32.const 512) (i32.const 4)))
            (i32.store8 (i32.const 1025) (call $variable (i32.const 768) (i32.const 5)))
            (call $refuse (i32.const 1) (i32.const 0) (i32.const 0)))
        (start $early)"#;
    assert!(std::env::var_os("HOME").is_some() && std::env::var_os("CARGO").is_some());
    let module = guest(rest, "(call $output (i32.const 1024) (i32.const 2))");
    let mut server = server(|_| unreachable!());
    for _ in 0..2 {
        assert_eq!(module.expand(0, b"", false, &mut server, &()).unwrap(), [1, 0]);
        assert_eq!(server.asked, ["CARGO", "HOME"]);
        assert_eq!(server.refused, [Wanted::Thread]);
    }
    // Where it fails, no expansion follows that could tell.
    let module = guest(
        &rest.replace("(i32.const 0) (i32.const 0)))", "(i32.const 0) (i32.const 0)) unreachable)"),
        "unreachable",
    );
    let mut server = support::server(|_| unreachable!());
    let fault = module.expand(0, b"", false, &mut server, &()).unwrap_err();
    assert_eq!(server.refused, [Wanted::Thread, Wanted::Variable("HOME".to_owned())]);
    assert_eq!(fault.refused(), server.refused);
}

#[test]
fn a_flood_of_names_ends_the_expansion() {
    // The compiler keeps every one of them.
    let run = "(local $n i32)
        (loop $more
            (i32.store (i32.const 512) (i32.or (i32.const 0x01010101) (local.get $n)))
            (drop (call $variable (i32.const 512) (i32.const 4)))
            (br_if $more (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 2))) (i32.const 0x01000000))))
        (i64.const 0)";
    let mut server = server(|_| unreachable!());
    let fault = guest("", run).expand(0, b"", false, &mut server, &()).unwrap_err();
    assert_eq!(protocol(&fault), "it asked for too many environment variables");
    assert!(server.asked.len() < 20_000);
}

#[test]
fn what_std_was_asked_for_is_refused_with_its_name() {
    let words = ["git", "", "1.2.3.4:80", "", "", "/tmp/x", "a \u{1b}signal"];
    let data = words.iter().zip(0..).map(|(word, number)| {
        format!(r#"(data (i32.const {}) "{}")"#, 512 + 64 * number, word.replace('\u{1b}', "\\1b"))
    });
    let calls = words.iter().zip(0..).map(|(word, number)| {
        format!("(call $refuse (i32.const {number}) (i32.const {}) (i32.const {}))", 512 + 64 * number, word.len())
    });
    let calls = calls.collect::<String>();
    // Twice: it is told once.
    let module = guest(&data.collect::<String>(), &format!("{calls} {calls} (i64.const 0)"));
    let mut server = server(|_| unreachable!());
    module.expand(0, b"", false, &mut server, &()).unwrap();
    let said: Vec<_> = server.refused.iter().map(Wanted::to_string).collect();
    let expected = [
        "running the program `git`",
        "starting a thread",
        "a connection to `1.2.3.4:80`",
        "standard input",
        "the path of its own executable",
        "writing `/tmp/x`",
        "a \\u{1b}signal",
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_flood_of_refusals_is_cut_off() {
    let run = "(local $n i32)
        (loop $more
            (i32.store (i32.const 512) (i32.or (i32.const 0x01010101) (local.get $n)))
            (call $refuse (i32.const 0) (i32.const 512) (i32.const 4))
            (br_if $more (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 2))) (i32.const 40000))))
        (i64.const 0)";
    let mut server = server(|_| unreachable!());
    guest("", run).expand(0, b"", false, &mut server, &()).unwrap();
    assert_eq!(server.refused.len(), 257);
    assert_eq!(server.refused[256], Wanted::Other("more than 256 different things in one expansion".to_owned()));
    // And each is cut off.
    let long = "(call $refuse (i32.const 6) (i32.const 0) (i32.const 131072)) (i64.const 0)";
    let mut server = support::server(|_| unreachable!());
    guest("", long).expand(0, b"", false, &mut server, &()).unwrap();
    assert_eq!(server.refused[0].what().len(), 4096);
    let program =
        "(i32.store8 (i32.const 512) (i32.const 0)) (memory.fill (i32.const 513) (i32.const 97) (i32.const 60000))
        (drop (call $command (i32.const 512) (i32.const 60002) (i32.const 0) (i32.const 0))) (i64.const 0)";
    let mut server = support::server(|_| unreachable!());
    guest("", program).expand(0, b"", false, &mut server, &()).unwrap();
    assert_eq!(server.refused[0].what().len(), 4096);
}

#[test]
fn calls_that_make_no_sense_are_faults() {
    for (run, expected) in [
        ("(drop (call $variable (i32.const -1) (i32.const 2)))", "outside the module's memory"),
        (
            "(drop (memory.grow (i32.const 9))) (drop (call $variable (i32.const 0) (i32.const 131073)))",
            "no system allows",
        ),
        ("(call $refuse (i32.const 7) (i32.const 0) (i32.const 0))", "something of kind 7"),
        ("(call $refuse (i32.const 0) (i32.const 131072) (i32.const 1))", "outside the module's memory"),
        ("(drop (call $command (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))", "cannot be read"),
        ("(drop (call $command (i32.const 512) (i32.const 3) (i32.const 0) (i32.const 0)))", "cannot be read"),
        ("(drop (call $command (i32.const 512) (i32.const 2) (i32.const 0) (i32.const 0)))", "without a program"),
        (
            "(drop (call $command (i32.const 0) (i32.const -1) (i32.const 0) (i32.const 0)))",
            "outside the module's memory",
        ),
        (
            "(drop (call $command (i32.const 512) (i32.const 4) (i32.const 8) (i32.const -1)))",
            "outside the module's memory",
        ),
        (
            "(drop (memory.grow (i32.const 9))) (drop (call $command (i32.const 0) (i32.const 65537) (i32.const 0) (i32.const 0)))",
            "65537 bytes",
        ),
    ] {
        let module = guest(r#"(data (i32.const 512) "/\00p\00")"#, &format!("{run} (i64.const 0)"));
        let fault = expand(&module, b"").unwrap_err();
        assert!(protocol(&fault).contains(expected), "{run}: {fault}");
    }
}

/// Grants by which this package's manifest is known.
fn with_manifest() -> (Grants, String) {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml").into_os_string().into_string().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("policy.toml");
    std::fs::write(&policy, format!("[build]\npackage-manifest = '{manifest}'\nworkspace-manifest = '{manifest}'\n"))
        .unwrap();
    (Policy::read(&policy).unwrap().grants(&[0; 32], "guest", "0.1.0"), manifest)
}

#[test]
fn cargo_is_answered_without_being_run() {
    let (grants, manifest) = with_manifest();
    let run = |fields: &[&str], cap: u32| {
        let request = fields.iter().map(|field| format!("{field}\\00")).collect::<String>();
        let len = fields.iter().map(|field| field.len() + 1).sum::<usize>();
        let text = wat(
            IMPORTS,
            &format!(r#"(data (i32.const 8192) "{request}")"#),
            &format!(
                "(i64.store (i32.const 1024) (call $command (i32.const 8192) (i32.const {len}) (i32.const 1032) (i32.const {cap})))
                 (call $output (i32.const 1024) (i32.const 2048))"
            ),
        );
        let module = load_with(&text, &grants);
        let mut server = server(|_| unreachable!());
        let output = module.expand(0, b"", false, &mut server, &()).unwrap();
        let (n, out) = output.split_first_chunk::<8>().unwrap();
        (i64::from_le_bytes(*n), out.to_vec(), server.refused)
    };
    let cargo = std::env::var("CARGO").unwrap();
    let here = env!("CARGO_MANIFEST_DIR");
    let expected = format!("{manifest}\n").into_bytes();
    let argument = format!("--manifest-path={manifest}");
    let fields = [here, &cargo, "locate-project", "--workspace", "--message-format=plain", &argument];
    let (n, out, refused) = run(&fields, 1024);
    assert_eq!((n as usize, &out[..expected.len()], refused), (expected.len(), &expected[..], vec![]));
    // With too little room it says how much it needs.
    let (n, out, refused) = run(&fields, 4);
    assert_eq!((n as usize, &out[..5], refused), (expected.len(), &[0; 5][..], vec![]));
    // An error of Cargo's is one of its program, too.
    let (n, out, refused) = run(&[here, &cargo, "locate-project", "--manifest-path=missing"], 1024);
    let expected = b"error: manifest path `missing` does not exist\n";
    let n = (n >> 32, n as u32 as usize);
    assert_eq!((n, &out[..expected.len()], refused), ((101, expected.len()), &expected[..], vec![]));
    // Everything else is refused by its program's name, and with a name that is empty, too.
    for (fields, program) in [
        (&[here, "git", "describe"][..], "git"),
        (&[here, &cargo, "metadata"], &cargo),
        (&["/", &cargo, "locate-project"], &cargo),
        (&[here, "", "locate-project"], ""),
    ] {
        let (n, _, refused) = run(fields, 1024);
        assert_eq!((n, refused), (-1, vec![Wanted::Program(program.to_owned())]), "{fields:?}");
    }
}

/// A compiler whose process is somewhere else from time to time.
struct Elsewhere(u64);

impl Dispatch for Elsewhere {
    fn dispatch(&mut self, _: &[u8]) -> Result<&[u8], String> {
        Err("there should be no request".to_owned())
    }

    fn place(&self) -> u64 {
        self.0
    }
}

#[test]
fn a_guest_that_knows_another_environment_is_not_used_again() {
    // An editor's server expands for many packages in one process. Within one of them, statics keep their values.
    let module = guest(
        "(global $n (mut i32) (i32.const 0))",
        "(global.set $n (i32.add (global.get $n) (i32.const 1))) (i32.store8 (i32.const 1024) (global.get $n))
         (call $output (i32.const 1024) (i32.const 1))",
    );
    let counts = [0, 0, 1, 1, 1, 0].map(|place| module.expand(0, b"", false, &mut Elsewhere(place), &()).unwrap()[0]);
    assert_eq!(counts, [1, 2, 1, 2, 3, 1]);
}

#[test]
fn what_may_be_read_follows_the_working_directory() {
    let output = in_child("unset CARGO_MANIFEST_DIR OUT_DIR;", "moving_child");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "run by what_may_be_read_follows_the_working_directory"]
fn moving_child() {
    if !is_child() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for name in ["one/file", "two/file"] {
        std::fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
        std::fs::write(dir.path().join(name), "").unwrap();
    }
    let open = |path: &Path| {
        let path = path.to_str().unwrap();
        load(&wat(
            r#"(import "wasi_snapshot_preview1" "path_open"
                (func $f (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"#,
            &format!(r#"(data (i32.const 512) "{path}")"#),
            &format!(
                "(i32.store (i32.const 8192) (call $f (i32.const 3) (i32.const 0) (i32.const 512) (i32.const {})
                    (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 64)))
                 (call $output (i32.const 8192) (i32.const 1))",
                path.len()
            ),
        ))
    };
    std::env::set_current_dir(dir.path().join("one")).unwrap();
    let modules = ["one/file", "two/file"].map(|name| open(&dir.path().canonicalize().unwrap().join(name)));
    let opened =
        |place| [0, 1].map(|number| modules[number].expand(0, b"", false, &mut Elsewhere(place), &()).unwrap()[0]);
    assert_eq!(opened(0), [0, 76]);
    std::env::set_current_dir(dir.path().join("two")).unwrap();
    assert_eq!(opened(1), [76, 0]);
}
