// What Python hands over: an index of all spans, read at once, and the content of each, read when it is looked at.

export interface Row {
  id: string;
  /** Index of the parent's row, -1 at the top. */
  up: number;
  depth: number;
  word: string;
  name: string;
  type: string;
  status: string;
  badge?: string;
  /** Microseconds from the start of the trace. */
  from: number;
  /** Microseconds; absent while the span has not ended. */
  took?: number;
  /** Microseconds from the span's start to the first chunk of its stream. */
  first?: number;
  duration: string;
  tokens?: string;
  cost?: string;
  /** Its usage is counted at a span below it. */
  below?: boolean;
  /** Its tokens and cost are those of the whole trace. */
  total?: boolean;
  model?: string;
  error?: string;
  orphan?: boolean;
}

export interface ModelTotal {
  model: string;
  calls: number;
  tokens: string;
  cost: string;
}

export interface Trace {
  id: string;
  name: string;
  status: string;
  started: string;
  duration: string;
  tokens: string;
  cost: string;
  errors: number;
  /** Microseconds that the time axis spans. */
  axis: number;
  spans: number;
  rows: Row[];
  models: ModelTotal[];
  facts: [string, string][];
  /** Where the answer to a tool call is told: id of the call, index of the row. */
  results: Record<string, number>;
  /** Index of the first row's line of content. */
  line: number;
  /** How to see what was left out of this view. */
  cut?: string;
}

export interface Index {
  version: string;
  traces: Trace[];
}

export type Json = null | boolean | number | string | Whole | Json[] | { [key: string]: Json };
export type Fields = { [key: string]: Json };

/** A whole number that JavaScript's numbers cannot hold. */
export class Whole {
  constructor(readonly digits: string) {}
}

export interface Content {
  span: Fields;
  started: string;
  usage?: string;
  /** When each event happened, after the span's start. */
  events: string[];
  cut?: string;
}

type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

let sources = false;
JSON.parse("1", ((_k, v, context) => ((sources = context?.source === "1"), v)) as Reviver);

const fromSource: Reviver = (_key, value, context) =>
  typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "") ? new Whole(context?.source as string) : value;

const MARK = "\0whole:";
const fromMark: Reviver = (_key, value) => (typeof value === "string" && value.startsWith(MARK) ? new Whole(value.slice(MARK.length)) : value);

export function parse(text: string): Json {
  return JSON.parse(sources ? text : marked(text), (sources ? fromSource : fromMark) as (key: string, value: unknown) => unknown) as Json;
}

/** For engines whose `JSON.parse` does not tell how a number was written (before 2025): long ones as marked texts. */
function marked(text: string): string {
  const found: string[] = [];
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const until = quote < 0 ? text.length : quote;
    found.push(text.slice(at, until).replace(/-?\d[\d.eE+-]*/g, (n) => (/^-?\d{16,}$/.test(n) ? JSON.stringify(MARK + n) : n)));
    if (quote < 0) break;
    let end = text.indexOf('"', quote + 1);
    while (end > 0 && escaped(text, end)) end = text.indexOf('"', end + 1);
    at = end < 0 ? text.length : end + 1;
    found.push(text.slice(quote, at));
  }
  return found.join("");
}

function escaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === "\\") backslashes++;
  return backslashes % 2 === 1;
}

export class Source {
  readonly index: Index;
  private lines: string[] | undefined;
  private readonly read = new Map<number, Content>();

  constructor(
    index: string,
    private text: string,
  ) {
    this.index = JSON.parse(index) as Index;
  }

  private all(): string[] {
    if (this.lines === undefined) {
      this.lines = this.text.split("\n");
      this.text = "";
    }
    return this.lines;
  }

  content(trace: Trace, row: number): Content {
    const line = trace.line + row;
    let found = this.read.get(line);
    if (found === undefined) {
      found = parse(this.all()[line] ?? "{}") as unknown as Content;
      // A few are kept: what people go back to is what they have just seen.
      if (this.read.size > 50) this.read.delete(this.read.keys().next().value as number);
      this.read.set(line, found);
    }
    return found;
  }

  /** The rows whose content holds the text; case does not matter. */
  search(trace: Trace, text: string): Set<number> {
    // The lines are JSON: what is looked for is spelled as it stands there.
    const wanted = JSON.stringify(text).slice(1, -1).replaceAll("<", "\\u003c").toLowerCase();
    const lines = this.all();
    const found = new Set<number>();
    trace.rows.forEach((_, i) => {
      if (lines[trace.line + i]?.toLowerCase().includes(wanted)) found.add(i);
    });
    return found;
  }
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Whole);

export const asText = (value: Json | undefined): string =>
  typeof value === "string" ? value : value === undefined || value === null ? "" : compact(value);

/** A structure, where the value is JSON text of one. */
export function structure(value: Json | undefined): Json | undefined {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return parse(value);
  } catch {
    return value;
  }
}

export const list = (value: Json | undefined): Json[] => {
  const read = structure(value);
  if (read === undefined || read === null || read === "") return [];
  return Array.isArray(read) ? read : [read];
};

export function compact(value: Json): string {
  return write(value, "", "");
}

export function pretty(value: Json): string {
  return write(value, "  ", "\n");
}

function write(value: Json, step: string, gap: string): string {
  if (value instanceof Whole) return value.digits;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const inner = gap && gap + step;
  const colon = gap ? ": " : ":";
  const items = Array.isArray(value)
    ? value.map((v) => write(v, step, inner))
    : Object.entries(value).map(([k, v]) => JSON.stringify(k) + colon + write(v, step, inner));
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return items.length ? `${open}${inner}${items.join("," + inner)}${gap}${close}` : `${open}${close}`;
}
