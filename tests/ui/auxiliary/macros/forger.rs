//! A macro crate for Wasm alone that speaks the bridge's bytes itself, to make what `proc_macro` does not make, and to have the
//! compiler open, tell, nest and hold what it should not.

extern crate proc_macro;
use proc_macro::{Group, Span, TokenStream, TokenTree};

#[link(wasm_import_module = "rustc_proc_macro")]
unsafe extern "C" {
    fn dispatch(ptr: *mut u8, len: usize, cap: usize) -> usize;
    fn take(ptr: *mut u8);
}

/// The methods of the bridge, by their numbers.
const EXPAND_EXPR: u8 = 8;
const FROM_STR: u8 = 9;
const TO_STRING: u8 = 10;
const FROM_TOKEN_TREE: u8 = 11;
const CONCAT_STREAMS: u8 = 13;
const CLONE: u8 = 6;
const TRACK_PATH: u8 = 2;
const SUBSPAN: u8 = 26;
const VALIDATE_NAME: u8 = 31;

/// One request, field by field.
struct Request(Vec<u8>);

impl Request {
    fn new(method: u8) -> Request {
        Request(vec![method])
    }

    fn bytes(mut self, bytes: &[u8]) -> Request {
        self.0.extend(bytes);
        self
    }

    fn handle(self, handle: u32) -> Request {
        self.bytes(&handle.to_le_bytes())
    }

    fn number(self, number: usize) -> Request {
        self.bytes(&(number as u64).to_le_bytes())
    }

    fn text(self, text: &str) -> Request {
        self.number(text.len()).bytes(text.as_bytes())
    }

    /// The reply, or the message of the panic that it is.
    fn ask(self) -> Result<Vec<u8>, String> {
        let mut buffer = self.0;
        let len = unsafe { dispatch(buffer.as_mut_ptr(), buffer.len(), buffer.len()) };
        if len > buffer.len() {
            buffer.resize(len, 0);
            unsafe { take(buffer.as_mut_ptr()) };
        }
        buffer.truncate(len);
        match *buffer {
            [0, ref reply @ ..] => Ok(reply.to_vec()),
            [1, 0, ref message @ ..] => Err(String::from_utf8_lossy(&message[8..]).into_owned()),
            _ => Err("no message".to_owned()),
        }
    }

    /// A handle, behind as many tags of `Ok` and `Some`.
    fn ask_for(self, tags: usize) -> Option<u32> {
        let reply = self.ask().unwrap_or_else(|message| panic!("it is refused: {message}"));
        let (tags, handle) = reply.split_at(tags);
        tags.iter().all(|tag| *tag == 0).then(|| u32::from_le_bytes(handle.try_into().unwrap()))
    }
}

fn span_handle(span: Span) -> u32 {
    unsafe { std::mem::transmute::<Span, u32>(span) }
}

fn span(handle: u32) -> Span {
    unsafe { std::mem::transmute::<u32, Span>(handle) }
}

fn stream_handle(stream: TokenStream) -> u32 {
    unsafe { std::mem::transmute::<TokenStream, u32>(stream) }
}

fn stream(handle: u32) -> TokenStream {
    unsafe { std::mem::transmute::<u32, TokenStream>(handle) }
}

fn parse(text: &str) -> TokenStream {
    text.parse().expect("the text is Rust")
}

/// The texts of the input's string literals, of whose escapes those of one character are known.
fn arguments(input: TokenStream) -> Vec<String> {
    let literals = input.into_iter().filter(|tree| matches!(tree, TokenTree::Literal(_)));
    literals.map(|literal| text_of(&literal)).collect()
}

fn text_of(literal: &TokenTree) -> String {
    let literal = literal.to_string();
    let quoted = literal.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&literal);
    let (mut text, mut chars) = (String::new(), quoted.chars());
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' => match chars.next() {
                Some('r') => '\r',
                Some('n') => '\n',
                Some('0') => '\0',
                other => other.expect("something is escaped"),
            },
            c => c,
        });
    }
    text
}

