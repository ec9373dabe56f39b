//! What the host knows about one guest while it runs: its memory, the compiler that answers it, and what it left behind.

mod limits;

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use rustc_wasm_proc_macro_api::Dispatch;
use rustc_wasm_proc_macro_api::policy::{Ended, Grants, Wanted};
use wasmtime::{Caller, Extern, Memory};

use crate::deadline::Deadline;
use crate::errno::Errno;
use crate::fault::{FaultKind, Stop};
use crate::files::Files;
use crate::memory::{Kept, Share};
use crate::output::{self, Output, Stream};
use crate::refusals::{Asked, Refusals};
use crate::watt;

/// The largest buffer that is kept for the next reply, in bytes.
const SPARE_LIMIT: usize = 1 << 20;

/// Files and directories that a guest may read in its constructors.
const EARLY_FILES: usize = 1024;

/// The longest panic message that is kept, in bytes.
pub(crate) const PANIC_MESSAGE_LIMIT: usize = 1 << 20;

/// The state of one store.
pub(crate) struct Guest {
    /// What its module is granted.
    grants: Grants,
    /// When it must have ended what it does now.
    pub(crate) deadline: Option<Deadline>,
    /// What it has of the memory of all guests.
    pub(crate) share: Share,
    /// What it writes to the compiler's output.
    output: Output,
    /// The exported memory, from the end of instantiation on.
    pub(crate) memory: Option<Memory>,
    server: Option<Server>,
    /// What `take` hands out next.
    pending: Option<Vec<u8>>,
    /// A buffer for `pending`, kept for its capacity.
    spare: Vec<u8>,
    /// The last panic that the guest announced.
    pub(crate) panic: Option<String>,
    /// Whether the guest was refused more memory in this expansion.
    pub(crate) grow_refused: bool,
    /// Why, if a limit is to blame. Wasmtime says so of a memory, and nothing of the heap of exceptions.
    pub(crate) over_limit: Option<FaultKind>,
    /// What the guest named and did not get, in this expansion or, while no compiler listened, in its constructors.
    refusals: Refusals,
    /// The variables that it asked for, likewise.
    asked: Asked,
    /// What the guest has read: each such place once, whatever the guest called it.
    read: HashSet<PathBuf>,
    /// What of it the compiler has not heard of yet, as the guest called it.
    early_files: Vec<PathBuf>,
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
    /// The guest of a module that is granted `grants`.
    pub(crate) fn new(grants: Grants, share: Share) -> Guest {
        Guest {
            grants,
            deadline: None,
            share,
            output: Output::default(),
            memory: None,
            server: None,
            pending: None,
            spare: Vec::new(),
            panic: None,
            grow_refused: false,
            over_limit: None,
            refusals: Refusals::default(),
            asked: Asked::default(),
            read: HashSet::new(),
            early_files: Vec::new(),
            environment: None,
            files: None,
            watt: watt::Tables::default(),
        }
    }

