import { render } from "preact";
import { describe, expect, it } from "vitest";
import { blocks } from "../src/blocks";
import { Markdown } from "../src/markdown";

function shown(text: string): string {
  const box = document.createElement("div");
  render(<Markdown text={text} />, box);
  for (const button of box.querySelectorAll("button")) button.remove();
  for (const block of box.querySelectorAll("[dir=auto]")) block.removeAttribute("dir");
  return (box.firstElementChild as Element).innerHTML;
}

describe("Markdown", () => {
  it.each(["words", "# title", "- a\n- b", "1. a", "> said", "| a | b |\n|---|---|\n| 1 | 2 |"])("runs %j the way its letters do", (text) => {
    const box = document.createElement("div");
    render(<Markdown text={text} />, box);
    expect(box.querySelector("[dir=auto]")).not.toBeNull();
    expect(box.querySelectorAll(":is(p, h4, ul, ol, blockquote, table):not([dir=auto])")).toHaveLength(0);
  });

  it.each([
    ["plain words", "<p>plain words</p>"],
    ["a *b* **c** ~~d~~ `e`", "<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e</code></p>"],
    ["***both***", "<p><strong><em>both</em></strong></p>"],
    ["snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>"],
    ["one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"],
    ["# Title #", "<h4>Title</h4>"],
    ["#4411 is no title", "<p>#4411 is no title</p>"],
    ["- a\n- b\n  - c\n\nend", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul><p>end</p>"],
    ["3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'],
    ["- [x] done\n- [ ] open", '<ul><li class="task">☑ done</li><li class="task">☐ open</li></ul>'],
    ["> said\n> so", "<blockquote><p>said<br>so</p></blockquote>"],
    ["---", "<hr>"],
    ["\\*not\\* this", "<p>*not* this</p>"],
    ["``a ` b``", "<p><code>a ` b</code></p>"],
    ["an unclosed **word", "<p>an unclosed **word</p>"],
  ])("shows %j", (text, html) => expect(shown(text)).toBe(html));

  it("shows code as it is, with the fence's indent taken off", () => {
    expect(blocks("  ```py\n  def f():\n      pass\n  ```\nafter")).toEqual([
      { kind: "code", language: "py", text: "def f():\n    pass" },
      { kind: "paragraph", text: "after" },
    ]);
    expect(blocks("```\nnever closed")).toEqual([{ kind: "code", language: "", text: "never closed" }]);
  });

  it("reads tables with their alignment", () => {
    expect(blocks("| a | b |\n|:--|--:|\n| 1 | x \\| y |\n| 2 |")).toEqual([
      { kind: "table", align: ["left", "right"], head: ["a", "b"], rows: [["1", "x | y"], ["2", ""]] },
    ]);
    expect(blocks("a | b\nnot a table")[0]).toMatchObject({ kind: "paragraph" });
  });

  it.each([
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "</div><!-- <b>",
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x]( javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "![x](https://example.org/pixel.png)",
    "<https://example.org/<b>>",
    "&lt;b&gt; &#x3c;script&#x3e;",
  ])("makes nothing of %j but text", (text) => {
    const box = document.createElement("div");
    render(<Markdown text={text} />, box);
    expect(box.querySelectorAll("script, img, iframe, b")).toHaveLength(0);
    for (const link of box.querySelectorAll("a")) expect(link.href).toMatch(/^https?:/);
    expect(box.querySelector("[onerror]")).toBeNull();
  });

  it("links to the web, in a window of its own", () => {
    expect(shown("[terms](https://example.org/a_(b)) and https://example.org/x.")).toBe(
      '<p><a href="https://example.org/a_(b)" target="_blank" rel="noopener noreferrer nofollow" title="https://example.org/a_(b)">terms</a>' +
        ' and <a href="https://example.org/x" target="_blank" rel="noopener noreferrer nofollow" title="https://example.org/x">https://example.org/x</a>.</p>',
    );
  });

  it.each(["*", "**", "_", "`", "[", "![", "[](", "> ", "- ", "~~", "|-", "https://", "[a", "*a **b "])("is not slowed down by many %j", (piece) => {
    const text = piece.repeat(40_000 / piece.length);
    expect(shown(text).length).toBeGreaterThan(0); // the run has a limit of its own
  });
});
