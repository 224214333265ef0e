// Markdown as elements: every piece of text becomes a text node. No markup is ever made from it, so none in it can run.
import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { type Block, blocks } from "./blocks";
import { Code } from "./code";
import { inlines } from "./inlines";

export function Markdown({ text }: { text: string }) {
  const read = useMemo(() => blocks(text), [text]);
  return <div class="md">{read.map(element)}</div>;
}

function element(block: Block): ComponentChildren {
  switch (block.kind) {
    case "heading": {
      // A message's headings stand below the view's own.
      const Tag = `h${Math.min(6, block.level + 3)}` as "h4";
      return <Tag dir="auto">{inlines(block.text)}</Tag>;
    }
    case "paragraph":
      return <p dir="auto">{inlines(block.text)}</p>;
    case "code":
      return <Code text={block.text} language={block.language} />;
    case "quote":
      return <blockquote dir="auto">{block.inside.map(element)}</blockquote>;
    case "list":
      return listed(block);
    case "table":
      return table(block);
    case "rule":
      return <hr />;
  }
}

function listed(block: Block & { kind: "list" }): JSX.Element {
  const items = block.items.map((item) => {
    // An item of one line is no paragraph of its own.
    const [first, ...rest] = item.inside;
    const head = first?.kind === "paragraph" ? inlines(first.text) : first && element(first);
    return <li class={item.task === undefined ? undefined : "task"}>{item.task === undefined ? null : item.task ? "☑ " : "☐ "}{head}{rest.map(element)}</li>;
  });
  return block.start === undefined ? <ul dir="auto">{items}</ul> : <ol dir="auto" start={block.start}>{items}</ol>;
}

function table(block: Block & { kind: "table" }): JSX.Element {
  const side = (i: number): string | undefined => (block.align[i] ? `to-${block.align[i]}` : undefined);
  return (
    <div class="wide" tabIndex={0}>
      <table dir="auto">
        <thead><tr>{block.head.map((c, i) => <th class={side(i)} scope="col">{inlines(c)}</th>)}</tr></thead>
        <tbody>{block.rows.map((row) => <tr>{row.map((c, i) => <td class={side(i)}>{inlines(c)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}
