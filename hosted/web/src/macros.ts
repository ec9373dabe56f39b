/**
 * Runs procedural macros for the compiler: macro -> page -> compiler.
 *
 * What a module exports and imports is specified in `docs/module-abi.md`; the compiler's two imports and two exports are in
 * `docs/decisions/0029-the-hosted-compiler-reaches-the-runtime-by-imports.md`. A macro has no file, no variable and no program. It
 * has the engine's limits, and whoever runs the worker ends it when it takes too long.
 */

import { causeOf, Exit, Fault, guarded } from "./traps";
import { basics, Errno, imports, MODULE as WASI, printing, rooted, View } from "./wasi";

/** What the compiler's imports are called. */
export const MODULE = "rustc_wasm_proc_macro";

const BRIDGE = "rustc_proc_macro";

/** Functions of the compiler, by their numbers. */
const [DISPATCH, REFUSED, VARIABLE, RESULT] = [0, 2, 3, 5];

/** How an expansion ended. */
const [OUTPUT, PANIC, FAULT] = [0, 1, 2];

/** The compiler says that a reply is an error. */
const ERROR = 1n << 31n;

/** What the compiler numbers of what a macro may not have. */
const [READ, PROGRAM] = [0, 4];
/** The same for what a module itself refuses, whose numbers are others. */
const REFUSALS = [PROGRAM, 5, 6, 7, 8, 2, 9];

/** The compiler, as the page calls it while one of its imports runs. */
interface Compiler {
  memory: WebAssembly.Memory;
  room(length: number): number;
  call(what: number, number: number): bigint;
}

type Call = (...parameters: never[]) => unknown;

/** Modules that were compiled before, by their digests in hexadecimal digits. */
export type Compiled = Map<string, WebAssembly.Module>;

interface Loaded {
  module: WebAssembly.Module;
  /** The instance of all expansions so far, unless the last one ended in a fault. */
  instance?: Instance;
}

/** All macros of one run of the compiler. */
export class Macros {
  private readonly loaded: Loaded[] = [];
  private compiler?: Compiler;
  /** How many expansions run, one within the other. */
  private depth = 0;

  /** `running` hears of each expansion when it begins, and of none when it ends. */
  constructor(
    private readonly compiled: Compiled,
    private readonly print: (fd: number, chunk: Uint8Array) => void,
    private readonly running: (macro?: string) => void,
  ) {}

  /** Tells it the instance whose imports these are. */
  attach(exports: WebAssembly.Exports): void {
    this.compiler = {
      memory: exports["memory"] as WebAssembly.Memory,
      room: exports["rustc_wasm_proc_macro_room"] as Compiler["room"],
      call: exports["rustc_wasm_proc_macro_call"] as Compiler["call"],
    };
  }

  /** The compiler's imports. */
  imports(): WebAssembly.ModuleImports {
    return guarded({
      load: (bytes: number, length: number, digest: number) => this.load(bytes, length, digest),
      expand: (module: number, index: number, showsPanics: number, input: number, length: number) =>
        this.expand(module, index, showsPanics, input, length),
    });
  }

  private get server(): Compiler {
    if (this.compiler === undefined) {
      throw new Error("no compiler runs");
    }
    return this.compiler;
  }

  private say(what: number, number: number, bytes: Uint8Array): bigint {
    const { memory, room, call } = this.server;
    const at = room(bytes.length);
    new View(memory).slice(at, bytes.length).set(bytes);
    return BigInt.asUintN(64, call(what, number));
  }

  private load(bytes: number, length: number, digest: number): number {
    const view = new View(this.server.memory);
    const key = Array.from(view.slice(digest, 32), (byte) => byte.toString(16).padStart(2, "0")).join("");
    try {
      let module = this.compiled.get(key);
      if (module === undefined) {
        module = new WebAssembly.Module(view.slice(bytes, length).slice());
        this.compiled.set(key, module);
      }
      return this.loaded.push({ module });
    } catch (error) {
      this.say(RESULT, 0, encode(`the module cannot be compiled: ${messageOf(error)}`));
      return 0;
    }
  }

  private expand(module: number, index: number, showsPanics: number, input: number, length: number): number {
    const loaded = this.loaded[module - 1];
    if (loaded === undefined) {
      throw new Error("the compiler names a module that is not loaded");
    }
    const bytes = new View(this.server.memory).slice(input, length).slice();
    // A nested expansion of the same module needs another instance.
    const instance = loaded.instance;
    loaded.instance = undefined;
    let outcome = OUTPUT;
    let said: Uint8Array;
    this.depth += 1;
    this.running(nameOf(loaded.module, index));
    try {
      const running = instance ?? new Instance(loaded.module, (...words) => this.say(...words), this.reply, this.print);
      said = running.expand(index, bytes, showsPanics);
      loaded.instance = running;
    } catch (error) {
      const cause = causeOf(error);
      if (cause instanceof CompilerEnded) {
        throw cause.error;
      }
      outcome = cause instanceof Panic ? PANIC : FAULT;
      said = encode(fault(cause));
    }
    this.depth -= 1;
    if (this.depth === 0) {
      this.running();
    }
    this.say(RESULT, 0, said);
    return outcome;
  }

