/** The worker as the page sees it: with limits, and made anew when one is reached. */

import type { Action, Outcome, Pack } from "./compiler";
import type { Order, Report } from "./messages";

/** How long one expansion may take, in seconds. */
const EXPANSION_LIMIT = 10;

/** How long the compiler may take with all its macros, in seconds. */
const LIMIT = 120;

/** That a run was ended. */
export class Stopped extends Error {}

export class Runner {
  private worker?: Worker;
  private packs = new Map<string, Blob>();

  constructor(
    private readonly module: WebAssembly.Module,
    private readonly sysroot: Blob,
  ) {
    this.start();
  }

  private start(): void {
    this.worker = new Worker("worker.js");
    this.order({ kind: "start", module: this.module, sysroot: this.sysroot });
    for (const [name, archive] of this.packs) {
      this.order({ kind: "pack", name, archive });
    }
  }

  private order(order: Order): void {
    this.worker?.postMessage(order);
  }

  has(pack: string): boolean {
    return this.packs.has(pack);
  }

  addPack(name: string, archive: Blob): void {
    this.packs.set(name, archive);
    this.order({ kind: "pack", name, archive });
  }

  /** Runs the compiler once. Rejects with [`Stopped`] if a limit is reached. */
  run(action: Action, source: string, packs: readonly Pack[]): Promise<Outcome> {
    const { worker } = this;
    if (worker === undefined) {
      throw new Error("the worker has not started");
    }
    return new Promise((resolve, reject) => {
      const stop = (message: string): void => {
        clearTimeout(all);
        clearTimeout(one);
        worker.terminate();
        this.start();
        reject(new Stopped(message));
      };
      const all = setTimeout(() => stop(`the compiler was stopped after ${LIMIT} s`), LIMIT * 1000);
      let one: ReturnType<typeof setTimeout> | undefined;
      worker.onerror = (event) => stop(`the compiler stopped: ${event.message}`);
      worker.onmessage = ({ data }: MessageEvent<Report>) => {
        clearTimeout(one);
        if (data.kind === "done") {
          clearTimeout(all);
          resolve(data.outcome);
        } else if (data.macro !== undefined) {
          const message = `the macro \`${data.macro}\` was stopped after ${EXPANSION_LIMIT} s`;
          one = setTimeout(() => stop(message), EXPANSION_LIMIT * 1000);
        }
      };
      this.order({ kind: "run", action, source, packs });
    });
  }
}
