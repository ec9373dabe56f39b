//! Grants on their way over the border: fields in a fixed order, each with its length before it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{Given, Unit};
use crate::table;

/// Writes all that a module was given.
pub(super) fn encode(given: &Given) -> Vec<u8> {
    let mut writer = Writer(Vec::new());
    writer.text(&given.name);
    writer.text(&given.version);
    writer.option(given.id.as_deref(), Writer::text);
    writer.list(&given.read, |writer, path| writer.path(path));
    writer.list(&given.env, |writer, pattern| writer.text(pattern));
    writer.option(given.time, |writer, time| writer.number(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)));
    writer.option(given.memory, Writer::number);
    writer.number(given.memory_of_all);
    writer.list(&given.unit.variables, |writer, name| writer.text(name));
    writer.list(&given.unit.read, |writer, path| writer.path(path));
    writer.option(given.unit.package_manifest.as_deref(), Writer::path);
    writer.option(given.unit.workspace_manifest.as_deref(), Writer::path);
    writer.option(given.unit.workspace_error.as_deref(), Writer::text);
    writer.0
}

/// What [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> Option<Given> {
    let mut reader = Reader(bytes);
    let given = Given {
        name: reader.text()?,
        version: reader.text()?,
        id: reader.option(Reader::text)?,
        read: reader.list(Reader::path)?,
        env: reader.list(Reader::text)?,
        time: reader.option(Reader::number)?.map(Duration::from_millis),
        memory: reader.option(Reader::number)?,
        memory_of_all: reader.number()?,
        unit: Arc::new(Unit {
            variables: reader.list(Reader::text)?,
            read: reader.list(Reader::path)?,
            package_manifest: reader.option(Reader::path)?,
            workspace_manifest: reader.option(Reader::path)?,
            workspace_error: reader.option(Reader::text)?,
        }),
    };
    reader.0.is_empty().then_some(given)
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn path(&mut self, path: &Path) {
        self.bytes(table::path_bytes(path).unwrap_or_default());
    }

    fn list<T>(&mut self, list: &[T], mut write: impl FnMut(&mut Writer, &T)) {
        self.number(list.len() as u64);
        list.iter().for_each(|element| write(self, element));
    }

    fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Writer, T)) {
        self.number(value.is_some().into());
        if let Some(value) = value {
            write(self, value);
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*number))
    }

    fn bytes(&mut self) -> Option<&[u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<String> {
        std::str::from_utf8(self.bytes()?).ok().map(str::to_owned)
    }

    fn path(&mut self) -> Option<PathBuf> {
        table::path_from(self.bytes()?).map(Path::to_owned)
    }

    fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let len = self.number()?;
        // Every element has a length of its own, so no list is longer than the bytes.
        (0..len).map(|_| read(self)).collect()
    }

    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.number()? {
            0 => Some(None),
            1 => read(self).map(Some),
            _ => None,
        }
    }
}
