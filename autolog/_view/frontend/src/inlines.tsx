import type { ComponentChildren } from "preact";
import { linkTarget } from "./safe";

const DEEPEST = 8;
const FARTHEST = 2_000;
// What may begin something; everything else is text.
const MARK = /[\\`*_~[!\n]|https?:\/\//g;
const PUNCTUATION = /[!-/:-@[-`{-~]/;
const WORD = /[\p{L}\p{N}]/u;

/** A line of Markdown as elements; what is not understood stays as it is. */
export function inlines(text: string, depth = 0): ComponentChildren[] {
  const found: ComponentChildren[] = [];
  let plain = 0;
  let at = 0;
  const take = (until: number, element: ComponentChildren): void => {
    if (at > plain) found.push(text.slice(plain, at));
    found.push(element);
    plain = at = until;
  };
  while (at < text.length) {
    MARK.lastIndex = at;
    const match = MARK.exec(text);
    if (!match) break;
    at = match.index;
    const mark = match[0];
    const next = text[at + 1] ?? "";
    if (mark === "\n") take(at + 1, <br />);
    else if (mark === "\\" && PUNCTUATION.test(next)) take(at + 2, next);
    else if (mark === "`") at = codespan(text, at, take);
    else if (mark === "[" || (mark === "!" && next === "[")) at = link(text, at, depth, take);
    else if (mark.length > 1) at = address(text, at, take);
    else if (depth < DEEPEST && (mark === "*" || mark === "_" || (mark === "~" && next === "~"))) at = emphasis(text, at, depth, take);
    else at++;
  }
  if (plain < text.length) found.push(text.slice(plain));
  return found;
}

type Take = (until: number, element: ComponentChildren) => void;

function codespan(text: string, at: number, take: Take): number {
  let end = at;
  while (text[end] === "`") end++;
  const ticks = text.slice(at, end);
  const close = text.slice(0, end + FARTHEST * 4).indexOf(ticks, end);
  if (close < 0 || text[close + ticks.length] === "`") return end;
  const inside = text.slice(end, close);
  const until = close + ticks.length;
  take(until, <code>{inside.length > 2 && inside.startsWith(" ") && inside.endsWith(" ") ? inside.slice(1, -1) : inside}</code>);
  return until;
}

function link(text: string, at: number, depth: number, take: Take): number {
  const image = text[at] === "!";
  const from = at + (image ? 2 : 1);
  const near = text.slice(from, from + FARTHEST);
  const match = /^((?:[^\[\]\n]|\[[^\[\]\n]*\])*)\]\(<?([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?: +"[^"\n]*")?\)/.exec(near);
  if (!match) return from;
  const [whole, label, href] = match as unknown as [string, string, string];
  const target = linkTarget(href);
  const until = from + whole.length;
  // Nothing is loaded from elsewhere, and nothing is followed that is not an address on the web.
  if (image) take(until, <span class="dim">[image{label ? ` ${label}` : ""}: {href.slice(0, 200)}]</span>);
  else if (target === undefined || depth >= DEEPEST) take(until, `${label} (${href})`);
  else take(until, <Link target={target}>{inlines(label, DEEPEST)}</Link>);
  return until;
}

function address(text: string, at: number, take: Take): number {
  const match = /^https?:\/\/[^\s<>"'`]+/.exec(text.slice(at, at + FARTHEST));
  const found = match?.[0].replace(/[.,;:!?*_)\]]{1,8}$/, "");
  const target = found && linkTarget(found);
  if (!found || !target) return at + 4;
  take(at + found.length, <Link target={target}>{found}</Link>);
  return at + found.length;
}

function Link({ target, children }: { target: string; children: ComponentChildren }) {
  return <a href={target} target="_blank" rel="noopener noreferrer nofollow" title={target}>{children}</a>;
}

function emphasis(text: string, at: number, depth: number, take: Take): number {
  const sign = text[at] as string;
  const double = text[at + 1] === sign;
  const mark = double ? sign + sign : sign;
  const from = at + mark.length;
  const after = text[from] ?? " ";
  if (/\s/.test(after) || (sign === "_" && WORD.test(text[at - 1] ?? " "))) return from;
  const near = text.slice(0, from + FARTHEST);
  for (let close = near.indexOf(mark, from + 1), tries = 0; close > 0 && tries < 8; close = near.indexOf(mark, close + 1), tries++) {
    const until = close + mark.length;
    // `*` does not end at one of the two of `**`; nothing ends after a blank, and `_` not in the middle of a word.
    if (/\s/.test(text[close - 1] as string) || (!double && (text[close - 1] === sign || text[until] === sign))) continue;
    if (sign === "_" && WORD.test(text[until] ?? " ")) continue;
    const last = double && text[until] === sign ? 1 : 0;
    const inside = inlines(text.slice(from, close + last), depth + 1);
    take(until + last, sign === "~" ? <del>{inside}</del> : double ? <strong>{inside}</strong> : <em>{inside}</em>);
    return until + last;
  }
  return from;
}
