//! A macro crate for Wasm alone that talks to the compiler past the bridge, and has a `run` of its own.
//@ flags: -C link-arg=--export=evil_run

extern crate proc_macro;
use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

#[link(wasm_import_module = "rustc_proc_macro")]
unsafe extern "C" {
    fn dispatch(ptr: *mut u8, len: usize, cap: usize) -> usize;
    fn take(ptr: *mut u8);
    fn panic(ptr: *const u8, len: usize);
}

/// A request of as many bytes as the last number says, of which the first two numbers are the first and all others.
#[proc_macro]
pub fn send(input: TokenStream) -> TokenStream {
    let numbers: Vec<usize> = numbers(input);
    let mut buffer = vec![numbers[1] as u8; 256];
    buffer[0] = numbers[0] as u8;
    unsafe { dispatch(buffer.as_mut_ptr(), numbers[2], buffer.len()) };
    TokenStream::new()
}

/// Sends a request and returns the reply.
fn ask(request: &[u8]) -> Vec<u8> {
    let mut buffer = request.to_vec();
    let len = unsafe { dispatch(buffer.as_mut_ptr(), buffer.len(), buffer.len()) };
    if len > buffer.len() {
        buffer.resize(len, 0);
        unsafe { take(buffer.as_mut_ptr()) };
    }
    buffer.truncate(len);
    buffer
}

/// A handle behind the tags of a reply that is not an error, or nothing.
fn handle(reply: &[u8], tags: usize) -> Option<u32> {
    let (tags, handle) = reply.split_at_checked(tags)?;
    tags.iter().all(|tag| *tag == 0).then_some(u32::from_le_bytes(handle.try_into().ok()?))
}

fn call_site() -> [u8; 4] {
    unsafe { std::mem::transmute::<proc_macro::Span, [u8; 4]>(proc_macro::Span::call_site()) }
}

fn numbers<N: std::str::FromStr>(input: impl IntoIterator<Item = TokenTree>) -> Vec<N> {
    input.into_iter().map(|tree| tree.to_string().parse().ok().expect("a number")).collect()
}

/// The first number, and the others as bytes.
fn number_and_text(input: TokenStream) -> (u8, Vec<u8>) {
    let mut bytes = numbers(input);
    (bytes.remove(0), bytes)
}

/// What the compiler makes of a token tree.
fn from_token_tree(kind: u8, fields: &[&[u8]]) -> TokenStream {
    const FROM_TOKEN_TREE: u8 = 11;
    let request = [&[FROM_TOKEN_TREE, kind][..], &fields.concat(), &call_site()].concat();
    let Some(stream) = handle(&ask(&request), 1) else { panic!("the token is refused") };
    unsafe { std::mem::transmute::<u32, TokenStream>(stream) }
}

/// `tokens` with the parsed `before` and `after` around them.
fn around(before: &str, tokens: TokenStream, after: &str) -> TokenStream {
    let parse = |text: &str| text.parse::<TokenStream>().unwrap();
    [parse(before), tokens, parse(after)].into_iter().collect()
}

fn braced(tokens: TokenStream) -> TokenStream {
    TokenTree::Group(Group::new(Delimiter::Brace, tokens)).into()
}

/// A literal whose kind is the first number and whose text are the others as bytes, in a constant.
#[proc_macro]
pub fn forge(input: TokenStream) -> TokenStream {
    let (kind, text) = number_and_text(input);
    let literal = from_token_tree(3, &[&[kind], &(text.len() as u64).to_le_bytes(), &text, &[1]]);
    around("const _: () =", braced(around("let _ =", literal, ";")), ";")
}

/// An identifier, raw if the first number is 1, whose text are the others as bytes: the name of a public field.
#[proc_macro]
pub fn forge_name(input: TokenStream) -> TokenStream {
    let (is_raw, text) = number_and_text(input);
    let name = from_token_tree(2, &[&(text.len() as u64).to_le_bytes(), &text, &[is_raw]]);
    around("pub struct Forged", braced(around("pub", name, ": u8")), "")
}

/// Panics with what the compiler expands its input to, a literal.
#[proc_macro]
pub fn expand(input: TokenStream) -> TokenStream {
    const EXPAND_EXPR: u8 = 8;
    let stream = unsafe { std::mem::transmute::<&TokenStream, &[u8; 4]>(&input) };
    let Some(expanded) = handle(&ask(&[&[EXPAND_EXPR], &stream[..]].concat()), 2) else { panic!("nothing is read") };
    panic!("this is read: {}", unsafe { std::mem::transmute::<u32, TokenStream>(expanded) })
}

