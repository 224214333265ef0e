import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Detail, TABS, type Tab } from "./detail";
import { Icon } from "./icons";
import { use, useKeysOfPage } from "./keys";
import { nextError, parents, visibleRows } from "./outline";
import type { Row, Source, Trace } from "./payload";
import { Tree } from "./tree";

/** One trace: the tree on the left, the selected span on the right; on a narrow screen one of them at a time. */
export function View({ source, trace }: { source: Source; trace: Trace }) {
  const [chosen, setChosen] = useState(0);
  // The search under which it was chosen: another one leads to what it finds, and when it ends, back.
  const [chosenIn, setChosenIn] = useState("");
  const [folded, setFolded] = useState<Set<number>>(new Set());
  const [query, setQuery] = useState("");
  const [tab, setTab] = useState<Tab>("Content");
  const [markdown, setMarkdown] = useState(true);
  const [onSpan, setOnSpan] = useState(false);
  const [share, setShare] = useState(54);
  const box = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);

  const within = useMemo(() => parents(trace), [trace]);
  const matches = useMemo(() => find(source, trace, query), [source, trace, query]);
  const shown = useMemo(() => visibleRows(trace, folded, matches), [trace, folded, matches]);
  const [selected = chosen] = matches && chosenIn !== query && !matches.has(chosen) ? matches : [];

  const select = (row: number): void => {
    setChosen(row);
    setChosenIn(query);
    // What was found is still there when the search ends.
    if (matches) unfold(row);
  };
  const fold = (row: number, shut = !folded.has(row)): void => {
    const next = new Set(folded);
    if (shut) next.add(row);
    else next.delete(row);
    setFolded(next);
  };
  const unfold = (row: number): void => {
    const next = new Set(folded);
    for (let at = (trace.rows[row] as Row).up; at >= 0; at = (trace.rows[at] as Row).up) next.delete(at);
    if (next.size < folded.size) setFolded(next);
  };
  const reveal = (row: number): void => {
    unfold(row);
    setQuery("");
    setChosen(row);
  };

  // Each span is read from its beginning; what is not in sight, as the panel of a narrow screen, cannot be scrolled yet.
  const read = useRef(selected);
  useLayoutEffect(() => {
    if (read.current === selected || !panel.current?.offsetParent) return;
    read.current = selected;
    panel.current.scrollTop = 0;
  }, [selected, onSpan]);

  const rows = (): HTMLElement | null | undefined => box.current?.querySelector<HTMLElement>(".rows");

  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const place = shown.indexOf(selected);
    const page = Math.max(1, Math.floor((rows()?.clientHeight ?? 0) / 28) - 1);
    const to = (i: number): void => {
      const row = shown[Math.max(0, Math.min(shown.length - 1, i))];
      if (row !== undefined) select(row);
    };
    const up = (trace.rows[selected] as Row).up;
    const keys: Record<string, () => void> = {
      ArrowDown: () => to(place + 1),
      j: () => to(place + 1),
      ArrowUp: () => to(place - 1),
      k: () => to(place - 1),
      PageDown: () => to(place + page),
      PageUp: () => to(place - page),
      Home: () => to(0),
      End: () => to(shown.length - 1),
      ArrowRight: () => (within.has(selected) && folded.has(selected) ? fold(selected, false) : to(place + 1)),
      ArrowLeft: () => (within.has(selected) && !folded.has(selected) && !matches ? fold(selected, true) : up >= 0 ? select(up) : undefined),
      " ": () => within.has(selected) && fold(selected),
      Enter: () => toSpan(true),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };

  const anywhere = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.target as HTMLElement).tagName === "INPUT") return;
    const number = TABS[Number(event.key) - 1];
    if (number) setTab(number);
    else if (event.key === "/") {
      setOnSpan(false);
      requestAnimationFrame(() => search.current?.focus());
    } else if (event.key === "e") {
      const bad = nextError(trace, selected);
      if (bad !== undefined) reveal(bad);
    } else if (event.key === "Escape") toTree();
    else return;
    event.preventDefault();
  };

  useKeysOfPage(box, (event) => {
    anywhere(event);
    const tree = rows();
    if (event.defaultPrevented || !tree?.offsetParent) return;
    onKey(event);
    if (event.defaultPrevented) tree.focus();
  });

  // On a narrow screen one of the two is not there before the next frame, and what is not there has no focus.
  const toSpan = (focus: boolean): void => {
    setOnSpan(true);
    requestAnimationFrame(() => (focus || !rows()?.offsetParent) && panel.current?.focus({ preventScroll: true }));
  };
  const toTree = (): void => {
    setOnSpan(false);
    requestAnimationFrame(() => rows()?.focus({ preventScroll: true }));
  };

  const drag = (event: PointerEvent): void => {
    const whole = box.current?.getBoundingClientRect();
    if (whole && event.buttons) setShare(limit((100 * (event.clientX - whole.left)) / whole.width));
  };

  return (
    <div class={`view${onSpan ? " on-span" : ""}`} ref={box} onKeyDown={anywhere} onPointerDown={() => use(box.current)} onFocusIn={() => use(box.current)} style={{ "--share": `${share}%` }}>
      <div class="left">
        <div class="bar">
          <span class="find"><Icon name="search" size={13} />
            <input ref={search} type="search" class="query" placeholder="Search spans and what was said  ( / )" aria-label="Search the spans" value={query}
              onInput={(e) => setQuery(e.currentTarget.value)} onKeyDown={(e) => {
                if (e.key !== "Escape" && e.key !== "ArrowDown" && e.key !== "Enter") return;
                e.preventDefault();
                e.stopPropagation();
                if (e.key === "Escape") setQuery("");
                else if (shown.length) select(selected);
                else return;
                toTree();
              }} />
          </span>
          <span class="dim" role="status">{matches ? `${matches.size.toLocaleString("en")} of ${trace.rows.length.toLocaleString("en")}` : ""}</span>
          {trace.errors ? <button type="button" class="errors" title="Next error (e)" onClick={() => reveal(nextError(trace, selected) as number)}>{trace.errors.toLocaleString("en")} error{trace.errors === 1 ? "" : "s"}</button> : null}
          {within.size > 1 ? <button type="button" class="quiet" onClick={() => setFolded(folded.size ? new Set() : new Set([...within].filter((i) => i > 0)))}>{folded.size ? "Unfold" : "Fold"}</button> : null}
        </div>
        {shown.length ? (
          <Tree trace={trace} shown={shown} folded={folded} parents={within} selected={selected} query={query} select={select}
            open={(row) => { select(row); toSpan(false); }} fold={fold} onKey={onKey} />
        ) : <p class="dim empty">No span has “{query}”.</p>}
        {trace.cut ? <p class="cut">{trace.cut}</p> : null}
      </div>
      <div class="split" role="separator" aria-orientation="vertical" aria-label="Width of the tree" aria-valuenow={Math.round(share)} aria-valuemin={20} aria-valuemax={80} tabIndex={0}
        onPointerDown={(e) => e.currentTarget.setPointerCapture(e.pointerId)} onPointerMove={drag}
        onKeyDown={(e) => { const by = e.key === "ArrowLeft" ? -4 : e.key === "ArrowRight" ? 4 : 0; if (by) setShare(limit(share + by)); }} />
      <div class="right">
        <Detail source={source} trace={trace} selected={selected} tab={tab} setTab={setTab} markdown={markdown} setMarkdown={setMarkdown}
          back={toTree} scroller={panel} />
      </div>
    </div>
  );
}

const limit = (share: number): number => Math.max(20, Math.min(80, share));

function find(source: Source, trace: Trace, query: string): Set<number> | undefined {
  const wanted = query.trim();
  return wanted ? source.search(trace, wanted) : undefined;
}
