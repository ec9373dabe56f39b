//! How a text is written as a string of TOML.

use crate::output::escaped;

/// `text` as a string of TOML, on one line whatever it is.
pub(crate) fn string(text: &str) -> String {
    let mut string = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => string.extend(['\\', c]),
            c if escaped(c.encode_utf8(&mut [0; 4])) != c.to_string() || c == '\n' || c == '\t' => {
                string.push_str(&format!("\\U{:08X}", u32::from(c)));
            }
            c => string.push(c),
        }
    }
    string.push('"');
    string
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_one_line_and_means_the_same() {
        let text = "a\"b\\c\n\u{1b}]é\u{202e}";
        let written = string(text);
        assert_eq!(written, "\"a\\\"b\\\\c\\U0000000A\\U0000001B]é\\U0000202E\"");
        let read: toml::Table = toml::from_str(&format!("x = {written}")).unwrap();
        assert_eq!(read["x"].as_str(), Some(text));
    }
}
