//! What a guest of watt knows by numbers.

use rustc_wasm_proc_macro_api::watt::{ENTRY, LIMIT};

use crate::fault::{FaultKind, Stop};

/// What a guest knows by numbers, for the time of one expansion. Numbers are indices.
#[derive(Default)]
pub(crate) struct Tables {
    strings: Vec<String>,
    bytes: Vec<Vec<u8>>,
    /// How much of [`LIMIT`] is used.
    used: usize,
    /// A buffer for requests, kept for its capacity.
    pub(super) request: Vec<u8>,
}

impl Tables {
    pub(crate) fn clear(&mut self) {
        self.strings.clear();
        self.bytes.clear();
        self.used = 0;
    }

    /// The bytes that it has.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    pub(super) fn count(&mut self, size: usize) -> Result<(), Stop> {
        match self.used.checked_add(size).and_then(|used| used.checked_add(ENTRY)) {
            Some(used) if used <= LIMIT => {
                self.used = used;
                Ok(())
            }
            _ => Err(Stop(FaultKind::OutOfMemory)),
        }
    }

    pub(super) fn add_string(&mut self, text: String) -> Result<u32, Stop> {
        self.count(text.len())?;
        add(&mut self.strings, text)
    }

    pub(super) fn add_bytes(&mut self, bytes: Vec<u8>) -> Result<u32, Stop> {
        self.count(bytes.len())?;
        add(&mut self.bytes, bytes)
    }

    pub(super) fn string(&self, number: u32) -> Result<&str, Stop> {
        let string = usize::try_from(number).ok().and_then(|index| self.strings.get(index));
        string.map(String::as_str).ok_or_else(|| Stop::protocol(format!("there is no string of number {number}")))
    }

    pub(super) fn bytes(&self, number: u32) -> Result<&[u8], Stop> {
        let bytes = usize::try_from(number).ok().and_then(|index| self.bytes.get(index));
        bytes.map(Vec::as_slice).ok_or_else(|| Stop::protocol(format!("there is no buffer of number {number}")))
    }
}

/// Adds an entry. The table's limit keeps its number far below 2³².
fn add<V>(table: &mut Vec<V>, value: V) -> Result<u32, Stop> {
    let number = u32::try_from(table.len()).map_err(|_| Stop(FaultKind::OutOfMemory))?;
    table.push(value);
    Ok(number)
}
