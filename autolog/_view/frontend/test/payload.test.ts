import { describe, expect, it } from "vitest";
import { duration, ticks } from "../src/axis";
import { find } from "../src/json";
import { inputMessages, inputSaid, outputMessages, outputSaid } from "../src/messages";
import { nextError, parents, visibleRows } from "../src/outline";
import { type Content, type Row, type Trace, Source, Whole, compact, parse, pretty } from "../src/payload";
import { documents } from "../src/retrieved";
import { imageSource, linkTarget, visible } from "../src/safe";

const content = (span: object): Content => ({ span: span as Content["span"], started: "", events: [] });

const row = (up: number, more: Partial<Row> = {}): Row => ({ id: "", up, depth: up < 0 ? 0 : 1, word: "", name: "", type: "", status: "OK", from: 0, duration: "", ...more });

const trace = (rows: Row[]): Trace => ({ id: "t", name: "t", status: "OK", started: "", duration: "", tokens: "", cost: "", errors: 0, axis: 1, spans: rows.length, rows, models: [], facts: [], results: {}, line: 0 });

describe("JSON", () => {
  it("keeps whole numbers that JavaScript cannot hold", () => {
    const text = '{"ns":1795351430351457320,"half":0.5,"big":1e300,"deep":[-9007199254740993]}';
    const value = parse(text);
    expect((value as Record<string, unknown>)["ns"]).toEqual(new Whole("1795351430351457320"));
    expect(compact(value)).toBe(text.replace("1e300", "1e+300"));
  });

  it("writes what it read", () => {
    const text = '{\n  "a": [\n    1,\n    "x\\n"\n  ],\n  "b": {},\n  "c": null\n}';
    expect(pretty(parse(text))).toBe(text);
  });

  it("reads a span when it is looked at, and searches without reading", () => {
    const source = new Source(JSON.stringify({ version: "1", traces: [] }), '{"span":{"a":"x \\"y\\" \\u003cb>"}}\n{"span":{"a":"Z"}}\n{broken');
    const t = trace([row(-1), row(0)]);
    expect(source.content(t, 1).span).toEqual({ a: "Z" });
    expect([...source.search(t, 'X "Y" <b>')]).toEqual([0]);
    expect([...source.search(t, "z")]).toEqual([1]);
  });

  it("finds keys and values, and what leads to them", () => {
    const value = parse('{"a":{"Needle":1},"b":["x","needles"],"c":{"d":2}}') as { a: object; b: object; c: object };
    const found = find(value as never, "needle");
    expect(found.count).toBe(2);
    expect(found.open).toEqual(new Set([value, value.a, value.b]));
  });

  it("searches values deeper than the stack", () => {
    let value: unknown = "needle";
    for (let i = 0; i < 3_000; i++) value = [value];
    expect(find(value as never, "needle").count).toBe(1);
  });
});

describe("the axis", () => {
  it.each([[0, "0"], [412, "412µs"], [1230, "1.23ms"], [999_400, "999ms"], [59.9e6, "59.9s"], [125e6, "2m 5s"], [7.26e9, "2h 1m"]])("says %d as %s", (us, said) => expect(duration(us)).toBe(said));
  it.each([[4_820_000, [0, 2e6, 4e6]], [95, [0, 50]], [0, [0]], [100e6, [0, 60e6]]])("marks %d at %j", (axis, marks) => expect(ticks(axis, 3)).toEqual(marks));
  it.each([1, 7, 1e3, 1.7e5, 3e6, 8e7, 5e9, 9e12])("marks at most so many on %d", (axis) => expect(ticks(axis, 4).length).toBeLessThanOrEqual(5));
});

describe("the outline", () => {
  const t = trace([row(-1), row(0), row(1, { status: "ERROR" }), row(0), row(3, { status: "ERROR" })]);
  it("hides what is below a folded row", () => expect(visibleRows(t, new Set([1]), undefined)).toEqual([0, 1, 3, 4]));
  it("shows matches with what is above them, folded or not", () => expect(visibleRows(t, new Set([1]), new Set([2]))).toEqual([0, 1, 2]));
  it("knows who has children", () => expect(parents(t)).toEqual(new Set([0, 1, 3])));
  it("goes round the errors", () => expect([0, 2, 4].map((i) => nextError(t, i))).toEqual([2, 4, 2]));
});

