import { useState } from "preact/hooks";
import { type Fields, type Json, Whole, isFields } from "./payload";

const AT_ONCE = 100;
const MATCHES = 200;
const LONG = 400;

type Entry = [string, Json];

const entries = (value: Json[] | Fields): Entry[] => (Array.isArray(value) ? value.map((v, i) => [String(i), v]) : Object.entries(value));

const isNested = (value: Json): value is Json[] | Fields => Array.isArray(value) || isFields(value);

/** Which nodes of a value lead to a match, and how many matches there are. */
export interface Found {
  open: Set<object>;
  query: string;
  count: number;
}

/** Look for a text in keys and values. Without recursion: a value may be deeper than the stack. */
export function find(root: Json, query: string): Found {
  const wanted = query.toLowerCase();
  const open = new Set<object>();
  let count = 0;
  const stack: { value: Json; above: object[] }[] = [{ value: root, above: [] }];
  while (stack.length) {
    const { value, above } = stack.pop() as { value: Json; above: object[] };
    if (!isNested(value)) continue;
    const here = [...above, value];
    let hit = false;
    for (const [key, inner] of entries(value)) {
      if (isNested(inner)) stack.push({ value: inner, above: here });
      const matched = (!Array.isArray(value) && key.toLowerCase().includes(wanted)) || (!isNested(inner) && scalar(inner).toLowerCase().includes(wanted));
      if (matched) {
        count++;
        hit = true;
      }
    }
    if (hit) for (const node of here) open.add(node);
  }
  return { open, query: wanted, count };
}

const scalar = (value: Json): string => (value instanceof Whole ? value.digits : typeof value === "string" ? value : String(value));

/** A value as a tree whose branches are made when they are opened. */
export function Json_({ value, depth = 2, found }: { value: Json; depth?: number; found?: Found | undefined }) {
  return <div class="json">{isNested(value) ? <Members value={value} depth={depth} found={found} /> : <Scalar value={value} found={found} />}</div>;
}

function Members({ value, depth, found }: { value: Json[] | Fields; depth: number; found: Found | undefined }) {
  const all = entries(value);
  const [shown, setShown] = useState(AT_ONCE);
  if (!all.length) return <span class="dim">{Array.isArray(value) ? "[ ]" : "{ }"}</span>;
  const kept: number[] = [];
  // Matches are shown wherever they stand, and what is between them is not.
  for (let i = 0; i < all.length && kept.length < shown + MATCHES; i++) if (i < shown || (found && hits(all[i] as Entry, found))) kept.push(i);
  const left = all.length - kept.length;
  return (
    <ul>
      {kept.map((i) => <Member key={i} name={(all[i] as Entry)[0]} item={Array.isArray(value)} value={(all[i] as Entry)[1]} depth={depth - 1} found={found} />)}
      {left ? <li><button type="button" class="more" onClick={() => setShown(shown + AT_ONCE * 5)}>{`${left.toLocaleString("en")} more`}</button></li> : null}
    </ul>
  );
}

const hits = ([key, v]: Entry, found: Found): boolean => (isNested(v) ? found.open.has(v) : matches(key, found) || matches(scalar(v), found));

const matches = (text: string, found: Found): boolean => text.toLowerCase().includes(found.query);

function Member({ name, item, value, depth, found }: { name: string; item: boolean; value: Json; depth: number; found: Found | undefined }) {
  const [chosen, setChosen] = useState<boolean>();
  const label = <span class={item ? "index" : "key"}><Marked text={name} found={item ? undefined : found} /></span>;
  if (!isNested(value) || !entries(value).length) {
    return <li><span class="leaf">{label}<span class="colon">: </span></span>{isNested(value) ? <span class="dim">{Array.isArray(value) ? "[ ]" : "{ }"}</span> : <Scalar value={value} found={found} />}</li>;
  }
  const open = chosen ?? (found ? found.open.has(value) : depth > 0);
  const size = entries(value).length;
  return (
    <li>
      <button type="button" class={`branch${open ? " open" : ""}`} aria-expanded={open} onClick={() => setChosen(!open)}>
        <span class="arrow" aria-hidden="true" />{label}
        <span class="dim"> {Array.isArray(value) ? `[${size}]` : `{${size}}`}</span>
        {open ? null : <span class="dim hint"> {hint(value)}</span>}
      </button>
      {open ? <Members value={value} depth={depth} found={found} /> : null}
    </li>
  );
}

function hint(value: Json[] | Fields): string {
  return entries(value).slice(0, 4).map(([k, v]) => {
    const short = isNested(v) ? "…" : scalar(v).slice(0, 40);
    return Array.isArray(value) ? short : `${k}: ${short}`;
  }).join(", ").slice(0, 120);
}

function Scalar({ value, found }: { value: Json; found: Found | undefined }) {
  const [open, setOpen] = useState(false);
  const text = scalar(value);
  const kind = typeof value === "string" ? "s" : value === null || typeof value === "boolean" ? "k" : "n";
  const long = text.length > LONG && !open;
  return (
    <span class={`value hl-${kind}`}>
      <Marked text={long ? text.slice(0, LONG) : text} found={found} />
      {long ? <button type="button" class="more" onClick={() => setOpen(true)}>{`… ${(text.length - LONG).toLocaleString("en")} more characters`}</button> : null}
    </span>
  );
}

export function Marked({ text, found }: { text: string; found: { query: string } | undefined }) {
  const lower = text.toLowerCase();
  // Some letters change their length with their case; then positions would not fit.
  if (!found?.query || lower.length !== text.length || !lower.includes(found.query)) return <>{text}</>;
  const parts = [];
  let at = 0;
  for (let hit = lower.indexOf(found.query); hit >= 0 && parts.length < 200; hit = lower.indexOf(found.query, at)) {
    parts.push(text.slice(at, hit), <mark>{text.slice(hit, hit + found.query.length)}</mark>);
    at = hit + found.query.length;
  }
  return <>{parts}{text.slice(at)}</>;
}
