import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { duration, ticks } from "./axis";
import { fitting, indent, measured } from "./columns";
import { TypeIcon, tint } from "./icons";
import { Marked } from "./json";
import type { Row, Trace } from "./payload";
import { visible } from "./safe";

const HEIGHT = 28;
const RULER = 22;
const BEYOND = 12;
/** Room for a label on the axis, in pixels. */
const LABEL = 34;
/** Rows that are put in and taken out together. */
const STEP = 8;

interface Props {
  trace: Trace;
  /** Indices of the rows that are not folded away or filtered out, in order. */
  shown: number[];
  folded: Set<number>;
  parents: Set<number>;
  selected: number;
  query: string;
  select: (row: number) => void;
  open: (row: number) => void;
  fold: (row: number) => void;
  onKey: (event: KeyboardEvent) => void;
}

/** The tree with a bar for each span on one time axis. Only the rows in sight are in the document. */
export function Tree(props: Props) {
  const { trace, shown, folded, selected, query, onKey } = props;
  const scroller = useRef<HTMLDivElement>(null);
  // The first row and the last that are in the document: both change in steps, so that most scrolling renders nothing.
  const [[begin, until], setView] = useState([0, 48]);
  const [width, setWidth] = useState(0);
  const place = shown.indexOf(selected);

  const look = (): void => {
    const box = scroller.current;
    if (!box) return;
    const first = Math.max(0, Math.floor((box.scrollTop / HEIGHT - BEYOND) / STEP) * STEP);
    const last = Math.ceil(((box.scrollTop + box.clientHeight) / HEIGHT + BEYOND) / STEP) * STEP;
    setView((now) => (now[0] === first && now[1] === last ? now : [first, last]));
  };
  useLayoutEffect(() => {
    const box = scroller.current as HTMLDivElement;
    const sized = (): void => {
      look();
      setWidth(box.clientWidth);
    };
    sized();
    const observer = new ResizeObserver(sized);
    observer.observe(box);
    return () => observer.disconnect();
  }, []);

  const bring = (): void => {
    const box = scroller.current;
    const top = latest.current * HEIGHT;
    if (!box || top < 0) return;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + HEIGHT + RULER > box.scrollTop + box.clientHeight) box.scrollTop = top + HEIGHT + RULER - box.clientHeight;
  };
  const latest = useRef(place);
  latest.current = place;
  useEffect(bring, [place]);

  const end = Math.min(shown.length, until);
  const deepest = useMemo(() => trace.rows.reduce((most, r) => Math.max(most, r.depth), 0), [trace]);
  // Of a tree that is not in sight nothing is known yet.
  const wanted = useMemo(() => measured(trace, getComputedStyle(scroller.current ?? document.body).fontFamily), [trace]);
  const { shown: columns, name, lane } = fitting(width || 1_000, wanted);
  const { step, most } = indent(name, deepest);
  const marks = useMemo(() => ticks(trace.axis, Math.max(3, Math.min(6, Math.floor(lane / 54)))), [trace, lane]);
  const widths = {
    "--columns": [
      columns.has("lane") ? `${name}px minmax(0, 1fr)` : "minmax(0, 1fr)",
      `${wanted.took}px`,
      columns.has("tokens") ? `${wanted.tokens}px` : "",
      columns.has("cost") ? `${wanted.cost}px` : "",
    ].join(" "),
    "--step": `${step}px`,
    "--tick": marks.length > 1 ? `${(100 * (marks[1] as number)) / trace.axis}%` : "100%",
  };
  const left = (["lane", "tokens", "cost"] as const).filter((c) => !columns.has(c)).map((c) => ` no-${c}`).join("");
  const drawn = useMemo(() => new Map<number, JSX.Element>(), [trace, shown, folded, selected, query, most]);
  const id = (row: number): string => `span-${trace.line}-${row}`;

  return (
    <div class={`tree${left}`} style={widths}>
      <div class="rows" role="tree" aria-label="Spans" tabIndex={0} ref={scroller}
        onKeyDown={(e) => { onKey(e); if (e.defaultPrevented) requestAnimationFrame(bring); }}
        aria-activedescendant={place >= begin && place < end ? id(selected) : undefined}
        onScroll={look}>
        <Ruler axis={trace.axis} marks={marks} lane={lane} />
        <div role="presentation" class="space" style={{ height: `${shown.length * HEIGHT}px` }}>
          {shown.slice(begin, end).map((index, i) => {
            let line = drawn.get(index);
            // The same element again is not compared again.
            if (!line) drawn.set(index, (line = <Line key={index} {...props} most={most} index={index} place={begin + i} id={id(index)} />));
            return line;
          })}
        </div>
      </div>
    </div>
  );
}

