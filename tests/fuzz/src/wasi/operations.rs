//! What a guest does: calls of WASI, made of an input so that most of them have a meaning.

use arbitrary::{Result, Unstructured};

use super::site::NAMES;
use crate::guest::{self, Function, MEMORY};

/// Each operation has a part of the guest's memory to itself, from here on.
const PARTS: u32 = 0x1000;

/// The size of a part in bytes.
pub(super) const PART: u32 = 0x200;

/// How many operations fit.
const OPERATIONS: u32 = (guest::RESULTS - PARTS) / PART;

/// Where in a part something stands: lists of buffers, small results, and a long one.
pub(super) const BUFFERS: u32 = 0;
pub(super) const SMALL: u32 = 0x20;
pub(super) const LONG: u32 = 0x40;
/// A path, where its call has a long result, too.
const PATH: u32 = 0x100;

/// The bytes of a long result.
const LONG_BYTES: u32 = PART - LONG;

const WASI: &str = "wasi_snapshot_preview1";

/// What the guest imports. The operations' numbers are the places in here.
pub(super) const FUNCTIONS: [Function; 46] = [
    Function::new(WASI, "path_open", "iiiiillii"),
    Function::new(WASI, "fd_read", "iiii"),
    Function::new(WASI, "fd_pread", "iiili"),
    Function::new(WASI, "fd_seek", "ilii"),
    Function::new(WASI, "fd_tell", "ii"),
    Function::new(WASI, "fd_close", "i"),
    Function::new(WASI, "fd_readdir", "iiili"),
    Function::new(WASI, "fd_fdstat_get", "ii"),
    Function::new(WASI, "fd_filestat_get", "ii"),
    Function::new(WASI, "fd_prestat_get", "ii"),
    Function::new(WASI, "fd_prestat_dir_name", "iii"),
    Function::new(WASI, "path_filestat_get", "iiiii"),
    Function::new(WASI, "path_readlink", "iiiiii"),
    Function::new(WASI, "fd_write", "iiii"),
    Function::new(WASI, "environ_sizes_get", "ii"),
    Function::new(WASI, "environ_get", "ii"),
    Function::new(WASI, "args_sizes_get", "ii"),
    Function::new(WASI, "args_get", "ii"),
    Function::new(WASI, "clock_time_get", "ili"),
    Function::new(WASI, "clock_res_get", "ii"),
    Function::new(WASI, "random_get", "ii"),
    Function::new(WASI, "poll_oneoff", "iiii"),
    Function::new(WASI, "sched_yield", ""),
    Function::new(WASI, "fd_advise", "illi"),
    Function::silent(WASI, "proc_exit", "i"),
    // From here on everything is an error.
    Function::new(WASI, "fd_allocate", "ill"),
    Function::new(WASI, "fd_datasync", "i"),
    Function::new(WASI, "fd_fdstat_set_flags", "ii"),
    Function::new(WASI, "fd_fdstat_set_rights", "ill"),
    Function::new(WASI, "fd_filestat_set_size", "il"),
    Function::new(WASI, "fd_filestat_set_times", "illi"),
    Function::new(WASI, "fd_pwrite", "iiili"),
    Function::new(WASI, "fd_renumber", "ii"),
    Function::new(WASI, "fd_sync", "i"),
    Function::new(WASI, "path_create_directory", "iii"),
    Function::new(WASI, "path_filestat_set_times", "iiiilli"),
    Function::new(WASI, "path_link", "iiiiiii"),
    Function::new(WASI, "path_remove_directory", "iii"),
    Function::new(WASI, "path_rename", "iiiiii"),
    Function::new(WASI, "path_symlink", "iiiii"),
    Function::new(WASI, "path_unlink_file", "iii"),
    Function::new(WASI, "proc_raise", "i"),
    Function::new(WASI, "sock_accept", "iii"),
    Function::new(WASI, "sock_recv", "iiiiii"),
    Function::new(WASI, "sock_send", "iiiii"),
    Function::new(WASI, "sock_shutdown", "ii"),
];

/// The first of the functions that always return an error.
pub(super) const FIRST_REFUSED: usize = 25;

/// A call, as it is checked later.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) function: usize,
    pub(super) arguments: Vec<u64>,
    /// Where its part of the memory begins.
    pub(super) part: u32,
    /// The path that it names, if all its pointers are right.
    pub(super) path: Option<Vec<u8>>,
    /// The two buffers that it names, if all its pointers are right.
    pub(super) buffers: Option<[(u32, u32); 2]>,
    /// Whether one of its pointers leads out of memory.
    pub(super) is_wild: bool,
}

impl Operation {
    pub(super) fn name(&self) -> &'static str {
        FUNCTIONS[self.function].name
    }
}

