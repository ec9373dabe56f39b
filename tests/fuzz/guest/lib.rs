//! A guest that makes the bridge's requests as its input says, byte for byte. What a reply brings, later requests may name.
//!
//! The input has a string literal of hexadecimal digits. They are operations:
//!
//! | byte | then | meaning |
//! |---|---|---|
//! | 0 | a length, so many bytes | they are the next bytes of the request |
//! | 1 | a number | the handle of a stream is, of those that were seen |
//! | 2 | a number | the handle of a span is |
//! | 3 | what the reply is | the request is made, and its reply looked into |
//! | 4 | how often in two bytes, a length, so many bytes | they are so often the next bytes of the request |
//! | 5 | a number | a stream is part of the output |
//! | 6 | | the last reply is written to standard error |
//! | 7 | | the macro panics |
#![feature(proc_macro_def_site)]
extern crate proc_macro;

use proc_macro::{Span, TokenStream, TokenTree};

#[link(wasm_import_module = "rustc_proc_macro")]
unsafe extern "C" {
    #[link_name = "dispatch"]
    safe fn host_dispatch(pointer: *mut u8, len: usize, cap: usize) -> usize;
    #[link_name = "take"]
    safe fn host_take(pointer: *mut u8);
}

/// Calls the macro that does what its input says.
#[proc_macro]
pub fn ops(input: TokenStream) -> TokenStream {
    run(input)
}

/// An attribute that does what its arguments say.
#[proc_macro_attribute]
pub fn attr(arguments: TokenStream, _item: TokenStream) -> TokenStream {
    run(arguments)
}

/// A derive that does what the attribute `ops` says.
#[proc_macro_derive(Ops, attributes(ops))]
pub fn derive(item: TokenStream) -> TokenStream {
    run(item)
}

/// What is known of replies.
struct Guest {
    streams: Vec<u32>,
    spans: Vec<u32>,
    output: Vec<u32>,
    request: Vec<u8>,
    reply: Vec<u8>,
}

fn run(input: TokenStream) -> TokenStream {
    let mut spans = vec![Span::call_site(), Span::def_site(), Span::mixed_site()];
    let Some(text) = look(input.clone(), &mut spans) else { return input };
    let digits: Vec<u8> =
        text.bytes().filter_map(|digit| char::from(digit).to_digit(16)).map(|digit| digit as u8).collect();
    let code: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    let mut guest = Guest {
        streams: vec![of_stream(input)],
        spans: spans.into_iter().map(of_span).collect(),
        output: Vec::new(),
        request: Vec::new(),
        reply: Vec::new(),
    };
    guest.interpret(&code);
    // One stream of all: `ts_concat_streams`.
    let mut request = vec![13, 1];
    request.extend((guest.output.len() as u64).to_le_bytes());
    guest.output.iter().for_each(|stream| request.extend(stream.to_le_bytes()));
    match ask(&request).get(..5) {
        Some(&[0, a, b, c, d]) => to_stream(u32::from_le_bytes([a, b, c, d])),
        _ => TokenStream::new(),
    }
}

