/**
 * WASI preview 1, as far as the compiler and its macros need it.
 *
 * Layouts and numbers are those of <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>.
 */

import { Directory, File, find, names, type Node } from "./files";
import { Exit, Fault, guarded } from "./traps";

/** Error codes. */
export const Errno = {
  SUCCESS: 0,
  BADF: 8,
  EXIST: 20,
  INVAL: 28,
  ISDIR: 31,
  NOENT: 44,
  NOSYS: 52,
  NOTDIR: 54,
  NOTEMPTY: 55,
  SPIPE: 70,
  NOTCAPABLE: 76,
} as const;

export const MODULE = "wasi_snapshot_preview1";

const CHARACTER_DEVICE = 2;
const DIRECTORY = 3;
const REGULAR_FILE = 4;

const RIGHT_WRITE = 1n << 6n;
const ALL_RIGHTS = (1n << 30n) - 1n;

/** What a body throws to answer with an error code. */
class Failure {
  constructor(readonly errno: number) {}
}

export type Call = (...parameters: never[]) => number;
export type Functions = Record<string, Call>;

/** A program's memory, to be made anew for each call: it moves when it grows. */
export class View {
  readonly bytes: Uint8Array;
  private readonly data: DataView;

  constructor(memory: WebAssembly.Memory) {
    this.bytes = new Uint8Array(memory.buffer);
    this.data = new DataView(memory.buffer);
  }

  number(at: number): number {
    return this.data.getUint32(at >>> 0, true);
  }

  put32(at: number, value: number): void {
    this.data.setUint32(at >>> 0, value, true);
  }

  put64(at: number, value: bigint): void {
    this.data.setBigUint64(at >>> 0, value, true);
  }

  slice(at: number, length: number): Uint8Array {
    const [start, end] = [at >>> 0, (at >>> 0) + (length >>> 0)];
    if (end > this.bytes.length) {
      throw new Fault("it names a slice outside its memory");
    }
    return this.bytes.subarray(start, end);
  }

  text(at: number, length: number): string {
    return new TextDecoder().decode(this.slice(at, length));
  }

  /** The buffers of a list. */
  buffers(list: number, count: number): Uint8Array[] {
    return Array.from({ length: count }, (_, index) =>
      this.slice(this.number(list + 8 * index), this.number(list + 8 * index + 4)),
    );
  }
}

/** Texts as a program finds its arguments and its environment. */
function texts(list: readonly string[]): Uint8Array[] {
  return list.map((text) => new TextEncoder().encode(`${text}\0`));
}

/** The functions that hand out texts: `args` or `environ`. */
function texting(view: () => View, name: string, list: readonly string[]): Functions {
  const all = texts(list);
  return {
    [`${name}_sizes_get`]: (count: number, size: number) => {
      const memory = view();
      memory.put32(count, all.length);
      memory.put32(size, all.reduce((sum, text) => sum + text.length, 0));
      return Errno.SUCCESS;
    },
    [`${name}_get`]: (pointers: number, at: number) => {
      const memory = view();
      for (const text of all) {
        memory.put32(pointers, at);
        memory.slice(at, text.length).set(text);
        pointers += 4;
        at += text.length;
      }
      return Errno.SUCCESS;
    },
  };
}

/** What every program has: its texts, clocks, random numbers, and a way to end. */
export function basics(view: () => View, words: readonly string[], environment: readonly string[]): Functions {
  return {
    ...texting(view, "args", words),
    ...texting(view, "environ", environment),
    clock_res_get: (_clock: number, at: number) => {
      view().put64(at, 1000n);
      return Errno.SUCCESS;
    },
    clock_time_get: (clock: number, _precision: bigint, at: number) => {
      const milliseconds = clock === 0 ? performance.timeOrigin + performance.now() : performance.now();
      view().put64(at, BigInt(Math.round(milliseconds * 1e6)));
      return Errno.SUCCESS;
    },
    random_get: (at: number, length: number) => {
      const LIMIT = 1 << 16;
      const bytes = view().slice(at, length);
      for (let start = 0; start < bytes.length; start += LIMIT) {
        crypto.getRandomValues(bytes.subarray(start, start + LIMIT) as Uint8Array<ArrayBuffer>);
      }
      return Errno.SUCCESS;
    },
    sched_yield: () => Errno.SUCCESS,
    proc_exit: (code: number) => {
      throw new Exit(code);
    },
  };
}

/** Writes what a program prints. */
export function printing(view: () => View, print: (fd: number, chunk: Uint8Array) => void): Functions {
  return {
    fd_write: (fd: number, list: number, count: number, done: number) => {
      const memory = view();
      if (fd !== 1 && fd !== 2) {
        return Errno.BADF;
      }
      let written = 0;
      for (const buffer of memory.buffers(list, count)) {
        print(fd, buffer.slice());
        written += buffer.length;
      }
      memory.put32(done, written);
      return Errno.SUCCESS;
    },
  };
}

