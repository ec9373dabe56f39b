//! Bytes as hexadecimal digits.

use std::fmt::Write as _;

/// The digits of `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    bytes.iter().for_each(|byte| _ = write!(text, "{byte:02x}"));
    text
}

/// The bytes of exactly so many digits, which are in lower case: each value has one text.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_text() {
        // A key that can be written in two ways is two keys to whoever compares texts.
        assert_eq!(decode::<2>("0aff"), Some([10, 255]));
        assert_eq!(encode(&[10, 255]), "0aff");
        for wrong in ["0AFF", "0af", "0aff0", "+aff", "0a f", "äf"] {
            assert_eq!(decode::<2>(wrong), None, "{wrong}");
        }
    }
}
