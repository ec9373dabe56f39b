//! What the types of `fields` use.

/// For `#[serde(with)]`: a value as it is.
pub mod plain {
    pub fn serialize<T: serde::Serialize + ?Sized, S: serde::Serializer>(value: &T, s: S) -> Result<S::Ok, S::Error> {
        value.serialize(s)
    }

    pub fn deserialize<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(d: D) -> Result<T, D::Error> {
        T::deserialize(d)
    }
}