  /** Has the compiler answer a request. */
  private readonly reply = (request: Uint8Array): Uint8Array => {
    let replied: bigint;
    try {
      replied = this.say(DISPATCH, 0, request);
    } catch (error) {
      throw new CompilerEnded(error);
    }
    const bytes = new View(this.server.memory).slice(Number(replied >> 32n), Number(replied & (ERROR - 1n)));
    if ((replied & ERROR) !== 0n) {
      throw new Fault(new TextDecoder().decode(bytes));
    }
    return bytes;
  };
}

/** What ended the compiler while it answered a macro. It must not be taken for the macro's. */
class CompilerEnded {
  constructor(readonly error: unknown) {}
}

/** That a macro panicked, and could not say so itself. */
class Panic extends Error {}

/** One running copy of a module. */
class Instance {
  private readonly memory: WebAssembly.Memory;
  private readonly run: (declarations: number, index: number, length: number, showsPanics: number) => bigint;
  private readonly declarations: number;
  /** What `take` hands out next. */
  private pending?: Uint8Array;
  /** The last panic that was announced. */
  private panic?: string;

  constructor(
    module: WebAssembly.Module,
    say: (what: number, number: number, bytes: Uint8Array) => bigint,
    reply: (request: Uint8Array) => Uint8Array,
    print: (fd: number, chunk: Uint8Array) => void,
  ) {
    const view = (): View => new View(this.memory);
    const refuse = (kind: number, what: Uint8Array): void => void say(REFUSED, kind, what.slice());
    const bridge = guarded<Call>({
      dispatch: (at: number, length: number, capacity: number) => {
        this.pending = undefined;
        const answer = reply(view().slice(at, length));
        if (answer.length <= capacity >>> 0) {
          view().slice(at, answer.length).set(answer);
        } else {
          this.pending = answer.slice();
        }
        return answer.length;
      },
      take: (at: number) => {
        if (this.pending === undefined) {
          throw new Fault("it takes what is not there");
        }
        view().slice(at, this.pending.length).set(this.pending);
        this.pending = undefined;
      },
      panic: (at: number, length: number) => {
        this.panic = view().text(at, length);
      },
      variable: (at: number, length: number) =>
        say(VARIABLE, 0, view().slice(at, length).slice()) === 0n ? 0 : 1,
      refuse: (kind: number, at: number, length: number) => {
        refuse(REFUSALS[kind] ?? 9, view().slice(at, length));
      },
      command: (at: number, length: number) => {
        const [, program = ""] = view().text(at, length).split("\0");
        refuse(PROGRAM, encode(program));
        return -1n;
      },
    });
    /** Reads nothing, and says what it was asked for. */
    const unread =
      (which: number): ((...parameters: number[]) => number) =>
      (...parameters) => {
        refuse(READ, encode(`/${view().text(parameters[which] ?? 0, parameters[which + 1] ?? 0)}`));
        return Errno.NOTCAPABLE;
      };
    const wasi = {
      ...basics(view, [], []),
      ...printing(view, print),
      ...rooted(view),
      path_filestat_get: unread(2),
      path_open: unread(2),
      path_readlink: unread(1),
    };
    const instance = new WebAssembly.Instance(module, { [BRIDGE]: bridge, [WASI]: imports(module, wasi) });
    const exports = instance.exports;
    this.memory = exports["memory"] as WebAssembly.Memory;
    this.run = exports["__rustc_proc_macro_run"] as Instance["run"];
    this.declarations = (exports["__rustc_proc_macro_decls"] as WebAssembly.Global).value as number;
    (exports["_initialize"] as (() => void) | undefined)?.();
  }

  expand(index: number, input: Uint8Array, showsPanics: number): Uint8Array {
    this.pending = input;
    this.panic = undefined;
    try {
      const output = BigInt.asUintN(64, this.run(this.declarations, index, input.length, showsPanics));
      return new View(this.memory).slice(Number(output >> 32n), Number(output & 0xffff_ffffn)).slice();
    } catch (error) {
      if (this.panic !== undefined && causeOf(error) === error) {
        throw new Panic(this.panic);
      }
      throw error;
    }
  }
}

/** A macro's name, as the module declares it. */
function nameOf(module: WebAssembly.Module, index: number): string {
  const [declarations] = WebAssembly.Module.customSections(module, ".rustc_proc_macro_decls");
  return new TextDecoder().decode(declarations).split("\n")[index]?.split(":")[1] ?? "?";
}

/** What an error of the engine's means for a macro, in the words of the native host. */
function fault(error: unknown): string {
  if (error instanceof Panic) {
    return error.message;
  }
  if (error instanceof Fault) {
    return `the macro's module broke the protocol: ${error.message}`;
  }
  if (error instanceof Exit) {
    return `the macro tried to end the process with exit code ${error.code}`;
  }
  if (error instanceof RangeError) {
    return "the macro overflowed its stack";
  }
  return `the macro was stopped by a WebAssembly trap: ${messageOf(error)}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
