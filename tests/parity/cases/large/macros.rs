//! Macros for much input and output, wide and deep.

extern crate proc_macro;
use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

fn count(stream: TokenStream) -> (usize, u64) {
    let (mut tokens, mut hash) = (0, 0xcbf2_9ce4_8422_2325);
    // Not by recursion: the stack is not what is tested here.
    let mut rest = vec![stream.into_iter()];
    while let Some(last) = rest.last_mut() {
        let Some(tree) = last.next() else {
            rest.pop();
            continue;
        };
        tokens += 1;
        let text = match tree {
            TokenTree::Group(group) => {
                rest.push(group.stream().into_iter());
                "group".to_owned()
            }
            other => other.to_string(),
        };
        hash = text.bytes().fold(hash, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    }
    (tokens, hash)
}

/// Gives the number of tokens and a hash of them.
#[proc_macro]
pub fn counted(input: TokenStream) -> TokenStream {
    format!("{:?}", count(input)).parse().unwrap()
}

/// Gives an array with that many numbers, by one of several ways.
#[proc_macro]
pub fn numbers(input: TokenStream) -> TokenStream {
    let words: Vec<String> = input.into_iter().map(|tree| tree.to_string()).collect();
    let size: u32 = words[1].parse().unwrap();
    let comma = || TokenTree::from(Punct::new(',', Spacing::Alone));
    let inside: TokenStream = match &*words[0] {
        "collected" => (0..size).flat_map(|n| [Literal::u32_unsuffixed(n).into(), comma()]).collect(),
        "extended" => {
            let mut stream = TokenStream::new();
            for n in 0..size {
                stream.extend([TokenTree::from(Literal::u32_unsuffixed(n)), comma()]);
            }
            stream
        }
        "parsed" => (0..size).map(|n| format!("{n},")).collect::<String>().parse().unwrap(),
        other => panic!("what is `{other}`?"),
    };
    TokenTree::from(Group::new(Delimiter::Bracket, inside)).into()
}

/// Makes that many groups, one in the other, takes them apart again, and says how many they were.
#[proc_macro]
pub fn nested(input: TokenStream) -> TokenStream {
    let depth: usize = input.to_string().parse().unwrap();
    let mut stream = TokenStream::from(TokenTree::from(Ident::new("core", Span::call_site())));
    for level in 0..depth {
        let delimiter = [Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket, Delimiter::None][level % 4];
        stream = TokenTree::from(Group::new(delimiter, stream)).into();
    }
    println!("{:?}", count(stream));
    TokenStream::new()
}

/// Gives what it is given.
#[proc_macro]
pub fn same(input: TokenStream) -> TokenStream {
    input
}

/// Gives a text of that many bytes.
#[proc_macro]
pub fn text(input: TokenStream) -> TokenStream {
    let size: usize = input.to_string().parse().unwrap();
    TokenTree::from(Literal::string(&"0123456789abcdeé".chars().cycle().take(size).collect::<String>())).into()
}
