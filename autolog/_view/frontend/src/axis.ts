/** Microseconds in the unit that fits. */
export function duration(us: number): string {
  if (us === 0) return "0";
  if (us < 1000) return `${trim(us)}µs`;
  if (us < 1e6) return `${trim(us / 1e3)}ms`;
  if (us < 60e6) return `${trim(us / 1e6)}s`;
  const seconds = Math.round(us / 1e6);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60 ? ` ${seconds % 60}s` : ""}`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}h${minutes % 60 ? ` ${minutes % 60}m` : ""}`;
}

const trim = (n: number): string => String(Number(n.toPrecision(3)));

const STEPS = [1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400].map((s) => s * 1e6);

/** The moments to mark on an axis so long, at most `most` of them, beginning with 0. */
export function ticks(axis: number, most: number): number[] {
  if (!(axis > 0)) return [0];
  const least = axis / Math.max(most, 1);
  let step: number;
  if (least >= 1e6) {
    step = STEPS.find((s) => s >= least) ?? Math.ceil(least / 86400e6) * 86400e6;
  } else {
    const power = 10 ** Math.floor(Math.log10(least));
    step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= least) as number;
  }
  const found: number[] = [];
  for (let at = 0; at < axis; at += step) found.push(at);
  return found;
}
