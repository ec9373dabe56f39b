//! Macros that end badly, each in its own way, and some that only seem to.

extern crate proc_macro;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};

use proc_macro::TokenStream;

fn text(text: &str) -> TokenStream {
    format!("{text:?}").parse().unwrap()
}

/// Panics with a message that is a literal.
#[proc_macro]
pub fn panics(_input: TokenStream) -> TokenStream {
    panic!("plain words")
}

/// Panics with a message that is made at run time.
#[proc_macro]
pub fn panics_with(input: TokenStream) -> TokenStream {
    panic!("given: {input}\nin two lines, with ünïcode 🦀")
}

/// Panics with a payload that is no text.
#[proc_macro]
pub fn panics_with_number(_input: TokenStream) -> TokenStream {
    panic::panic_any(42)
}

#[proc_macro_derive(PanicsInDerive)]
pub fn panics_in_derive(_input: TokenStream) -> TokenStream {
    None::<TokenStream>.expect("a derive that expects too much")
}

#[proc_macro_attribute]
pub fn panics_in_attribute(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    let count = item.into_iter().count();
    [TokenStream::new()][count].clone()
}

/// Panics in a value's destructor while another panic unwinds, which aborts.
#[proc_macro]
pub fn panics_twice(_input: TokenStream) -> TokenStream {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the second panic")
        }
    }
    let _bomb = Bomb;
    panic!("the first panic")
}

/// Catches its own panic and says its message.
#[proc_macro]
pub fn catches(_input: TokenStream) -> TokenStream {
    let payload = panic::catch_unwind(|| panic!("thrown and caught")).unwrap_err();
    text(payload.downcast_ref::<&str>().expect("the payload is a literal"))
}

/// Catches the panic of a request that the compiler refuses.
#[proc_macro]
pub fn catches_refusal(_input: TokenStream) -> TokenStream {
    let refused = panic::catch_unwind(|| proc_macro::Ident::new("not an identifier", proc_macro::Span::call_site()));
    let message = match refused {
        Ok(_) => "it was accepted".to_owned(),
        Err(payload) => payload.downcast_ref::<String>().expect("the payload is text").clone(),
    };
    text(&message)
}

/// Says how many destructors a panic has run.
#[proc_macro]
pub fn unwinds(_input: TokenStream) -> TokenStream {
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    struct Witness;
    impl Drop for Witness {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::SeqCst);
        }
    }
    fn deeper(depth: usize) {
        let _witness = Witness;
        if depth == 0 {
            panic!("bottom")
        }
        deeper(depth - 1);
    }
    _ = panic::catch_unwind(AssertUnwindSafe(|| deeper(9)));
    format!("{}", DROPPED.load(Ordering::SeqCst)).parse().unwrap()
}

/// Executes the instruction that only traps.
#[proc_macro]
pub fn traps(_input: TokenStream) -> TokenStream {
    #[cfg(target_family = "wasm")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_family = "wasm"))]
    panic!("only a module traps")
}

#[proc_macro]
pub fn aborts(_input: TokenStream) -> TokenStream {
    std::process::abort()
}

#[proc_macro]
pub fn exits(input: TokenStream) -> TokenStream {
    std::process::exit(input.to_string().parse().unwrap())
}

/// Calls itself without end.
#[proc_macro]
pub fn recurses(_input: TokenStream) -> TokenStream {
    #[allow(unconditional_recursion)]
    fn down(depth: u64) -> u64 {
        // The result is used after the call, so that no loop can be made of it.
        std::hint::black_box(down(std::hint::black_box(depth) + 1) + depth)
    }
    text(&down(0).to_string())
}

/// As `recurses`, with much on each frame of the shadow stack.
#[proc_macro]
pub fn recurses_with_data(_input: TokenStream) -> TokenStream {
    #[allow(unconditional_recursion)]
    fn down(depth: u64) -> u64 {
        let data = std::hint::black_box([depth; 512]);
        down(depth + 1) + std::hint::black_box(data)[7]
    }
    text(&down(0).to_string())
}

/// Takes memory until there is none.
#[proc_macro]
pub fn allocates(_input: TokenStream) -> TokenStream {
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    loop {
        blocks.push(std::hint::black_box(Vec::with_capacity(64 << 20)));
        if blocks.len() > 1 << 10 {
            panic!("64 GiB are not enough")
        }
    }
}

/// Reads where there is no memory.
#[proc_macro]
pub fn reads_wild(_input: TokenStream) -> TokenStream {
    let address = std::hint::black_box(usize::MAX - 0xffff) as *const u8;
    // SAFETY: there is none; that is what this macro is for.
    text(&unsafe { address.read_volatile() }.to_string())
}

/// Divides by zero, which Rust checks before the instruction could trap.
#[proc_macro]
pub fn divides(_input: TokenStream) -> TokenStream {
    let zero = std::hint::black_box(0i32);
    text(&(1 / zero).to_string())
}

/// Works, and says that it does.
#[proc_macro]
pub fn works(_input: TokenStream) -> TokenStream {
    "compile_error!(\"a later expansion works\");".parse().unwrap()
}

/// Counts its expansions: 0, 1, 2.
#[proc_macro]
pub fn counts(_input: TokenStream) -> TokenStream {
    static COUNTER: AtomicUsize = AtomicUsize::new(0);
    format!("compile_error!(\"count is {}\");", COUNTER.fetch_add(1, Ordering::SeqCst)).parse().unwrap()
}
