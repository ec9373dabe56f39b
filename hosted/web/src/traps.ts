/** How a program is ended from within one of its imports. */

/** What ends a program by itself: its exit code. */
export class Exit {
  constructor(readonly code: number) {}
}

/** That a program broke the protocol. */
export class Fault extends Error {}

/** `(module (func (export "trap") unreachable))` */
const TRAP = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00, 0x07, 0x08, 0x01,
  0x04, 0x74, 0x72, 0x61, 0x70, 0x00, 0x00, 0x0a, 0x05, 0x01, 0x03, 0x00, 0x00, 0x0b,
]);

const trap = new WebAssembly.Instance(new WebAssembly.Module(TRAP)).exports["trap"] as () => void;

/** Ends the program that called. It cannot catch a trap, as it could catch what JavaScript throws. */
export function end(cause: unknown): never {
  if (cause instanceof WebAssembly.RuntimeError) {
    throw cause;
  }
  try {
    trap();
  } catch (error) {
    (error as Error).cause = cause;
    throw error;
  }
  throw cause;
}

/** What an error is about. */
export function causeOf(error: unknown): unknown {
  return error instanceof WebAssembly.RuntimeError && error.cause !== undefined ? error.cause : error;
}

/** Has each function end the program where it would throw. */
export function guarded<F extends (...parameters: never[]) => unknown>(functions: Record<string, F>): WebAssembly.ModuleImports {
  const guard =
    (body: F) =>
    (...parameters: never[]): unknown => {
      try {
        return body(...parameters);
      } catch (error) {
        end(error);
      }
    };
  return Object.fromEntries(Object.entries(functions).map(([name, body]) => [name, guard(body)]));
}
