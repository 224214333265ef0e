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
/** What the bars may lend to names that are cut. */
const LENT = 26;
const GAP = 10;
const EDGES = 20;
/** Names that are measured: the widest of them is for the eye, no promise. */
const LOOKED_AT = 500;
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
  const name = Math.max(Math.min(wanted.name, NAMES, room + (shown.has("lane") ? LENT : 0)), Math.min(NAME, room));
  return { shown, name, lane: room - name + LANE };
}

/** Measure a trace's columns in the font of an element. */
export function measured(trace: Trace, step: number, font: string): Wanted {
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
  let name = 0;
  for (const row of trace.rows.slice(0, LOOKED_AT)) {
    const badge = row.badge ? ruler(row.badge, 650) + 22 : 0;
    name = Math.max(name, 14 + 15 + 14 + Math.min(row.depth, 40) * step + (ruler(row.name.slice(0, 60), row.depth ? 400 : 650) * 13) / FONT + badge);
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
