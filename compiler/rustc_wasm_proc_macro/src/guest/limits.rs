//! What Wasmtime lets a guest have: one memory and a few tables, as long as its share of all guests' memory lasts.

use wasmtime::ResourceLimiter;

use super::Guest;
use crate::fault::Stop;

/// The most memory that a guest may have, in bytes. The default is all that 32 bits can address.
const MEMORY_LIMIT: usize = 4 << 30;

/// The most tables that a guest may have. Linkers make one, of function pointers.
const TABLES: usize = 4;

/// The most elements that a table may have. A macro has some thousand function pointers.
const TABLE_LIMIT: usize = 1 << 20;

/// The bytes of an element.
const ELEMENT: usize = 8;

impl Guest {
    /// A memory or a table is to have `bytes` more.
    ///
    /// # Errors
    ///
    /// There is no more.
    fn grow(&mut self, bytes: usize) -> Result<(), Stop> {
        self.share.grow(bytes).inspect_err(|Stop(kind)| self.over_limit = Some(kind.clone()))
    }
}

impl ResourceLimiter for Guest {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.check_time()?;
        let allowed = desired <= MEMORY_LIMIT && maximum.is_none_or(|maximum| desired <= maximum);
        self.grow_refused |= !allowed;
        if allowed {
            self.grow(desired.saturating_sub(current))?;
        }
        Ok(allowed)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.grow_refused = true;
        self.share.grow_failed();
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.check_time()?;
        let allowed = desired <= TABLE_LIMIT;
        if allowed {
            self.grow(desired.saturating_sub(current) * ELEMENT)?;
        }
        Ok(allowed)
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.share.grow_failed();
        Ok(())
    }

    fn instances(&self) -> usize {
        1
    }

    fn memories(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        TABLES
    }
}
