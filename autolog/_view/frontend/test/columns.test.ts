import { describe, expect, it } from "vitest";
import { fitting, indent, measured } from "../src/columns";
import type { Trace } from "../src/payload";

const wanted = { name: 230, took: 48, tokens: 80, cost: 84 };
const all = ["lane", "tokens", "cost"];

describe("the columns of a tree", () => {
  it.each([
    [1200, all, 320],
    [640, all, 230],
    [540, ["lane", "tokens"], 230],
    [380, ["lane"], 210],
    [340, ["lane"], 194],
    [300, [], 0],
  ])("fit into %i pixels", (width, shown, name) => {
    const found = fitting(width, { ...wanted, name: name === 320 ? 700 : wanted.name });
    expect([...found.shown].sort()).toEqual([...shown].sort());
    if (shown.length) expect(found.name).toBe(name);
  });

  it("leave a name 160 pixels, and never take more than there is", () => {
    for (let width = 240; width < 1400; width += 7) {
      for (const name of [40, 170, 900]) {
        const found = fitting(width, { ...wanted, name });
        const numbers = wanted.took + (found.shown.has("tokens") ? 90 : 0) + (found.shown.has("cost") ? 94 : 0);
        const left = width - 30 - numbers - (found.shown.has("lane") ? 94 : 0);
        expect(left).toBeGreaterThanOrEqual(160);
        expect(found.name).toBeLessThanOrEqual(left + 26); // the bars keep 58
        if (!found.shown.has("lane")) continue;
        expect(found.lane).toBeGreaterThanOrEqual(58);
        expect(found.name).toBeGreaterThanOrEqual(Math.min(160, left));
      }
    }
  });

  it("have no place where nothing stands in them", () => {
    const row = { id: "1", up: -1, depth: 0, word: "", name: "n", type: "TOOL", status: "OK", from: 0, duration: "1.00s" };
    const found = measured({ rows: [row, { ...row, tokens: "1,000 → 2" }] } as Trace, "sans-serif");
    expect(found.cost).toBe(0);
    expect(found.tokens).toBeGreaterThan(found.took);
    expect([...fitting(900, found).shown]).toEqual(["lane", "tokens"]);
  });

  it("leave the bars a share where names want everything", () => {
    const found = fitting(690, { ...wanted, name: 700 });
    expect([...found.shown].sort()).toEqual([...all].sort());
    expect(found.lane).toBeGreaterThanOrEqual(120);
  });

  it("measure the rows that look longest, wherever they stand, with what is beside their names", () => {
    const row = { id: "1", up: -1, depth: 0, word: "", name: "call 4321", type: "TOOL", status: "OK", from: 0, duration: "" };
    const rows = Array.from({ length: 2_000 }, () => row);
    const wide = (more: object): number => measured({ rows: [...rows, { ...row, ...more }] } as Trace, "sans-serif").name;
    expect(wide({ badge: "error" })).toBeGreaterThan(wide({}) + 22);
    expect(wide({ name: "a name that is longer" })).toBeGreaterThan(wide({ badge: "error" }));
  });
});

describe("the indent", () => {
  it.each([[320, 3, 15, 8], [320, 12, 10, 12], [320, 200, 6, 21], [200, 200, 6, 13], [0, 3, 6, 0]])("in %i pixels of a tree %i deep", (name, deepest, step, most) => {
    expect(indent(name, deepest)).toEqual({ step, most });
    expect(step * most).toBeLessThanOrEqual(0.4 * name);
  });
});
