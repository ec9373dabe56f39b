//! Keeps out of messages what a terminal would obey. Their text may be a macro's, and only titles and
//! lines of source are cleaned where they are laid out.

use std::borrow::Cow;

/// `text` with characters to be seen in the place of those that control a terminal or turn the direction
/// of text, the same that titles have. Line ends and tabs stay.
pub(crate) fn readable(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.contains(is_obeyed) {
        true => Cow::Owned(text.chars().map(seen).collect()),
        false => text,
    }
}

/// A laid out message in which nothing controls a terminal but the styles of the layout itself, and its links to error codes. Source
/// may have such characters in strings and comments, and so may the name of a file.
pub(crate) fn only_styles(laid_out: String) -> String {
    if !laid_out.contains(is_obeyed) {
        return laid_out;
    }
    let mut shown = String::with_capacity(laid_out.len());
    let mut rest = &laid_out[..];
    while let Some(c) = rest.chars().next() {
        let (style, others) = rest.split_at(style(rest));
        if style.is_empty() {
            shown.push(seen(c));
            rest = &rest[c.len_utf8()..];
        } else {
            shown.push_str(style);
            rest = others;
        }
    }
    shown
}

/// The bytes at the beginning of `text` by which a layout colors it, or makes a link of it.
fn style(text: &str) -> usize {
    if let Some(color) = text.strip_prefix("\x1b[") {
        let parameters = color.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
        return if color[parameters..].starts_with('m') { 2 + parameters + 1 } else { 0 };
    }
    let Some(link) = text.strip_prefix("\x1b]8;;") else { return 0 };
    let target = link.bytes().take_while(|byte| byte.is_ascii_graphic()).count();
    let is_ours = target == 0 || link.starts_with("https://doc.rust-lang.org/");
    if is_ours && link[target..].starts_with("\x1b\\") { 5 + target + 2 } else { 0 }
}

fn is_obeyed(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => c.is_control(),
    }
}

/// The character, or one to be seen in its place.
fn seen(c: char) -> char {
    match c {
        '\0'..='\u{1f}' if is_obeyed(c) => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')
        }
        '\u{7f}' => '␡',
        _ if is_obeyed(c) => '\u{fffd}',
        _ => c,
    }
}
