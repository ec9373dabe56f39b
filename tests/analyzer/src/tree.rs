//! Token trees as the protocol says them: numbers in flat lists, the groups in the order of their depth.

use std::collections::VecDeque;

use serde_json::{Value, json};

/// What stands for the kind of a literal: an integer, and a string.
const INTEGER: u32 = 3;
const STRING: u32 = 5;

/// No suffix.
const NOTHING: u32 = u32::MAX;

const OPENING: &str = "({[";
const CLOSING: &str = ")}]";

/// A token tree, with the place in the text where it begins and ends.
enum Tree {
    Group { kind: u32, trees: Vec<Tree>, open: (usize, usize), close: (usize, usize) },
    Literal { kind: u32, text: String, place: (usize, usize) },
    Punct { character: char, is_joint: bool, place: (usize, usize) },
    Ident { text: String, place: (usize, usize) },
}

/// The tokens of `text`: words, integers, strings without escapes, groups, and characters. `span` numbers the places in it.
///
/// # Panics
///
/// If its groups do not fit.
pub fn of(text: &str, span: &mut dyn FnMut((usize, usize)) -> u32) -> Value {
    let mut chars = text.char_indices().peekable();
    let trees = trees(text, &mut chars, None).0;
    flat(trees, span)
}

type Chars<'a> = std::iter::Peekable<std::str::CharIndices<'a>>;

fn trees(text: &str, chars: &mut Chars<'_>, closing: Option<char>) -> (Vec<Tree>, (usize, usize)) {
    let mut trees = Vec::new();
    while let Some((start, c)) = chars.next() {
        if Some(c) == closing {
            return (trees, (start, start + 1));
        }
        let mut end = |is_part: &dyn Fn(char) -> bool| {
            while chars.next_if(|&(_, c)| is_part(c)).is_some() {}
            chars.peek().map_or(text.len(), |&(end, _)| end)
        };
        if let Some(kind) = OPENING.find(c) {
            let closing = CLOSING[kind..].chars().next();
            let (inner, close) = self::trees(text, chars, closing);
            trees.push(Tree::Group { kind: kind as u32 + 1, trees: inner, open: (start, start + 1), close });
        } else if c.is_whitespace() {
            continue;
        } else if c.is_ascii_digit() {
            let end = end(&|c| c.is_ascii_digit());
            trees.push(Tree::Literal { kind: INTEGER, text: text[start..end].to_owned(), place: (start, end) });
        } else if c == '"' {
            let end = end(&|c| c != '"');
            chars.next().expect("a string ends");
            trees.push(Tree::Literal { kind: STRING, text: text[start + 1..end].to_owned(), place: (start, end + 1) });
        } else if c.is_alphabetic() || c == '_' {
            let end = end(&|c| c.is_alphanumeric() || c == '_');
            trees.push(Tree::Ident { text: text[start..end].to_owned(), place: (start, end) });
        } else {
            assert!(!CLOSING.contains(c), "`{c}` closes nothing in `{text}`");
            let is_joint =
                chars.peek().is_some_and(|&(_, next)| next.is_ascii_punctuation() && !OPENING.contains(next));
            trees.push(Tree::Punct { character: c, is_joint, place: (start, start + c.len_utf8()) });
        }
    }
    assert!(closing.is_none(), "a group does not end in `{text}`");
    (trees, (text.len(), text.len()))
}

fn flat(trees: Vec<Tree>, span: &mut dyn FnMut((usize, usize)) -> u32) -> Value {
    let (mut subtree, mut literal, mut punct, mut ident) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut token_tree, mut text): (Vec<usize>, Vec<String>) = (Vec::new(), Vec::new());
    let whole = span((0, 0));
    let mut groups = VecDeque::from([(whole, whole, 0, trees)]);
    let mut number = 0;
    while let Some((open, close, kind, trees)) = groups.pop_front() {
        let begin = token_tree.len();
        for tree in trees {
            let mut place_of = |string: String| {
                text.push(string);
                text.len() as u32 - 1
            };
            token_tree.push(match tree {
                Tree::Group { kind, trees, open, close } => {
                    number += 1;
                    groups.push_back((span(open), span(close), kind, trees));
                    number << 2
                }
                Tree::Literal { kind, text, place } => {
                    literal.extend([span(place), place_of(text), kind, NOTHING]);
                    (literal.len() / 4 - 1) << 2 | 1
                }
                Tree::Punct { character, is_joint, place } => {
                    punct.extend([span(place), u32::from(character), u32::from(is_joint)]);
                    (punct.len() / 3 - 1) << 2 | 2
                }
                Tree::Ident { text, place } => {
                    ident.extend([span(place), place_of(text), 0]);
                    (ident.len() / 3 - 1) << 2 | 3
                }
            });
        }
        subtree.extend([open, close, kind, begin as u32, token_tree.len() as u32]);
    }
    json!({
        "subtree": subtree, "literal": literal, "punct": punct, "ident": ident, "token_tree": token_tree, "text": text,
    })
}

/// The tokens of a reply as text, with a blank between each two.
///
/// # Panics
///
/// If it is none.
pub fn text_of(tree: &Value) -> String {
    let mut text = Vec::new();
    group(tree, 0, &mut text);
    text.join(" ")
}

fn group(tree: &Value, number: usize, text: &mut Vec<String>) {
    let numbers = |list: &str, width: usize, row: usize, column: usize| -> usize {
        tree[list][row * width + column].as_u64().expect("the lists hold numbers") as usize
    };
    let string = |row: usize| tree["text"][row].as_str().expect("the list holds texts").to_owned();
    let [kind, begin, end] = [2, 3, 4].map(|column| numbers("subtree", 5, number, column));
    let delimiters = kind.checked_sub(1).map(|kind| (&OPENING[kind..=kind], &CLOSING[kind..=kind]));
    text.extend(delimiters.map(|(open, _)| open.to_owned()));
    for row in begin..end {
        let entry = numbers("token_tree", 1, row, 0);
        let row = entry >> 2;
        match entry & 3 {
            0 => group(tree, row, text),
            1 => {
                let content = string(numbers("literal", 4, row, 1));
                let is_string = numbers("literal", 4, row, 2) == STRING as usize;
                text.push(if is_string { format!("\"{content}\"") } else { content });
            }
            2 => {
                let code = numbers("punct", 3, row, 1) as u32;
                text.push(char::from_u32(code).expect("it is a character").to_string());
            }
            _ => text.push(string(numbers("ident", 3, row, 1))),
        }
    }
    text.extend(delimiters.map(|(_, close)| close.to_owned()));
}
