import { describe, expect, it } from "vitest";
import { UNFOLDED, find } from "../src/json";

describe("looking through JSON", () => {
  it("counts all matches, and unfolds the first of them", () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => ({ i, v: "abc" }));
    const root = { first: { deep: ["ABC"] }, rows };
    const found = find(root, "abc");
    expect(found.count).toBe(10_001);
    expect(found.open.size).toBe(UNFOLDED - 1 + 4); // the rows, and what leads to them and to the first
    expect([...(found.hits.get(root) as Set<number>)]).toEqual([0, 1]);
    expect(found.hits.get(rows)?.has(0)).toBe(true);
    expect(found.hits.has(rows[9_000] as object)).toBe(false);
  });

  it("finds keys and numbers, however deep", () => {
    let root: { [key: string]: unknown } = { needle: 4711 };
    for (let i = 0; i < 50_000; i++) root = { a: root };
    expect(find(root as never, "needle").count).toBe(1);
    expect(find(root as never, "4711").open.size).toBe(50_001);
    expect(find(["needle"], "0").count).toBe(0);
  });
});
