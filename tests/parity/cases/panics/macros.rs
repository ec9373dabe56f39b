//! Macros that panic in all the ways there are, and some that only seem to.

extern crate proc_macro;
use std::panic::{self, AssertUnwindSafe};

use proc_macro::{Literal, TokenStream, TokenTree};

fn text(text: &str) -> TokenStream {
    TokenTree::from(Literal::string(text)).into()
}

/// Panics with a payload of the kind that is named.
fn panic_by(kind: &str) -> TokenStream {
    match kind {
        "str" => panic!("plain words"),
        "string" => panic!("made of {kind}\nin two lines, with ünïcode 🦀 and \"quotes\""),
        "empty" => panic!(""),
        "long" => panic!("{}", "long ".repeat(500)),
        "number" => panic::panic_any(42u64),
        "boxed" => panic::panic_any(Box::new("boxed")),
        "owned" => panic::panic_any(String::from("an owned text")),
        "resumed" => panic::resume_unwind(Box::new("resumed words")),
        "resumed_string" => panic::resume_unwind(Box::new(String::from("resumed text"))),
        "resumed_number" => panic::resume_unwind(Box::new(7u8)),
        "index" => text(&[0u8; 3][kind.len()].to_string()),
        "slice" => text(&"übergröße"[1..kind.len()]),
        "divide" => text(&(1 / (kind.len() - 6)).to_string()),
        "overflow" => text(&(u8::MAX.checked_add(1).expect("it does not fit")).to_string()),
        "unwrap" => None::<TokenStream>.unwrap(),
        "result" => Err::<TokenStream, _>(std::fmt::Error).unwrap(),
        "assert" => {
            assert_eq!(1 + 1, kind.len(), "the {kind} fails");
            TokenStream::new()
        }
        "unreachable" => unreachable!("not {kind}"),
        "todo" => todo!(),
        "borrow" => {
            let cell = std::cell::RefCell::new(0);
            let _first = cell.borrow_mut();
            text(&cell.borrow_mut().to_string())
        }
        "ident" => TokenTree::from(proc_macro::Ident::new("not a name", proc_macro::Span::call_site())).into(),
        other => text(&format!("no panic for {other}")),
    }
}

/// Panics as its input says.
#[proc_macro]
pub fn bang(input: TokenStream) -> TokenStream {
    panic_by(&input.to_string())
}

/// Panics as its arguments say.
#[proc_macro_attribute]
pub fn attribute(arguments: TokenStream, item: TokenStream) -> TokenStream {
    panic_by(&arguments.to_string());
    item
}

/// Panics with the name of the type.
#[proc_macro_derive(Panics)]
pub fn derive(item: TokenStream) -> TokenStream {
    panic!("cannot derive for {}", item.into_iter().nth(1).unwrap())
}

/// Catches each panic and says what it is.
#[proc_macro]
pub fn caught(input: TokenStream) -> TokenStream {
    for kind in input {
        let payload = match panic::catch_unwind(|| panic_by(&kind.to_string())) {
            Ok(stream) => stream.to_string(),
            Err(payload) => match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
                (Some(text), _) => format!("str {text}"),
                (_, Some(text)) => format!("String {text}"),
                _ => format!("another payload, {:?}", payload.downcast_ref::<u64>()),
            },
        };
        println!("{kind}: {payload}");
    }
    TokenStream::new()
}

/// Says the order in which destructors run while a panic unwinds, and that one of them may panic if it catches that itself.
#[proc_macro]
pub fn unwinds(_input: TokenStream) -> TokenStream {
    struct Witness(u8);
    impl Drop for Witness {
        fn drop(&mut self) {
            println!("dropped {} while panicking: {}", self.0, std::thread::panicking());
            let own = panic::catch_unwind(|| panic!("caught in the destructor"));
            println!("  {:?}", own.unwrap_err().downcast_ref::<&str>());
        }
    }
    fn deeper(depth: u8) {
        let _witness = Witness(depth);
        if depth == 0 { panic!("bottom") } else { deeper(depth - 1) }
    }
    let result = panic::catch_unwind(AssertUnwindSafe(|| deeper(3)));
    println!("{:?} {}", result.unwrap_err().downcast_ref::<&str>(), std::thread::panicking());
    let _last = Witness(9);
    panic!("at the end")
}

/// Panics in a destructor when nothing else panics.
#[proc_macro]
pub fn drops(_input: TokenStream) -> TokenStream {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in a destructor")
        }
    }
    let _bomb = Bomb;
    TokenStream::new()
}

/// Has a hook of its own for panics, and takes it back.
#[proc_macro]
pub fn hooks(_input: TokenStream) -> TokenStream {
    let before = panic::take_hook();
    panic::set_hook(Box::new(|info| println!("the hook of the macro: {:?}", info.payload_as_str())));
    let _ = panic::catch_unwind(|| panic!("seen by the hook"));
    panic::set_hook(before);
    let _ = panic::catch_unwind(|| panic!("not seen by the hook"));
    TokenStream::new()
}

/// Works, and says so in an error.
#[proc_macro]
pub fn works(_input: TokenStream) -> TokenStream {
    "compile_error!(\"a later expansion works\");".parse().unwrap()
}
