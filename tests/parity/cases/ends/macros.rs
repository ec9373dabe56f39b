//! Macros that end the process they run in, or crash it.
#![feature(core_intrinsics)]
#![allow(internal_features)]

extern crate proc_macro;
use proc_macro::TokenStream;

/// Aborts.
#[proc_macro]
pub fn aborts(_input: TokenStream) -> TokenStream {
    std::process::abort()
}

/// Exits with the given code.
#[proc_macro]
pub fn exits(input: TokenStream) -> TokenStream {
    std::process::exit(input.to_string().parse().unwrap())
}

/// Calls itself without end.
#[proc_macro]
pub fn recurses(_input: TokenStream) -> TokenStream {
    #[allow(unconditional_recursion)]
    fn down(depth: u64) -> u64 {
        std::hint::black_box(down(std::hint::black_box(depth) + 1) + depth)
    }
    down(0).to_string().parse().unwrap()
}

/// Calls itself without end, with much in each frame.
#[proc_macro]
pub fn recurses_with_data(_input: TokenStream) -> TokenStream {
    #[allow(unconditional_recursion)]
    fn down(depth: u64) -> u64 {
        let data = std::hint::black_box([depth; 512]);
        down(depth + 1) + std::hint::black_box(data)[7]
    }
    down(0).to_string().parse().unwrap()
}

/// Asks for more memory than there are addresses for. Natively a huge request fails as well, and aborts.
#[proc_macro]
pub fn allocates(_input: TokenStream) -> TokenStream {
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    loop {
        blocks.push(std::hint::black_box(Vec::with_capacity(isize::MAX as usize / 2)));
    }
}

/// Panics in a destructor while another panic unwinds.
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

/// Panics while the message of a panic is made.
#[proc_macro]
pub fn panics_while_formatting(_input: TokenStream) -> TokenStream {
    struct Bad;
    impl std::fmt::Display for Bad {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("while formatting")
        }
    }
    panic!("{Bad}")
}

/// Panics where no panic may pass.
#[proc_macro]
pub fn panics_through_c(_input: TokenStream) -> TokenStream {
    extern "C" fn no_way_out() {
        panic!("in a function that cannot unwind")
    }
    no_way_out();
    TokenStream::new()
}

/// Calls `abort` of the language itself, which on most targets is an instruction that traps.
#[proc_macro]
pub fn traps(_input: TokenStream) -> TokenStream {
    core::intrinsics::abort()
}

/// Works, and says so in an error.
#[proc_macro]
pub fn works(_input: TokenStream) -> TokenStream {
    "compile_error!(\"a later expansion works\");".parse().unwrap()
}
