/** What the page and its worker say to each other. */

import type { Action, Outcome, Pack } from "./compiler";

/** To the worker. Blobs are not copied. */
export type Order =
  | { kind: "start"; module: WebAssembly.Module; sysroot: Blob }
  | { kind: "pack"; name: string; archive: Blob }
  | { kind: "run"; action: Action; source: string; packs: readonly Pack[] };

/** From the worker. */
export type Report =
  /** The macro that runs, or that none does. */
  | { kind: "running"; macro?: string }
  | { kind: "done"; outcome: Outcome };
