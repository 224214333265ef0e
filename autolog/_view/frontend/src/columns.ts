import type { Row, Trace } from "./payload";

/** How wide each column of a tree wants to be, in pixels; 0 where nothing stands in it. */
export interface Wanted {
  name: number;
  took: number;
  tokens: number;
  cost: number;
}

export type Optional = "lane" | "tokens" | "cost";

const NAME = 160;
const NAMES = 320;
const LANE = 84;
/** What the bars keep where names want more than their due. */
const FAIR = 120;
/** What the indent takes of the names' column at the most, and how far a level is indented, in pixels. */
const INDENT = 0.4;
const STEP = 15;
const TIGHTEST = 6;
/** What the bars may lend to names that are cut. */
const LENT = 26;
const GAP = 10;
const EDGES = 20;
/** Names that are measured, of those that look longest. */
const MEASURED = 500;
const FONT = 12;

/** What fits into so wide a tree: cost goes first, then tokens, then the bars; a name keeps 160 pixels, a number is never cut. */
export function fitting(width: number, wanted: Wanted): { shown: Set<Optional>; name: number; lane: number } {
  const shown = new Set<Optional>(["lane"]);
  if (wanted.tokens) shown.add("tokens");
  if (wanted.cost) shown.add("cost");
  const taken = (): number =>
    EDGES + GAP + wanted.took + (shown.has("lane") ? LANE + GAP : 0) + (shown.has("tokens") ? wanted.tokens + GAP : 0) + (shown.has("cost") ? wanted.cost + GAP : 0);
  // The first to go leave names no room to speak of at 160: names of models are longer.
  const least = Math.max(NAME, Math.min(wanted.name, NAME + 50));
  for (const column of ["cost", "tokens", "lane"] as const) if (taken() + (column === "lane" ? NAME : least) > width) shown.delete(column);
  const room = width - taken();
  if (!shown.has("lane")) return { shown, name: room, lane: 0 };
  const fair = Math.max(least, room + LANE - FAIR);
  const name = Math.floor(Math.max(Math.min(wanted.name, NAMES, fair, room + LENT), Math.min(NAME, room)));
  return { shown, name, lane: room - name + LANE };
}

/** How far each level is indented in a column so wide, in pixels, and how many levels are: those below stand at the last. */
export function indent(name: number, deepest: number): { step: number; most: number } {
  const room = Math.max(0, name) * INDENT;
  const step = Math.max(TIGHTEST, Math.min(STEP, Math.floor(room / Math.max(1, deepest))));
  return { step, most: Math.floor(room / step) };
}

/** Measure a trace's columns in the font of an element. */
export function measured(trace: Trace, font: string): Wanted {
  const ruler = ruling(font);
  const widest = (text: (row: Row) => string | undefined, head: string): number => {
    // Digits are all of one width: few texts are left to measure.
    const found = new Set<string>();
    for (const row of trace.rows) {
      const told = text(row);
      if (told) found.add(told.replace(/\d/g, "0"));
    }
    return found.size ? Math.ceil(Math.max(ruler(head, 400), ...[...found].map((t) => ruler(t, 650)))) + 2 : 0;
  };
  const indented = (row: Row): number => Math.min(row.depth * STEP, INDENT * NAMES);
  const badge = (row: Row): number => (row.badge ? ruler(row.badge, 650) + 22 : 0) + (row.orphan ? 20 : 0);
  const looks = (row: Row): number => indented(row) + 7 * Math.min(row.name.length, 60) + (row.badge ? 7 * row.badge.length + 22 : 0);
  const longest = trace.rows.length > MEASURED ? [...trace.rows].sort((a, b) => looks(b) - looks(a)).slice(0, MEASURED) : trace.rows;
  let name = 0;
  for (const row of longest) {
    const text = (ruler(row.name.slice(0, 60), row.depth ? 400 : 650) * 13) / FONT;
    // So wide that nothing of the indent has to be given up.
    name = Math.max(name, 14 + 15 + 14 + indented(row) + text + badge(row), indented(row) / INDENT);
  }
  return { name: Math.ceil(name), took: widest((r) => r.duration || "…", "Time"), tokens: widest((r) => r.tokens, "Tokens"), cost: widest((r) => r.cost, "Cost") };
}

function ruling(font: string): (text: string, weight: number) => number {
  const canvas = document.createElement("canvas").getContext?.("2d");
  if (!canvas) return (text) => text.length * 7.6;
  return (text, weight) => {
    canvas.font = `${weight} ${FONT}px ${font}`;
    return canvas.measureText(text).width;
  };
}
