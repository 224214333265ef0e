import type { Row, Trace } from "./payload";

/** The rows that have children. */
export function parents(trace: Trace): Set<number> {
  const found = new Set<number>();
  for (const row of trace.rows) if (row.up >= 0) found.add(row.up);
  return found;
}

/** The rows to show, in order: none below a folded one; of a search the matches and what is above them. */
export function visibleRows(trace: Trace, folded: Set<number>, matches: Set<number> | undefined): number[] {
  const rows = trace.rows;
  let kept: Set<number> | undefined;
  if (matches) {
    kept = new Set<number>();
    for (const match of matches) for (let at = match; at >= 0 && !kept.has(at); at = (rows[at] as Row).up) kept.add(at);
  }
  const hidden = new Set<number>();
  const found: number[] = [];
  // Parents come before their children.
  rows.forEach((row, i) => {
    if (!kept && row.up >= 0 && (hidden.has(row.up) || folded.has(row.up))) hidden.add(i);
    else if (!kept || kept.has(i)) found.push(i);
  });
  return found;
}

/** The next row with an error after this one, going round; `undefined` where there is none. */
export function nextError(trace: Trace, after: number): number | undefined {
  const bad = trace.rows.flatMap((row, i) => (row.status === "ERROR" ? [i] : []));
  return bad.find((i) => i > after) ?? bad[0];
}