/// `literal!("KIND", "TEXT", "SUFFIX", "BEFORE", "AFTER")`, where `KIND` is the numbers of a kind, `SUFFIX` may be `none`, and the
/// literal stands between the texts, which are parsed together.
#[proc_macro]
pub fn literal(input: TokenStream) -> TokenStream {
    let [kind, text, suffix, before, after] = &arguments(input)[..] else { panic!("five arguments") };
    let kind: Vec<u8> = kind.split(' ').map(|number| number.parse().unwrap()).collect();
    let request = Request::new(FROM_TOKEN_TREE).bytes(&[3]).bytes(&kind).text(text);
    let request = if suffix == "none" { request.bytes(&[1]) } else { request.bytes(&[0]).text(suffix) };
    let literal = request.handle(span_handle(Span::call_site())).ask_for(0).expect("a handle");
    around(before, stream(literal), after)
}

/// `tokens` between the texts, which are parsed together.
fn around(before: &str, tokens: TokenStream, after: &str) -> TokenStream {
    let text = format!("{before} __here__ {after}");
    let mut tokens = Some(tokens);
    let output = replaced(parse(&text), &mut tokens);
    assert!(tokens.is_none(), "there is a place for the tokens");
    output
}

fn replaced(tokens: TokenStream, by: &mut Option<TokenStream>) -> TokenStream {
    let mut output = TokenStream::new();
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => {
                let inner = replaced(group.stream(), by);
                output.extend([TokenTree::from(Group::new(group.delimiter(), inner))]);
            }
            TokenTree::Ident(name) if name.to_string() == "__here__" => output.extend(by.take()),
            other => output.extend([other]),
        }
    }
    output
}

/// The input's text parsed, for what is to be a macro's own.
#[proc_macro]
pub fn output(input: TokenStream) -> TokenStream {
    parse(&arguments(input)[0])
}

/// The text parsed, each token of it at the span of the input's third one, behind the comma.
#[proc_macro]
pub fn output_at(input: TokenStream) -> TokenStream {
    let span = input.clone().into_iter().nth(2).expect("a token whose span is taken").span();
    respanned(parse(&arguments(input)[0]), span)
}

fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    let respan = |mut tree: TokenTree| {
        if let TokenTree::Group(group) = &tree {
            tree = Group::new(group.delimiter(), respanned(group.stream(), span)).into();
        }
        tree.set_span(span);
        tree
    };
    tokens.into_iter().map(respan).collect()
}

/// Returns the item, token for token.
#[proc_macro_attribute]
pub fn pass(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    fn rebuilt(tokens: TokenStream) -> TokenStream {
        let rebuild = |tree| match tree {
            TokenTree::Group(group) => {
                let mut rebuilt = Group::new(group.delimiter(), rebuilt(group.stream()));
                rebuilt.set_span(group.span());
                rebuilt.into()
            }
            other => other,
        };
        tokens.into_iter().map(rebuild).collect()
    }
    rebuilt(item)
}

/// What the compiler expands the text to, and then the second text.
#[proc_macro]
pub fn expand(input: TokenStream) -> TokenStream {
    let [text, output] = &arguments(input)[..] else { panic!("two arguments") };
    let request = Request::new(EXPAND_EXPR).handle(stream_handle(parse(text)));
    match request.ask_for(1) {
        Some(expanded) => eprintln!("expanded: {}", stream(expanded)),
        None => eprintln!("not expanded"),
    }
    parse(output)
}

/// What stands in the source map between the input's first token and the last one of what the text is expanded to.
#[proc_macro]
pub fn read_between(input: TokenStream) -> TokenStream {
    let first = input.clone().into_iter().next().unwrap().span();
    let expanded = Request::new(EXPAND_EXPR).handle(stream_handle(parse(&arguments(input)[0]))).ask_for(1);
    let last = stream(expanded.expect("a literal")).into_iter().last().unwrap().span();
    let (first, last) = (span_handle(first), span_handle(last));
    for (open, close) in [(first, last), (last, first)] {
        let group = Request::new(FROM_TOKEN_TREE).bytes(&[0, 0, 1]).handle(open).handle(close).handle(open);
        let group = stream(group.ask_for(0).expect("a handle")).into_iter().next().unwrap();
        tell(span_handle(group.span()));
    }
    TokenStream::new()
}

/// Says all that there is at the span, piece by piece.
fn tell(wide: u32) {
    let mut told = String::new();
    for start in 0..10_000 {
        let part = Request::new(SUBSPAN).handle(wide).bytes(&[0]).number(start).bytes(&[1]).number(start + 1);
        let Ok(reply) = part.ask() else { continue };
        let [0, handle @ ..] = &reply[..] else { continue };
        let part = span(u32::from_le_bytes(handle.try_into().unwrap()));
        told.extend(part.source_text());
    }
    eprintln!("told: {told:?}");
}

