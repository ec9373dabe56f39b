/** The page: an editor, what the compiler says, and what macros expand to. */

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { rust } from "@codemirror/lang-rust";
import { bracketMatching, defaultHighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";

import { load, manifest, type Asset, type PackAsset } from "./assets";
import type { Action, Outcome } from "./compiler";
import { read } from "./diagnostics";
import { Runner, Stopped } from "./runner";
import { SAMPLE } from "./sample";

const FILE = "main.rs";

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`the page has no \`${id}\``);
  }
  return found as T;
}

const status = element("status");
const progress = element<HTMLProgressElement>("progress");
const messages = element("messages");
const buttons: Record<Action, HTMLButtonElement> = { check: element("check"), expand: element("expand") };

const common: Extension = [
  lineNumbers(),
  rust(),
  syntaxHighlighting(defaultHighlightStyle),
  bracketMatching(),
  indentUnit.of("    "),
];

/** A link to the page can bring a source along: `#source=`, and the source as in a query. */
const given = new URLSearchParams(location.hash.slice(1)).get("source");

const editor = new EditorView({
  doc: given ?? SAMPLE,
  parent: element("source"),
  extensions: [
    common,
    history(),
    lintGutter(),
    highlightActiveLine(),
    EditorView.contentAttributes.of({ "aria-label": "Rust source" }),
    keymap.of([
      { key: "Mod-Enter", run: () => (void run("check"), true) },
      ...defaultKeymap,
      ...historyKeymap,
      indentWithTab,
    ]),
  ],
});

const expansion = new EditorView({
  parent: element("expansion"),
  extensions: [
    common,
    EditorState.readOnly.of(true),
    EditorView.contentAttributes.of({ "aria-label": "Expanded source" }),
  ],
});

let runner: Runner | undefined;
let packs: PackAsset[] = [];

function show(view: EditorView, text: string): void {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}

function enable(isEnabled: boolean): void {
  Object.values(buttons).forEach((button) => (button.disabled = !isEnabled));
}

/** Loads files with one bar for all of them. */
function loading(assets: readonly Asset[]): (bytes: number) => void {
  const total = assets.reduce((sum, asset) => sum + asset.size, 0);
  let soFar = 0;
  progress.hidden = false;
  progress.max = total;
  return (bytes) => {
    soFar += bytes;
    progress.value = soFar;
    status.textContent = `Loading ${(soFar / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`;
  };
}

function isChosen(pack: PackAsset): boolean {
  return element<HTMLInputElement>(`pack-${pack.name}`).checked;
}

function offer(pack: PackAsset): void {
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.id = `pack-${pack.name}`;
  box.checked = editor.state.doc.toString().includes(`${pack.name}::`);
  label.append(box, ` ${pack.title}`);
  element("packs").append(label);
}

/** Has the service worker keep what is loaded from now on. Some browsers have none, and some users forbid it. */
async function keepForLater(): Promise<void> {
  const PATIENCE = 2000;
  const { serviceWorker } = navigator;
  try {
    await serviceWorker.register("service.js");
    if (serviceWorker.controller === null) {
      await new Promise((resolve) => {
        serviceWorker.addEventListener("controllerchange", resolve, { once: true });
        setTimeout(resolve, PATIENCE);
      });
    }
  } catch {
    status.textContent = "Nothing is kept for the next visit";
  }
}

async function start(): Promise<void> {
  await keepForLater();
  const { version, compiler, sysroot, packs: all } = await manifest();
  element("version").textContent = version;
  packs = all;
  packs.forEach(offer);
  const loaded = loading([compiler, sysroot]);
  const [module, library] = await Promise.all([
    load(compiler, "application/wasm", loaded).then((response) => WebAssembly.compileStreaming(response)),
    load(sysroot, "application/x-tar", loaded).then((response) => response.blob()),
  ]);
  runner = new Runner(module, library);
  progress.hidden = true;
  status.textContent = "Ready";
  enable(true);
}

async function run(action: Action): Promise<void> {
  if (runner === undefined || buttons[action].disabled) {
    return;
  }
  enable(false);
  try {
    const chosen = packs.filter(isChosen);
    const missing = chosen.filter((pack) => !runner?.has(pack.name));
    if (missing.length > 0) {
      const loaded = loading(missing);
      for (const pack of missing) {
        runner.addPack(pack.name, await (await load(pack, "application/x-tar", loaded)).blob());
      }
      progress.hidden = true;
    }
    status.textContent = action === "check" ? "Checking…" : "Expanding…";
    const source = editor.state.doc.toString();
    report(action, source, await runner.run(action, source, chosen));
  } catch (error) {
    if (!(error instanceof Stopped)) {
      throw error;
    }
    editor.dispatch(setDiagnostics(editor.state, []));
    messages.textContent = `error: ${error.message}`;
    status.textContent = "Stopped";
  } finally {
    progress.hidden = true;
    enable(true);
  }
}

function report(action: Action, source: string, outcome: Outcome): void {
  // For whoever embeds the page, or tests it.
  document.dispatchEvent(new CustomEvent("outcome", { detail: { action, ...outcome } }));
  const { marks, text } = read(outcome.stderr, source, FILE);
  editor.dispatch(setDiagnostics(editor.state, marks));
  messages.textContent = outcome.trap === undefined ? text : `${text}error: the compiler stopped: ${outcome.trap}\n`;
  if (action === "expand") {
    show(expansion, outcome.stdout);
  }
  const took = `${outcome.took.toFixed(2)} s, ${Math.round(outcome.memory / (1 << 20))} MiB`;
  status.textContent = `${outcome.code === 0 ? "No errors" : "Errors"} (${took})`;
}

function fail(error: unknown): void {
  status.textContent = "Failed";
  progress.hidden = true;
  messages.textContent = `error: ${error instanceof Error ? error.message : String(error)}`;
}

enable(false);
for (const [action, button] of Object.entries(buttons)) {
  button.addEventListener("click", () => void run(action as Action).catch(fail));
}
start().catch(fail);
