//! A compiler that fails while it answers a macro from elsewhere, since no input is known that has rustc itself do so. It prints what
//! comes of it, a line for each request and way to fail.
#![feature(proc_macro_internals)]
#![allow(internal_features)]

extern crate proc_macro;

use std::any::Any;
use std::cell::RefCell;
use std::ops::{Bound, Range};
use std::panic::resume_unwind;
use std::path::Path;
use std::time::Duration;

use proc_macro::bridge::client::Client;
use proc_macro::bridge::server::{
    self, Named, Refusal, RemoteFunctions, RemoteMacro, RemoteServer, Server,
};
use proc_macro::bridge::{Diagnostic, ExpnGlobals, Literal, PanicMessage, TokenTree};

/// How rustc ends when it has said why.
struct Fatal;

/// How the method that is asked for fails.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Panics,
    Fatal,
}

struct Compiler(Way);

impl Compiler {
    fn fail(&self) -> ! {
        match self.0 {
            Way::Panics => panic!("half done"),
            Way::Fatal => resume_unwind(Box::new(Fatal)),
        }
    }
}

type Tree = TokenTree<(), u32, String>;

impl Server for Compiler {
    type TokenStream = ();
    type Span = u32;
    type Symbol = String;

    fn globals(&mut self) -> ExpnGlobals<u32> {
        ExpnGlobals { def_site: 1, call_site: 2, mixed_site: 3 }
    }
    fn intern_symbol(text: &str) -> String {
        text.to_owned()
    }
    fn with_symbol_string(symbol: &String, f: impl FnOnce(&str)) {
        f(symbol)
    }
    fn is_fatal_error(payload: &(dyn Any + Send)) -> bool {
        payload.is::<Fatal>()
    }

    fn ts_expand_expr(&mut self, _: &()) -> Result<(), ()> {
        self.fail()
    }
    fn ts_from_str(&mut self, _: &str) -> Result<(), String> {
        self.fail()
    }
    fn ts_to_string(&mut self, _: &()) -> String {
        self.fail()
    }
    fn emit_diagnostic(&mut self, _: Diagnostic<u32>) {
        self.fail()
    }
    fn span_line(&mut self, _: u32) -> usize {
        self.fail()
    }
    fn ts_is_empty(&mut self, _: &()) -> bool {
        true
    }

    fn injected_env_var(&mut self, _: &str) -> Option<String> {
        unreachable!()
    }
    fn track_env_var(&mut self, _: &str, _: Option<&str>) {}
    fn track_path(&mut self, _: &str) {}
    fn literal_from_str(&mut self, _: &str) -> Result<Literal<u32, String>, String> {
        unreachable!()
    }
    fn ts_drop(&mut self, _: ()) {}
    fn ts_clone(&mut self, _: &()) {}
    fn ts_from_token_tree(&mut self, _: Tree) {}
    fn ts_concat_trees(&mut self, _: Option<()>, _: Vec<Tree>) {}
    fn ts_concat_streams(&mut self, _: Option<()>, _: Vec<()>) {}
    fn ts_into_trees(&mut self, _: ()) -> Vec<Tree> {
        unreachable!()
    }
    fn span_debug(&mut self, _: u32) -> String {
        unreachable!()
    }
    fn span_parent(&mut self, _: u32) -> Option<u32> {
        unreachable!()
    }
    fn span_source(&mut self, _: u32) -> u32 {
        unreachable!()
    }
    fn span_byte_range(&mut self, _: u32) -> Range<usize> {
        unreachable!()
    }
    fn span_start(&mut self, _: u32) -> u32 {
        unreachable!()
    }
    fn span_end(&mut self, _: u32) -> u32 {
        unreachable!()
    }
    fn span_column(&mut self, _: u32) -> usize {
        unreachable!()
    }
    fn span_file(&mut self, _: u32) -> String {
        unreachable!()
    }
    fn span_local_file(&mut self, _: u32) -> Option<String> {
        unreachable!()
    }
    fn span_join(&mut self, _: u32, _: u32) -> Option<u32> {
        unreachable!()
    }
    fn span_subspan(&mut self, _: u32, _: Bound<usize>, _: Bound<usize>) -> Option<u32> {
        unreachable!()
    }
    fn span_resolved_at(&mut self, _: u32, _: u32) -> u32 {
        unreachable!()
    }
    fn span_source_text(&mut self, _: u32) -> Option<String> {
        unreachable!()
    }
    fn span_save_span(&mut self, _: u32) -> usize {
        unreachable!()
    }
    fn span_recover_proc_macro_span(&mut self, _: usize) -> u32 {
        unreachable!()
    }
    fn symbol_normalize_and_validate_ident(&mut self, _: &str) -> Result<String, ()> {
        unreachable!()
    }
}