/// The first string literal, and the spans of what stands around it.
fn look(input: TokenStream, spans: &mut Vec<Span>) -> Option<String> {
    for tree in input {
        spans.push(tree.span());
        match tree {
            TokenTree::Literal(literal) if literal.to_string().starts_with('"') => return Some(literal.to_string()),
            TokenTree::Group(group) => {
                spans.extend([group.span_open(), group.span_close()]);
                if let Some(found) = look(group.stream(), spans) {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}

impl Guest {
    fn interpret(&mut self, mut code: &[u8]) {
        while let Some((&op, rest)) = code.split_first() {
            let operand = rest.first().copied().unwrap_or_default();
            let mut len = 1;
            match op {
                0 => {
                    let bytes = &rest[1.min(rest.len())..];
                    let bytes = &bytes[..usize::from(operand).min(bytes.len())];
                    self.request.extend_from_slice(bytes);
                    len += bytes.len();
                }
                1 => self.request.extend(known(&self.streams, operand)),
                2 => self.request.extend(known(&self.spans, operand)),
                3 => {
                    self.reply = ask(&std::mem::take(&mut self.request));
                    self.look(operand);
                }
                4 if rest.len() >= 3 => {
                    let count = usize::from(rest[0]) | usize::from(rest[1]) << 8;
                    let bytes = &rest[3..];
                    let bytes = &bytes[..usize::from(rest[2]).min(bytes.len())];
                    self.request.extend(bytes.repeat(count));
                    len = 3 + bytes.len();
                }
                5 => self.output.extend(self.streams.get(usize::from(operand) % self.streams.len().max(1))),
                6 => {
                    eprintln!("{}", String::from_utf8_lossy(&self.reply));
                    len = 0;
                }
                7 => panic!("as it was told"),
                _ => return,
            }
            code = &rest[len.min(rest.len())..];
        }
    }

    /// Remembers the handles in a reply.
    fn look(&mut self, kind: u8) {
        let reply = std::mem::take(&mut self.reply);
        let (answered, mut rest) = (reply.first() == Some(&0), &reply[1.min(reply.len())..]);
        if answered {
            match kind {
                1 => self.streams.extend(number(&mut rest)),
                2 => self.spans.extend(number(&mut rest)),
                3 if byte(&mut rest) == Some(0) => self.spans.extend(number(&mut rest)),
                4 if byte(&mut rest) == Some(0) => self.streams.extend(number(&mut rest)),
                5 => _ = self.trees(&mut rest),
                _ => {}
            }
        }
        self.reply = reply;
    }

    fn trees(&mut self, rest: &mut &[u8]) -> Option<()> {
        for _ in 0..long(rest)?.min(200) {
            match byte(rest)? {
                0 => {
                    byte(rest)?;
                    if byte(rest)? == 0 {
                        self.streams.push(number(rest)?);
                    }
                    self.spans.extend([number(rest)?, number(rest)?, number(rest)?]);
                }
                1 => {
                    take(rest, 2)?;
                    self.spans.push(number(rest)?);
                }
                2 => {
                    string(rest)?;
                    byte(rest)?;
                    self.spans.push(number(rest)?);
                }
                _ => {
                    if [5, 7, 9].contains(&byte(rest)?) {
                        byte(rest)?;
                    }
                    string(rest)?;
                    if byte(rest)? == 0 {
                        string(rest)?;
                    }
                    self.spans.push(number(rest)?);
                }
            }
        }
        Some(())
    }
}

/// One of the handles, or the number itself where there are none.
fn known(handles: &[u32], number: u8) -> [u8; 4] {
    // What is beyond all bounds is meant so.
    let handle = if number >= 250 {
        u32::MAX - u32::from(255 - number)
    } else {
        *handles.get(usize::from(number) % handles.len().max(1)).unwrap_or(&number.into())
    };
    handle.to_le_bytes()
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, later) = rest.split_at_checked(len)?;
    *rest = later;
    Some(taken)
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    take(rest, 1).map(|bytes| bytes[0])
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(take(rest, 4)?.try_into().ok()?))
}

fn long(rest: &mut &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(take(rest, 8)?.try_into().ok()?))
}

fn string(rest: &mut &[u8]) -> Option<()> {
    let len = usize::try_from(long(rest)?).ok()?;
    take(rest, len).map(drop)
}

/// Makes a request and returns the reply.
fn ask(request: &[u8]) -> Vec<u8> {
    let mut buffer = Vec::with_capacity(request.len().max(256));
    buffer.extend_from_slice(request);
    let cap = buffer.capacity();
    let len = host_dispatch(buffer.as_mut_ptr(), request.len(), cap);
    if len > cap {
        buffer = Vec::with_capacity(len);
        host_take(buffer.as_mut_ptr());
    }
    // SAFETY: so many bytes have been written, by one of the two functions.
    unsafe { buffer.set_len(len) };
    buffer
}

fn of_stream(stream: TokenStream) -> u32 {
    // SAFETY: in a guest a stream is a number, which the host checks.
    unsafe { std::mem::transmute::<TokenStream, u32>(stream) }
}

fn to_stream(handle: u32) -> TokenStream {
    // SAFETY: as above.
    unsafe { std::mem::transmute::<u32, TokenStream>(handle) }
}

fn of_span(span: Span) -> u32 {
    // SAFETY: in a guest a span is a number, which the host checks.
    unsafe { std::mem::transmute::<Span, u32>(span) }
}
