//! What no macro has: programs, threads that wait for each other for ever, sockets, its own executable. Each attempt is told
//! by name.

use tests::wasm::sections;
use tests::{Lab, Outcome, RustcExt};

/// Macros of which each tries what its input names.
const TRYING: &str = r#"
extern crate proc_macro;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, RwLock};
use std::{env, io, thread};

use proc_macro::TokenStream;

fn name(input: TokenStream) -> String {
    input.to_string().trim_matches('"').to_owned()
}

#[proc_macro]
pub fn program(input: TokenStream) -> TokenStream {
    let command = || Command::new("some-program");
    let error = match &*name(input) {
        "output" => command().arg("x").output().map(drop),
        "status" => command().env_clear().current_dir("/").status().map(drop),
        "spawn" => command().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map(drop),
        "long" => command().arg("x".repeat(1 << 20)).output().map(drop),
        "cargo" => Command::new(env::var_os("CARGO").unwrap_or("cargo".into())).arg("metadata").output().map(drop),
        "locate" => Command::new("some-program").arg("locate-project").output().map(drop),
        _ => panic!(),
    }
    .unwrap_err();
    panic!("{error}: {:?}", error.kind());
}

#[proc_macro]
pub fn socket(input: TokenStream) -> TokenStream {
    let error = match &*name(input) {
        "connect" => TcpStream::connect("192.0.2.1:80").map(drop),
        "name" => TcpStream::connect("some.example:443").map(drop),
        "listen" => TcpListener::bind(("127.0.0.1", 0)).map(drop),
        "udp" => UdpSocket::bind("[::1]:5353").map(drop),
        _ => panic!(),
    }
    .unwrap_err();
    panic!("{error}: {:?}", error.kind());
}

#[proc_macro]
pub fn executable(_: TokenStream) -> TokenStream {
    let error = env::current_exe().unwrap_err();
    panic!("{error}: {:?}", error.kind());
}

#[proc_macro]
pub fn wait(input: TokenStream) -> TokenStream {
    match &*name(input) {
        "receive" => {
            let (_sender, receiver) = channel::<()>();
            _ = receiver.recv();
        }
        "condition" => {
            let lock = Mutex::new(());
            drop(Condvar::new().wait(lock.lock().unwrap()));
        }
        "park" => thread::park(),
        "bounded" => {
            let (sender, receiver) = sync_channel(1);
            thread::spawn(move || (0..10).for_each(|number| sender.send(number).unwrap()));
            receiver.iter().for_each(drop);
        }
        "turns" => {
            let ((sender, numbers), (back, receiver)) = (channel(), channel());
            thread::spawn(move || numbers.iter().for_each(|number: u32| back.send(number).unwrap()));
            (0..2).for_each(|number| {
                sender.send(number).unwrap();
                _ = receiver.recv();
            });
        }
        "lock" => {
            let lock = Arc::new(Mutex::new(()));
            let (_guard, same) = (lock.lock(), Arc::clone(&lock));
            _ = thread::spawn(move || drop(same.lock())).join();
        }
        "write" => {
            let lock = Arc::new(RwLock::new(()));
            let (_guard, same) = (lock.read(), Arc::clone(&lock));
            thread::scope(|scope| _ = scope.spawn(move || drop(same.write())));
        }
        _ => panic!(),
    }
    TokenStream::new()
}

#[proc_macro]
pub fn pipe(_: TokenStream) -> TokenStream {
    let error = io::pipe().unwrap_err();
    panic!("{error}: {:?}", error.kind());
}

#[proc_macro]
pub fn works(_: TokenStream) -> TokenStream {
    thread::spawn(|| "41 + 1").join().unwrap().parse().unwrap()
}
"#;

fn expand(lab: &Lab, calls: &str) -> Outcome {
    lab.module_from("trying", TRYING);
    lab.write("main.rs", format!("fn main() {{ {calls} }}"));
    lab.rustc().args(["main.rs", "--emit=metadata"]).module(&lab.join("trying.wasm")).outcome()
}