/// Nests groups as deep as the number says, and does with them what the word says.
#[proc_macro]
pub fn nest(input: TokenStream) -> TokenStream {
    let arguments = arguments(input);
    let (depth, what) = (arguments[0].parse::<usize>().unwrap(), &*arguments[1]);
    let delimiter = if what == "blocks" { 1 } else { 0 };
    let span = span_handle(Span::call_site());
    let groups = || {
        let mut inner = stream_handle(parse("1"));
        for _ in 0..depth {
            let group = Request::new(FROM_TOKEN_TREE).bytes(&[0, delimiter, 0]).handle(inner);
            inner = group.handle(span).handle(span).handle(span).ask_for(0).unwrap();
        }
        inner
    };
    let text = || format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    match what {
        "print" => _ = Request::new(TO_STRING).handle(groups()).ask(),
        "print at the end of the stack" => at_the_end_of_the_stack(&|| _ = Request::new(TO_STRING).handle(groups()).ask()),
        "parse" => _ = Request::new(FROM_STR).text(&text()).ask(),
        "parse at the end of the stack" => at_the_end_of_the_stack(&|| _ = Request::new(FROM_STR).text(&text()).ask()),
        "expand" => _ = Request::new(EXPAND_EXPR).handle(groups()).ask(),
        "expand at the end of the stack" => at_the_end_of_the_stack(&|| _ = Request::new(EXPAND_EXPR).handle(groups()).ask()),
        "drop" => drop(stream(groups())),
        "forget" => _ = groups(),
        "return" | "blocks" => return stream(groups()),
        _ => panic!("what?"),
    }
    parse("1")
}

/// Calls `f` where little of the guest's stack is left.
fn at_the_end_of_the_stack(f: &dyn Fn()) {
    #[inline(never)]
    fn deep(left: u32, f: &dyn Fn()) -> u64 {
        let frame = std::hint::black_box([u64::from(left); 16]);
        if left == 0 {
            f();
            return frame[3];
        }
        deep(left - 1, f) + frame[5]
    }
    deep(20_000, f);
}

/// Doubles a stream as often as the number says.
#[proc_macro]
pub fn double(input: TokenStream) -> TokenStream {
    let times: u32 = arguments(input)[0].parse().unwrap();
    let mut all = stream_handle(parse("a"));
    for _ in 0..times {
        let copy = Request::new(CLONE).handle(all).ask_for(0).unwrap();
        let both = Request::new(CONCAT_STREAMS).bytes(&[0]).handle(all).number(1).handle(copy);
        all = both.ask_for(0).unwrap();
    }
    TokenStream::new()
}

/// The same by groups that share what is in them, which is printed.
#[proc_macro]
pub fn share(input: TokenStream) -> TokenStream {
    let times: u32 = arguments(input)[0].parse().unwrap();
    let mut inner = parse("a");
    for _ in 0..times {
        let group = TokenTree::from(Group::new(proc_macro::Delimiter::Bracket, inner));
        inner = [group.clone(), group].into_iter().collect();
    }
    eprintln!("{} bytes", inner.to_string().len());
    TokenStream::new()
}

/// Has the compiler keep that many names of 16 MiB.
#[proc_macro]
pub fn names(input: TokenStream) -> TokenStream {
    let count: u32 = arguments(input)[0].parse().unwrap();
    let mut name = "a".repeat(16 << 20);
    for number in 0..count {
        name.replace_range(..9, &format!("b{number:08}"));
        Request::new(VALIDATE_NAME).text(&name).ask().unwrap();
    }
    TokenStream::new()
}

/// Notes a path that the expansion is said to depend on.
#[proc_macro]
pub fn track(input: TokenStream) -> TokenStream {
    if let Err(message) = Request::new(TRACK_PATH).text(&arguments(input)[0]).ask() {
        panic!("it is refused: {message}");
    }
    TokenStream::new()
}

/// What `expand` expands: a literal that no lexer makes, in a place where the compiler relied on one.
#[proc_macro]
pub fn bad_number(_input: TokenStream) -> TokenStream {
    let request = Request::new(FROM_TOKEN_TREE).bytes(&[3, 3]).text("..").bytes(&[0]).text("x");
    let literal = request.handle(span_handle(Span::call_site())).ask_for(0).unwrap();
    [parse("x ."), stream(literal)].into_iter().collect()
}