/** The descriptor of the root directory, which is all that a program is given. */
const ROOT = 3;

/** Says of a descriptor what it is: a standard stream, if there is no node. */
function putStatus(memory: View, at: number, node: Node | undefined): void {
  memory.slice(at, 24).fill(0);
  memory.bytes[at] = node === undefined ? CHARACTER_DEVICE : node instanceof File ? REGULAR_FILE : DIRECTORY;
  memory.put64(at + 8, node === undefined ? RIGHT_WRITE : ALL_RIGHTS);
  memory.put64(at + 16, ALL_RIGHTS);
}

/** Gives a program the root directory, whether or not it may open something there. */
export function rooted(view: () => View): Functions {
  const root = new Directory();
  return answering({
    fd_fdstat_get: (fd: number, at: number) => {
      putStatus(view(), at, fd <= 2 ? undefined : fd === ROOT ? root : fail(Errno.BADF));
    },
    fd_prestat_get: (fd: number, at: number) => {
      const memory = fd === ROOT ? view() : fail(Errno.BADF);
      memory.put32(at, 0);
      memory.put32(at + 4, 1);
    },
    fd_prestat_dir_name: (_fd: number, at: number) => view().slice(at, 1).set(new TextEncoder().encode("/")),
  });
}

/** What is open. */
interface Open {
  node: Node;
  position: number;
  appends: boolean;
}