function Line({ trace, shown, index, place, id, folded, parents, selected, query, select, open, fold, most }: Props & { index: number; place: number; id: string; most: number }) {
  const row = trace.rows[index] as Row;
  const why = row.below ? "counted at a span below, once" : row.total ? "of the whole trace, each call counted once" : undefined;
  const how = row.below ? " below" : row.total ? " total" : "";
  const folds = parents.has(index);
  return (
    <div id={id} role="treeitem" class={`row${index === selected ? " selected" : ""}${row.status === "ERROR" ? " failed" : ""}`}
      style={{ top: `${place * HEIGHT}px` }} aria-level={row.depth + 1} aria-selected={index === selected}
      aria-expanded={folds ? !folded.has(index) : undefined} aria-setsize={shown.length} aria-posinset={place + 1}
      onClick={() => open(index)} onMouseDown={() => select(index)}>
      <Name row={row} most={most} query={query} parent={folds} folded={folded.has(index)} fold={() => fold(index)} />
      <Bar row={row} axis={trace.axis} />
      <span class="took">{row.duration || "…"}</span>
      <span class={`tokens${how}`} title={why}>{row.tokens}</span>
      <span class={`cost${how}`} title={why}>{row.cost}</span>
    </div>
  );
}

function Name({ row, most, query, parent, folded, fold }: { row: Row; most: number; query: string; parent: boolean; folded: boolean; fold: () => void }) {
  const deep = Math.min(row.depth, most);
  const press = (event: Event): void => {
    event.stopPropagation();
    fold();
  };
  return (
    <span class="name" style={{ paddingLeft: `calc(${deep} * var(--step))` }}>
      {deep ? <span class="guides" style={{ width: `calc(${deep} * var(--step))` }} /> : null}
      {deep < row.depth ? <span class="level" title={`level ${row.depth + 1}`}>{row.depth + 1}</span> : null}
      {/* The keyboard folds with the arrows: the row is what has the focus. */}
      <span class={`fold${parent ? (folded ? " shut" : " open") : ""}`} onClick={parent ? press : undefined} onMouseDown={(e) => parent && e.stopPropagation()} />
      <span class={`kind tint-${tint(row.type)}`} title={row.type}><TypeIcon type={row.type} /></span>
      <bdi title={visible(row.name)}><Marked text={visible(row.name)} found={query ? { query: query.toLowerCase() } : undefined} /></bdi>
      {row.badge ? <span class={`badge ${row.badge === "error" ? "bad" : "odd"}`}>{row.badge}</span> : null}
      {row.orphan ? <span class="dim" title="its parent is not in this trace">⤴</span> : null}
    </span>
  );
}

function Bar({ row, axis }: { row: Row; axis: number }) {
  const share = (us: number): string => `${axis > 0 ? (100 * us) / axis : 0}%`;
  const took = row.took ?? Math.max(0, axis - row.from);
  const wait = row.first === undefined || !took ? undefined : Math.min(100, (100 * row.first) / took);
  const title = `from ${duration(row.from)}${row.took === undefined ? ", not ended" : ` to ${duration(row.from + took)}`}${row.first === undefined ? "" : `, first chunk after ${duration(row.first)}`}`;
  return (
    <span class="lane" title={title}>
      <span class={`bar-of tint-${row.status === "ERROR" ? "bad" : tint(row.type)}${row.took === undefined ? " endless" : ""}`} style={{ left: share(row.from), width: share(took) }}>
        {wait === undefined ? null : <span class="wait" style={{ width: `${wait}%` }} />}
      </span>
    </span>
  );
}

function Ruler({ axis, marks, lane }: { axis: number; marks: number[]; lane: number }) {
  let free = 0;
  // A label that would not fit, or run into the one before it, is left out; its line in the rows is not.
  const told = marks.filter((at) => {
    const x = axis ? (lane * at) / axis : 0;
    if (x < free || (at && x + LABEL > lane)) return false;
    free = x + LABEL;
    return true;
  });
  return (
    <div class="ruler" aria-hidden="true">
      <span class="name">Span</span>
      <span class="lane">{told.map((at) => <span class="tick" style={{ left: `${axis ? (100 * at) / axis : 0}%` }}>{duration(at)}</span>)}</span>
      <span class="took">Time</span><span class="tokens">Tokens</span><span class="cost">Cost</span>
    </div>
  );
}
