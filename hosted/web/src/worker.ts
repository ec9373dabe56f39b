/** The worker: the compiler runs here, so that the page can end it. */

import { Compiler } from "./compiler";
import type { Order, Report } from "./messages";

let compiler: Compiler | undefined;
/** Orders are carried out one after the other. */
let queue = Promise.resolve();

function report(report: Report): void {
  postMessage(report);
}

async function bytes(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

async function carryOut(order: Order): Promise<void> {
  if (order.kind === "start") {
    compiler = new Compiler(order.module, (macro) => report({ kind: "running", macro }));
    compiler.addSysroot(await bytes(order.sysroot));
  } else if (order.kind === "pack") {
    compiler?.addPack(order.name, await bytes(order.archive));
  } else if (compiler !== undefined) {
    report({ kind: "done", outcome: compiler.run(order.action, order.source, order.packs) });
  }
}

addEventListener("message", (event: MessageEvent<Order>) => {
  queue = queue.then(() => carryOut(event.data));
  // It becomes an event of the worker's, which the page hears.
  queue.catch((error: unknown) => setTimeout(() => reportError(error)));
});
