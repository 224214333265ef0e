import { createContext } from "preact";
import { useContext, useState } from "preact/hooks";
import { Json_ } from "./json";
import { Markdown } from "./markdown";
import { structure } from "./payload";

/** Whether texts are shown as Markdown, or letter by letter. */
export const AsMarkdown = createContext(true);

const LONG = 1_800;
const MANY_LINES = 26;
const FOLDED = 3_000;
const PIECE = 100_000;

const count = (n: number): string => n.toLocaleString("en");

/** A text of any length: folded where it is long, and where it is huge shown piece by piece. */
export function Text({ text, plain = false }: { text: string; plain?: boolean }) {
  const [open, setOpen] = useState(false);
  const markdown = useContext(AsMarkdown) && !plain;
  const value = structure(text);
  if (typeof value === "object" && value !== null && markdown) return <Json_ value={value} depth={text.length > 2_000 ? 1 : 2} />;
  const long = text.length > LONG || lines(text) > MANY_LINES;
  if (!long) return <Body text={text} markdown={markdown} />;
  return (
    <div class={open ? "long open" : "long"}>
      <div class="held">{open ? <Pieces text={text} markdown={markdown} /> : <Body text={whole(text.slice(0, FOLDED))} markdown={markdown} />}</div>
      <button type="button" class="more" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? "Show less" : `Show all ${count(text.length)} characters`}
      </button>
    </div>
  );
}

function Body({ text, markdown }: { text: string; markdown: boolean }) {
  return markdown ? <Markdown text={text} /> : <div class="plain">{text}</div>;
}

function Pieces({ text, markdown }: { text: string; markdown: boolean }) {
  const [shown, setShown] = useState(PIECE);
  if (text.length <= PIECE) return <Body text={text} markdown={markdown} />;
  const parts: string[] = [];
  for (let at = 0; at < Math.min(shown, text.length); at += PIECE) parts.push(text.slice(at, at + PIECE));
  return (
    <>
      {parts.map((part) => <div class="plain piece">{part}</div>)}
      {shown < text.length ? (
        <button type="button" class="more" onClick={() => setShown(shown + PIECE)}>
          {`${count(text.length - shown)} more characters`}
        </button>
      ) : null}
    </>
  );
}

function lines(text: string): number {
  let n = 1;
  for (let at = text.indexOf("\n"); at >= 0 && n <= MANY_LINES; at = text.indexOf("\n", at + 1)) n++;
  return n;
}

/** Not half of a character that takes two units. */
const whole = (text: string): string => text.replace(/[\ud800-\udbff]$/, "");
