import { useMemo, useState } from "preact/hooks";
import { type Fields, type Json, Whole, isFields } from "./payload";

const AT_ONCE = 100;
/** Matches that are unfolded: more of them than anybody reads, and few enough to draw. */
export const UNFOLDED = 100;
/** What stands beside matches, of one branch. */
const BESIDE = 12;
const LONG = 400;
const LONGER = 50_000;

type Entry = [string, Json];

/** Some members with their places; of a list of a million only these are touched. */
function entries(value: Json[] | Fields, most?: number): Entry[] {
  return Array.isArray(value) ? value.slice(0, most).map((v, i) => [String(i), v]) : Object.entries(value).slice(0, most);
}

const size = (value: Json[] | Fields): number => (Array.isArray(value) ? value.length : Object.keys(value).length);

const isNested = (value: Json): value is Json[] | Fields => Array.isArray(value) || isFields(value);

/** Which nodes of a value lead to a match, which members match, and how many matches there are. */
export interface Found {
  open: Set<object>;
  /** Of a node that holds matches, the places of those that are shown. */
  hits: Map<object, Set<number>>;
  query: string;
  count: number;
}

interface Step {
  value: Json[] | Fields;
  above: Step | undefined;
  /** Its place in the node above. */
  place: number;
}

/** Look for a text in keys and values. Without recursion: a value may be deeper than the stack. */
export function find(root: Json, query: string): Found {
  const wanted = query.toLowerCase();
  const found: Found = { open: new Set(), hits: new Map(), query: wanted, count: 0 };
  const stack: Step[] = isNested(root) ? [{ value: root, above: undefined, place: 0 }] : [];
  for (let step = stack.pop(); step; step = stack.pop()) {
    const { value } = step;
    const inside: Step[] = [];
    entries(value).forEach(([key, inner], place) => {
      if (isNested(inner)) inside.push({ value: inner, above: step, place });
      const matched = (!Array.isArray(value) && key.toLowerCase().includes(wanted)) || (!isNested(inner) && scalar(inner).toLowerCase().includes(wanted));
      if (matched && found.count++ < UNFOLDED) mark(found, step as Step, place);
    });
    // The first comes first: what is unfolded is what stands at the top.
    stack.push(...inside.reverse());
  }
  return found;
}

function mark(found: Found, step: Step, place: number): void {
  for (let at: Step | undefined = step, member = place; at; member = at.place, at = at.above) {
    const hits = found.hits.get(at.value) ?? new Set();
    if (hits.has(member)) return;
    found.hits.set(at.value, hits.add(member));
    found.open.add(at.value);
  }
}

const scalar = (value: Json): string => (value instanceof Whole ? value.digits : typeof value === "string" ? value : String(value));

/** A value as a tree whose branches are made when they are opened. */
export function Json_({ value, depth = 2, found }: { value: Json; depth?: number; found?: Found | undefined }) {
  return <div class="json">{isNested(value) ? <Members value={value} depth={depth} found={found} /> : <Scalar value={value} found={found} />}</div>;
}

function Members({ value, depth, found }: { value: Json[] | Fields; depth: number; found: Found | undefined }) {
  const names = useMemo(() => (Array.isArray(value) ? undefined : Object.keys(value)), [value]);
  const all = names?.length ?? (value as Json[]).length;
  const hits = found?.hits.get(value);
  // Matches are shown wherever they stand, and little of what is between them.
  const [shown, setShown] = useState(hits ? BESIDE : AT_ONCE);
  if (!all) return <span class="dim">{names ? "{ }" : "[ ]"}</span>;
  const kept = Array.from({ length: Math.min(shown, all) }, (_, i) => i);
  if (hits) kept.push(...[...hits].filter((i) => i >= shown).sort((a, b) => a - b));
  const left = all - kept.length;
  return (
    <ul>
      {kept.map((i) => <Member key={i} name={names ? (names[i] as string) : String(i)} item={!names} value={(value as Fields)[names ? (names[i] as string) : i] as Json} depth={depth - 1} found={found} />)}
      {left ? <li><button type="button" class="more" onClick={() => setShown(shown + AT_ONCE * 5)}>{`${left.toLocaleString("en")} more`}</button></li> : null}
    </ul>
  );
}

function Member({ name, item, value, depth, found }: { name: string; item: boolean; value: Json; depth: number; found: Found | undefined }) {
  const [chosen, setChosen] = useState<boolean>();
  const label = <span class={item ? "index" : "key"}><Marked text={name} found={item ? undefined : found} /></span>;
  if (!isNested(value) || !size(value)) {
    return <li><span class="leaf">{label}<span class="colon">: </span></span>{isNested(value) ? <span class="dim">{Array.isArray(value) ? "[ ]" : "{ }"}</span> : <Scalar value={value} found={found} />}</li>;
  }
  const open = chosen ?? (found ? found.open.has(value) : depth > 0);
  return (
    <li>
      <button type="button" class={`branch${open ? " open" : ""}`} aria-expanded={open} onClick={() => setChosen(!open)}>
        <span class="arrow" aria-hidden="true" />{label}
        <span class="dim"> {Array.isArray(value) ? `[${size(value)}]` : `{${size(value)}}`}</span>
        {open ? null : <span class="dim hint"> {hint(value)}</span>}
      </button>
      {open ? <Members value={value} depth={depth} found={found} /> : null}
    </li>
  );
}

function hint(value: Json[] | Fields): string {
  return entries(value, 4).map(([k, v]) => {
    const short = isNested(v) ? "…" : scalar(v).slice(0, 40);
    return Array.isArray(value) ? short : `${k}: ${short}`;
  }).join(", ").slice(0, 120);
}

function Scalar({ value, found }: { value: Json; found: Found | undefined }) {
  const [shown, setShown] = useState(LONG);
  const text = scalar(value);
  const kind = typeof value === "string" ? "s" : value === null || typeof value === "boolean" ? "k" : "n";
  // Of a long text the part with the match is shown.
  const hit = found && text.length > shown ? text.toLowerCase().indexOf(found.query) : -1;
  const from = found && hit + found.query.length > shown ? Math.max(0, hit - LONG / 4) : 0;
  const left = text.length - from - shown;
  return (
    <span class={`value hl-${kind}`}>
      {from ? <span class="dim">{`… ${from.toLocaleString("en")} characters before … `}</span> : null}
      <Marked text={text.slice(from, from + shown)} found={found} />
      {left > 0 ? <button type="button" class="more" onClick={() => setShown(shown < LONGER ? LONGER : shown + LONGER)}>{`… ${left.toLocaleString("en")} more characters`}</button> : null}
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
