/** A tree of files in memory. Paths are absolute, with `/` between names. There are no links. */

export class File {
  readonly inode = nextInode();
  /** May be longer than the file: see `length`. */
  private bytes: Uint8Array;
  length: number;

  constructor(bytes: Uint8Array = new Uint8Array()) {
    this.bytes = bytes;
    this.length = bytes.length;
  }

  /** What stands in it. It is no copy. */
  contents(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** Writes at a position, behind the end too. */
  write(position: number, chunk: Uint8Array): void {
    const end = position + chunk.length;
    if (end > this.bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.bytes.length));
      larger.set(this.contents());
      this.bytes = larger;
    }
    this.bytes.set(chunk, position);
    this.length = Math.max(this.length, end);
  }

  /** Makes it empty. What it had may belong to somebody else. */
  clear(): void {
    this.bytes = new Uint8Array();
    this.length = 0;
  }
}

export class Directory {
  readonly inode = nextInode();
  readonly entries = new Map<string, Node>();
}

export type Node = File | Directory;

let inodes = 0n;

function nextInode(): bigint {
  inodes += 1n;
  return inodes;
}

/** The names of a path, without `.` and `..`. Above the top there is nothing. */
export function names(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") {
      names.pop();
    } else if (name !== "" && name !== ".") {
      names.push(name);
    }
  }
  return names;
}

/** What is at a path below `directory`, if there is something. */
export function find(directory: Directory, path: string): Node | undefined {
  let node: Node | undefined = directory;
  for (const name of names(path)) {
    node = node instanceof Directory ? node.entries.get(name) : undefined;
  }
  return node;
}

/** Writes a file, and makes the directories that it is in. */
export function put(root: Directory, path: string, bytes: Uint8Array): void {
  const parents = names(path);
  const last = parents.pop();
  if (last === undefined) {
    throw new Error("a file needs a name");
  }
  let directory = root;
  for (const name of parents) {
    let next = directory.entries.get(name);
    if (next === undefined) {
      next = new Directory();
      directory.entries.set(name, next);
    }
    if (!(next instanceof Directory)) {
      throw new Error(`\`${name}\` is a file`);
    }
    directory = next;
  }
  directory.entries.set(last, new File(bytes));
}

const BLOCK = 512;

/** The regular files of a tar archive in the format `ustar`, by their paths. Their bytes are no copies. */
export function* untar(archive: Uint8Array): Generator<[string, Uint8Array]> {
  const text = new TextDecoder();
  const field = (header: Uint8Array, start: number, length: number): string => {
    const bytes = header.subarray(start, start + length);
    const end = bytes.indexOf(0);
    return text.decode(end < 0 ? bytes : bytes.subarray(0, end));
  };
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    if (header[0] === 0) {
      return;
    }
    const size = Number.parseInt(field(header, 124, 12), 8);
    const prefix = field(header, 345, 155);
    const name = field(header, 0, 100);
    at += BLOCK;
    if (field(header, 156, 1) === "0") {
      yield [prefix === "" ? name : `${prefix}/${name}`, archive.subarray(at, at + size)];
    }
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
}
