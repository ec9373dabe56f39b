/** The compiler's diagnostics, as JSON lines on its standard error. */

import type { Diagnostic } from "@codemirror/lint";

interface Span {
  file_name: string;
  byte_start: number;
  byte_end: number;
  is_primary: boolean;
  label: string | null;
  expansion: { span: Span } | null;
}

interface Message {
  message: string;
  level: string;
  rendered: string | null;
  spans: Span[];
}

/** What the editor shows, and the text below it. */
export interface Shown {
  marks: Diagnostic[];
  text: string;
  errors: number;
}

/** Reads all of them. A line that is none is shown as it is: macros print there too. */
export function read(stderr: string, source: string, file: string): Shown {
  const bytes = new TextEncoder().encode(source);
  const decoder = new TextDecoder();
  /** A place in bytes as one in UTF-16 units. */
  const place = (offset: number): number => decoder.decode(bytes.subarray(0, offset)).length;
  const shown: Shown = { marks: [], text: "", errors: 0 };
  for (const line of stderr.split("\n").filter((line) => line !== "")) {
    const message = parse(line);
    if (message === undefined) {
      shown.text += `${line}\n`;
      continue;
    }
    shown.text += message.rendered ?? `${message.level}: ${message.message}\n`;
    const severity = message.level === "warning" ? "warning" : message.level === "error" ? "error" : "info";
    let isPlaced = false;
    for (const span of message.spans.filter((span) => span.is_primary)) {
      const local = within(span, file);
      if (local !== undefined) {
        const text = [message.message, span.label].filter((part) => part !== null && part !== "").join("\n");
        shown.marks.push({ from: place(local.byte_start), to: place(local.byte_end), severity, message: text });
        isPlaced = true;
      }
    }
    if (severity === "error" && isPlaced) {
      shown.errors += 1;
    }
  }
  return shown;
}

/** A span's place in the file: its own, or that of the macro's use. */
function within(span: Span, file: string): Span | undefined {
  let at: Span | undefined = span;
  while (at !== undefined && at.file_name !== file) {
    at = at.expansion?.span;
  }
  return at;
}

function parse(line: string): Message | undefined {
  try {
    const value = JSON.parse(line) as Message;
    return typeof value.message === "string" && Array.isArray(value.spans) ? value : undefined;
  } catch {
    return undefined;
  }
}
