//! What the host knows about one guest while it runs: its memory, the compiler that answers it, and what it left behind.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

use rustc_wasm_proc_macro_api::Dispatch;
use rustc_wasm_proc_macro_api::readable::Readable;
use wasmtime::{Caller, Extern, Memory, ResourceLimiter};

use crate::fault::{Denied, Stop};
use crate::files::Files;
use crate::wasi::Errno;
use crate::watt;

/// The most memory that a guest may have, in bytes. The default is all that 32 bits can address.
const MEMORY_LIMIT: usize = 4 << 30;

/// The most tables that a guest may have. Linkers make one, of function pointers.
const TABLES: usize = 4;

/// The most elements that a table may have, of eight bytes each. A macro has some thousand function pointers.
const TABLE_LIMIT: usize = 1 << 20;

/// Denials that are remembered for an error's notes.
const REMEMBERED_DENIALS: usize = 8;

/// Files and directories that a guest may read in its constructors.
const EARLY_FILES: usize = 1024;

/// The longest panic message that is kept, in bytes.
pub(crate) const PANIC_MESSAGE_LIMIT: usize = 1 << 20;

/// The state of one store.
#[derive(Default)]
pub(crate) struct Guest {
    /// The exported memory, from the end of instantiation on.
    pub(crate) memory: Option<Memory>,
    server: Option<Server>,
    /// What `take` hands out next.
    pub(crate) pending: Option<Vec<u8>>,
    /// A buffer for `pending`, kept for its capacity.
    pub(crate) spare: Vec<u8>,
    /// The last panic that the guest announced.
    pub(crate) panic: Option<String>,
    /// Whether the guest was refused more memory in this expansion.
    pub(crate) grow_refused: bool,
    /// What the guest asked for and did not get, in this expansion.
    pub(crate) denied: Vec<Denied>,
    /// What the guest's constructors read, while no compiler listened.
    early_files: BTreeSet<PathBuf>,
    /// The environment between a question for its size and the question for its content.
    pub(crate) environment: Option<Vec<Vec<u8>>>,
    files: Option<Files>,
    /// What a guest of watt has been given numbers for, in this expansion.
    pub(crate) watt: watt::Tables,
}

/// The compiler, for the time of one expansion.
struct Server(NonNull<dyn Dispatch>);

// SAFETY: a `Guest` moves to another thread only by way of a module's pool, and then `Guest::server` is `None`: `serve` sets
// it and `unserve` clears it within `Instance::expand`, and an instance whose call unwound is dropped and not pooled.
unsafe impl Send for Server {}
// SAFETY: as above; and a shared `&Guest` offers no way to the pointer, since `Guest::server` takes `&mut self`.
unsafe impl Sync for Server {}

impl Guest {
    /// Lets `dispatch` answer this guest's requests until [`Guest::unserve`], and tells it first what the guest did in its
    /// constructors.
    ///
    /// # Safety
    ///
    /// `dispatch` must stay alive and otherwise unused until [`Guest::unserve`] or the end of this guest, and no guest
    /// code may run in this store after the end of its lifetime without either.
    pub(crate) unsafe fn serve(&mut self, dispatch: &mut dyn Dispatch, input: &[u8]) {
        std::mem::take(&mut self.early_files).iter().for_each(|path| dispatch.depends_on(path));
        self.denied.iter().for_each(|denied| dispatch.denied(&denied.to_string()));
        let pointer: NonNull<dyn Dispatch + '_> = NonNull::from(dispatch);
        // SAFETY: only the lifetime changes, and the caller promises that it is not exceeded.
        let pointer = unsafe { std::mem::transmute::<NonNull<dyn Dispatch + '_>, NonNull<dyn Dispatch>>(pointer) };
        self.server = Some(Server(pointer));
        let mut pending = std::mem::take(&mut self.spare);
        pending.clear();
        pending.extend_from_slice(input);
        self.pending = Some(pending);
        self.panic = None;
        self.grow_refused = false;
    }

    /// Ends [`Guest::serve`].
    pub(crate) fn unserve(&mut self) {
        self.server = None;
        self.denied.clear();
        self.drop_pending();
        self.watt.clear();
    }

    /// The compiler, if an expansion is running.
    pub(crate) fn server(&mut self) -> Option<&mut dyn Dispatch> {
        // SAFETY: `serve`'s caller keeps the pointer's target alive and unused as long as it stands here. The result
        // borrows `self`, so there is one such reference at a time: a nested expansion runs in another store.
        self.server.as_mut().map(|Server(pointer)| unsafe { pointer.as_mut() })
    }

    pub(crate) fn drop_pending(&mut self) {
        if let Some(pending) = self.pending.take() {
            self.spare = pending;
        }
    }

    /// The files that the guest has open.
    pub(crate) fn files(&mut self) -> &mut Files {
        self.files.get_or_insert_with(|| Files::new(Readable::of_process()))
    }

    /// Says that what the guest returns may depend on a file or directory.
    ///
    /// # Errors
    ///
    /// A constructor has read so many that no more are remembered for the compiler.
    pub(crate) fn depends_on(&mut self, path: &Path) -> Result<(), Errno> {
        if let Some(server) = self.server() {
            server.depends_on(path);
        } else if !self.early_files.contains(path) {
            if self.early_files.len() == EARLY_FILES {
                return Err(Errno::MFILE);
            }
            self.early_files.insert(path.to_owned());
        }
        Ok(())
    }

    /// Remembers that the guest asked for something that it does not get.
    pub(crate) fn deny(&mut self, function: &'static str, path: Option<String>) {
        let denied = Denied { function, path };
        if let Some(server) = self.server() {
            server.denied(&denied.to_string());
        }
        if self.denied.len() < REMEMBERED_DENIALS && !self.denied.contains(&denied) {
            self.denied.push(denied);
        }
    }
}

impl ResourceLimiter for Guest {
    fn memory_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = desired <= MEMORY_LIMIT && maximum.is_none_or(|maximum| desired <= maximum);
        self.grow_refused |= !allowed;
        Ok(allowed)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.grow_refused = true;
        Ok(())
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_LIMIT)
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

/// The guest's memory and the rest of its state, for a host function.
///
/// # Errors
///
/// The guest has no memory, which can happen only while it is being instantiated.
pub(crate) fn memory_and_guest<'a>(caller: &'a mut Caller<'_, Guest>) -> Result<(&'a mut [u8], &'a mut Guest), Stop> {
    let memory = match caller.data().memory {
        Some(memory) => memory,
        None => match caller.get_export("memory") {
            Some(Extern::Memory(memory)) => memory,
            _ => return Err(Stop::protocol("it called the host before it had a memory")),
        },
    };
    Ok(memory.data_and_store_mut(caller))
}

/// The range of `len` bytes at `pointer`, if all of it lies in a memory of `size` bytes.
pub(crate) fn range(size: usize, pointer: u32, len: u32) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(pointer).ok()?;
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    (end <= size).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{EARLY_FILES, Guest};
    use crate::wasi::Errno;

    #[test]
    fn a_constructor_cannot_make_the_host_remember_more_and_more_files() {
        // And none is forgotten: a file that the compiler would not hear of is not read.
        let path = |number: usize| PathBuf::from(number.to_string());
        let mut guest = Guest::default();
        for number in 0..EARLY_FILES {
            assert_eq!(guest.depends_on(&path(number)), Ok(()));
        }
        assert_eq!(guest.depends_on(&path(EARLY_FILES)), Err(Errno::MFILE));
        assert_eq!(guest.depends_on(&path(0)), Ok(()), "it is remembered already");
    }
}