/// Makes a list of operations, and what the guest is to interpret.
pub(super) fn make(input: &mut Unstructured<'_>, root: &str) -> Result<(Vec<Operation>, Vec<u8>)> {
    let mut writer = Writer { input, root, code: Vec::new(), part: 0, is_wild: false };
    let mut operations = Vec::new();
    while (operations.len() as u32) < OPERATIONS && !writer.input.is_empty() {
        writer.part = PARTS + PART * operations.len() as u32;
        writer.is_wild = false;
        operations.push(writer.operation()?);
    }
    Ok((operations, writer.code))
}

struct Writer<'a, 'b> {
    input: &'a mut Unstructured<'b>,
    root: &'a str,
    code: Vec<u8>,
    part: u32,
    is_wild: bool,
}

impl Writer<'_, '_> {
    fn operation(&mut self) -> Result<Operation> {
        // What opens and reads is most interesting.
        let function = match self.input.int_in_range(0..=9)? {
            0..=2 => 0,
            3..=7 => self.input.int_in_range(1..=12)?,
            8 => self.input.int_in_range(13..=FIRST_REFUSED - 1)?,
            _ => self.input.int_in_range(FIRST_REFUSED..=FUNCTIONS.len() - 1)?,
        };
        let (mut path, mut buffers) = (None, None);
        let arguments = match FUNCTIONS[function].name {
            "path_open" => {
                let (fd, lookup, (at, len)) = (self.fd()?, self.flags()?, self.path(&mut path)?);
                // Only to read, mostly.
                let oflags = if self.input.ratio(1, 4)? { self.input.int_in_range(0..=15)? } else { 0 };
                let rights = if self.input.ratio(1, 4)? { self.input.arbitrary()? } else { 2 };
                let opened = self.pointer(SMALL, 4)?;
                vec![fd, lookup, at, len, oflags, rights, self.input.arbitrary()?, self.flags()?, opened]
            }
            "fd_read" | "fd_write" | "fd_pread" => {
                let fd = self.fd()?;
                let list = self.buffers(&mut buffers)?;
                let mut arguments = vec![fd, list, 2];
                if FUNCTIONS[function].name == "fd_pread" {
                    arguments.push(if self.input.ratio(1, 8)? {
                        self.input.arbitrary()?
                    } else {
                        self.input.int_in_range(0..=90)?
                    });
                }
                arguments.push(self.pointer(SMALL, 4)?);
                arguments
            }
            "fd_seek" => {
                let offset: i64 =
                    if self.input.ratio(1, 8)? { self.input.arbitrary()? } else { self.input.int_in_range(-9..=99)? };
                vec![self.fd()?, offset.cast_unsigned(), self.input.int_in_range(0..=3)?, self.pointer(SMALL, 8)?]
            }
            "fd_tell" | "fd_prestat_get" => vec![self.fd()?, self.pointer(SMALL, 8)?],
            "fd_close" => vec![self.fd()?],
            "fd_readdir" => {
                let (fd, cookie) = (self.fd()?, self.input.int_in_range(0..=12)?);
                vec![fd, self.pointer(LONG, LONG_BYTES)?, self.length(LONG_BYTES)?, cookie, self.pointer(SMALL, 4)?]
            }
            "fd_fdstat_get" => vec![self.fd()?, self.pointer(LONG, 24)?],
            "fd_filestat_get" => vec![self.fd()?, self.pointer(LONG, 64)?],
            "fd_prestat_dir_name" => vec![self.fd()?, self.pointer(LONG, LONG_BYTES)?, self.length(LONG_BYTES)?],
            "path_filestat_get" => {
                let (fd, lookup, (at, len)) = (self.fd()?, self.flags()?, self.path(&mut path)?);
                vec![fd, lookup, at, len, self.pointer(LONG, 64)?]
            }
            "path_readlink" => {
                let (fd, (at, len)) = (self.fd()?, self.path(&mut path)?);
                vec![fd, at, len, self.pointer(LONG, PATH - LONG)?, self.length(PATH - LONG)?, self.pointer(SMALL, 4)?]
            }
            "clock_time_get" => vec![self.input.int_in_range(0..=5)?, 0, self.pointer(SMALL, 8)?],
            "clock_res_get" => vec![self.input.int_in_range(0..=5)?, self.pointer(SMALL, 8)?],
            "random_get" => vec![self.pointer(LONG, LONG_BYTES)?, self.length(LONG_BYTES)?],
            "poll_oneoff" => self.poll()?,
            // The whole environment may have more than a part has room for: it is put where nobody else has anything.
            "environ_get" | "args_get" => vec![self.pointer(BUFFERS, 8)?, u64::from(MEMORY - 0x8000)],
            _ => {
                let count = FUNCTIONS[function].parameters.len();
                let mut arguments = vec![self.fd()?];
                while arguments.len() < count {
                    arguments.push(if self.input.arbitrary()? {
                        self.pointer(LONG, 8)?
                    } else {
                        self.input.int_in_range(0..=64)?
                    });
                }
                arguments.truncate(count);
                arguments
            }
        };
        guest::call(&mut self.code, function, &arguments);
        let is_wild = self.is_wild;
        let (path, buffers) = if is_wild { (None, None) } else { (path, buffers) };
        Ok(Operation { function, arguments, part: self.part, path, buffers, is_wild })
    }

