//! Keeps out of messages what a terminal would obey. Their text may be a macro's, and only titles and
//! lines of source are cleaned where they are laid out.

use std::borrow::Cow;

/// `text` with characters to be seen in the place of those that control a terminal or turn the direction
/// of text, the same that titles have. Line ends and tabs stay.
pub(crate) fn readable(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return text;
    }
    let seen = |c: char| match c {
        '\0'..='\u{1f}' if is_obeyed(c) => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')
        }
        '\u{7f}' => '␡',
        _ if is_obeyed(c) => '\u{fffd}',
        _ => c,
    };
    Cow::Owned(text.chars().map(seen).collect())
}

fn is_obeyed(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => c.is_control(),
    }
}

/// A laid out message without the control characters from 0x80 on, which are nobody's there: styles
/// begin with one of ASCII's. Source may have them in strings and comments.
pub(crate) fn without_c1(laid_out: String) -> String {
    match laid_out.contains(is_c1) {
        true => laid_out.replace(is_c1, "\u{fffd}"),
        false => laid_out,
    }
}

fn is_c1(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}')
}