/** Functions about files, in a tree of its own. */
export function filing(view: () => View, root: Directory): Functions {
  const opened = new Map<number, Open>([[ROOT, { node: root, position: 0, appends: false }]]);

  const get = (fd: number): Open => opened.get(fd) ?? fail(Errno.BADF);
  const fileOf = (fd: number): [Open, File] => {
    const open = fd <= 2 ? fail(Errno.SPIPE) : get(fd);
    return open.node instanceof File ? [open, open.node] : fail(Errno.ISDIR);
  };
  const directoryOf = (fd: number): Directory => {
    const { node } = get(fd);
    return node instanceof Directory ? node : fail(Errno.NOTDIR);
  };
  /** The directory that a path names something in, and the name. */
  const place = (fd: number, path: string): [Directory, string] => {
    const parents = names(path);
    const last = parents.pop() ?? fail(Errno.INVAL);
    const parent = find(directoryOf(fd), parents.join("/")) ?? fail(Errno.NOENT);
    return parent instanceof Directory ? [parent, last] : fail(Errno.NOTDIR);
  };
  const putStat = (memory: View, at: number, node: Node | undefined): void => {
    memory.slice(at, 64).fill(0);
    if (node === undefined) {
      memory.bytes[at + 16] = CHARACTER_DEVICE;
      return;
    }
    memory.put64(at, 1n);
    memory.put64(at + 8, node.inode);
    memory.bytes[at + 16] = node instanceof File ? REGULAR_FILE : DIRECTORY;
    memory.put64(at + 24, 1n);
    memory.put64(at + 32, BigInt(node instanceof File ? node.length : 0));
  };

  const bodies = answering({
    fd_close: (fd: number) => {
      if (fd > 2) {
        get(fd);
        opened.delete(fd);
      }
    },
    fd_fdstat_get: (fd: number, at: number) => putStatus(view(), at, fd <= 2 ? undefined : get(fd).node),
    fd_fdstat_set_flags: (fd: number) => void get(fd),
    fd_filestat_get: (fd: number, at: number) => putStat(view(), at, fd <= 2 ? undefined : get(fd).node),
    fd_filestat_set_times: (fd: number) => void get(fd),
    fd_read: (fd: number, list: number, count: number, done: number) => {
      const memory = view();
      let read = 0;
      if (fd !== 0) {
        const [open, file] = fileOf(fd);
        for (const buffer of memory.buffers(list, count)) {
          const chunk = file.contents().subarray(open.position, open.position + buffer.length);
          buffer.set(chunk);
          open.position += chunk.length;
          read += chunk.length;
        }
      }
      memory.put32(done, read);
    },
    fd_write: (fd: number, list: number, count: number, done: number) => {
      const memory = view();
      const [open, file] = fileOf(fd);
      let written = 0;
      for (const buffer of memory.buffers(list, count)) {
        const position = open.appends ? file.length : open.position;
        file.write(position, buffer);
        open.position = position + buffer.length;
        written += buffer.length;
      }
      memory.put32(done, written);
    },
    fd_seek: (fd: number, offset: bigint, whence: number, at: number) => {
      const [open, file] = fileOf(fd);
      const from = [0, open.position, file.length][whence] ?? fail(Errno.INVAL);
      const position = from + Number(offset);
      if (position < 0) {
        fail(Errno.INVAL);
      }
      open.position = position;
      view().put64(at, BigInt(position));
    },
    fd_readdir: (fd: number, at: number, length: number, cookie: bigint, used: number) => {
      const memory = view();
      const place = memory.slice(at, length);
      let end = 0;
      for (const [index, [name, node]] of [...directoryOf(fd).entries].entries()) {
        if (BigInt(index) < cookie || end >= place.length) {
          continue;
        }
        const text = new TextEncoder().encode(name);
        const entry = new Uint8Array(24 + text.length);
        const data = new DataView(entry.buffer);
        data.setBigUint64(0, BigInt(index + 1), true);
        data.setBigUint64(8, node.inode, true);
        data.setUint32(16, text.length, true);
        data.setUint8(20, node instanceof File ? REGULAR_FILE : DIRECTORY);
        entry.set(text, 24);
        place.set(entry.subarray(0, place.length - end), end);
        end = Math.min(end + entry.length, place.length);
      }
      memory.put32(used, end);
    },
    path_open: (
      fd: number,
      _look: number,
      path: number,
      length: number,
      how: number,
      _rights: bigint,
      _inheriting: bigint,
      flags: number,
      at: number,
    ) => {
      const memory = view();
      const text = memory.text(path, length);
      const [creates, wantsDirectory, exclusive, truncates] = [1, 2, 4, 8].map((bit) => (how & bit) !== 0);
      let node = find(directoryOf(fd), text);
      if (node === undefined) {
        const [parent, name] = creates ? place(fd, text) : fail(Errno.NOENT);
        node = new File();
        parent.entries.set(name, node);
      } else if (creates && exclusive) {
        fail(Errno.EXIST);
      }
      if (node instanceof File) {
        if (wantsDirectory) {
          fail(Errno.NOTDIR);
        }
        if (truncates) {
          node.clear();
        }
      }
      let number = ROOT + 1;
      while (opened.has(number)) {
        number += 1;
      }
      opened.set(number, { node, position: 0, appends: (flags & 1) !== 0 });
      memory.put32(at, number);
    },
    path_filestat_get: (fd: number, _look: number, path: number, length: number, at: number) => {
      const memory = view();
      putStat(memory, at, find(directoryOf(fd), memory.text(path, length)) ?? fail(Errno.NOENT));
    },
    path_create_directory: (fd: number, path: number, length: number) => {
      const [parent, name] = place(fd, view().text(path, length));
      if (parent.entries.has(name)) {
        fail(Errno.EXIST);
      }
      parent.entries.set(name, new Directory());
    },
    path_unlink_file: (fd: number, path: number, length: number) => {
      const [parent, name] = place(fd, view().text(path, length));
      const node = parent.entries.get(name) ?? fail(Errno.NOENT);
      if (node instanceof Directory) {
        fail(Errno.ISDIR);
      }
      parent.entries.delete(name);
    },
    path_remove_directory: (fd: number, path: number, length: number) => {
      const [parent, name] = place(fd, view().text(path, length));
      const node = parent.entries.get(name) ?? fail(Errno.NOENT);
      if (!(node instanceof Directory)) {
        fail(Errno.NOTDIR);
      } else if (node.entries.size > 0) {
        fail(Errno.NOTEMPTY);
      }
      parent.entries.delete(name);
    },
    path_rename: (fd: number, path: number, length: number, to: number, target: number, targetLength: number) => {
      const memory = view();
      const [parent, name] = place(fd, memory.text(path, length));
      const [newParent, newName] = place(to, memory.text(target, targetLength));
      newParent.entries.set(newName, parent.entries.get(name) ?? fail(Errno.NOENT));
      if (parent !== newParent || name !== newName) {
        parent.entries.delete(name);
      }
    },
  });
  return { ...rooted(view), ...bodies };
}

/** What a module imports of WASI: these functions, and an error code for every other one. */
export function imports(module: WebAssembly.Module, functions: Functions): WebAssembly.ModuleImports {
  const wanted = WebAssembly.Module.imports(module).filter((item) => item.module === MODULE);
  return guarded(Object.fromEntries(wanted.map(({ name }) => [name, functions[name] ?? (() => Errno.NOSYS)])));
}

function fail(errno: number): never {
  throw new Failure(errno);
}

/** Bodies that answer with an error code by throwing it. */
function answering(bodies: Record<string, (...parameters: never[]) => void>): Functions {
  const answer =
    (body: (...parameters: never[]) => void): Call =>
    (...parameters) => {
      try {
        body(...parameters);
        return Errno.SUCCESS;
      } catch (error) {
        if (error instanceof Failure) {
          return error.errno;
        }
        throw error;
      }
    };
  return Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, answer(body)]));
}