    /// Lets `dispatch` answer this guest's requests until [`Guest::unserve`], and tells it first what the guest did in its
    /// constructors.
    ///
    /// # Safety
    ///
    /// `dispatch` must stay alive and otherwise unused until [`Guest::unserve`] or the end of this guest, and no guest
    /// code may run in this store after the end of its lifetime without either.
    ///
    /// # Errors
    ///
    /// There is no memory for the input.
    pub(crate) unsafe fn serve(&mut self, dispatch: &mut dyn Dispatch, input: &[u8]) -> Result<(), Stop> {
        std::mem::take(&mut self.early_files).iter().for_each(|path| dispatch.depends_on(path));
        self.refusals.iter().for_each(|wanted| dispatch.refused(wanted.clone()));
        self.asked.names().for_each(|name| _ = dispatch.variable(name));
        let pointer: NonNull<dyn Dispatch + '_> = NonNull::from(dispatch);
        // SAFETY: only the lifetime changes, and the caller promises that it is not exceeded.
        let pointer = unsafe { std::mem::transmute::<NonNull<dyn Dispatch + '_>, NonNull<dyn Dispatch>>(pointer) };
        self.server = Some(Server(pointer));
        self.panic = None;
        self.grow_refused = false;
        self.over_limit = None;
        let mut pending = self.buffer();
        pending.extend_from_slice(input);
        self.set_pending(pending)
    }

    /// Ends [`Guest::serve`].
    pub(crate) fn unserve(&mut self) {
        self.server = None;
        self.refusals.clear();
        self.asked.clear();
        self.drop_pending();
        self.watt.clear();
        self.share.release(Kept::Tables);
        self.finish_output();
    }

    /// The compiler, if an expansion is running.
    pub(crate) fn server(&mut self) -> Option<&mut dyn Dispatch> {
        // SAFETY: `serve`'s caller keeps the pointer's target alive and unused as long as it stands here. The result
        // borrows `self`, so there is one such reference at a time: a nested expansion runs in another store.
        self.server.as_mut().map(|Server(pointer)| unsafe { pointer.as_mut() })
    }

    /// Answers the request in the first `len` bytes of `buffer`, and returns the reply's length. It stands in `buffer` if it
    /// fits, and else `take` hands it out.
    ///
    /// # Errors
    ///
    /// No macro runs, the request is no good, or there is no memory for the reply.
    pub(crate) fn answer(&mut self, buffer: &mut [u8], len: usize) -> Result<u32, Stop> {
        self.drop_pending();
        let Some(Server(server)) = &mut self.server else {
            return Err(Stop::protocol("a request while no macro runs"));
        };
        // SAFETY: as in `Guest::server`.
        let reply = unsafe { server.as_mut() }.dispatch(&buffer[..len]).map_err(Stop::protocol)?;
        let Ok(n) = u32::try_from(reply.len()) else {
            return Err(Stop::protocol("a request whose reply has more than 4 GiB"));
        };
        if let Some(place) = buffer.get_mut(..reply.len()) {
            place.copy_from_slice(reply);
        } else {
            let mut pending = std::mem::take(&mut self.spare);
            pending.extend_from_slice(reply);
            self.set_pending(pending)?;
        }
        Ok(n)
    }

    /// What `take` hands out next.
    pub(crate) fn pending(&self) -> Option<&[u8]> {
        self.pending.as_deref()
    }

    /// An empty buffer for [`Guest::set_pending`].
    pub(crate) fn buffer(&mut self) -> Vec<u8> {
        self.drop_pending();
        std::mem::take(&mut self.spare)
    }

    /// Has `take` hand out `bytes` next.
    ///
    /// # Errors
    ///
    /// There is no memory for them.
    pub(crate) fn set_pending(&mut self, bytes: Vec<u8>) -> Result<(), Stop> {
        self.share.keep(Kept::Pending, bytes.len())?;
        self.pending = Some(bytes);
        Ok(())
    }

    /// Keeps a buffer for the next time.
    pub(crate) fn keep_buffer(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= SPARE_LIMIT {
            buffer.clear();
            self.spare = buffer;
        }
    }

    pub(crate) fn drop_pending(&mut self) {
        if let Some(pending) = self.pending.take() {
            self.share.release(Kept::Pending);
            self.keep_buffer(pending);
        }
    }

    /// Ends an expansion that has taken too long.
    ///
    /// # Errors
    ///
    /// It has.
    pub(crate) fn check_time(&self) -> Result<(), Stop> {
        self.deadline.map_or(Ok(()), Deadline::check)
    }

    /// Waits for that long.
    ///
    /// # Errors
    ///
    /// See [`Deadline::sleep`].
    pub(crate) fn sleep(&self, time: Duration) -> Result<(), Stop> {
        match self.deadline {
            Some(deadline) => deadline.sleep(time),
            None => Err(Stop::protocol("it wants to sleep while no macro runs")),
        }
    }

    /// Writes to the compiler's output; see [`Output::write`].
    pub(crate) fn write_output(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), output::Failed> {
        self.output.write(stream, bytes)?;
        self.share.keep(Kept::Lines, self.output.kept()).map_err(output::Failed::Limit)
    }

    /// Shows what is left of the guest's output.
    pub(crate) fn finish_output(&mut self) {
        self.output.finish();
        self.share.release(Kept::Lines);
    }

    /// Adds something to what a guest of watt has numbers for.
    ///
    /// # Errors
    ///
    /// There is no memory for it.
    pub(crate) fn add_to_watt<T>(&mut self, add: impl FnOnce(&mut watt::Tables) -> Result<T, Stop>) -> Result<T, Stop> {
        let added = add(&mut self.watt)?;
        self.share.keep(Kept::Tables, self.watt.used())?;
        Ok(added)
    }

    /// What the guest's module is granted.
    pub(crate) fn grants(&self) -> &Grants {
        &self.grants
    }

    /// The files that the guest has open.
    pub(crate) fn files(&mut self) -> &mut Files {
        self.files.get_or_insert_with(|| Files::new(Arc::clone(self.grants.readable())))
    }

    /// Says that what the guest returns may depend on what it found at `path`, which leads to `place`.
    ///
    /// # Errors
    ///
    /// A constructor has read so many that no more are remembered for the compiler.
    pub(crate) fn depends_on(&mut self, path: &Path, place: &Path) -> Result<(), Errno> {
        // There are endless names for one file, but only so many files.
        if self.read.contains(place) {
            return Ok(());
        }
        let path = crate::files::tidy(path, place);
        if let Some(server) = self.server() {
            server.depends_on(&path);
        } else if self.early_files.len() == EARLY_FILES {
            return Err(Errno::MFILE);
        } else {
            self.early_files.push(path);
        }
        self.read.insert(place.to_owned());
        Ok(())
    }

    /// Notes that the guest named something that it does not get.
    pub(crate) fn refuse(&mut self, wanted: Wanted) {
        if let Some(wanted) = self.refusals.note(wanted)
            && let Some(server) = self.server()
        {
            server.refused(wanted);
        }
    }

    /// What the guest named and did not get, in this expansion.
    pub(crate) fn refused(&self) -> Vec<Wanted> {
        self.refusals.iter().cloned().chain(self.asked.refused()).collect()
    }

    /// Whether the guest may go on to look at the environment variable `name`. If it is set and not for the guest, that has
    /// been noted.
    ///
    /// # Errors
    ///
    /// The guest asks for too many.
    pub(crate) fn variable(&mut self, name: &str) -> Result<bool, Stop> {
        if let Some(allowed) = self.asked.get(name) {
            return Ok(allowed);
        }
        let allowed = match self.server() {
            Some(server) => server.variable(name),
            // The compiler hears of it, and decides the same, once it listens.
            None => self.grants.variable(name) || std::env::var_os(name).is_none(),
        };
        match self.asked.note(name, allowed) {
            true => Ok(allowed),
            false => Err(Stop::protocol("it asked for too many environment variables")),
        }
    }

    /// How a program ends, if there is one that the guest may have; see [`Grants::command`].
    pub(crate) fn command(&self, arguments: &[OsString], cwd: &Path) -> Option<Ended> {
        self.grants.command(arguments, cwd)
    }
}

/// The guest's memory and the rest of its state, for a host function.
///
/// # Errors
///
/// The guest has no memory, which can happen only while it is being instantiated; or no time.
pub(crate) fn memory_and_guest<'a>(caller: &'a mut Caller<'_, Guest>) -> Result<(&'a mut [u8], &'a mut Guest), Stop> {
    let memory = match caller.data().memory {
        Some(memory) => memory,
        None => match caller.get_export("memory") {
            Some(Extern::Memory(memory)) => memory,
            _ => return Err(Stop::protocol("it called the host before it had a memory")),
        },
    };
    let (memory, guest) = memory.data_and_store_mut(caller);
    // Code without loops, which looks at the time by itself nowhere else, may call the host a million times.
    guest.check_time()?;
    Ok((memory, guest))
}