/// The requests, by their numbers, with what stands behind the handle of the input.
const REQUESTS: [(&str, u8, bool, &[u8]); 5] = [
    ("expand_expr", 8, true, &[]),
    ("from_str", 9, false, &[0; 8]),
    ("to_string", 10, true, &[]),
    // An error without text, spans and children.
    ("emit_diagnostic", 4, false, &[0; 25]),
    ("span_line", 21, true, &[]),
];
const IS_EMPTY: u8 = 7;

thread_local! {
    static REPLIES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The macro: asks, and goes on as if nothing had been.
fn expand(id: usize, input: &[u8], _: bool, server: &mut dyn RemoteServer) -> Result<Vec<u8>, PanicMessage> {
    let (_, method, has_handle, more) = REQUESTS[id];
    // The handles of three spans, and then the one of the stream.
    let (span, stream) = (&input[4..8], &input[12..16]);
    let handle = if method == 21 { span } else { stream };
    let request = [&[method][..], if has_handle { handle } else { &[] }, more].concat();
    for request in [request, [&[IS_EMPTY][..], stream].concat()] {
        let reply = match server.dispatch(&request) {
            Ok([0, ..]) => "an answer".to_owned(),
            Ok([1, ..]) => "a panic".to_owned(),
            Ok(other) => format!("{other:?}"),
            Err(reason) => format!("nothing ({reason})"),
        };
        REPLIES.with_borrow_mut(|replies| replies.push(reply));
    }
    // No tokens.
    Ok(vec![0, 1])
}

fn main() {
    // What a macro's panic would print is of no interest.
    std::panic::set_hook(Box::new(|_| {}));
    for (id, (name, ..)) in REQUESTS.iter().enumerate() {
        for (way, said) in [(Way::Panics, "panics"), (Way::Fatal, "ends with an error")] {
            let one = move || {
                let functions = RemoteFunctions {
                    id,
                    expand,
                    may: |_: usize, _: Named<'_>| true,
                    refusal: |_: usize, _: Named<'_>| -> Option<Refusal> { None },
                    could: |_: usize, _: Named<'_>| Path::new("/").exists(),
                    memory: |_| 1 << 30,
                    time: |_| Duration::from_secs(60),
                    with_stack: |_: usize, f: &mut dyn FnMut()| f(),
                };
                let remote = RemoteMacro(Box::leak(Box::new(functions)));
                let client = Client::<proc_macro::TokenStream, proc_macro::TokenStream>::remote(remote);
                let ending = match client.run(&server::SAME_THREAD, Compiler(way), (), false) {
                    Ok(()) => "tokens".to_owned(),
                    Err(PanicMessage::Failed(reason)) => format!("the compiler's failure {reason:?}"),
                    Err(PanicMessage::Fault(reason)) => format!("a fault {reason:?}"),
                    Err(_) => "something else".to_owned(),
                };
                (REPLIES.take().join(", then "), ending, server::has_failed())
            };
            // What has failed is known by the thread.
            let (replies, ending, has_failed) = std::thread::spawn(one).join().unwrap();
            let goes_on = if has_failed { "does not go on" } else { "goes on" };
            println!("{name} {said}: the macro gets {replies}; it ends with {ending}; the compiler {goes_on}");
        }
    }
}