describe("what was said", () => {
  it("is read from the conventions' messages", () => {
    const said = inputMessages(content({ attributes: {
      "gen_ai.system_instructions": [{ type: "text", content: "be brief" }],
      "gen_ai.input.messages": JSON.stringify([{ role: "user", name: "m", parts: [{ type: "text", content: "hi" }, { type: "reasoning", content: "hm" }, { type: "new_kind", x: 1 }] }]),
    } }));
    expect(said.map((m) => m.role)).toEqual(["system", "user"]);
    expect(said[1]?.parts).toEqual([{ kind: "text", text: "hi" }, { kind: "reasoning", text: "hm" }, { kind: "data", value: { type: "new_kind", x: 1 } }]);
  });

  it("is read from what a provider was sent and sent", () => {
    const span = content({
      inputs: { model: "m", messages: [{ role: "user", content: [{ type: "text", text: "look" }, { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }] },
      outputs: { choices: [{ message: { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } }] } }] },
    });
    expect(inputMessages(span)[0]?.parts).toEqual([{ kind: "text", text: "look" }, { kind: "image", source: "data:image/png;base64,AAAA", text: "image_url" }]);
    expect(outputMessages(span)[0]?.parts).toEqual([{ kind: "call", name: "f", id: "c1", value: { a: 1 } }]);
  });

  it("is read from a framework's messages", () => {
    const span = content({ inputs: { messages: [[{ type: "human", content: "hi" }, { type: "ai", content: "", tool_calls: [{ name: "f", args: { a: 1 }, id: "c" }] }]] } });
    expect(inputMessages(span).map((m) => [m.role, m.parts.map((p) => p.kind)])).toEqual([["user", ["text"]], ["assistant", ["call"]]]);
  });

  it.each([[{ question: "x" }], ["text"], [[1, 2]], [{ messages: "x" }], [{ history: [{ role: "user", content: "x" }] }], [{ role: "admin", content: "x" }], [null]])("is not read into %j", (inputs) => {
    expect(inputMessages(content({ inputs }))).toEqual([]);
  });

  const asked = [{ role: "user", content: "x" }];
  const hello = [{ kind: "text", text: "hello" }];

  it.each([
    [{ inputs: { messages: asked, temperature: 0.2, seed: null } }, { temperature: 0.2 }],
    [{ inputs: { messages: asked } }, undefined],
    [{ span_type: "CHAT_MODEL", inputs: { history: asked, k: 1 } }, { k: 1 }],
    [{ span_type: "LLM", inputs: [asked] }, undefined],
  ])("is read with what stands beside it: %j", (span, rest) => {
    const said = inputSaid(content(span));
    expect(said.messages.map((m) => m.role)).toEqual(["user"]);
    expect(said.rest).toEqual(rest);
  });

  it.each([
    [{ outputs: { role: "assistant", content: "hello", cost: 1 } }, { cost: 1 }],
    [{ span_type: "CHAT_MODEL", outputs: { message: { role: "assistant", content: "hello" }, done: true } }, { done: true }],
    [{ span_type: "CHAT_MODEL", inputs: asked, outputs: "hello" }, undefined],
  ])("is a model's answer of one message: %j", (span, rest) => {
    const said = outputSaid(content(span));
    expect(said.messages.map((m) => [m.role, m.parts])).toEqual([["assistant", hello]]);
    expect(said.rest).toEqual(rest);
  });

  it.each([{ span_type: "CHAT_MODEL", outputs: "hello" }, { span_type: "TOOL", inputs: asked, outputs: "hello" }])("is not read into a text alone: %j", (span) => {
    expect(outputMessages(content(span))).toEqual([]);
  });

  it.each([{ content: null, refusal: "no" }, { parts: [{ type: "refusal", content: "no" }] }, { content: [{ type: "refusal", refusal: "no" }] }])("knows a refusal: %j", (said) => {
    expect(outputMessages(content({ outputs: [{ role: "assistant", ...said }] }))[0]?.parts).toEqual([{ kind: "refusal", text: "no" }]);
  });

  it("names the end that was not usual", () => {
    const said = (reason: string) => outputMessages(content({ attributes: { "gen_ai.output.messages": [{ role: "assistant", parts: [], finish_reason: reason }] } }))[0]?.note;
    expect([said("stop"), said("length")]).toEqual(["", "length"]);
  });

  it("loads no picture from elsewhere", () => {
    const parts = inputMessages(content({ attributes: { "gen_ai.input.messages": [{ role: "user", parts: [
      { type: "uri", modality: "image", uri: "https://example.org/a.png" },
      { type: "blob", mime_type: "image/svg+xml", content: "PHN2Zz4=" },
      { type: "blob", mime_type: "image/png", content: '"><script>' },
      { type: "blob", mime_type: "image/png", content: { $blob: "x", size: 1234 } },
    ] }] } }))[0]?.parts;
    expect(parts?.map((p) => p.kind)).toEqual(["note", "note", "note", "note"]);
    expect(parts?.[3]).toEqual({ kind: "note", text: "image/png: 1,234 bytes, not kept here" });
  });

  it.each([
    [{ attributes: { "gen_ai.retrieval.documents": [{ id: "a", score: 0.5, content: "t", metadata: { p: 1 } }] } }],
    [{ outputs: [{ id: "a", score: 0.5, page_content: "t", metadata: { p: 1 } }] }],
    [{ outputs: { nodes: [{ score: 0.5, node: { id_: "a", text: "t", metadata: { p: 1 } } }] } }],
  ])("has documents in %j", (span) => {
    expect(documents(content(span))).toEqual([{ id: "a", score: 0.5, text: "t", rest: { p: 1 } }]);
  });

  it.each([
    [{ attributes: { "gen_ai.retrieval.documents": ["a", { content: "b" }, { id: "5" }, 7] } }, ["a", "b", "", "7"]],
    [{ span_type: "RETRIEVER", outputs: ["a", { page_content: "b" }, { id: "5" }] }, ["a", "b", ""]],
    [{ span_type: "RETRIEVER", outputs: [[{ page_content: "a" }, 0.5], ["b", 1]] }, ["a", "b"]],
    [{ span_type: "RETRIEVER", outputs: [{ id: "5" }] }, []],
    [{ span_type: "RETRIEVER", outputs: "a" }, []],
    [{ span_type: "TOOL", outputs: ["a"] }, []],
  ])("loses no document of %j", (span, texts) => {
    expect(documents(content(span)).map((d) => d.text)).toEqual(texts);
  });
});

describe("what is let through", () => {
  it.each(["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//x", "x"])("no link to %s", (a) => expect(linkTarget(a)).toBeUndefined());
  it("no picture that could hold a script", () => expect(imageSource("data:image/svg+xml;base64,AAAA")).toBeUndefined());
  it("nothing invisible in names", () => expect(visible("a\u202eb\0c\ufeffd\u{e0041}")).toBe("a\\u202eb\\u0000c\ufeffd\\ue0041"));
});
