import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { App } from "../src/app";
import { Source } from "../src/payload";

const call = { type: "tool_call", id: "c1", name: "look_up", arguments: { n: 7 } };

const rows = [
  { id: "1", up: -1, depth: 0, word: "agent", name: "assistant", type: "AGENT", status: "OK", from: 0, took: 100, duration: "100µs", tokens: "12 → 3", cost: "$0.01", total: true },
  { id: "2", up: 0, depth: 1, word: "chat", name: "m", type: "CHAT_MODEL", status: "OK", from: 0, took: 60, first: 20, duration: "60µs", tokens: "12 → 3", model: "m-1" },
  { id: "3", up: 0, depth: 1, word: "chat", name: "m again", type: "CHAT_MODEL", status: "ERROR", badge: "error", from: 60, took: 40, duration: "40µs", error: "ValueError: no" },
];
const spans = [
  { inputs: { question: "where?" }, outputs: "here" },
  { attributes: { "gen_ai.output.messages": [{ role: "assistant", parts: [call] }], "gen_ai.request.temperature": 0 } },
  {
    attributes: { "gen_ai.input.messages": [{ role: "assistant", parts: [call] }, { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: "seven" }] }] },
    exception: { type: "ValueError", message: "no", traceback: "Traceback\n  line 1" },
  },
];
const one = (name: string, line: number) => ({ id: "abc", name, status: "OK", started: "now", duration: "100µs", tokens: "15 tokens", cost: "$0.01", errors: 1, axis: 100, spans: 3, rows, models: [{ model: "m-1", calls: 1, tokens: "15", cost: "$0.01" }], facts: [["user", "u"]], results: { c1: 2 }, line });
const source = (...traces: object[]) => new Source(JSON.stringify({ version: "1", traces }), [...spans, ...spans].map((span) => JSON.stringify({ span, started: "now", events: [] })).join("\n"));

let box: HTMLElement;

beforeEach(() => {
  box = document.createElement("div");
  document.body.append(box);
});

afterEach(() => {
  render(null, box);
  box.remove();
});

const show = (s: Source) => act(() => render(<App source={s} />, box));
const click = (element: Element | null | undefined) => act(() => (element as HTMLElement).click());
const rowNamed = (name: string) => [...box.querySelectorAll(".row")].find((r) => r.querySelector("bdi")?.textContent === name);
const text = (selector: string) => box.querySelector(selector)?.textContent;

describe("the view", () => {
  it("opens with the root, its totals as they were given", async () => {
    await show(source(one("assistant", 0)));
    expect(text(".totals-line")).toBe("100µs15 tokens$0.013 spans");
    expect(text(".row.selected .tokens")).toBe("12 → 3");
    expect(text(".panel")).toContain("where?");
  });

  it("shows a tool's result with its call, from the next call or in the same conversation, once", async () => {
    await show(source(one("assistant", 0)));
    await click(rowNamed("m"));
    expect(text(".call")).toContain("look_up");
    expect(text(".call .result")).toContain("seven");
    await click(rowNamed("m again"));
    expect(box.querySelectorAll(".result")).toHaveLength(1);
    expect(text(".failure")).toContain("Traceback");
  });

  it("shows parameters and JSON, and searches in it", async () => {
    await show(source(one("assistant", 0)));
    await click(rowNamed("m"));
    await click([...box.querySelectorAll("[role=tab]")][1]);
    expect(text(".panel")).toContain("temperature");
    await click([...box.querySelectorAll("[role=tab]")][2]);
    const input = box.querySelector(".panel input") as HTMLInputElement;
    await act(() => {
      input.value = "look_up";
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await act(() => new Promise((done) => setTimeout(done, 150)));
    expect(text(".panel [role=status]")).toBe("1 found");
    expect(text(".panel mark")).toBe("look_up");
  });

  it("folds, searches and goes to errors", async () => {
    await show(source(one("assistant", 0)));
    await click(box.querySelector(".fold.open"));
    expect(box.querySelectorAll(".row")).toHaveLength(1);
    await click(box.querySelector(".errors"));
    expect(text(".row.selected bdi")).toBe("m again");
    const input = box.querySelector(".find input") as HTMLInputElement;
    await act(() => {
      input.value = "temperature";
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    expect([...box.querySelectorAll(".row bdi")].map((b) => b.textContent)).toEqual(["assistant", "m"]);
  });

  it("opens the first of several traces", async () => {
    await show(source(one("first", 0), one("second", 3)));
    expect(box.querySelectorAll(".view")).toHaveLength(1);
    await click(box.querySelectorAll(".arrow-button")[1]);
    expect(box.querySelectorAll(".view")).toHaveLength(2);
  });

  it("says so where there is none", async () => {
    await show(source());
    expect(box.textContent).toBe("There is no trace here.");
  });
});