const NOT_GRANTED: &str = "not granted: PermissionDenied";

#[test]
fn programs_are_refused_by_name() {
    let lab = Lab::new();
    for how in ["output", "status", "spawn", "long", "locate"] {
        let outcome = expand(&lab, &format!("trying::program!({how:?});")).one_error();
        let outcome = outcome.says("was refused running the program `some-program`").says(NOT_GRANTED);
        outcome.says("no permission grants this");
    }
    expand(&lab, "trying::program!(\"cargo\");").one_error().says("was refused running the program `").says("cargo`");
}

#[test]
fn sockets_are_refused_by_address() {
    let lab = Lab::new();
    for (how, address) in
        [("connect", "192.0.2.1:80"), ("name", "some.example:443"), ("listen", "127.0.0.1:0"), ("udp", "[::1]:5353")]
    {
        let outcome = expand(&lab, &format!("trying::socket!({how:?});")).one_error();
        outcome.says(&format!("was refused a connection to `{address}`")).says(NOT_GRANTED);
    }
}

#[test]
fn a_macro_has_no_executable_and_no_pipe() {
    let lab = Lab::new();
    let outcome = expand(&lab, "trying::executable!();").one_error();
    outcome.says("was refused the path of its own executable").says(NOT_GRANTED);
    expand(&lab, "trying::pipe!();").one_error().says("was refused a pipe").says(NOT_GRANTED);
}

/// Natively some of these go on, and some hang. Here none may hang.
#[test]
fn who_waits_for_what_cannot_come_is_refused_a_thread() {
    let lab = Lab::new();
    for (how, what) in [
        ("receive", "a channel, or to be unparked"),
        ("condition", "a condition variable"),
        ("park", "a channel, or to be unparked"),
        ("bounded", "a channel, or to be unparked"),
        ("turns", "a channel, or to be unparked"),
        ("lock", "a lock"),
        ("write", "a lock"),
    ] {
        // The instance is gone. The next call has another one.
        let outcome = expand(&lab, &format!("_ = trying::works!(); trying::wait!({how:?}); _ = trying::works!();"));
        let outcome = outcome.one_error().says("was refused starting a thread");
        let outcome =
            outcome.says(&format!("it also panicked: a thread waits for {what}, and none is left that could run"));
        assert!(!outcome.stderr.contains("stack backtrace"), "{outcome}");
    }
}

/// `std` is the same for all programs. Those that are no macros must run anywhere.
#[test]
fn a_program_for_wasi_imports_nothing_of_ours() {
    let lab = Lab::new();
    let main = "use std::{env, fs, net, process, thread};
        fn main() {
            println!(\"{:?} {:?}\", env::var(\"X\"), env::vars().count());
            println!(\"{:?} {:?}\", env::current_exe(), thread::available_parallelism());
            println!(\"{:?}\", thread::Builder::new().spawn(|| ()).map(|thread| thread.join()));
            println!(\"{:?}\", process::Command::new(\"x\").output());
            println!(\"{:?} {:?}\", net::TcpStream::connect(\"x:1\"), fs::read(\"x\"));
        }";
    lab.write("main.rs", main);
    lab.rustc().args(["main.rs", "--target", "wasm32-wasip1", "-o", "main.wasm"]).outcome().success();
    lab.module_from("trying", TRYING);
    for (file, is_macro) in [("main.wasm", false), ("trying.wasm", true)] {
        let module = std::fs::read(lab.join(file)).unwrap();
        let imports = sections(&module).into_iter().find(|section| section.id == 2).expect("it imports WASI");
        let imports = String::from_utf8_lossy(imports.contents).into_owned();
        assert!(imports.contains("wasi_snapshot_preview1"), "{file}: {imports}");
        for name in ["rustc_proc_macro", "variable", "refuse", "command"] {
            assert_eq!(imports.contains(name), is_macro, "{file}, {name}: {imports}");
        }
    }
}