    fn fd(&mut self) -> Result<u64> {
        Ok(match self.input.int_in_range(0..=15)? {
            0 => self.input.arbitrary::<u32>()?.into(),
            1 => self.input.int_in_range(0..=2)?,
            2..=4 => self.input.int_in_range(3..=4)?,
            _ => self.input.int_in_range(5..=9)?,
        })
    }

    fn flags(&mut self) -> Result<u64> {
        self.input.int_in_range(0..=3)
    }

    /// A place in the operation's part, or seldom one of which `bytes` bytes are not all there.
    fn pointer(&mut self, offset: u32, bytes: u32) -> Result<u64> {
        if self.input.ratio(1, 24)? {
            self.is_wild = true;
            let beyond = *self.input.choose(&[MEMORY - bytes + 1, MEMORY, u32::MAX - bytes + 1, u32::MAX])?;
            return Ok(beyond.into());
        }
        Ok((self.part + offset).into())
    }

    fn length(&mut self, most: u32) -> Result<u64> {
        self.input.int_in_range(0..=most).map(u64::from)
    }

    /// A path from the beginning, below the directory of the test, or of any bytes; it is written to the operation's part.
    fn path(&mut self, path: &mut Option<Vec<u8>>) -> Result<(u64, u64)> {
        let mut text = match self.input.int_in_range(0..=9)? {
            0 => self.input.bytes(self.input.len().min(12))?.to_vec(),
            1 => self
                .input
                .choose(&["etc/passwd", "proc/self/environ", "proc/self/root/etc", "dev/zero", "", "/", "..", "."])?
                .as_bytes()
                .to_vec(),
            // As seen from the root, from the working directory, or from something that is open.
            2..=5 => format!("{}/{}", &self.root[1..], self.input.choose(&NAMES)?).into_bytes(),
            6 => format!("{}/{}", self.root, self.input.choose(&NAMES)?).into_bytes(),
            7 => format!("../{}", self.input.choose(&NAMES)?).into_bytes(),
            _ => self.input.choose(&NAMES)?.trim_start_matches("package/").as_bytes().to_vec(),
        };
        text.truncate((PART - PATH) as usize);
        guest::store(&mut self.code, self.part + PATH, &text);
        let at = self.pointer(PATH, PART - PATH)?;
        let len = if self.input.ratio(1, 32)? { self.input.arbitrary::<u32>()? } else { text.len() as u32 };
        if len as usize == text.len() {
            *path = Some(text);
        } else {
            // Whatever stands behind it, or nothing.
            self.is_wild = true;
        }
        Ok((at, len.into()))
    }

    /// Two buffers in the operation's part.
    fn buffers(&mut self, buffers: &mut Option<[(u32, u32); 2]>) -> Result<u64> {
        let mut both = [(0, 0); 2];
        let mut list = Vec::new();
        for (number, buffer) in both.iter_mut().enumerate() {
            let at = self.pointer(LONG + 0x80 * number as u32, 0x80)? as u32;
            let len = self.length(0x80)? as u32;
            *buffer = (at, len);
            list.extend([at.to_le_bytes(), len.to_le_bytes()].concat());
        }
        guest::store(&mut self.code, self.part + BUFFERS, &list);
        *buffers = Some(both);
        self.pointer(BUFFERS, 16)
    }

    /// Waits for a clock that is never far away, or for a stream.
    fn poll(&mut self) -> Result<Vec<u64>> {
        let mut subscription = [0; 48];
        subscription[..8].copy_from_slice(&self.input.arbitrary::<[u8; 8]>()?);
        subscription[8] = self.input.int_in_range(0..=3)?;
        subscription[16] = self.input.int_in_range(0..=5)?;
        subscription[24..26].copy_from_slice(&self.input.arbitrary::<[u8; 2]>()?);
        guest::store(&mut self.code, self.part + LONG, &subscription);
        let count = self.input.int_in_range(0..=1)?;
        Ok(vec![self.pointer(LONG, 48)?, self.pointer(PATH, 32)?, count, self.pointer(SMALL, 4)?])
    }
}
