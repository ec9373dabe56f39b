//! Keys of entries.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The key of an entry: the SHA-256 of everything that its contents depend on. `Display` writes 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// The key of `parts`, each of which counts with its place and length: `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn from_parts<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Key {
        let mut hasher = Sha256::new();
        for part in parts {
            let part = part.as_ref();
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Key(crate::module::Digest(hasher.finalize().into()).to_string())
    }

    /// The key that is written `text`, if it is one.
    pub(super) fn from_text(text: &str) -> Option<Key> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 64 && text.bytes().all(is_digit)).then(|| Key(text.to_owned()))
    }

    /// The key's 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_depend_on_parts_and_their_borders() {
        let keys = [
            Key::from_parts(["ab", "c"]),
            Key::from_parts(["a", "bc"]),
            Key::from_parts(["abc"]),
            Key::from_parts(["abc", ""]),
            Key::from_parts(["c", "ab"]),
            Key::from_parts([""; 0]),
        ];
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key), "{index}");
            assert_eq!(Key::from_text(key.as_str()).as_ref(), Some(key));
        }
        assert_eq!(Key::from_parts(["ab", "c"]), keys[0]);
    }
}