/// The range of `len` bytes at `pointer`, if all of it lies in a memory of `size` bytes.
pub(crate) fn range(size: usize, pointer: u32, len: u32) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(pointer).ok()?;
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    (end <= size).then_some(start..end)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::PathBuf;

    use rustc_wasm_proc_macro_api::policy::Policy;

    use super::{EARLY_FILES, Guest};
    use crate::errno::Errno;
    use crate::memory::{Account, Share};

    /// A guest that has what every module has.
    pub(crate) fn guest() -> Guest {
        let grants = Policy::of_process().grants(&[0; 32], "guest", "0.1.0");
        let share = Share::new(Account::new(&grants));
        Guest::new(grants, share)
    }

    #[test]
    fn a_constructor_cannot_make_the_host_remember_more_and_more_files() {
        // And none is forgotten: a file that the compiler would not hear of is not read.
        let path = |number: usize| PathBuf::from(format!("/{number}"));
        let mut guest = guest();
        for number in 0..EARLY_FILES {
            assert_eq!(guest.depends_on(&path(number), &path(number)), Ok(()));
        }
        assert_eq!(guest.depends_on(&path(EARLY_FILES), &path(EARLY_FILES)), Err(Errno::MFILE));
        assert_eq!(guest.depends_on(&path(1), &path(0)), Ok(()), "it is remembered already");
    }
}