/// An unknown name at the part of the first token that the two numbers behind it say.
#[proc_macro]
pub fn cut(input: TokenStream) -> TokenStream {
    const SUBSPAN: u8 = 26;
    let mut trees = input.into_iter();
    let span = trees.next().unwrap().span();
    let ends: Vec<u64> = numbers(trees);
    let mut request = vec![SUBSPAN];
    request.extend(unsafe { std::mem::transmute::<proc_macro::Span, [u8; 4]>(span) });
    for (bound, end) in ends.iter().enumerate() {
        request.push(bound as u8);
        request.extend(end.to_le_bytes());
    }
    let Some(part) = handle(&ask(&request), 2) else { panic!("there is no such part") };
    let part = unsafe { std::mem::transmute::<u32, proc_macro::Span>(part) };
    around("const _: () =", TokenTree::Ident(proc_macro::Ident::new("nowhere", part)).into(), ";")
}

/// A diagnostic below a diagnostic below a diagnostic, as often as the number says.
#[proc_macro]
pub fn nest(input: TokenStream) -> TokenStream {
    const EMIT_DIAGNOSTIC: u8 = 4;
    let depth: usize = input.to_string().parse().unwrap();
    let mut request = vec![EMIT_DIAGNOSTIC];
    for left in (0..depth).rev() {
        request.extend([0; 17]);
        request.extend(u64::from(left != 0).to_le_bytes());
    }
    if ask(&request)[0] != 0 {
        panic!("the diagnostic is refused");
    }
    TokenStream::new()
}

/// Some requests, of small numbers at random places.
#[proc_macro]
pub fn random(input: TokenStream) -> TokenStream {
    let mut seed: u64 = input.to_string().parse().unwrap();
    let mut next = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    for _ in 0..8 {
        let sparseness = 1 + next(8);
        let mut buffer: Vec<u8> = (0..256).map(|_| if next(sparseness) == 0 { next(12) as u8 } else { 0 }).collect();
        buffer[0] = next(32) as u8;
        let len = 1 + next(64) as usize;
        unsafe { dispatch(buffer.as_mut_ptr(), len, buffer.len()) };
    }
    TokenStream::new()
}

macro_rules! once {
    ($($name:ident $call:expr;)*) => {
        $(
            #[proc_macro]
            pub fn $name(_input: TokenStream) -> TokenStream {
                unsafe { $call };
                TokenStream::new()
            }
        )*
    };
}

once! {
    take_nothing take(16 as *mut u8);
    request_outside dispatch(usize::MAX as *mut u8, 100, 200);
    request_longer_than_its_buffer dispatch(16 as *mut u8, 200, 100);
    request_of_nothing dispatch(16 as *mut u8, 0, 100);
    panic_outside panic(usize::MAX as *const u8, 1 << 30);
}

/// Says words that no terminal should see, and traps.
#[proc_macro]
pub fn panic_and_trap(_input: TokenStream) -> TokenStream {
    unsafe { panic(b"\xff\xfe \x1b[31m".as_ptr(), 8) };
    core::arch::wasm32::unreachable()
}

/// What can stand for `run`: each call gives another answer.
#[unsafe(no_mangle)]
extern "C" fn evil_run(_decls: usize, index: usize, input_len: usize, _force: u32) -> u64 {
    static CALLS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let mut input = vec![0; input_len];
    unsafe { take(input.as_mut_ptr()) };
    let call = CALLS.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + index;
    let answers: &[&[u8]] = &[
        &[], &[0], &[1], &[2], &[255], &[0, 0], &[0, 1], &[0, 1, 0, 0, 0], &[0, 1, 255, 255, 255, 255], &[0, 1, 1, 0, 0, 0],
        &[0, 1, 0, 0, 0, 64], &[1, 0], &[1, 1], &[1, 2], &[1, 3], &[1, 255], &[1, 1, 255, 255, 255, 255, 255, 255, 255, 255],
        &[1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 255, 254], &[1, 1, 0, 0, 0, 0, 0, 0, 0, 16], &[1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 65, 66, 67],
    ];
    match call % (answers.len() + 4) {
        n if n < answers.len() => (answers[n].as_ptr() as u64) << 32 | answers[n].len() as u64,
        n if n == answers.len() => 0xffff_ff00 << 32 | 0x1000,
        n if n == answers.len() + 1 => 0xffff_ffff,
        n if n == answers.len() + 2 => u64::MAX,
        _ => 0,
    }
}
