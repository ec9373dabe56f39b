/** The compiler, its files, and one run of it. */

import { Directory, find, put, untar, File } from "./files";
import { MODULE as MACROS, Macros, type Compiled } from "./macros";
import { causeOf, Exit } from "./traps";
import { basics, filing, imports, MODULE as WASI, printing, View, type Functions } from "./wasi";

/** Where the compiler looks for what. */
const SYSROOT = "sysroot";
const PACKS = "packs";
const CACHE = "/cache";
const SOURCE = "main.rs";

/** What a run prints. */
export interface Outcome {
  /** The compiler's exit code. Without one it has trapped. */
  code?: number;
  /** What it says of the trap. */
  trap?: string;
  stdout: string;
  stderr: string;
  /** In seconds. */
  took: number;
  /** The compiler's memory, in bytes. */
  memory: number;
}

/** What there is to do with a source. */
export type Action = "check" | "expand";

/** A set of libraries and macros: the options that give it to the compiler. `{}` stands for its directory. */
export interface Pack {
  name: string;
  options: readonly string[];
}

export class Compiler {
  private readonly root = new Directory();
  private readonly compiled: Compiled = new Map();

  /** `running` hears which macro runs, and when none does. */
  constructor(
    private readonly module: WebAssembly.Module,
    private readonly running: (macro?: string) => void,
  ) {}

  /** Gives it the standard library, as an archive of crate metadata. */
  addSysroot(archive: Uint8Array): void {
    this.add(SYSROOT, archive);
  }

  /** Gives it the libraries and the macros of a pack. */
  addPack(name: string, archive: Uint8Array): void {
    this.add(`${PACKS}/${name}`, archive);
  }

  private add(directory: string, archive: Uint8Array): void {
    for (const [path, bytes] of untar(archive)) {
      put(this.root, `${directory}/${path}`, bytes);
    }
  }

  run(action: Action, source: string, packs: readonly Pack[]): Outcome {
    this.root.entries.delete("work");
    put(this.root, `work/${SOURCE}`, new TextEncoder().encode(source));
    const words = ["rustc", "--sysroot", `/${SYSROOT}`, "--edition", "2024", "--error-format=json"];
    words.push("--crate-name", "main", "--crate-type", /\bfn\s+main\s*\(/.test(source) ? "bin" : "lib");
    words.push("--wasm-proc-macro-cache", CACHE);
    words.push(...(action === "check" ? ["--emit=metadata"] : ["-Zunpretty=expanded"]));
    for (const { name, options } of packs) {
      words.push(...options.map((option) => option.replaceAll("{}", `/${PACKS}/${name}`)));
    }
    // Showing what macros expand to is unstable.
    const environment = ["PWD=/work", ...(action === "expand" ? ["RUSTC_BOOTSTRAP=1"] : [])];
    return this.call([...words, SOURCE], environment);
  }

  private call(words: readonly string[], environment: readonly string[]): Outcome {
    const begin = performance.now();
    const streams: [Uint8Array[], Uint8Array[]] = [[], []];
    const print = (fd: number, chunk: Uint8Array): void => void streams[fd === 1 ? 0 : 1].push(chunk);
    const macros = new Macros(this.compiled, print, this.running);
    const view = (): View => new View(memory);
    const files = filing(view, this.root);
    const printed = printing(view, print);
    const functions: Functions = {
      ...basics(view, words, environment),
      ...files,
      fd_write: (fd: number, ...rest: number[]) =>
        ((fd === 1 || fd === 2 ? printed : files)["fd_write"] as (...all: number[]) => number)(fd, ...rest),
    };
    const wasi = imports(this.module, functions);
    const { exports } = new WebAssembly.Instance(this.module, { [WASI]: wasi, [MACROS]: macros.imports() });
    const memory = exports["memory"] as WebAssembly.Memory;
    macros.attach(exports);
    let code: number | undefined = 0;
    let trap: string | undefined;
    try {
      (exports["_start"] as () => void)();
    } catch (error) {
      const cause = causeOf(error);
      code = cause instanceof Exit ? cause.code : undefined;
      trap = cause instanceof Exit ? undefined : String(cause);
    }
    const [stdout, stderr] = streams.map(text);
    const took = (performance.now() - begin) / 1000;
    return { code, trap, stdout: stdout ?? "", stderr: stderr ?? "", took, memory: memory.buffer.byteLength };
  }

  /** A file that the last run has written. */
  output(name: string): Uint8Array | undefined {
    const node = find(this.root, `work/${name}`);
    return node instanceof File ? node.contents() : undefined;
  }
}

function text(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
}
